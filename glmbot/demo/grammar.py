"""Templates of many wordings: `(a|b)` chooses, `{slot}` is filled in."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, Language] = ("zh", "en")

_CHOICE = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and the answer the demo model shall give to it."""

    topic: str
    language: Language
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing senders want, in many wordings, with its one answer in each language."""

    topic: str
    questions: Mapping[Language, tuple[str, ...]]
    answers: Mapping[Language, str]


def expand(template: str, rng: random.Random) -> str:
    """Choose one alternative of every group, innermost first; slots stay as they are."""
    while match := _CHOICE.search(template):
        template = template[: match.start()] + rng.choice(match[1].split("|")) + template[match.end() :]
    return " ".join(template.split())


def fill(text: str, slots: Mapping[str, str]) -> str:
    """Put the values into the slots."""
    for name, value in slots.items():
        text = text.replace("{" + name + "}", value)
    return text
