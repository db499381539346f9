"""What a rule found in a text, and what may be told of it."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from glmbot.safety.rule import STRICTNESS, Kind, Rule
from glmbot.verdicts import Finding, Place

MAX_FINDINGS = 20
"""Findings that are told of one text."""
HIDDEN = "[…]"
"""Stands for what is redacted: no dialect of Markdown makes anything else of it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a text where a rule holds; `label` says what stands there, and takes its place."""

    rule: Rule
    start: int
    end: int
    label: str = HIDDEN


def finding_of(found: Found, text: str, place: Place, key: bytes) -> Finding:
    """Return what may be kept of it: of words their beginning, of personal data its kind."""
    words = text[found.start : found.end]
    digest = hmac.new(key, words.casefold().encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]
    return Finding(found.rule.id, found.rule.category, found.rule.action, place, _excerpt(found, words), digest)


def findings_of(found: Iterable[Found], text: str, place: Place, key: bytes) -> tuple[Finding, ...]:
    """Return the findings of a text, the strictest first, each once."""
    strictest = sorted(found, key=lambda one: (-STRICTNESS[one.rule.action], one.start))
    told = dict.fromkeys(finding_of(one, text, place, key) for one in strictest[: 10 * MAX_FINDINGS])
    return tuple(told)[:MAX_FINDINGS]


def changed(text: str, found: Sequence[Found]) -> str:
    """Return the text with what is to be redacted or replaced; of two that overlap the first and longer one counts."""
    parts: list[str] = []
    place = 0
    wanted = [one for one in found if one.rule.action.changes]
    for one in sorted(wanted, key=lambda one: (one.start, -one.end)):
        if one.end <= place:
            continue
        parts += (text[place : max(place, one.start)], "" if one.start < place else shown_instead(one))
        place = one.end
    return "".join([*parts, text[place:]])


def shown_instead(found: Found) -> str:
    """Return what stands in the place of what was found."""
    return found.label if found.rule.replacement is None else found.rule.replacement


def _excerpt(found: Found, words: str) -> str:
    if found.rule.kind is Kind.WORDS:
        num_shown = 1 if len(words) < 6 else 2
        return f"{words[:num_shown]}…".encode("utf-8", "replace").decode()
    return found.label
