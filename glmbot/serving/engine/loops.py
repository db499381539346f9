"""Notices an answer that repeats itself without end, by its tokens."""

from collections import deque
from collections.abc import Callable, Sequence

MAX_PERIOD = 64
"""Tokens of what is repeated."""
MIN_TOKENS, MIN_REPEATS = 60, 4
"""How long a repetition is before anybody looks at what it says."""

LongestLoop = Callable[[Sequence[int], Sequence[int]], int]
"""Told what is repeated and what came before it: how many tokens of repetitions of that are still sane."""


class LoopGuard:
    """Follows the tokens of one answer.

    For each period it counts how many of the last tokens equal the one a period before them, so a token costs the same
    however long the answer is: 9 µs (`tests/serving/test_loops.py`, one core of a busy x86 machine, 2026-11-26). Only
    what has repeated itself for long is looked at as text, once.
    """

    def __init__(self, longest: LongestLoop) -> None:
        self._longest = longest
        self._recent = deque([-1] * MAX_PERIOD, maxlen=MAX_PERIOD)  # the newest first
        self._equal = [0] * MAX_PERIOD
        self._start = -1
        self._limit = 0

    def ends(self, tokens: Sequence[int]) -> bool:
        """Take in the last of an answer's tokens, which must be told one by one; return whether it is in a loop."""
        newest = tokens[-1]
        pairs = zip(self._equal, self._recent, strict=True)
        self._equal = [number + 1 if earlier == newest else 0 for number, earlier in pairs]
        self._recent.appendleft(newest)
        most = max(self._equal)
        period = self._equal.index(most) + 1  # the shortest: its multiples began to be equal later
        num_repeated = most + period
        if num_repeated < MIN_TOKENS or num_repeated < MIN_REPEATS * period:
            return False
        start = len(tokens) - num_repeated
        if start != self._start:
            self._start = start
            self._limit = self._longest(tokens[-period:], tokens[:start])
        return num_repeated > self._limit
