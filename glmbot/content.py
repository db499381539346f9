"""What goes out: rendered text, and the forms and limits a platform has for it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

MAX_FILE = 8_000_000
"""Bytes; Discord takes 10 MiB, Telegram 50 MB, 10 MB of a picture."""
FILE_NAME = re.compile(r"(?!\.+$)[^\x00-\x1f\x7f/\\\ud800-\udfff]{1,100}")
MAX_LABEL = 80
MAX_COMMAND = 64
MAX_BUTTONS = 25
"""Below one message: Discord has five rows of five."""


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
class File:
    """A file that goes out. Raises ValueError for what not every platform with files takes: 8 MB, and a plain name."""

    __pydantic_config__: ClassVar = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}
    name: str
    data: bytes

    def __post_init__(self) -> None:
        if not FILE_NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name for a file: 1 to 100 characters, without / and control signs")
        if not 0 < len(self.data) <= MAX_FILE:
            raise ValueError(f"{self.name!r} has {len(self.data)} bytes; a file has 1 to {MAX_FILE}")


@dataclass(frozen=True, slots=True)
class Button:
    """A button below a message. Whoever presses it says `command`, as if it had been typed.

    Raises ValueError for what not every platform with buttons can show: a label has 1 to 80 characters, a command 1 to
    64 bytes in UTF-8 (https://core.telegram.org/bots/api#inlinekeyboardbutton, Discord's component reference).
    """

    label: str
    command: str

    def __post_init__(self) -> None:
        if not (self.label.strip() and len(self.label) <= MAX_LABEL):
            raise ValueError(f"a button's label has 1 to {MAX_LABEL} characters, not {self.label!r}")
        if not (self.command.strip() and len(self.command.encode(errors="replace")) <= MAX_COMMAND):
            raise ValueError(f"a button's command has 1 to {MAX_COMMAND} bytes, not {self.command!r}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message's text in the platform's dialect, and the same as plain text to fall back to.

    With a file, the text is the caption; only platforms that declare `can_send_files` are given one. Likewise buttons,
    `can_show_buttons`; an edit replaces them, too.
    """

    text: str
    plain: str
    file: File | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class TextForm:
    """How text must look for one platform: dialect, and the most one message may hold."""

    markup: Markup
    max_length: int
    unit: LengthUnit
