"""Lets a growing text through as far as no forbidden term can begin in it."""

import re
from collections.abc import Callable, Collection, Mapping

from glmbot.safety.alphabet import CLAUSE_ENDS, goes_on_word
from glmbot.safety.filter import Match, WordFilter
from glmbot.safety.reorder import OVERRIDE, untagged

MAX_HELD = 64
"""The most characters of a stream that are held back."""
CONTEXT = 32
"""How many shown characters are kept, to see where words begin."""
MIN_CONTEXT = 16
"""A term that begins before this place of a context that was cut off cannot be judged."""
LINE_ENDS = CLAUSE_ENDS | {"\n"}
_LONE_LETTER = re.compile(r"[\W_][^\W_]")
NUM_BEHIND = 12
"""How many characters behind a term decide whether it is one: a longer word, or ordinary words of Chinese."""


Judge = Callable[[Collection[Match]], Mapping[Match, str | None]]
"""Tells which matches count, and what is shown instead of each: None ends the stream."""


def forbid(matches: Collection[Match]) -> Mapping[Match, str | None]:
    """End the stream at every match."""
    return dict.fromkeys(matches)


class StreamGuard:
    """Holds back the tail of a stream that may be the beginning of a forbidden term.

    Never more than 64 characters: of a term that is stretched beyond that the beginning is shown.
    """

    def __init__(self, word_filter: WordFilter, judge: Judge = forbid) -> None:
        self.match: Match | None = None
        """The term that ended the stream; its places count from the beginning of the stream."""
        self.replaced: list[str] = []
        """The terms in whose place something else was shown."""
        self._judge = judge
        self._done = 0
        """The end in `_text` of the last term that was replaced."""
        self._filter = word_filter
        self._text = ""
        """The end of what was shown, and all that is held."""
        self._pending: list[Match] = []
        """What was a match, or still is one, until it is known what comes behind it."""
        self._num_shown = 0
        """How much of `_text` was shown."""
        self._num_dropped = 0
        """How many characters of the stream came before `_text`."""

    def add(self, piece: str) -> str:
        """Take in the next piece; return the text that may be shown now."""
        return self._release(piece, is_complete=False)

    def finish(self) -> str:
        """Return what was held back, now that the text is complete."""
        return self._release("", is_complete=True)

    def _release(self, piece: str, is_complete: bool) -> str:
        if self.match:
            return ""
        self._text += piece
        end = len(self._text)
        earliest = max(self._num_shown, end - MAX_HELD)
        found = self._judge(self._found(self._text))
        decided = [one for one in found if is_complete or one.start < earliest or self._is_settled(one)]
        if decided:
            first = min(found, key=lambda one: (one.start, -one.end))
            together = [one for one in found if one.start < first.end]
            shown = [found[one] for one in together]
            if None not in shown:
                return self._replace(first, max(one.end for one in together), shown[0] or "", is_complete)
            self.match = first
            safe = max(self._num_shown, min(one.start for one in (*found, *self._pending)))
        elif is_complete:
            safe = end
        else:
            spaced = self._judge(self._spaced())
            pending = [one for one in self._pending if one.start >= self._done]
            self._pending = [one for one in {*pending, *found, *spaced} if self._is_open(one)]
            safe = max(earliest, min([self._undecided(earliest), *(one.start for one in self._pending)]))
        return self._show(safe)

    def _replace(self, first: Match, end: int, shown_instead: str, is_complete: bool) -> str:
        """Show what comes before a term, and something else in its place; go on behind it."""
        end += self._num_dropped
        shown = self._show(max(first.start, self._num_shown))
        self.replaced.append(first.term)
        self._num_shown = self._done = end - self._num_dropped
        return shown + shown_instead + self._release("", is_complete)

    def _found(self, text: str) -> list[Match]:
        first = max(self._done, MIN_CONTEXT if self._num_dropped else 0)
        return [one for one in self._filter.matches(text) if one.start >= first]

    def _spaced(self) -> list[Match]:
        """Return what would be found if a single letter at the end were the beginning of a word."""
        return self._found(self._text[:-1]) if _LONE_LETTER.search(self._text[-2:]) else []

    def _is_settled(self, match: Match) -> bool:
        """Tell whether nothing that is to come can make this another word."""
        behind = self._text[match.end : match.end + 1]
        is_end = behind in LINE_ENDS and behind not in self._text[match.start : match.end]
        return match.end + NUM_BEHIND <= len(self._text) or (behind != "" and is_end)

    def _is_open(self, match: Match) -> bool:
        """Tell whether what was a match once may be one again: its end is not settled, and no word goes on there."""
        behind = self._text[match.end : match.end + 1]
        goes_on = behind != "" and goes_on_word(behind) and goes_on_word(self._text[match.end - 1])
        return not self._is_settled(match) and not goes_on

    def _undecided(self, earliest: int) -> int:
        """Return the first place where a term may have begun that goes on in text to come."""
        tail = self._text[earliest:]
        places = [self._first(tail), tail.find(OVERRIDE) if OVERRIDE in tail else None]
        if (shown := untagged(tail)) != tail:
            places.append(self._first(shown))
        return min((earliest + place for place in places if place is not None), default=len(self._text))

    def _first(self, tail: str) -> int | None:
        return self._filter.prefixes.first(tail) if self._filter.terms else None

    def _show(self, end: int) -> str:
        shown = self._text[self._num_shown : end]
        dropped = max(0, end - CONTEXT)
        if self.match:
            start, stop = self.match.start + self._num_dropped, self.match.end + self._num_dropped
            self.match = Match(start, stop, self.match.term)
        self._pending = [Match(one.start - dropped, one.end - dropped, one.term) for one in self._pending]
        self._text = self._text[dropped:]
        self._done = max(0, self._done - dropped)
        self._num_dropped += dropped
        self._num_shown = end - dropped
        return shown
