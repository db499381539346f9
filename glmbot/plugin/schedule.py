"""When jobs run, and the clock they run by."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as TimeOfDay  # noqa: N812  "time" is the module here
from typing import Protocol

MAX_SLEEP = 60.0
"""Longest sleep in seconds before the clock is read again: it may have been set, or the machine been suspended."""


class Clock(Protocol):
    """The time, in seconds since 1970, UTC."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds, also when the clock is set meanwhile."""

    async def sleep_until(self, moment: float) -> bool:
        """Return True once `now` is `moment` or later, or False when the clock was set back meanwhile."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return the current time."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        await asyncio.sleep(seconds)

    async def sleep_until(self, moment: float) -> bool:
        """Return True once `now` is `moment` or later, or False when the clock was set back meanwhile."""
        longest = moment - time.time()
        while (left := moment - time.time()) > 0:
            if left > longest + MAX_SLEEP:
                return False
            await asyncio.sleep(min(left, MAX_SLEEP))
        return True


class Schedule(Protocol):
    """Says when a job runs."""

    def next_after(self, moment: float) -> float:
        """Return the next time to run, which is later than `moment`."""


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again, `interval` after the last run began."""

    interval: timedelta

    def __post_init__(self) -> None:
        if self.interval <= timedelta():
            raise ValueError(f"every({self.interval!r}): the interval must be longer than nothing")

    def next_after(self, moment: float) -> float:
        """Return the next time to run, which is later than `moment`."""
        return moment + self.interval.total_seconds()


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day, at a time of the machine's zone, or of the zone that `at` brings along."""

    at: TimeOfDay

    def next_after(self, moment: float) -> float:
        """Return the next time to run, which is later than `moment`."""
        today = datetime.fromtimestamp(moment, self.at.tzinfo).date()
        moments = [datetime.combine(today + timedelta(days=days), self.at).timestamp() for days in (0, 1)]
        return moments[0] if moments[0] > moment else moments[1]
