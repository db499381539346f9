"""What goes out: rendered text, and the forms and limits a platform has for it."""

from dataclasses import dataclass
from enum import StrEnum


class Markup(StrEnum):
    """The dialect a platform reads."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    """CommonMark as the model writes it, untouched (the terminal)."""
    DISCORD = "discord"
    TELEGRAM_HTML = "telegram_html"
    MATRIX_HTML = "matrix_html"
    IRC = "irc"
    """Formatting codes (modern.ircdocs.horse/formatting); each part is a single line."""


class LengthUnit(StrEnum):
    """What a platform counts when it limits a message."""

    CHARACTERS = "characters"
    """Code points of the text as it is sent (Discord)."""
    UTF16_PARSED = "utf16_parsed"
    """UTF-16 code units of the text that is left when the markup is parsed (Telegram)."""
    BYTES = "bytes"
    """UTF-8 bytes of the text as it is sent (IRC, Matrix)."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text that goes out as a file of this name, in UTF-8."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message's text in the platform's dialect, and the same as plain text to fall back to.

    With a file, the text is the caption; only platforms that declare `can_send_files` are given one.
    """

    text: str
    plain: str
    file: TextFile | None = None


@dataclass(frozen=True, slots=True)
class TextForm:
    """How text must look for one platform: dialect, and the most one message may hold."""

    markup: Markup
    max_length: int
    unit: LengthUnit
