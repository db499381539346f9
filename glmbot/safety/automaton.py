"""One Aho-Corasick automaton with all spellings of all terms."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import IntFlag
from itertools import permutations
from string import ascii_lowercase

from ahocorasick_rs import AhoCorasick, Implementation

from glmbot.safety.pinyin import short_sounds, sounds, syllable_of
from glmbot.safety.term import Term

MAX_ALIKE = 100_000
"""The most spellings with a look-alike: of a long list only the characters that look most like a term's are known."""

Hits = Sequence[tuple[int, int, int]]
"""Number of the pattern, begin and end."""


class Kind(IntFlag):
    """In which view a pattern is looked for."""

    PLAIN = 1
    """The folded text, words with one space between them."""
    SKELETON = 2
    """The letters alone, one for each run."""
    SOUND = 4
    """One sound for each Chinese character."""
    ALIKE = 8
    """The folded text, with one character replaced by one that looks like it."""
    PINYIN = 16
    """The first syllables in Latin letters behind a space: no hit yet, but a place to look at."""
    REPEATED = 32
    """Three equal letters, or two and two, or two equal sounds: no hit either."""
    COARSE = 64
    """The letters alone, without any repeat."""
    PARTS = 128
    """A character of a term as its parts: no hit either."""


class Automaton:
    """Finds the spellings; whether a hit is a match is for others to tell."""

    def __init__(self, terms: Sequence[Term], parts: Iterable[str], is_strict: bool) -> None:
        self.num_alike = MAX_ALIKE // max(1, sum(map(_num_replaceable, terms))) if is_strict else 0
        """How many look-alikes of each character are known."""
        self._kinds: list[int] = []
        self._owners: list[Term] = []
        self._more: dict[int, list[tuple[int, Term]]] = defaultdict(list)
        """Further owners of the same pattern."""
        self._numbers: dict[str, int] = {}
        for term in terms:
            for kind, pattern in _patterns(term, self.num_alike):
                self._insert(pattern, kind, term)
        for pattern in (*_REPEATED, *(sound * 2 for sound in sounds().values())) if terms else ():
            self._insert(pattern, _REPEAT, terms[0])
        for pattern in parts:
            self._insert(pattern, _PARTS, terms[0])
        hints = _REPEAT | _PINYIN
        self._hints = {one for one, kind in enumerate(self._kinds) if not kind & ~hints and one not in self._more}
        patterns = list(self._numbers)
        self._search = AhoCorasick(patterns, implementation=Implementation.ContiguousNFA, store_patterns=False)

    def find(self, view: str, kinds: int) -> Iterator[tuple[int, Term, int, int]]:
        """Yield the hits in a view, also overlapping ones, that are of these kinds."""
        yield from self.owners(self.hits(view), kinds)

    def hits(self, view: str) -> Hits:
        """Return all hits in a view."""
        return self._search.find_matches_as_indexes(view, overlapping=True)

    def without_hints(self, hits: Hits) -> Hits:
        """Return the hits that are more than places to look at closely."""
        return [hit for hit in hits if hit[0] not in self._hints]

    def owners(self, hits: Hits, kinds: int) -> Iterator[tuple[int, Term, int, int]]:
        """Yield kind and term of the hits that are of these kinds."""
        for number, start, end in hits:
            if self._kinds[number] & kinds:
                yield self._kinds[number], self._owners[number], start, end
            if number in self._more:
                yield from ((kind, term, start, end) for kind, term in self._more[number] if kind & kinds)

    def _insert(self, pattern: str, kind: int, term: Term) -> None:
        number = self._numbers.setdefault(pattern, len(self._kinds))
        if number == len(self._kinds):
            self._kinds.append(kind)
            self._owners.append(term)
        elif self._owners[number] is term:
            self._kinds[number] |= kind
        else:
            self._more[number].append((kind, term))


# Numbers, since sums of flags are slow.
_PLAIN, _SKELETON, _SOUND, _ALIKE, _PINYIN, _REPEAT, _COARSE, _PARTS = (kind.value for kind in Kind)


def _num_replaceable(term: Term) -> int:
    return len(term.letters) if term.is_han and len(term.letters) > 2 else 0


def _patterns(term: Term, num_alike: int) -> Iterator[tuple[int, str]]:
    if not term.is_han or len(term.letters) < 2:
        yield _PLAIN, term.words
        yield _SKELETON, term.skeleton
        if term.breaks and (coarse := re.sub(r"(.)\1+", r"\1", term.skeleton)) != term.skeleton:
            yield _COARSE, coarse
        return
    if len(term.letters) == 2:
        yield _PLAIN, term.letters
    has_repeats = term.has_repeats
    for spoken in term.spoken():
        yield _SOUND, spoken if len(term.letters) > 2 else spoken.translate(short_sounds())
        if has_repeats:
            yield _SOUND, "".join([spoken[start] for start, _ in term.runs])
        begin = [syllable_of(sound) for sound in spoken[:3]]
        if all(map(str.isascii, begin)):
            yield _PINYIN, " " + "".join(begin)
            yield _PINYIN, " " + " ".join(begin)
    if num_alike and _num_replaceable(term):
        for pattern in term.alike(num_alike):
            yield _ALIKE, pattern


_REPEATED = [one * 3 for one in ascii_lowercase] + [
    one * 2 + other * 2 for one, other in permutations(ascii_lowercase, 2)
]
