"""Policies that stay as they are."""

from dataclasses import dataclass, field

from glmbot.safety.policies import Policies
from glmbot.safety.rule import Kind, Level, Rule
from glmbot.verdicts import Action, Direction

BOTH = frozenset(Direction)


@dataclass
class Fixed:
    """Holds policies, none by default; a test may put others in their place."""

    current: Policies = field(default_factory=Policies)


def words(id: str, action: Action, *terms: str, allowed: tuple[str, ...] = (), **more: object) -> Rule:
    """Return a rule about words."""
    directions = more.pop("directions", BOTH)
    return Rule(id, Kind.WORDS, "test", Level.LOW, action, directions, terms=terms, allowed=allowed, **more)  # type: ignore[arg-type]
