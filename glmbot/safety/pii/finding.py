"""Finds personal data in a text."""

from collections.abc import Iterator
from itertools import chain

from glmbot.safety.pii.addresses import find_addresses
from glmbot.safety.pii.emails import find_emails
from glmbot.safety.pii.folding import Folded, fold
from glmbot.safety.pii.numbers import find_numbers
from glmbot.safety.pii.phones import find_phones
from glmbot.safety.pii.secrets import find_secrets
from glmbot.safety.pii.spans import Span, without_overlaps


def find(text: str) -> list[Span]:
    """Return all personal data in the text, sorted, without overlaps."""
    return find_folded(fold(text))


def find_folded(folded: Folded, start: int = 0) -> list[Span]:
    """Return what begins at or behind `start`, a place in the folded text; what is before only gives it its sense."""
    spans = without_overlaps(span for span in _candidates(folded.text) if span.start >= start)
    origins = folded.origins
    return [Span(origins[span.start], origins[span.end - 1] + 1, span.kind) for span in spans]


def _candidates(text: str) -> Iterator[Span]:
    return chain(find_secrets(text), find_emails(text), find_numbers(text), find_addresses(text), find_phones(text))
