"""What an answer holds, whichever side it is read from: text, code, links, inline code, spoilers."""

import re
from dataclasses import dataclass, field

QUOTE_SIGNS = re.compile(r"^ *(?:> ?)*>(?: |$)", re.MULTILINE)
WHITE_SPACE = re.compile(r"[\s\u200b]+")


@dataclass(slots=True)
class Content:
    """The content of an answer or of one message, in order of appearance."""

    lines: list[str] = field(default_factory=list)
    codes: list[tuple[str, str]] = field(default_factory=list)
    """Language and code of each block."""
    links: list[tuple[str, str]] = field(default_factory=list)
    """Address and text of each link."""
    inline_codes: list[str] = field(default_factory=list)
    spoilers: list[str] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    """The source of each; in the text a sign stands in their places."""

    @property
    def text(self) -> str:
        """Return all text without white space and quote signs."""
        return bare("\n".join(self.lines))


@dataclass(slots=True)
class Reading:
    """One message as a platform shows it, and what the platform has against it."""

    content: Content = field(default_factory=Content)
    shown: str = ""
    """The text that is visible."""
    errors: list[str] = field(default_factory=list)
    """Why the platform would refuse the message, or not show it as it is meant."""
    num_open_fences: int = 0
    length: int = 0
    """As the platform counts it."""


def bare(text: str) -> str:
    """Return text without white space, zero-width spaces and the signs of quotes at the beginning of lines."""
    return WHITE_SPACE.sub("", QUOTE_SIGNS.sub("", text))
