"""Lets a growing text through as far as no forbidden term can begin in it."""

from dataclasses import replace

from glmbot.safety.filter import MAX_REACH, Match, WordFilter

CONTEXT = 16
"""How many characters before the held text are kept, to see whether a word begins."""


class StreamGuard:
    """Holds back the tail of a stream that may be the beginning of a forbidden term.

    Never more than 64 characters: a term that is stretched beyond that by invisible characters is not seen.
    """

    def __init__(self, word_filter: WordFilter) -> None:
        self.match: Match | None = None
        """The term that ended the stream; its places count from the beginning of the stream."""
        self._filter = word_filter
        self._context = ""
        self._held = ""
        self._num_shown = 0

    def add(self, piece: str) -> str:
        """Take in the next piece; return the text that may be shown now."""
        return self._release(piece, is_complete=False)

    def finish(self) -> str:
        """Return what was held back, now that the text is complete."""
        return self._release("", is_complete=True)

    def _release(self, piece: str, is_complete: bool) -> str:
        if self.match:
            return ""
        self._held += piece
        num_before = len(self._context)
        finding = self._filter.find(self._context + self._held, is_complete, start=num_before)
        num_safe = len(self._held)
        if finding.undecided is not None:
            num_safe = finding.undecided - num_before
        if not finding.match:
            num_safe = max(num_safe, len(self._held) - MAX_REACH)
        else:
            offset = self._num_shown - num_before
            num_safe = min(num_safe, finding.match.start - num_before)
            self.match = replace(finding.match, start=finding.match.start + offset, end=finding.match.end + offset)
        return self._show(num_safe)

    def _show(self, num_characters: int) -> str:
        shown, self._held = self._held[:num_characters], self._held[num_characters:]
        self._context = (self._context + shown)[-CONTEXT:]
        self._num_shown += len(shown)
        return shown
