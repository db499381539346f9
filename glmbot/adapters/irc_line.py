"""The lines of the IRC protocol: read from bytes, and written so that no parameter can begin another line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_LINE = 16_384
"""Bytes of a line that are looked at: 8,191 of tags and 512 of the rest (https://ircv3.net/specs/extensions/message-tags)."""
MAX_PARAMETERS = 15  # RFC 2812 section 2.3
FORBIDDEN = re.compile("[\r\n\0\ud800-\udfff]")
"""What ends a line, and halves of surrogate pairs, which no UTF-8 can carry."""
TAG_ESCAPES = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}


@dataclass(frozen=True, slots=True)
class Source:
    """Who a line comes from: a user, or a server, which has a name only."""

    nick: str
    user_host: str = ""

    @property
    def is_user(self) -> bool:
        """Whether it is a user, as the server knows one."""
        return bool(self.nick and self.user_host)

    @classmethod
    def parse(cls, text: str) -> "Source":
        """Read nick!user@host."""
        nick, _, user_host = text.partition("!")
        return cls(nick, user_host)


@dataclass(frozen=True, slots=True)
class Line:
    """One line from the server; `command` is in capitals, or three digits."""

    command: str
    parameters: tuple[str, ...] = ()
    source: Source = Source("")
    tags: Mapping[str, str] = field(default_factory=dict)

    def parameter(self, index: int) -> str:
        """Return a parameter, or nothing where the line has fewer."""
        return self.parameters[index] if index < len(self.parameters) else ""

    @property
    def last(self) -> str:
        """The last parameter: the text of a message, or what the server says."""
        return self.parameters[-1] if self.parameters else ""


def parse(raw: bytes) -> Line | None:
    """Read a line without its end (RFC 2812 section 2.3.1, with IRCv3 tags); None for one that says nothing."""
    rest = FORBIDDEN.sub("", decode(raw)).strip(" ")
    tags: dict[str, str] = {}
    source = Source("")
    if rest.startswith("@"):
        head, _, rest = rest[1:].partition(" ")
        tags = _tags(head)
    rest = rest.lstrip(" ")
    if rest.startswith(":"):
        head, _, rest = rest[1:].partition(" ")
        source = Source.parse(head)
    command, parameters = _command(rest)
    return Line(command.upper(), parameters, source, tags) if command else None


def line_of(command: str, *parameters: str) -> bytes:
    """Write a line with its end. Raises ValueError for what would read as something else: this is the last gate.

    Only the last parameter may be empty, hold spaces or begin with a colon.
    """
    *middle, last = (command, *parameters)
    if any(not part or part.startswith(":") or " " in part for part in middle):
        raise ValueError("a parameter that would read as several")
    is_plain = last and " " not in last and not last.startswith(":")
    text = " ".join([*middle, last if is_plain else f":{last}"])
    if FORBIDDEN.search(text):
        raise ValueError("a parameter with a sign in it that no line can have")
    return f"{text}\r\n".encode()


def decode(raw: bytes) -> str:
    """Return text of bytes: UTF-8, and where a client of another age writes, Latin-1.

    Servers cut a long line at a byte; half a character at its end is dropped.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return raw[: error.start].decode()
        return raw.decode("latin-1")


class LineReader:
    """Makes lines of what the network brings; of one that never ends, nothing is kept."""

    def __init__(self) -> None:
        self._tail = b""
        self._is_too_long = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that are complete now, without their ends."""
        *lines, self._tail = (self._tail + chunk).split(b"\n")
        if lines and self._is_too_long:
            self._is_too_long = False
            del lines[0]
        if len(self._tail) > MAX_LINE:
            self._tail, self._is_too_long = b"", True
        return [line.rstrip(b"\r") for line in lines if len(line) <= MAX_LINE]


def _command(text: str) -> tuple[str, tuple[str, ...]]:
    head, colon, trailing = f" {text}".partition(" :")
    words = head.split(" ")
    command, *parameters = [word for word in words if word] or [""]
    if colon:
        parameters.append(trailing)
    return command, tuple(parameters[:MAX_PARAMETERS])


def _tags(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(";"))
    return {name: _unescaped(value) for name, _, value in pairs if name}


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.?)", lambda found: TAG_ESCAPES.get(found[1], found[1]), value)
