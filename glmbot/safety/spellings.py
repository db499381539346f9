"""How terms are spelled. A list is written out in few passes over all of it, and sorted, to build fast from it."""

import re
from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter

from glmbot.safety.alphabet import LEET
from glmbot.safety.pinyin import sound_table, syllable_table
from glmbot.safety.term import Term, ambiguous

Latin = tuple[Term, str, str]
"""A term that is looked for by its letters: one code for each run, with one space at each break, and without spaces."""
Spoken = tuple[Term, str, str, str]
"""A Chinese term of two or more characters, read in one way: one sound for each character, one for each run, and these
in Latin letters."""
_REPEATS = re.compile(r"(.)\1+")


class Spellings:
    """All spellings of all terms, each kind in its alphabetical order."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = terms
        self.chinese: list[Term] = []
        others: list[Term] = []
        for term in terms:
            (self.chinese if term.is_han and len(term.letters) > 1 else others).append(term)
        self.latin = _latin(others)
        self.spoken = _spoken(self.chinese)


def _latin(terms: list[Term]) -> list[Latin]:
    terms.sort(key=attrgetter("letters"))
    words = _REPEATS.sub(r"\1", "\n".join([term.words for term in terms]).translate(LEET))
    # Without terms there is one empty line too many.
    return list(zip(terms, words.split("\n"), words.replace(" ", "").split("\n"), strict=False))


def _spoken(terms: Sequence[Term]) -> list[Spoken]:
    usual = _in_one_pass(terms, lambda letters: letters.translate(sound_table()))
    without_repeats = _in_one_pass(terms, lambda letters: _REPEATS.sub(r"\1", letters))
    several = ambiguous()
    rows: list[tuple[Term, str, str]] = []
    for term, sounds, letters in zip(terms, usual, without_repeats, strict=False):
        for way in (sounds,) if several.isdisjoint(term.letters) else term.spoken():
            is_short = len(letters) < len(term.letters)
            rows.append((term, way, "".join([way[start] for start, _ in term.runs]) if is_short else way))
    rows.sort(key=itemgetter(1))
    pinyin = "\n".join([short for _, _, short in rows]).translate(syllable_table()).split("\n")
    return [(*row, letters) for row, letters in zip(rows, pinyin, strict=False)]


def _in_one_pass(terms: Sequence[Term], change: Callable[[str], str]) -> list[str]:
    """Return the letters of each term, changed; `change` leaves line ends as they are."""
    return change("\n".join([term.letters for term in terms])).split("\n")
