"""Finds forbidden terms in a text, also where they are disguised."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from glmbot.safety.normalise import Normalised, normalise
from glmbot.safety.term import MAX_GAP, Outcome, Term, is_word_start, prepare

MAX_REACH = 64
"""The most characters of a stream that are held back."""


@dataclass(frozen=True, slots=True)
class Match:
    """A forbidden term and where it stands: `start` and `end` are places in the original text."""

    start: int
    end: int
    term: str


@dataclass(frozen=True, slots=True)
class Finding:
    """The first term in a text, and the first place up to there where another may have begun."""

    match: Match | None
    undecided: int | None


class WordFilter:
    """Looks for forbidden terms.

    Words of an alphabet are found as whole words, Chinese terms anywhere. Case, width, accents, invisible
    characters and separators between all letters make no difference.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        """Raise ConfigError for a term that cannot be compared."""
        self._terms: dict[str, list[Term]] = defaultdict(list)
        """By their letters; several where only separators differ."""
        self._beginnings: dict[str, list[Term]] = defaultdict(list)
        """By all that they begin with."""
        self._longest = 0
        for text in dict.fromkeys(terms):
            self._insert(prepare(text))
        self._first_letters = frozenset(letters[0] for letters in self._terms)

    @property
    def longest_reach(self) -> int:
        """How many characters at the end of an unfinished text may belong to a term, at most 64."""
        return min(MAX_REACH, self._longest * (MAX_GAP + 1))

    def first_match(self, text: str) -> Match | None:
        """Return the first forbidden term of a complete text; of several at one place the longest."""
        return self.find(text, is_complete=True).match

    def find(self, text: str, is_complete: bool, start: int = 0) -> Finding:
        """Look for terms that begin at `start` or behind it; a text that is not complete may end within one."""
        match: Match | None = None
        undecided: int | None = None
        normalised = normalise(text)
        for index, term in self._candidates(normalised, is_complete):
            place = normalised.origins[normalised.places[index]]
            if match and place > match.start:
                break
            if place >= start:
                outcome = term.compare(normalised, index, is_complete)
                if outcome is Outcome.UNDECIDED and undecided is None:
                    undecided = place
                elif outcome is Outcome.MATCHES:
                    last = normalised.places[index + len(term.letters) - 1]
                    found = Match(place, normalised.origins[last] + 1, term.text)
                    match = max(match or found, found, key=lambda one: one.end)
        return Finding(match, undecided)

    def _insert(self, term: Term) -> None:
        self._terms[term.letters].append(term)
        for end in range(1, len(term.letters)):
            self._beginnings[term.letters[:end]].append(term)
        self._longest = max(self._longest, len(term.letters))

    def _candidates(self, text: Normalised, is_complete: bool) -> Iterator[tuple[int, Term]]:
        """Yield the places where the letters spell a term, or the beginning of one when the text ends there."""
        for index in range(len(text.letters)):
            if text.letters[index] in self._first_letters and is_word_start(text, index):
                yield from ((index, term) for term in self._spelled(text.letters, index, is_complete))

    def _spelled(self, letters: str, index: int, is_complete: bool) -> Iterator[Term]:
        for end in range(index + 1, len(letters) + 1):
            spelled = letters[index:end]
            yield from self._terms.get(spelled, ())
            if spelled not in self._beginnings:
                return
        if not is_complete:
            yield from self._beginnings[letters[index:]]
