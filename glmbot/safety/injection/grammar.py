"""The forms of injection, written over the meanings that the vocabulary finds; `forms.txt` holds them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from glmbot.safety.injection.vocabulary import END, letters_of

FORMS = Path(__file__).with_name("forms.txt")
NAME = re.compile(r"[A-Z]{1,12}")
ALIAS = re.compile(r"([A-Z]+) = (.+)")
FORM = re.compile(r"(?P<intent>[a-z-]+) (?P<weight>[\d.]+) (?P<in_document>[\d.]+) (?P<mark>\? )?(?P<pattern>.+)")


@dataclass(frozen=True, slots=True)
class Form:
    """One form of an intent, and how much it says by itself."""

    intent: str
    pattern: re.Pattern[str]
    weight: float
    in_document: float
    is_plain_when_asked: bool
    """Whether a question ("how do I ...?") takes nothing from it."""


def _read() -> Iterator[Form]:
    aliases: dict[str, str] = {}
    for line in FORMS.read_text(encoding="utf-8").splitlines():
        if alias := ALIAS.fullmatch(line):
            aliases[alias[1]] = alias[2]
        elif form := FORM.fullmatch(line):
            pattern = _compiled(form["pattern"], aliases)
            weights = float(form["weight"]), float(form["in_document"])
            yield Form(form["intent"], pattern, *weights, is_plain_when_asked=form["mark"] is not None)


def _compiled(written: str, aliases: dict[str, str]) -> re.Pattern[str]:
    """Turn each NAME into its letters, and the signs between them into patterns."""
    for name, meaning in aliases.items():
        written = re.sub(rf"\b{name}\b", meaning, written)
    written = written.replace("~", "(?:GAP|QUOTE){0,2}").replace("...", f"[^{END}]{{0,6}}")
    written = written.replace("..", f"[^{END}]{{0,3}}").replace("*", "{0,4}")
    return re.compile(NAME.sub(lambda match: f"[{letters_of(match[0])}]", written).replace(" ", ""))


GRAMMAR = tuple(_read())
