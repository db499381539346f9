"""What can be wrong with an answer, and what finds it."""

from enum import StrEnum
from typing import Protocol

MAX_HELD = 64
"""Characters of an answer that are held back at most."""


class Fault(StrEnum):
    """What ended an answer."""

    REPETITION = "repetition"
    SELF_DIALOGUE = "self-dialogue"
    PROMPT_LEAK = "prompt leak"


class Detector(Protocol):
    """Reads an answer character by character."""

    kind: Fault
    fault_at: int | None
    """The place from which on the answer is not to be shown."""
    unsure_from: int | None
    """The place from which on the answer may turn out to be faulty."""

    def feed(self, character: str, place: int, in_code: bool) -> None:
        """Take in the next character."""

    def end(self) -> None:
        """The answer is complete: decide what was undecided."""
