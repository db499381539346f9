"""The power goes at 200 random moments of a bot's life: no database is damaged, and nothing acknowledged is lost.

The whole bot runs once under strace; its writes are then replayed up to each moment as `power_loss.py` describes.
Acknowledged is what the platform has seen: a message is when the bot asks for the updates behind it, and the row
of a reply is when the reply is sent under its key.
"""

import asyncio
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.power_loss import COMMAND, Disk, Sent, Step, SyncBegun, SyncDone, Write, read_trace
from tests.faults.processes import ROOT
from tests.faults.spec import Mode
from tests.faults.world import World

NUM_CUTS = 200
NUM_MESSAGES = 60
"""So many that the log is brought into the database and begun anew several times."""
_OFFSET = re.compile(rb"GET /updates\?offset=(\d+)")
_KEY = re.compile(rb'"key": ?"([^"]+)"')

pytestmark = [
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace records the writes"),
    pytest.mark.parametrize("mode", [Mode.NONCE], indirect=True),
]


@asynccontextmanager
async def traced(world: World, trace: Path) -> AsyncIterator[None]:
    """Run the bot under strace while the body runs."""
    spec = replace(world.spec, log=None)
    program = [*COMMAND, "-o", str(trace), sys.executable, "-m", "tests.faults.bot", spec.to_json()]
    with (world.folder / "bot.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *program, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # strace itself does not heed it
            try:
                async with asyncio.timeout(60):
                    assert await process.wait() == 0, world.log()
            except TimeoutError:
                os.killpg(process.pid, signal.SIGKILL)
                raise


@pytest.mark.timeout(240)
async def test_whenever_the_power_goes_nothing_is_damaged_and_nothing_acknowledged_is_lost(
    world: World, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    async with traced(world, trace):
        for number in range(NUM_MESSAGES):
            await world.ask(f"c{number % 6}")
            await asyncio.sleep(0.02)
        await world.drained(120.0)
    (await world.findings()).check()
    message_ids = [update.message_id for update in world.platform.updates]
    data_dir = Path(world.spec.data_dir)
    num_acknowledged = await asyncio.to_thread(cut_everywhere, trace, data_dir, message_ids, tmp_path / "cut")
    assert num_acknowledged >= NUM_MESSAGES


def is_of_interest(step: Step) -> bool:
    return "-shm" not in getattr(step, "file", "")  # an index of the log, which SQLite makes anew


def cut_everywhere(trace: Path, data_dir: Path, message_ids: list[str], folder: Path) -> int:
    """Check the database at each cut; return how much was acknowledged at the last."""
    steps = [step for step in read_trace(trace, data_dir.resolve()) if is_of_interest(step)]
    chance, disk = random.Random(5), Disk()
    cuts = set(chance.sample(range(len(steps)), NUM_CUTS))
    confirmed, keys = 0, set[str]()
    for index, step in enumerate(steps):
        if index in cuts:
            check(disk.lose_power(chance), folder, set(message_ids[:confirmed]), keys)
        if isinstance(step, Sent):
            confirmed = max([confirmed, *(int(offset) - 1 for offset in _OFFSET.findall(step.content))])
            keys |= {key.decode() for key in _KEY.findall(step.content)}
        else:
            disk.take(step)
    check(disk.lose_power(chance), folder, set(message_ids[:confirmed]), keys)
    return min(confirmed, len(keys))


def check(files: dict[str, bytes], folder: Path, message_ids: set[str], keys: set[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    with closing(sqlite3.connect(folder / "glmbot.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        if message_ids or keys:
            stored = {row[0] for row in connection.execute("SELECT message_id FROM inbox")}
            rows = {row[0] for row in connection.execute("SELECT key FROM outbox")}
            assert message_ids <= stored
            assert keys <= rows


def test_the_replay_keeps_what_was_synced_and_may_lose_any_sector_of_the_rest(tmp_path: Path, mode: Mode) -> None:
    disk, chance = Disk(), random.Random(1)
    for step in (Write("f", 0, b"a" * 2048), SyncBegun("f", "1"), Write("f", 2048, b"b" * 2048), SyncDone("1")):
        disk.take(step)
    kept = {disk.lose_power(chance)["f"] for _ in range(200)}
    assert all(content[:2048] == b"a" * 2048 for content in kept)
    assert {b"a" * 2048, b"a" * 2048 + b"b" * 2048} < kept
    assert b"a" * 2048 + bytes(512) + b"b" * 512 in kept
