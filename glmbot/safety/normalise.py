"""Reads text as a person does, whatever characters it is disguised with, and remembers where each one came from."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

FILLERS = "\u115f\u1160\u3164\uffa0"
"""Letters by name, but nothing to see."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text without case, width, accents and invisible characters.

    `letters` are the letters and digits of `folded` alone; what lies between them is a separator.
    """

    folded: str
    origins: Sequence[int]
    """For each character of `folded`, its place in the original text."""
    letters: str
    places: Sequence[int]
    """For each of the `letters`, its place in `folded`."""

    def gap(self, index: int) -> str:
        """Return what lies between a letter and the letter after it, or the end."""
        end = self.places[index + 1] if index + 1 < len(self.places) else len(self.folded)
        return self.folded[self.places[index] + 1 : end]


def normalise(text: str) -> Normalised:
    """Return the text as it is compared with forbidden terms."""
    if text.isascii():
        folded: str = text.lower()
        origins: Sequence[int] = range(len(text))
    else:
        folded, origins = _fold_all(text)
    places = [place for place, character in enumerate(folded) if character.isalnum()]
    return Normalised(folded, origins, "".join([folded[place] for place in places]), places)


def is_wide(character: str) -> bool:
    """Tell whether it is of a script that writes no spaces between words, so that words begin anywhere."""
    return not character.isascii() and unicodedata.east_asian_width(character) in "WF"


def _fold_all(text: str) -> tuple[str, Sequence[int]]:
    pieces: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(text):
        piece = _fold(character)
        pieces.append(piece)
        origins.extend([place] * len(piece))
    return "".join(pieces), origins


@lru_cache(maxsize=65_536)
def _fold(character: str) -> str:
    """Return what a single character looks like: nothing, one character, or several for a ligature."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())
    return unicodedata.normalize("NFC", "".join(part for part in plain if not _is_invisible(part)))


def _is_invisible(character: str) -> bool:
    """Tell whether it is an accent, a joiner, a direction sign, a tag, or an empty letter."""
    return (
        "\u0300" <= character <= "\u036f"
        or "\u20d0" <= character <= "\u20ff"
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
        or character in FILLERS
        or unicodedata.category(character) == "Cf"
    )
