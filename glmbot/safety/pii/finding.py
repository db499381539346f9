"""Finds personal data in a text."""

from glmbot.safety.pii.addresses import find_addresses
from glmbot.safety.pii.emails import find_emails
from glmbot.safety.pii.folding import Folded, fold
from glmbot.safety.pii.numbers import find_numbers
from glmbot.safety.pii.phones import find_phones
from glmbot.safety.pii.secrets import find_secrets
from glmbot.safety.pii.spans import Span, without_overlaps


def find(text: str) -> list[Span]:
    """Return all personal data in the text, sorted, without overlaps."""
    return without_overlaps(candidates(fold(text)))


def candidates(folded: Folded, start: int = 0) -> list[Span]:
    """Return all that may be personal data and begins at or behind `start`, a place in the folded text.

    The spans may overlap, and count in the original text. What is before `start` only gives the rest its sense.
    """
    text, origins = folded.text, folded.origins
    found = [*find_secrets(text), *find_emails(text), *find_numbers(text), *find_addresses(text), *find_phones(text)]
    if folded.numbers != text:
        found += find_numbers(folded.numbers)
    return [Span(origins[span.start], origins[span.end - 1] + 1, span.kind) for span in found if span.start >= start]
