"""One Aho-Corasick automaton with all spellings of all terms."""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import permutations
from string import ascii_lowercase

from ahocorasick_rs import AhoCorasick, Implementation

from glmbot.safety.pinyin import short_sounds, syllable_of
from glmbot.safety.term import Term

MAX_ALIKE = 100_000
"""The most spellings with a look-alike: of a long list only the characters that look most like a term's are known."""


class Kind(IntEnum):
    """In which view a pattern is looked for."""

    PLAIN = 0
    """The folded text, words with one space between them."""
    SKELETON = 1
    """The letters alone, one for each run."""
    SOUND = 2
    """One sound for each Chinese character."""
    ALIKE = 3
    """The folded text, with one character replaced by one that looks like it."""
    PINYIN = 4
    """The first two syllables in Latin letters: no hit yet, but a place to look at."""
    REPEATED = 5
    """Three equal letters, or two and two: no hit either."""
    COARSE = 6
    """The letters alone, without any repeat."""


class Automaton:
    """Finds the spellings; whether a hit is a match is for others to tell."""

    def __init__(self, terms: Sequence[Term], is_strict: bool) -> None:
        self.num_alike = MAX_ALIKE // max(1, sum(map(_num_replaceable, terms))) if is_strict else 0
        """How many look-alikes of each character are known."""
        self._terms = terms
        self._entries: list[list[int]] = []
        self._numbers: dict[str, int] = {}
        for number, term in enumerate(terms):
            for kind, pattern in _patterns(term, self.num_alike):
                self._insert(pattern, number << 3 | kind)
        if not all(term.is_han for term in terms):
            for pattern in _REPEATED:
                self._insert(pattern, Kind.REPEATED)
        patterns = list(self._numbers)
        self._search = AhoCorasick(patterns, implementation=Implementation.ContiguousNFA, store_patterns=False)

    def _insert(self, pattern: str, entry: int) -> None:
        place = self._numbers.setdefault(pattern, len(self._entries))
        if place == len(self._entries):
            self._entries.append([entry])
        elif self._entries[place][-1] != entry:
            self._entries[place].append(entry)

    def find(self, view: str, kinds: Iterable[Kind]) -> Iterator[tuple[Kind, Term, int, int]]:
        """Yield the hits in a view, also overlapping ones, that are of these kinds."""
        wanted = {kind.value: kind for kind in kinds}
        for pattern, start, end in self._search.find_matches_as_indexes(view, overlapping=True):
            for entry in self._entries[pattern]:
                if (kind := wanted.get(entry & 7)) is not None:
                    yield kind, self._terms[entry >> 3], start, end


def _num_replaceable(term: Term) -> int:
    return len(term.letters) if term.is_han and len(term.letters) > 2 else 0


def _patterns(term: Term, num_alike: int) -> Iterator[tuple[Kind, str]]:
    if not term.is_han or len(term.letters) < 2:
        yield Kind.PLAIN, term.words
        yield Kind.SKELETON, term.skeleton
        if term.breaks and (coarse := re.sub(r"(.)\1+", r"\1", term.skeleton)) != term.skeleton:
            yield Kind.COARSE, coarse
        return
    if len(term.letters) == 2:
        yield Kind.PLAIN, term.letters
    for spoken in term.spoken():
        yield Kind.SOUND, spoken if len(term.letters) > 2 else spoken.translate(short_sounds())
        if len(term.runs) < len(term.letters):
            yield Kind.SOUND, "".join([spoken[start] for start, _ in term.runs])
        first, second = map(syllable_of, spoken[:2])
        if first.isascii() and second.isascii():
            yield Kind.PINYIN, first + second
            yield Kind.PINYIN, f"{first} {second}"
    if _num_replaceable(term):
        for pattern in term.alike(num_alike):
            yield Kind.ALIKE, pattern


_REPEATED = [one * 3 for one in ascii_lowercase] + [
    one * 2 + other * 2 for one, other in permutations(ascii_lowercase, 2)
]
