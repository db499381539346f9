"""A long steady feed with faults sprinkled in, watched for growth and judged at the end."""

import asyncio
import os
import random
import signal
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.model import ModelFault
from tests.faults.oracle import Findings
from tests.faults.platform import Fault
from tests.faults.processes import BotProcess
from tests.faults.world import World

NUM_CHATS = 100
SECONDS_BETWEEN_FAULTS = 2.0
SECONDS_BETWEEN_KILLS = 60.0
SECONDS_BETWEEN_SAMPLES = 5.0
SETTLED_AFTER = 20.0
"""Seconds from a start until memory and handles are expected to be flat."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the bot held at a moment, `age` seconds after its start."""

    at: float
    age: float
    resident_bytes: int
    num_handles: int


@dataclass(slots=True)
class Soak:
    """What came of it."""

    seconds: float = 0.0
    num_messages: int = 0
    num_kills: int = 0
    num_faults: int = 0
    samples: list[Sample] = field(default_factory=list)
    found: Findings = field(default_factory=Findings)

    def to_json(self) -> dict[str, object]:
        """Return the figures flat; memory in MB and handles, over the settled samples."""
        settled = [sample for sample in self.samples if sample.age >= SETTLED_AFTER] or self.samples
        memory = [round(sample.resident_bytes / 1e6, 1) for sample in settled]
        handles = [sample.num_handles for sample in settled]
        found = self.found
        return {
            "minutes": round(self.seconds / 60, 1),
            "messages": self.num_messages,
            "messages_per_s": round(self.num_messages / self.seconds, 1),
            "kills": self.num_kills,
            "faults": self.num_faults,
            "lost": len(found.lost),
            "duplicated": len(found.duplicated),
            "out_of_order": len(found.out_of_order),
            "altered": len(found.altered),
            "notices": found.num_notices,
            "memory_mb_first": memory[0],
            "memory_mb_last": memory[-1],
            "memory_mb_max": max(memory),
            "handles_first": handles[0],
            "handles_last": handles[-1],
            "handles_max": max(handles),
        }


async def run(world: World, minutes: float, rate: float, seed: int) -> Soak:
    """Feed `rate` messages a second for so long, disturb, let the bot finish, and judge."""
    soak, chance = Soak(), random.Random(seed)
    world.model.pause = 0.02
    begun_at = time.monotonic()
    feed = asyncio.create_task(_feed(world, minutes * 60, rate, random.Random(seed + 1)))
    while not feed.done():
        bot = await world.start()
        await _disturb(world, bot, soak, chance, feed)
        if not feed.done():
            soak.num_kills += 1
        await bot.kill()
    async with world.running() as bot:
        await world.drained(deadline=300.0)
        soak.seconds = time.monotonic() - begun_at
        soak.samples.append(sample(bot, world))
        soak.found = await world.findings()
        bot.signal(signal.SIGTERM)
        await bot.wait()
    soak.num_messages = len(world.platform.updates)
    return soak


async def _feed(world: World, seconds: float, rate: float, chance: random.Random) -> None:
    begun_at = time.monotonic()
    for number in range(int(seconds * rate)):
        await asyncio.sleep(max(0.0, begun_at + number / rate - time.monotonic()))
        await world.ask(f"c{chance.randrange(NUM_CHATS)}")
        world.model.requests.clear()


async def _disturb(
    world: World, bot: BotProcess, soak: Soak, chance: random.Random, feed: "asyncio.Task[None]"
) -> None:
    """Sprinkle faults until it is time for the next kill, or the feed ends."""
    next_sample = SECONDS_BETWEEN_SAMPLES
    while (age := time.monotonic() - world.started_at) < SECONDS_BETWEEN_KILLS and not feed.done():
        await asyncio.wait({feed}, timeout=chance.uniform(0.5, 1.5) * SECONDS_BETWEEN_FAULTS)
        _add_fault(world, chance)
        soak.num_faults += 1
        if age >= next_sample:
            soak.samples.append(sample(bot, world))
            next_sample += SECONDS_BETWEEN_SAMPLES


def _add_fault(world: World, chance: random.Random) -> None:
    if chance.random() < 0.3:
        world.model.faults = deque([chance.choice((ModelFault.CUT, ModelFault.OUT_OF_MEMORY, ModelFault.NAN))])
        return
    kind = chance.choice(("send", "send", "edit", "updates"))
    faults = [Fault.CUT_AFTER_ACCEPT, Fault.TOO_MANY, Fault.SERVER_ERROR] if kind == "send" else [Fault.SERVER_ERROR]
    world.platform.faults[kind] = deque([chance.choice(faults)])


def sample(bot: BotProcess, world: World) -> Sample:
    """Look at what a bot holds; zeros where the system does not tell."""
    folder = Path(f"/proc/{bot.pid}")
    now = time.monotonic()
    if not folder.exists():
        return Sample(now, now - world.started_at, 0, 0)
    pages = int((folder / "statm").read_text(encoding="ascii").split()[1])
    handles = len(os.listdir(folder / "fd"))
    return Sample(now, now - world.started_at, pages * os.sysconf("SC_PAGESIZE"), handles)
