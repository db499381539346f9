"""Decisions as values: what a check says about a text or an event."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Whether a text comes from a sender or goes to one."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a safety check decided about a text.

    `text` is the text to go on with (a check may redact). `rule` names the rule that blocked, for the log.
    """

    text: str
    is_blocked: bool = False
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event is not handled. `text` is told to the sender; None refuses in silence."""

    reason: str
    text: str | None = None
