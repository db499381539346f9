"""Where personal data lies in a text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class PiiKind(StrEnum):
    """What kind of personal data; where two could be meant, the one named first counts."""

    PRIVATE_KEY = "PRIVATE_KEY"
    JWT = "JWT"
    API_KEY = "API_KEY"
    EMAIL = "EMAIL"
    CN_ID = "CN_ID"
    IPV6 = "IPV6"
    IPV4 = "IPV4"
    BANK_CARD = "BANK_CARD"
    CN_MOBILE = "CN_MOBILE"
    PHONE_INTL = "PHONE_INTL"

    @property
    def placeholder(self) -> str:
        """What stands in the text instead."""
        return f"[{self.value}]"


PLACEHOLDERS = {kind: kind.placeholder for kind in PiiKind}
RANKS = {kind: rank for rank, kind in enumerate(PiiKind)}


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text, in characters; `end` is the one after the last."""

    start: int
    end: int
    kind: PiiKind


def without_overlaps(spans: Iterable[Span]) -> list[Span]:
    """Keep the more specific of two that overlap, else the first, else the longer; sort them by place."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, RANKS[span.kind], -span.end)):
        while kept and kept[-1].end > span.start and RANKS[span.kind] < RANKS[kept[-1].kind]:
            kept.pop()
        if not kept or kept[-1].end <= span.start:
            kept.append(span)
    return kept


def redact(text: str, spans: Iterable[Span], shown: Mapping[PiiKind, str] = PLACEHOLDERS) -> str:
    """Return the text with a placeholder, or what is to be shown, for each span; sorted, without overlaps."""
    parts: list[str] = []
    place = 0
    for span in spans:
        parts += (text[place : span.start], shown[span.kind])
        place = span.end
    return "".join([*parts, text[place:]])
