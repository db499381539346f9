"""Finds the loop that a model cannot leave."""

import re
from collections import deque

from glmbot.repetition import MAX_CODE, is_asked_for, longest
from glmbot.safety.quality.fault import Fault

STEP = 16
"""Characters between two looks."""
PROBE = 24
"""Characters at the end whose last occurrence tells the length of the loop."""
MAX_PERIOD = 600
"""Characters of what is repeated."""
TAIL = MAX_CODE + 2 * MAX_PERIOD
SENTENCE_END = "\n。！？!?;；"
DIGITS = re.compile(r"\d+")
MAX_CYCLE = 8
"""Sentences that come round and round."""
MAX_ALIKE = 40
"""Sentences in a row that may be alike but for their numbers."""
SHORT = 12
"""A sentence of fewer characters is not looked at, nor is a table row or a link."""


class Repetition:
    """Finds text that repeats itself at the end, and sentences that differ in nothing but their numbers."""

    kind = Fault.REPETITION

    def __init__(self, question: str) -> None:
        self.fault_at: int | None = None
        self.unsure_from: int | None = None
        self._is_asked_for = is_asked_for(question)
        self._tail = ""
        self._sentence = ""
        self._recent: deque[str] = deque(maxlen=MAX_ALIKE + MAX_CYCLE)

    def feed(self, character: str, place: int, in_code: bool) -> None:
        """Take in the next character."""
        may_repeat = in_code or self._is_asked_for
        self._tail += character
        if (place + 1) % STEP == 0:
            self._tail = self._tail[-TAIL:]
            if self._is_loop(may_repeat):
                self.fault_at = place + 1
        self._sentence += character
        if character in SENTENCE_END or self._sentence.endswith(". "):
            if not may_repeat and self._is_round_of(DIGITS.sub("", self._sentence.strip())):
                self.fault_at = place + 1
            self._sentence = ""

    def end(self) -> None:
        """A loop that is over is none."""

    def _is_loop(self, may_repeat: bool) -> bool:
        tail = self._tail
        before = tail.rfind(tail[-PROBE:], max(0, len(tail) - MAX_PERIOD - PROBE), len(tail) - 1)
        if len(tail) < PROBE or before < 0:
            return False
        period = len(tail) - PROBE - before
        unit = tail[-period:]
        limit = MAX_CODE if may_repeat else longest(unit)
        return len(tail) > limit and tail.endswith(unit * (limit // period + 1))

    def _is_round_of(self, sentence: str) -> bool:
        if len(sentence) < SHORT or sentence.startswith(("|", "<")) or "://" in sentence:
            return False
        self._recent.append(sentence)
        recent = list(self._recent)
        return len(recent) == self._recent.maxlen and any(
            recent[cycle:] == recent[:-cycle] for cycle in range(1, MAX_CYCLE + 1)
        )
