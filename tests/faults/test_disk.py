"""The disk is full, or the database is held by another program: late, but nothing lost, and no SQL shown."""

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.spec import Mode
from tests.faults.world import World, until

DISK_BYTES = 16 << 20
"""Room for the database and for the 4 MB that its log takes before they are brought into it."""
HOLD_SECONDS = [3, pytest.param(60, marks=pytest.mark.skipif("FAULTS_SLOW" not in os.environ, reason="a minute"))]

pytestmark = pytest.mark.parametrize("mode", [Mode.PLAIN], indirect=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, which a test can fill."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "glmbot-test", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte free; return the file to delete."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


async def until_logged(world: World, text: str) -> None:
    async def is_logged() -> bool:
        return text in world.log()

    await until(is_logged, f"{text!r} in the log")


def check_no_sql_is_shown(world: World) -> None:
    for shown in world.platform.shown.values():
        assert not any(word in shown.text.lower() for word in ("sqlite", "database", "insert", "select", "disk"))


async def test_with_a_full_disk_nothing_is_confirmed_and_the_bot_goes_on_by_itself(
    world: World, small_disk: Path
) -> None:
    world.spec = replace(world.spec, data_dir=str(small_disk))
    async with world.running() as bot:
        await world.ask()
        await world.drained()
        filler = fill(small_disk)
        for number in range(100):
            await world.ask(f"c{number % 5}")
        await until_logged(world, "waits at the platform")
        await asyncio.sleep(1)  # it stays up; there is no event to wait for
        assert world.platform.num_unconfirmed > 0
        filler.unlink()
        await world.drained()
        assert bot.exit_code is None
    (await world.findings()).check(max_duplicates=0)
    check_no_sql_is_shown(world)


async def test_answers_that_are_written_when_the_disk_fills_are_delivered_when_there_is_room_again(
    world: World, small_disk: Path
) -> None:
    world.spec = replace(world.spec, data_dir=str(small_disk))
    world.model.gate.clear()
    async with world.running(edit_interval=None) as bot:
        for number in range(30):
            await world.ask(f"c{number % 10}")
        await world.model.until_pieces(10)
        filler = fill(small_disk)
        for number in range(100):
            await world.ask(f"c{number % 5}")
        await until_logged(world, "waits at the platform")
        world.model.gate.set()
        await world.model.until_idle()
        await asyncio.sleep(1)  # for the answers to meet the full disk
        filler.unlink()
        await world.drained(20.0)
        assert bot.exit_code is None
    (await world.findings()).check(max_duplicates=0)
    check_no_sql_is_shown(world)


async def test_what_a_full_disk_held_up_is_answered_after_a_restart(world: World, small_disk: Path) -> None:
    world.spec = replace(world.spec, data_dir=str(small_disk))
    async with world.running():
        await world.ask()
        await world.drained()
        filler = fill(small_disk)
        for number in range(100):
            await world.ask(f"c{number % 5}")
        await until_logged(world, "waits at the platform")
    filler.unlink()
    async with world.running():
        await world.drained()
    (await world.findings()).check(max_duplicates=1)
    check_no_sql_is_shown(world)


async def test_a_file_that_cannot_grow_any_more_loses_nothing(world: World) -> None:
    async with world.running():
        await world.ask()
        await world.drained()
    size = (Path(world.spec.data_dir) / "glmbot.db").stat().st_size
    async with world.running(max_file_bytes=size + 8192):
        for number in range(100):
            await world.ask(f"c{number % 5}")
        await until_logged(world, "waits at the platform")
    async with world.running():
        await world.drained()
    (await world.findings()).check(max_duplicates=1)
    check_no_sql_is_shown(world)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seconds", HOLD_SECONDS)
async def test_a_database_held_by_another_program_makes_replies_late_and_loses_none(
    world: World, seconds: float
) -> None:
    async with world.running():
        await world.ask()
        await world.drained()
        with closing(sqlite3.connect(Path(world.spec.data_dir) / "glmbot.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            num_shown = len(world.platform.shown)
            for number in range(10):
                await world.ask(f"c{number % 3}")
            await asyncio.sleep(seconds)
            assert world.platform.num_unconfirmed > 0
            assert len(world.platform.shown) == num_shown
            other.execute("ROLLBACK")
        await world.drained()
    (await world.findings()).check()
    check_no_sql_is_shown(world)
