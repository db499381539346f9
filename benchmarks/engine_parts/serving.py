"""The model server, a real process, against its own engine called directly."""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from engine_parts.contender import ROOT, Contender
from engine_parts.shape import Shape, write_checkpoint
from engine_parts.versus import CROWD, Bench, Ratio

DEMO = ROOT / "glmbot" / "demo" / "checkpoint"
START_DEADLINE = 300.0
MODEL_NAME = "bench"
NUM_ANSWER = 48
QUESTION = "How do I connect a bot to Telegram, and what does it remember of what was said before?"


@contextmanager
def running_server(model: str, *options: str) -> Iterator[tuple[str, int]]:
    """Run `glmbot serve` while the body runs; give its address, once it is ready, and its process id."""
    command = [sys.executable, "-m", "glmbot", "serve", "--model", model, "--port", "0", "--served-name", MODEL_NAME]
    command += ["--log-level", "WARNING", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("listening on ")
        _wait_until_ready(url, process)
        yield url, process.pid
    finally:
        process.terminate()
        process.communicate()


def _wait_until_ready(url: str, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline and process.poll() is None:
        with httpx.Client() as client:
            if client.get(f"{url}/health").status_code == httpx.codes.OK:
                return
        time.sleep(0.2)
    raise TimeoutError(f"the server at {url!r} was not ready after {START_DEADLINE:.0f} s")


def sse_overhead_8(bench: Bench, precision: str) -> tuple[Ratio, dict[str, object]]:
    """How much longer a token takes through HTTP and SSE than from the engine called directly, 8 streams at once.

    Eight questions at the same moment, answers of the same length, from sending to the end of the last one, by the
    number of tokens; a server process and a process with the engine alone, in turn, on the same weights: the true
    shape, but with the demo model's small vocabulary, for which there is a tokenizer. A shorter step makes this larger
    than it would be.
    """
    directory = _talking_checkpoint(bench, precision)
    bits = ["--precision", precision]
    ours, direct = [], []
    arguments = [str(directory), precision, str(CROWD)]
    with (
        running_server(str(directory), *bits) as (url, _),
        Contender("direct", "engine_parts.own", arguments, is_ours=True) as own,
    ):
        prompts = [_num_tokens(url, _question(index)) for index in range(CROWD)]
        asks = [{"sender": f"sender {index}", "asks": [[num, NUM_ANSWER]]} for index, num in enumerate(prompts)]
        for number in range(bench.effort.rounds + 1):
            of_server = asyncio.run(_seconds_per_token(url))
            waits = own.call("waits", clients=asks, max_running=CROWD)
            of_engine = max(wait[2] for wait in waits) / (CROWD * NUM_ANSWER)
            if number:  # the first warms up
                ours.append(of_server)
                direct.append(of_engine)
    raw = {"server_8_ms_per_token": _ms(ours), "engine_8_ms_per_token": _ms(direct)}
    return Ratio.over([one / other - 1 for one, other in zip(ours, direct, strict=True)]), raw


def _ms(seconds: list[float]) -> float:
    return round(statistics.median(seconds) * 1000, 3)


def _talking_checkpoint(bench: Bench, precision: str) -> Path:
    """Write random weights that go with the demo model's tokenizer."""
    directory = bench.folder / f"talking-{precision}"
    if not directory.exists():
        demo = json.loads((DEMO / "config.json").read_text(encoding="utf-8"))
        assert isinstance(bench.shape, Shape)
        config = replace(bench.shape, vocab_size=demo["vocab_size"]).config
        for name in ("mask_token_id", "gmask_token_id", "bos_token_id", "eos_token_id", "pad_token_id"):
            setattr(config, name, demo[name])
        write_checkpoint(directory, config, int(precision.removeprefix("int")), tokenizer=DEMO)
    return directory


def _question(index: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"{QUESTION} {index}"}]


def _num_tokens(url: str, messages: list[dict[str, str]]) -> int:
    answer = httpx.post(f"{url}/tokenize", json={"messages": messages}).raise_for_status().json()
    return int(answer["count"])


async def _seconds_per_token(url: str) -> float:
    async with httpx.AsyncClient(timeout=None) as client:
        started_at = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(_ask(client, url, index)) for index in range(CROWD)]
        taken = time.perf_counter() - started_at
    return taken / sum(task.result() for task in asked)


async def _ask(client: httpx.AsyncClient, url: str, index: int) -> int:
    """Ask and read the whole stream; return the number of tokens."""
    body = {
        "model": MODEL_NAME,
        "messages": _question(index),
        "max_tokens": NUM_ANSWER,
        "stream": True,
        "stream_options": {"include_usage": True},
        "seed": index,
        "user": f"sender {index}",
    }
    num_tokens = 0
    async with client.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if '"usage":{' in line:
                num_tokens = json.loads(line.removeprefix("data: "))["usage"]["completion_tokens"]
    assert num_tokens == NUM_ANSWER, f"{num_tokens} tokens instead of {NUM_ANSWER}"
    return num_tokens
