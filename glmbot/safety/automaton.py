"""Aho-Corasick automata with all spellings of all terms, one for each view of a text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import IntFlag

from ahocorasick_rs import AhoCorasick, Implementation

from glmbot.safety.term import Term

Hits = Sequence[tuple[int, int, int]]
"""Number of the pattern, begin and end."""
Hit = tuple[int, Term, int, int]
"""Kind, term, begin and end."""


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
    """Finds the spellings of one view; whether a hit is a match is for others to tell."""

    def __init__(self, spellings: Iterable[tuple[int, str, Term]]) -> None:
        """Take kinds, spellings and terms; if they are nearly sorted, it is built in half the time."""
        kinds: list[int] = []
        owners: list[Term] = []
        more: dict[int, list[tuple[int, Term]]] = defaultdict(list)
        numbers: dict[str, int] = {}
        num_different = 0
        for kind, spelling, term in spellings:
            number = numbers.setdefault(spelling, num_different)
            if number == num_different:
                num_different += 1
                kinds.append(kind)
                owners.append(term)
            elif owners[number] is term:
                kinds[number] |= kind
            else:
                more[number].append((kind, term))
        self._kinds = kinds
        self._owners = owners
        self._more = more
        """Further owners of the same spelling."""
        self._search = AhoCorasick(numbers, implementation=Implementation.ContiguousNFA, store_patterns=False)

    def find(self, view: str, kinds: int = -1) -> Iterator[Hit]:
        """Yield the hits in a view, also overlapping ones, that are of these kinds."""
        yield from self.owners(self.hits(view), kinds)

    def hits(self, view: str) -> Hits:
        """Return all hits in a view."""
        return self._search.find_matches_as_indexes(view, overlapping=True)

    def without_hints(self, hits: Hits) -> Hits:
        """Return the hits that are more than places to look at closely."""
        return [hit for hit in hits if self._kinds[hit[0]] & ~_HINTS or hit[0] in self._more]

    def owners(self, hits: Hits, kinds: int = -1) -> Iterator[Hit]:
        """Yield kind and term of the hits that are of these kinds."""
        for number, start, end in hits:
            if self._kinds[number] & kinds:
                yield self._kinds[number], self._owners[number], start, end
            if number in self._more:
                yield from ((kind, term, start, end) for kind, term in self._more[number] if kind & kinds)


_HINTS = (Kind.PINYIN | Kind.REPEATED).value
