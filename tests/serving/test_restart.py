"""A server of its own whose engine hangs or fails: the real process starts itself again."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from glmbot.serving.restart import MOST_RESTARTS, RESTARTS_VARIABLE, WITHIN, next_restart
from tests.serving.engine_client import chat_body
from tests.serving.engine_process import ROOT, Process


@contextmanager
def fragile(restarts: str = "", open_file: int | None = None) -> Iterator[Process]:
    popen = subprocess.Popen(
        [sys.executable, "-m", "tests.serving.stuck_server", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        pass_fds=() if open_file is None else (open_file,),
        env=os.environ | {RESTARTS_VARIABLE: restarts, "PYTHONPATH": str(ROOT)},
    )
    try:
        process = Process(popen, listening(popen))
        process.wait_until_ready()
        yield process
    finally:
        popen.kill()
        popen.communicate()


def listening(popen: "subprocess.Popen[bytes]") -> str:
    """Wait until the server says where it listens."""
    assert popen.stdout is not None
    line = popen.stdout.readline().decode()
    assert line.startswith("listening on "), line
    return line.removeprefix("listening on ").strip()


def ask(process: Process, text: str) -> str:
    body = chat_body(text, model="fragile")
    with httpx.Client(trust_env=False, timeout=30) as client:
        answer: str = client.post(f"{process.url}/v1/chat/completions", json=body).json()["choices"][0]["message"][
            "content"
        ]
    return answer


@pytest.mark.parametrize("bad", ["a~b", "a^b"], ids=["an engine that hangs", "a GPU that fails"])
def test_the_server_starts_itself_again_on_the_same_port(bad: str) -> None:
    with fragile() as process:
        assert ask(process, "hello") == "hello"
        with pytest.raises((httpx.TransportError, KeyError)):
            ask(process, bad)
        assert listening(process.popen) == process.url
        process.wait_until_ready()
        assert ask(process, "hello again") == "hello again"
        process.popen.terminate()
        code, _, log = process.end()
    assert code == 0
    assert "CRITICAL" in log
    assert f"restart 1 of at most {MOST_RESTARTS} an hour" in log


def test_nothing_that_was_open_stays_so_in_the_new_server() -> None:
    reading, writing = os.pipe()
    with fragile(open_file=writing) as process:
        os.close(writing)
        with pytest.raises((httpx.TransportError, KeyError)):
            ask(process, "a^b")
        listening(process.popen)
        os.set_blocking(reading, False)
        assert os.read(reading, 1) == b""  # where somebody could still write, there would be nothing to read yet
    os.close(reading)


def test_a_server_that_fails_too_often_ends() -> None:
    with fragile(" ".join([f"{time.time() - 60:.0f}"] * MOST_RESTARTS)) as process:
        with pytest.raises((httpx.TransportError, KeyError)):
            ask(process, "a^b")
        code, out, log = process.end()
    assert (code, out) == (1, "")
    assert "illegal memory access" in log
    assert f"has started again {MOST_RESTARTS} times within an hour" in log


def test_restarts_are_counted_within_an_hour_and_wait_longer_each_time() -> None:
    times: tuple[float, ...] = ()
    waits = []
    for number in range(MOST_RESTARTS):
        restart = next_restart(times, now=1000.0 + number)
        assert restart is not None
        times = restart.times
        waits.append(restart.wait)
    assert waits[0] <= 0.5 < waits[-1] <= 30
    assert next_restart(times, now=1000.0 + WITHIN - 1) is None
    later = next_restart(times, now=1000.0 + WITHIN + 1)
    assert later is not None
    assert len(later.times) == MOST_RESTARTS - 1
