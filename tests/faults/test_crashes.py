"""The bot dies at each step of a message's way, and what was confirmed is answered all the same."""

import asyncio
import signal
import sys
from dataclasses import replace

import pytest

from glmbot.config_file import load_settings
from glmbot.crash_points import NAMES, VARIABLE
from tests.faults.processes import ROOT
from tests.faults.spec import Mode
from tests.faults.world import World

SECONDS_TO_INTAKE = 3.0
SECONDS_TO_FIRST_REPLY = 5.0


@pytest.mark.alone
@pytest.mark.parametrize("point", NAMES)
async def test_after_a_crash_at_any_step_everything_is_answered_in_order(world: World, mode: Mode, point: str) -> None:
    world.model.pause = 0.1  # so that there is a live message
    bot = await world.start(crash_at=f"{point}:2")
    for chat in ("c1", "c2", "c1", "c1", "c2"):
        await world.ask(chat)
    assert await bot.wait() == -signal.SIGKILL
    async with world.running():
        await world.drained()
        (await world.findings()).check(max_duplicates=0 if mode is Mode.NONCE else 1)
        assert world.seconds_until("updates") < SECONDS_TO_INTAKE
        assert world.seconds_until("send") < SECONDS_TO_FIRST_REPLY


async def test_a_bot_without_the_fork_server_does_the_same(world: World) -> None:
    program = [sys.executable, "-m", "tests.faults.bot", replace(world.spec, log=None).to_json()]
    await world.ask()
    with (world.folder / "bot.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*program, cwd=ROOT, stdout=log, stderr=log)
    try:
        await world.drained()
    finally:
        process.terminate()
        assert await process.wait() == 0
    (await world.findings()).check()


def test_an_armed_crash_point_is_no_unknown_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "stored")
    load_settings()
