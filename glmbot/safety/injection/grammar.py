"""The forms of injection, written over the meanings that the vocabulary finds; `forms.txt` holds them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from glmbot.safety.injection.vocabulary import END, letters_of

FORMS = Path(__file__).with_name("forms.txt")
NAME = re.compile(r"[A-Z]{1,12}")
ALIAS = re.compile(r"([A-Z]+) = (.+)")
GROUP = re.compile(r"\([^()]*\)[?*+]?")
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
    needs: tuple[frozenset[str], ...]
    """Sets of letters of which each has to have one in the text."""


def _read() -> Iterator[Form]:
    aliases: dict[str, str] = {}
    for line in FORMS.read_text(encoding="utf-8").splitlines():
        if alias := ALIAS.fullmatch(line):
            aliases[alias[1]] = alias[2]
        elif form := FORM.fullmatch(line):
            written = _unfolded(form["pattern"], aliases)
            weights = float(form["weight"]), float(form["in_document"])
            yield Form(form["intent"], _compiled(written), *weights, form["mark"] is not None, _needs(written))


def _unfolded(written: str, aliases: dict[str, str]) -> str:
    for name, meaning in aliases.items():
        written = re.sub(rf"\b{name}\b", meaning, written)
    return written


def _compiled(written: str) -> re.Pattern[str]:
    """Turn each name into its letters, and the signs between them into patterns."""
    written = written.replace("~", "(?:GAP|QUOTE){0,2}").replace("...", f"[^{END}]{{0,6}}")
    written = written.replace("..", f"[^{END}]{{0,3}}").replace("*", "{0,4}")
    return re.compile(NAME.sub(lambda match: f"[{letters_of(match[0])}]", written).replace(" ", ""))


def _needs(written: str) -> tuple[frozenset[str], ...]:
    """Return the letters of the names that stand outside groups, and have to be there."""
    bare = written
    while (shorter := GROUP.sub("", bare)) != bare:
        bare = shorter
    return tuple(frozenset(letters_of(name)) for name in re.findall(r"\b([A-Z]+)\b(?![?*])", bare))


GRAMMAR = tuple(_read())
