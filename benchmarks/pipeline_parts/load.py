"""What is asked of a bot: as much as it can take, or 100 messages a second."""

import asyncio
import statistics
import time
from dataclasses import dataclass

import psutil

from pipeline_parts.onebot import Platform

WINDOW = 200
"""Messages that wait for an answer at the same time when the rate is measured."""
OPEN_RATE = 100
"""Messages a second when the latency is measured."""
WARM_UP = 1.0
"""Seconds before anything counts."""
DEADLINE = 120.0
"""Seconds for what is still unanswered at the end."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from when a message was due to be sent until its answer was there."""

    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Rate:
    """Answers a second, and the processor time in milliseconds that the bot took for each."""

    messages_per_s: float
    cpu_ms: float


async def measure_rate(platform: Platform, bot: psutil.Process, num_users: int, seconds: float) -> Rate:
    """Measure while every answer is followed by the same user's next message."""
    next_users: asyncio.Queue[int] = asyncio.Queue()  # never holds more than WINDOW
    num_answers = 0

    def note(user: int, _: float) -> None:
        nonlocal num_answers
        num_answers += 1
        next_users.put_nowait(user)

    async def go_on(until: float) -> None:
        while time.perf_counter() < until:
            await platform.ask(await next_users.get())

    platform.on_answer = note
    for number in range(WINDOW):
        next_users.put_nowait(number % num_users)
    await go_on(time.perf_counter() + WARM_UP)
    started_at, num_before, cpu_before = time.perf_counter(), num_answers, _cpu_seconds(bot)
    await go_on(started_at + seconds)
    num_measured = num_answers - num_before
    rate = num_measured / (time.perf_counter() - started_at)
    cpu_ms = (_cpu_seconds(bot) - cpu_before) * 1000 / num_measured
    await _settle(platform)
    return Rate(rate, cpu_ms)


async def measure_latency(platform: Platform, num_users: int, seconds: float) -> Latency:
    """Return the latency of messages that come at a steady rate, whether or not the bot keeps up with it."""
    taken: list[float] = []
    platform.on_answer = lambda _, seconds: taken.append(seconds)
    num_warm_up = int(WARM_UP * OPEN_RATE)
    started_at = time.perf_counter()
    for number in range(num_warm_up + int(seconds * OPEN_RATE)):
        if number == num_warm_up:
            await _settle(platform)
            taken.clear()
            started_at = time.perf_counter() - number / OPEN_RATE
        due_at = started_at + number / OPEN_RATE
        await asyncio.sleep(max(0.0, due_at - time.perf_counter()))
        await platform.ask(number % num_users, due_at)
    await _settle(platform)
    cuts = statistics.quantiles(taken, n=100)
    return Latency(cuts[49] * 1000, cuts[98] * 1000)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def _settle(platform: Platform) -> None:
    async with asyncio.timeout(DEADLINE):
        await platform.all_answered()
