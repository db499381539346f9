"""One forbidden term, and whether a text has it at a given place."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from glmbot.errors import ConfigError
from glmbot.safety.normalise import Normalised, is_wide, normalise

MAX_LETTERS = 64
MAX_GAP = 4
"""The most separators between two letters that are still read as one term."""
MIN_SPACED_LETTERS = 4
"""A shorter word of an alphabet is not looked for letter by letter: `a b c` is no word."""
MARKUP = ("**", "~~", "||")
"""Markdown signs that are not seen in the middle of a word."""
SENTENCE_ENDS = frozenset("。!?;")
"""After folding, which makes `！` of width two the same as `!`."""
CLAUSE_ENDS = SENTENCE_ENDS | frozenset(".,:、")


class Outcome(Enum):
    """What a comparison says; UNDECIDED where it depends on text to come."""

    MATCHES = auto()
    UNDECIDED = auto()
    DIFFERS = auto()


@dataclass(frozen=True, slots=True)
class Term:
    """A term as it is compared: its letters, and before which of them it has a separator of its own."""

    text: str
    letters: str
    breaks: frozenset[int]
    is_wide: bool

    def compare(self, text: Normalised, index: int, is_complete: bool) -> Outcome:
        """Tell whether the letters from `index` on, which spell the term as far as they go, are the term."""
        num_letters = min(len(self.letters), len(text.letters) - index)
        *gaps, behind = [text.gap(place) for place in range(index, index + num_letters)]
        if num_letters < len(self.letters):
            is_open = not is_complete and (self._may_go_on_plain(gaps, behind) or self._may_go_on_spaced(gaps, behind))
            return Outcome.UNDECIDED if is_open else Outcome.DIFFERS
        if self._is_plain(gaps):
            return self._ends_plain(text, index + num_letters, behind, is_complete)
        if self._is_spaced(gaps):
            return self._ends_spaced(text, index, gaps, is_complete)
        return Outcome.DIFFERS

    def _is_plain(self, gaps: Sequence[str]) -> bool:
        """Tell whether the letters stand together, but for markup and the term's own separators."""
        return all(
            self._is_break(gap, number) if number in self.breaks else not gap or gap in MARKUP
            for number, gap in enumerate(gaps, start=1)
        )

    def _may_go_on_plain(self, gaps: Sequence[str], behind: str) -> bool:
        if not self._is_plain(gaps):
            return False
        if len(gaps) + 1 in self.breaks:
            return len(behind) <= MAX_GAP and not CLAUSE_ENDS & set(behind)
        return any(sign.startswith(behind) for sign in MARKUP)

    def _is_break(self, gap: str, number: int) -> bool:
        """Tell whether a gap may stand for the term's own separator; between Chinese it may be missing."""
        if not gap:
            return is_wide(self.letters[number - 1]) or is_wide(self.letters[number])
        return len(gap) <= MAX_GAP and not CLAUSE_ENDS & set(gap)

    def _is_spaced(self, gaps: Sequence[str]) -> bool:
        """Tell whether separators stand between all letters: the same ones, or in Chinese any within a clause."""
        if not all(0 < len(gap) <= MAX_GAP and not SENTENCE_ENDS & set(gap) for gap in gaps):
            return False
        if not self.is_wide and len(self.letters) < MIN_SPACED_LETTERS:
            return False
        between_letters = [gap for number, gap in enumerate(gaps, start=1) if number not in self.breaks]
        has_clause_end = any(CLAUSE_ENDS & set(gap) for gap in between_letters)
        is_same = len({frozenset(gap) for gap in between_letters}) <= 1
        if self.is_wide and not has_clause_end:
            return True
        return is_same and len(self.letters) > 2

    def _may_go_on_spaced(self, gaps: Sequence[str], behind: str) -> bool:
        return self._is_spaced([*gaps, behind]) if behind else self._is_spaced(gaps)

    def _ends_plain(self, text: Normalised, following: int, behind: str, is_complete: bool) -> Outcome:
        """Judge by what follows: a word of an alphabet must end here."""
        if is_wide(self.letters[-1]):
            return Outcome.MATCHES
        if following < len(text.letters):
            goes_on = (not behind or behind in MARKUP) and not is_wide(text.letters[following])
            return Outcome.DIFFERS if goes_on else Outcome.MATCHES
        may_go_on = not is_complete and any(sign.startswith(behind) for sign in MARKUP)
        return Outcome.UNDECIDED if may_go_on else Outcome.MATCHES

    def _ends_spaced(self, text: Normalised, index: int, gaps: Sequence[str], is_complete: bool) -> Outcome:
        """Judge by what is around: a word written letter by letter must begin and end here."""
        if self.is_wide:
            return Outcome.MATCHES
        following = index + len(self.letters)
        gap = set(gaps[0])
        if _is_lone_letter(text, index - 1) and set(text.gap(index - 1)) == gap and text.letters[index - 1] not in "ai":
            return Outcome.DIFFERS
        behind = set(text.gap(following - 1))
        if following == len(text.letters):
            return Outcome.UNDECIDED if behind <= gap and not is_complete else Outcome.MATCHES
        if not behind:
            return Outcome.MATCHES if is_wide(text.letters[following]) else Outcome.DIFFERS
        if behind != gap or is_wide(text.letters[following]):
            return Outcome.MATCHES
        if following + 1 == len(text.letters) and not text.gap(following) and not is_complete:
            return Outcome.UNDECIDED
        return Outcome.DIFFERS if _is_lone_letter(text, following) else Outcome.MATCHES


def prepare(term: str) -> Term:
    """Return a term ready to be compared; raise ConfigError for one that cannot be."""
    normalised = normalise(term)
    letters = normalised.letters
    if not letters:
        raise ConfigError(f"forbidden term {term!r} has no letter or digit; remove it from the word list")
    if len(letters) > MAX_LETTERS:
        raise ConfigError(f"forbidden term {term!r} has more than {MAX_LETTERS} letters; shorten it in the word list")
    breaks = frozenset(index + 1 for index in range(len(letters) - 1) if normalised.gap(index))
    return Term(term, letters, breaks, all(map(is_wide, letters)))


def is_word_start(text: Normalised, index: int) -> bool:
    """Tell whether a term may begin with this letter: Chinese anywhere, a word only where a word begins."""
    place = text.places[index]
    if place == 0 or is_wide(text.letters[index]):
        return True
    before = text.folded[place - 1]
    return not before.isalnum() or is_wide(before)


def _is_lone_letter(text: Normalised, index: int) -> bool:
    """Tell whether a letter of an alphabet stands between separators."""
    if not 0 <= index < len(text.letters) or is_wide(text.letters[index]):
        return False
    is_last = index + 1 == len(text.letters)
    return (index == 0 or text.gap(index - 1) != "") and (is_last or text.gap(index) != "")
