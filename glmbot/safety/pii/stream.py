"""Replaces personal data in a growing text before any of it is shown."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence

from glmbot.safety.pii.finding import candidates
from glmbot.safety.pii.folding import ALL_INVISIBLE, Folded, fold
from glmbot.safety.pii.rests import PemRest, Rest, rest_of
from glmbot.safety.pii.secrets import PEM_END
from glmbot.safety.pii.spans import PLACEHOLDERS, PiiKind, Span, redact, without_overlaps
from glmbot.safety.pii.tails import first_undecided

MAX_HELD = 96
CONTEXT = 80
"""How many characters before the held text are kept: they tell what a number is."""


class StreamRedactor:
    """Holds back the tail of a stream that may be the beginning of personal data; never more than 96 characters.

    What is longer is replaced as soon as that many have been seen, and its rest is swallowed. If it would have turned
    out harmless (like a JWT whose second part is no JSON), that much is lost.
    """

    def __init__(self, shown: Mapping[PiiKind, str] = PLACEHOLDERS) -> None:
        """Replace only the kinds in `shown`."""
        self.found: list[PiiKind] = []
        """What was replaced so far."""
        self._shown = shown
        self._context = ""
        self._held = ""
        self._rest: Rest | None = None

    def add(self, piece: str) -> str:
        """Take in the next piece; return the text that may be shown now."""
        if self._rest:
            self._skip(piece)
        else:
            self._held += piece
        return "" if self._rest else self._release()

    def finish(self) -> str:
        """Return what was held back, now that the text is complete."""
        if self._rest:
            self._held, self._rest = self._rest.at_end(), None
        text = self._context + self._held
        folded = fold(text)
        return self._show(text, self._wanted(candidates(folded, self._start(folded))), len(text))

    def _release(self) -> str:
        text = self._context + self._held
        folded = fold(text)
        start = self._start(folded)
        found = candidates(folded, start)
        spans = self._wanted(found)
        if spans and _is_open_private_key(text, spans[-1]):
            return self._show(text, spans, spans[-1].start) + self._begin(PiiKind.PRIVATE_KEY, PemRest())
        limit = _limit(folded, start, found, self._shown)
        if len(text) - limit > MAX_HELD:
            return self._shorten(text, spans, limit)
        return self._show(text, spans, limit)

    def _wanted(self, found: Iterable[Span]) -> list[Span]:
        return [span for span in without_overlaps(found) if span.kind in self._shown]

    def _start(self, folded: Folded) -> int:
        """Return the place of the held text in the folded text."""
        return bisect_left(folded.origins, len(self._context))

    def _show(self, text: str, spans: Sequence[Span], limit: int) -> str:
        decided = [span for span in spans if span.end <= limit]
        self.found += [span.kind for span in decided]
        shown = redact(text[:limit], decided, self._shown)[len(self._context) :]
        self._context, self._held = text[max(0, limit - CONTEXT) : limit], text[limit:]
        return shown

    def _shorten(self, text: str, spans: Sequence[Span], limit: int) -> str:
        """Show, or replace, what is too long to be held back."""
        if spans and spans[-1].end == len(text):
            limit, kind = spans[-1].start, spans[-1].kind
        else:
            kind = None
        found = rest_of(fold(text[limit:]).text, kind)
        if found and found[0] in self._shown:
            return self._show(text, spans, limit) + self._begin(*found)
        if ALL_INVISIBLE.search(self._held):
            self._held = ALL_INVISIBLE.sub("", self._held)
            return self._release()
        limit = max(limit, len(text) - MAX_HELD)
        return self._show(text, spans, max([limit, *(span.end for span in spans if span.start < limit)]))

    def _begin(self, kind: PiiKind, rest: Rest) -> str:
        """Swallow the held text and what is still to come of it; return the placeholder."""
        held, self._held, self._rest = self._held, "", rest
        self._skip(held)
        self.found.append(kind)
        return self._shown[kind]

    def _skip(self, piece: str) -> None:
        assert self._rest
        behind = self._rest.after(piece)
        skipped = piece if behind is None else piece[: max(0, len(piece) - len(behind))]
        self._context = (self._context + skipped)[-CONTEXT:]
        if behind is not None:
            self._held, self._rest = behind, None


def _limit(folded: Folded, start: int, found: Sequence[Span], kinds: Collection[PiiKind]) -> int:
    """Return how much of the text is decided: nothing of what may yet be found, or of what overlaps with it."""
    undecided = first_undecided(folded.text, start, kinds)
    origins = folded.origins
    limit = origins[undecided] if undecided < len(origins) else origins[-1] + 1 if origins else 0
    for span in sorted(found, key=lambda span: span.start, reverse=True):
        if span.start < limit < span.end:
            limit = span.end if span.kind is PiiKind.PRIVATE_KEY else span.start
    return limit


def _is_open_private_key(text: str, span: Span) -> bool:
    return span.kind is PiiKind.PRIVATE_KEY and not PEM_END.search(fold(text[span.start : span.end]).text)
