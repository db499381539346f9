"""One forbidden term, ready to be looked for."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate, product

from glmbot.errors import ConfigError
from glmbot.safety import tables
from glmbot.safety.alphabet import HAN, LEET, is_wide
from glmbot.safety.folding import Folded
from glmbot.safety.pinyin import sound_table, sounds, syllable_of

MAX_LETTERS = 64
MIN_LONG = 10
"""Letters of a long term of an alphabet: no ordinary text has all of them in a row."""
MAX_READINGS = 4
_REPEAT = re.compile(r"(.)\1")
_BETWEEN = re.compile(r"[^\n\w]+|_+")
_CHINESE = re.compile(f"[{HAN}]+")


@dataclass(frozen=True)
class Term:
    """A term as it is compared: its letters, and before which of them it has a separator of its own."""

    text: str
    letters: str
    breaks: frozenset[int]
    is_wide: bool
    """Whether it is all Chinese, Japanese or Korean."""
    is_han: bool

    @cached_property
    def codes(self) -> str:
        """Return its letters, with one in place of all that may stand for the same."""
        return self.letters if self.is_han else self.letters.translate(LEET)

    @cached_property
    def runs(self) -> Sequence[tuple[int, int]]:
        """Return where the letters that may stand for one another begin and end: `oo` is one run."""
        codes = self.codes
        if not self.breaks and not _REPEAT.search(codes):
            return [(place, place + 1) for place in range(len(codes))]
        starts = [
            place
            for place in range(len(codes))
            if place in self.breaks or not place or codes[place] != codes[place - 1]
        ]
        return list(zip(starts, [*starts[1:], len(codes)], strict=True))

    @property
    def words(self) -> str:
        """Return it with one space at each break."""
        if not self.breaks:
            return self.letters
        return "".join([" " + one if place in self.breaks else one for place, one in enumerate(self.letters)])

    @property
    def has_repeats(self) -> bool:
        """Tell whether there are fewer runs than letters."""
        return _REPEAT.search(self.codes) is not None

    def spoken(self) -> Iterator[str]:
        """Yield its sounds; several times where a character is read in several ways."""
        usual = self.letters.translate(sound_table())
        more = tables.more_readings()
        if ambiguous().isdisjoint(self.letters):
            yield usual
            return
        choices = [
            [sound, *(sounds()[reading] for reading in more.get(one, ()))]
            for one, sound in zip(self.letters, usual, strict=True)
        ]
        for number, chosen in enumerate(product(*choices)):
            if number == MAX_READINGS:
                return
            yield "".join(chosen)

    @property
    def is_long(self) -> bool:
        """Whether it is of an alphabet, and so long that it is looked for with signs or nothing between its letters."""
        return len(self.letters) >= MIN_LONG and not self.is_wide

    @cached_property
    def pinyin(self) -> Sequence[str]:
        """Return it in Latin letters; several times where a character is read in several ways."""
        return ["".join(map(syllable_of, spoken)) for spoken in self.spoken()]

    def alike(self, most: int) -> Iterator[str]:
        """Yield it with one character replaced by one of so many that look like it."""
        for place, letter in enumerate(self.letters):
            for other in tables.lookalikes().get(letter, "")[:most]:
                yield self.letters[:place] + other + self.letters[place + 1 :]


@cache
def ambiguous() -> frozenset[str]:
    """Return the characters that are read in several ways."""
    return frozenset(tables.more_readings())


def prepare(term: str) -> Term:
    """Return a term ready to be looked for; raise ConfigError for one that cannot be."""
    return prepare_all([term])[0]


def prepare_all(terms: Collection[str]) -> list[Term]:
    """Return terms ready to be looked for; raise ConfigError for one that cannot be. They are folded in one pass."""
    if not terms:
        return []
    lines = "\n".join([term.replace("\n", " ") for term in terms])
    folded = _BETWEEN.sub(" ", Folded(lines).text).split("\n")
    return [_prepared(term, words) for term, words in zip(terms, folded, strict=True)]


def _prepared(term: str, words: str) -> Term:
    """Return a term of which the letters are known, with a space or several for each separator."""
    breaks = frozenset[int]()
    letters = words
    if " " in words:
        parts = words.split()
        letters = "".join(parts)
        breaks = frozenset(accumulate(map(len, parts[:-1])))
    if not letters:
        raise ConfigError(f"forbidden term {term!r} has no letter or digit; remove it from the word list")
    if len(letters) > MAX_LETTERS:
        raise ConfigError(f"forbidden term {term!r} has more than {MAX_LETTERS} letters; shorten it in the word list")
    is_chinese = _CHINESE.fullmatch(letters) is not None
    is_all_wide = is_chinese or (not letters.isascii() and all(map(is_wide, letters)))
    return Term(term, letters, breaks, is_all_wide, is_chinese)


def is_run_together(term: Term) -> bool:
    """Tell whether the words of a term are looked for without spaces, too: few letters may be an ordinary word."""
    return bool(term.breaks) and term.is_long
