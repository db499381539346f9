"""What the watch on the event loop sees."""

import asyncio
import json
import logging
import time

import pytest

from glmbot.loop_watch import LoopWatch


def watch() -> LoopWatch:
    return LoopWatch(interval=0.01, max_lag=0.1)


async def until(caplog: pytest.LogCaptureFixture, text: str) -> None:
    async with asyncio.timeout(20):
        while text not in caplog.text:
            await asyncio.sleep(0.01)


def block(seconds: float) -> None:
    time.sleep(seconds)


def hold(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        json.dumps({"a": [1] * 1000}, indent=1)  # Python code of the standard library


async def test_a_stall_is_told_once_with_what_held_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    with watch().running():
        await asyncio.sleep(0.05)
        hold(0.5)
        await until(caplog, "runs again")
    held, again = [record.getMessage() for record in caplog.records]
    assert held.startswith("the event loop is held: it has not run for 0.10 s, in ")
    assert "hold() at" in held
    assert __file__ in held
    assert float(again.rpartition("held for ")[2].removesuffix(" s")) >= 0.3


async def test_a_function_in_c_is_told_by_its_caller(caplog: pytest.LogCaptureFixture) -> None:
    with watch().running():
        await asyncio.sleep(0.05)
        block(0.3)
        await until(caplog, "runs again")
    assert "in block() at" in caplog.messages[0]


async def test_a_stall_counts_for_as_long_as_it_lasts() -> None:
    watched = watch()
    with watched.running():
        for _ in range(20):
            await asyncio.sleep(0.01)
        block(0.5)
        await asyncio.sleep(0.05)
    assert watched.lag(0.99) > 0.3
    assert watched.lag(0.1) < 0.3


async def test_a_loop_that_runs_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    watched = LoopWatch(interval=0.001, max_lag=20)
    assert watched.lag() == 0
    with watched.running():
        await asyncio.sleep(0.05)
    assert caplog.messages == []
    assert 0 < watched.lag() < 20
