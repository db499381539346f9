"""Counts how often a plugin process failed."""

import time
from collections import deque

from glmbot.plugin.process.limits import Limits


class Strikes:
    """The strikes that still count."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._times: deque[float] = deque()

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self._times)

    @property
    def is_out(self) -> bool:
        """Whether there are too many."""
        return self.number >= self._limits.max_strikes

    @property
    def back_off(self) -> float:
        """Seconds to wait before the next start."""
        return float(self._limits.back_off * 2 ** (self.number - 1))

    def add(self) -> None:
        """Count one more, and forget those of long ago."""
        now = time.monotonic()
        self._times.append(now)
        while now - self._times[0] > self._limits.strike_lifetime:
            self._times.popleft()
