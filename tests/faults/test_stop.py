"""SIGTERM: the bot ends in good order at any moment of an answer."""

import asyncio
import signal

import pytest

from tests.faults.world import World

MAX_SECONDS = 20.0


@pytest.mark.parametrize("num_pieces", [0, 1, 2])
async def test_sigterm_in_the_middle_of_an_answer_lets_it_finish(world: World, num_pieces: int) -> None:
    world.model.pause = 0.3
    async with world.running() as bot:
        await world.ask()
        await world.model.until_pieces(num_pieces)
        bot.signal(signal.SIGTERM)
        assert await bot.wait(MAX_SECONDS) == 0
    async with world.running():
        await world.drained()
        (await world.findings()).check()


async def test_sigterm_with_an_answer_that_never_ends_exits_in_time_and_the_next_start_answers(world: World) -> None:
    world.model.gate.clear()
    async with world.running() as bot:
        await world.ask("c1")
        await world.ask("c1")
        await world.model.until_pieces(1)
        bot.signal(signal.SIGTERM)
        assert await bot.wait(MAX_SECONDS) == 0
    world.model.gate.set()
    async with world.running():
        await world.drained()
        (await world.findings()).check()


@pytest.mark.alone
async def test_sigterm_stops_the_intake(world: World) -> None:
    world.model.gate.clear()
    async with world.running() as bot:
        await world.ask("c1")
        await world.model.until_pieces(1)
        bot.signal(signal.SIGTERM)
        await asyncio.sleep(0.5)  # nothing tells from outside that the signal has come
        num_asked_before = len(world.answers.asked)
        await world.ask("c2")
        world.model.gate.set()
        assert await bot.wait(MAX_SECONDS) == 0
        assert len(world.answers.asked) == num_asked_before
    async with world.running():
        await world.drained()
        (await world.findings()).check()
