"""The channels the bot is to be in, and when it next asks to be let in."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from glmbot.adapters.irc_waits import Waits

REFUSALS = frozenset({"403", "405", "437", "448", "470", "471", "473", "474", "475", "476", "477", "479", "489", "520"})
"""Numerics that refuse a JOIN: full, by invitation only, banned, with a key, ... (https://modern.ircdocs.horse)."""


@dataclass(slots=True)
class _Channel:
    name: str
    is_inside: bool = False
    is_refused: bool = False
    next_try_at: float = 0.0
    awaited_until: float = inf
    """When a JOIN that nobody answers counts as refused."""


class Channels:
    """The channels of the settings, on one connection."""

    def __init__(self, names: Sequence[str], folded: Callable[[str], str], waits: Waits) -> None:
        self._folded = folded
        self._waits = waits
        self._channels = {folded(name): _Channel(name) for name in names}

    def to_join(self) -> list[str]:
        """Return the channels to ask for now, and count them as asked for."""
        now = time.monotonic()
        due = [one for one in self._channels.values() if not one.is_inside and one.next_try_at <= now]
        for channel in due:
            channel.next_try_at = now + self._waits.refused
            channel.awaited_until = now + self._waits.answer
        return [channel.name for channel in due]

    def next_try_in(self) -> float:
        """Return after how many seconds there may be one to ask for again."""
        times = [one.next_try_at for one in self._channels.values() if not one.is_inside]
        return max(0.0, min(times, default=inf) - time.monotonic())

    def is_on_the_way(self, target: str) -> bool:
        """Tell whether the bot is about to be in this channel again, so that a message for it can wait."""
        channel = self._channels.get(self._folded(target))
        if channel is None or channel.is_inside or channel.is_refused:
            return False
        return time.monotonic() < channel.awaited_until

    def joined(self, name: str) -> None:
        """Note that the bot is in."""
        if channel := self._channels.get(self._folded(name)):
            channel.is_inside, channel.is_refused = True, False

    def left(self, name: str) -> None:
        """Note that the bot was put out; it asks again after a pause."""
        if channel := self._channels.get(self._folded(name)):
            channel.is_inside, channel.is_refused = False, False
            channel.next_try_at = time.monotonic() + self._waits.rejoin
            channel.awaited_until = inf

    def refused(self, name: str) -> bool:
        """Note that the bot is not let in; tell whether it had asked."""
        channel = self._channels.get(self._folded(name))
        if channel is None or channel.is_inside:
            return False
        channel.is_refused = True
        channel.next_try_at = time.monotonic() + self._waits.refused
        return True
