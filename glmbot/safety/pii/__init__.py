"""Personal data in text: found, and replaced by placeholders."""

from glmbot.safety.pii.finding import find
from glmbot.safety.pii.spans import PiiKind, Span, redact
from glmbot.safety.pii.stream import StreamRedactor

__all__ = ["PiiKind", "Span", "StreamRedactor", "find", "redact"]
