"""Decisions as values: what a check says about a text or an event."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Whether a text comes from a sender or goes to one."""

    IN = "in"
    OUT = "out"


class Place(StrEnum):
    """Which part of a message a text is."""

    TEXT = "text"
    QUOTE = "quote"
    FILE_NAME = "file name"
    FILE_TEXT = "file text"
    SENDER_NAME = "sender name"
    LABEL = "label"
    ANSWER = "answer"
    REPLY = "reply"


class Action(StrEnum):
    """What a rule does about what it finds, the mildest first; `escalate` blocks and asks the admins."""

    LOG = "log"
    WARN = "warn"
    REDACT = "redact"
    REPLACE = "replace"
    BLOCK = "block"
    ESCALATE = "escalate"

    @property
    def blocks(self) -> bool:
        """Whether the text is not let through."""
        return self in (Action.BLOCK, Action.ESCALATE)

    @property
    def changes(self) -> bool:
        """Whether something else takes the place of what was found."""
        return self in (Action.REDACT, Action.REPLACE)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found in a text.

    `rule`: its id, such as "fraud.transfer"; `excerpt`: a few characters of the place, masked; `digest`: a keyed hash
    of what was found, by which repeats can be told without the text.
    """

    rule: str
    category: str
    action: Action
    place: Place
    excerpt: str
    digest: str


FAILED_CHECK = "failed check"
"""Category of a finding that is nobody's fault: a plugin's check did not work, so that the text is blocked."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a safety check decided about a text.

    `text` is the text to go on with (a check may redact). `rule` names the rule that blocked, for the log; `findings`
    are all that was found, for the moderation log.
    """

    text: str
    is_blocked: bool = False
    rule: str | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event is not handled. `text` is told to the sender; None refuses in silence.

    `is_kept` tells whether the message stays in the database as it is; else only what the log may have of it does.
    """

    reason: str
    text: str | None = None
    is_kept: bool = True
