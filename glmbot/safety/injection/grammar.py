"""The forms of injection, written over the meanings that the vocabulary finds."""

import re
from dataclasses import dataclass

from glmbot.safety.injection.forms import ALIASES, FORMS
from glmbot.safety.injection.vocabulary import END, letters_of

NAME = re.compile(r"[A-Z]{1,12}")


@dataclass(frozen=True, slots=True)
class Form:
    """One form of an intent, and how much it says by itself."""

    intent: str
    pattern: re.Pattern[str]
    weight: float
    in_document: float
    is_plain_when_asked: bool
    """Whether a question ("how do I ...?") takes nothing from it."""


def _compiled(written: str) -> re.Pattern[str]:
    """Turn NAME into its letters, `~` into an optional gap, and `..` into a few things of the same sentence."""
    for name, meaning in ALIASES.items():
        written = re.sub(rf"\b{name}\b", meaning, written)
    written = written.replace("~", "(?:GAP|QUOTE){0,2}").replace("...", f"[^{END}]{{0,6}}")
    written = written.replace("..", f"[^{END}]{{0,3}}").replace("*", "{0,4}")
    return re.compile(NAME.sub(lambda match: f"[{letters_of(match[0])}]", written).replace(" ", ""))


GRAMMAR = tuple(
    Form(intent, _compiled(pattern), weight, in_document, mark == "?")
    for intent, mark, weight, in_document, pattern in FORMS
)
