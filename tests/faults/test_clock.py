"""The wall clock jumps by a day while the bot runs: nothing waits for it, and nothing expires by it."""

import struct
from collections import deque
from pathlib import Path

import pytest

from tests.faults.bot import CLOCK_FORM
from tests.faults.platform import Fault
from tests.faults.spec import Mode
from tests.faults.world import World, until

DAY = 86400.0
DEADLINE = 20.0
"""Seconds for what takes two without a jump."""

pytestmark = [
    pytest.mark.parametrize("mode", [Mode.PLAIN], indirect=True),
    pytest.mark.parametrize("jump", [DAY, -DAY]),
]


class Clock:
    """The bot's wall clock, as a file that it looks at."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "clock"
        self.path.write_bytes(struct.pack(CLOCK_FORM, 0.0))

    def jump(self, seconds: float) -> None:
        """Set the clock forward or back."""
        with self.path.open("r+b") as file:
            file.write(struct.pack(CLOCK_FORM, seconds))


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


async def test_messages_before_and_after_a_jump_are_answered(world: World, clock: Clock, jump: float) -> None:
    world.model.pause = 0.2
    async with world.running(clock=str(clock.path)):
        await world.ask("c1")
        await world.model.until_pieces(1)
        clock.jump(jump)
        await world.ask("c1")
        await world.ask("c2")
        await world.drained(DEADLINE)
    (await world.findings()).check()


@pytest.mark.alone
async def test_a_message_that_waits_for_the_model_does_not_wait_for_the_clock(
    world: World, clock: Clock, jump: float
) -> None:
    world.model.num_refusals = 1
    async with world.running(clock=str(clock.path)):
        await world.ask()
        await until(world.has_event_waiting, "the question to wait")
        clock.jump(jump)
        await world.drained(DEADLINE)
    (await world.findings()).check()


@pytest.mark.alone
async def test_a_reply_that_waits_for_its_platform_does_not_wait_for_the_clock(
    world: World, clock: Clock, jump: float
) -> None:
    world.platform.retry_after = 2.0
    world.platform.faults["send"] = deque([Fault.TOO_MANY])
    async with world.running(clock=str(clock.path), edit_interval=None):
        await world.ask()
        await until(world.has_reply_waiting, "the reply to wait")
        clock.jump(jump)
        await world.drained(DEADLINE)
    (await world.findings()).check()


async def test_a_restart_after_a_jump_answers_what_was_waiting(world: World, clock: Clock, jump: float) -> None:
    world.model.num_refusals = 1
    async with world.running(clock=str(clock.path)):
        await world.ask()
        await world.model.until_refused()
    clock.jump(max(jump, 0.0))
    async with world.running(clock=str(clock.path)):
        await world.drained(DEADLINE)
    (await world.findings()).check()
