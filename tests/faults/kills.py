"""Mass kills: a steady feed, and the bot killed at random moments, again and again."""

import asyncio
import itertools
import random
import statistics
import time
from bisect import bisect
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.world import World

NUM_CHATS = 40
MAX_WAITING = 40
"""The feed pauses while so many messages and replies are under way: what is tested is the crash, not the load."""
COUNT_EVERY = 5
"""The number under way is read from the database once in so many messages, which costs the bot no time to speak of."""
RUN_TIME = (0.1, 0.4)
"""A bot lives so many seconds from its first reply on; sometimes it does not get that far.

Not from 0: a kill that follows on what the platform has just seen would not be at a random moment.
"""
FIRST_REPLY_DEADLINE = 30.0
EARLY_SHARE = 0.1
"""Share of kills that strike while the bot still starts."""


@dataclass(slots=True)
class Figures:
    """What came of a run; `restart_s` is from start to intake, `reply_s` to the first reply."""

    messages: int = 0
    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    altered: int = 0
    notices: int = 0
    kills: int = 0
    max_duplicated_per_kill: int = 0
    messages_per_s: float = 0.0
    seconds: float = 0.0
    restart_s: list[float] = field(default_factory=list)
    reply_s: list[float] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Return the figures flat, with median and worst of the times."""
        times = {
            f"{name}_{what}": round(function(values), 3) if values else None
            for name, values in (("restart_s", self.restart_s), ("reply_s", self.reply_s))
            for what, function in (("p50", statistics.median), ("max", max))
        }
        names = ("messages", "lost", "duplicated", "out_of_order", "kills", "altered", "notices")
        plain = {name: getattr(self, name) for name in (*names, "max_duplicated_per_kill")}
        rates = {"messages_per_s": round(self.messages_per_s, 1), "seconds": round(self.seconds, 1)}
        return plain | rates | times

    def breaches(self, *, has_key: bool) -> list[str]:
        """Return which bars are missed."""
        bars = {
            "messages were lost": self.lost,
            "replies stand out of order": self.out_of_order,
            "turns were altered": self.altered,
            "messages are visible twice": has_key and self.duplicated,
            "a kill made more than one duplicate": not has_key and self.max_duplicated_per_kill > 1,
            "more than 0.04 duplicates a kill": not has_key and self.duplicated > max(1, 0.04 * self.kills),
        }
        return [text for text, is_missed in bars.items() if is_missed]


async def run(world: World, num_kills: int, seed: int, rate: float) -> Figures:
    """Feed `rate` messages a second, kill so often, let the last bot finish, and judge."""
    chance, figures = random.Random(seed), Figures(kills=num_kills)
    world.model.pause = 0.02
    begun_at = time.monotonic()
    feed = asyncio.create_task(_feed(world, rate, random.Random(seed + 1)))
    killed_at = []
    for _ in range(num_kills):
        await _live_and_die(world, chance, figures)
        killed_at.append(time.monotonic())
    feed.cancel()
    async with world.running():
        await world.drained(deadline=120.0)
        figures.seconds = time.monotonic() - begun_at
        await _judge(world, figures, killed_at)
    return figures


async def _feed(world: World, rate: float, chance: random.Random) -> None:
    for number in itertools.count():
        if number % COUNT_EVERY == 0:
            room = MAX_WAITING - await world.num_waiting()
        await asyncio.sleep(1 / rate)
        if room > 0:
            room -= 1
            await world.ask(f"c{chance.randrange(NUM_CHATS)}")


async def _live_and_die(world: World, chance: random.Random, figures: Figures) -> None:
    bot = await world.start()
    if chance.random() < EARLY_SHARE:
        await asyncio.sleep(chance.uniform(0.0, 0.3))
    else:
        await world.platform.until(lambda _: world.has_called("send"), "a reply", FIRST_REPLY_DEADLINE)
        figures.restart_s.append(world.seconds_until("updates"))
        figures.reply_s.append(world.seconds_until("send"))
        await asyncio.sleep(chance.uniform(*RUN_TIME))
    await bot.kill()
    world.model.requests.clear()


async def _judge(world: World, figures: Figures, killed_at: list[float]) -> None:
    found = await world.findings()
    figures.messages = len(world.platform.updates)
    figures.messages_per_s = figures.messages / figures.seconds
    figures.lost, figures.duplicated = len(found.lost), len(found.duplicated)
    per_kill = Counter(bisect(killed_at, shown.at) for shown in found.surplus)
    figures.max_duplicated_per_kill = max(per_kill.values(), default=0)
    figures.out_of_order, figures.altered = len(found.out_of_order), len(found.altered)
    figures.notices = found.num_notices
    figures.examples = [*found.lost[:5], *found.duplicated[:5], *found.out_of_order[:5], *found.altered[:5]]
