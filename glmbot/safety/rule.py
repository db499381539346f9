"""One rule of a policy: what it looks for, where it holds, and what follows."""

from dataclasses import dataclass
from enum import StrEnum

from glmbot.safety.injection.score import Channel
from glmbot.safety.pii.spans import PiiKind
from glmbot.verdicts import Action, Direction

MEMBER = "member"
"""The role of a sender who has no other."""


class Kind(StrEnum):
    """What a rule looks for."""

    WORDS = "words"
    PII = "pii"
    INJECTION = "injection"
    QUALITY = "quality"


class Level(StrEnum):
    """How bad it is what a rule finds; for people who read the log."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose text is judged. `chat` is "adapter:chat id"; a sender without roles is a member."""

    adapter: str = ""
    chat: str = ""
    roles: frozenset[str] = frozenset()


ANYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule says; empty `adapters`, `chats` and `roles` mean all.

    `terms` and `allowed` are for words: what stands inside an allowed phrase is not found. `pii` are kinds of personal
    data, `threshold` and `channel` are for injection. `replacement` is what `redact` and `replace` show instead.
    """

    id: str
    kind: Kind
    category: str
    level: Level
    action: Action
    directions: frozenset[Direction]
    adapters: frozenset[str] = frozenset()
    chats: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    terms: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    pii: frozenset[PiiKind] = frozenset()
    threshold: float = 0.5
    channel: Channel = Channel.USER
    replacement: str | None = None

    def holds(self, direction: Direction, scope: Scope) -> bool:
        """Tell whether the rule holds for a text."""
        return (
            direction in self.directions
            and (not self.adapters or scope.adapter in self.adapters)
            and (not self.chats or scope.chat in self.chats)
            and (not self.roles or not self.roles.isdisjoint(scope.roles or {MEMBER}))
        )


STRICTNESS = {action: number for number, action in enumerate(Action)}
"""Of two rules that find the same, the one whose action stands later counts."""
