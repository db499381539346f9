"""Reads digits and letters in any style as plain ones, character for character."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0"
)
INVISIBLE_BEYOND = "\U000e0000-\U000e0fff"
STYLED_BEYOND = "\U0001d400-\U0001d7ff"
"""Beyond U+FFFF: looked for apart, because patterns with both are slow."""
BEYOND = re.compile(f"[{INVISIBLE_BEYOND}{STYLED_BEYOND}]")
HAS_INVISIBLE = re.compile(f"[{INVISIBLE}]")
ALL_INVISIBLE = re.compile(f"[{INVISIBLE}{INVISIBLE_BEYOND}]+")
HANZI_DIGITS = {
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    **dict(zip("〇○幺壹贰叁肆伍陆柒捌玖两", "0011234567892", strict=True)),
}
HANZI = "".join(HANZI_DIGITS)
HANZI_NUMBER = re.compile(
    f"[{HANZI}](?<![{HANZI}]{{2}})(?<![{HANZI}][ -][{HANZI}])(?:[ -]?[{HANZI}]){{10,18}}+(?![ -]?[{HANZI}])"
)
MIXED_NUMBER = re.compile(
    f"[0-9{HANZI}](?<![0-9{HANZI}]{{2}})(?:[0-9{HANZI}]{{10}}|[0-9{HANZI}]{{17}})(?![0-9{HANZI}])"
)

STYLED_RANGES = (
    range(0x00B2, 0x00BA),
    range(0x0660, 0x066A),
    range(0x06F0, 0x06FA),
    range(0x0966, 0x0970),
    range(0x2070, 0x208A),
    range(0x2460, 0x2469),
    range(0x24B6, 0x24EB),
    range(0x1D400, 0x1D800),
    range(0xFF10, 0xFF1A),
    range(0xFF20, 0xFF3B),
    range(0xFF41, 0xFF5B),
)
"""Digits and letters of other styles and scripts, and the full-width at sign."""
STYLED_SIGNS = {"＋": "+", "－": "-", "﹣": "-", "．": ".", "＿": "_", "﹫": "@", "／": "/", "＝": "="}


@dataclass(frozen=True, slots=True)
class Folded:
    """A text without invisible characters, its digits and letters plain."""

    text: str
    numbers: str
    """The same with digits for the Chinese characters of long numbers."""
    origins: Sequence[int]
    """For each character, its place in the original text."""


def fold(text: str) -> Folded:
    """Return the text as the patterns read it."""
    if text.isascii():
        return Folded(text, text, range(len(text)))
    origins: Sequence[int] = range(len(text))
    is_beyond = BEYOND.search(text) is not None
    if is_beyond or HAS_INVISIBLE.search(text):
        text, origins = _visible(text)
    if is_beyond or STYLED.search(text):
        text = text.translate(STYLES)
    return Folded(text, MIXED_NUMBER.sub(_plain, HANZI_NUMBER.sub(_plain, text)), origins)


def _visible(text: str) -> tuple[str, Sequence[int]]:
    origins: list[int] = []
    place = 0
    for match in ALL_INVISIBLE.finditer(text):
        origins += range(place, match.start())
        place = match.end()
    return ALL_INVISIBLE.sub("", text), [*origins, *range(place, len(text))]


def _plain(match: re.Match[str]) -> str:
    return match[0].translate(HANZI_STYLES)


def _styles() -> Iterator[tuple[int, str]]:
    for codes in STYLED_RANGES:
        for code in codes:
            digit = unicodedata.digit(chr(code), None)
            plain = unicodedata.normalize("NFKC", chr(code)) if digit is None else str(digit)
            if len(plain) == 1 and plain.isascii() and plain.isprintable():
                yield code, plain


STYLES = dict(_styles()) | str.maketrans(STYLED_SIGNS)
HANZI_STYLES = str.maketrans(HANZI_DIGITS)
STYLED = re.compile("[" + "".join(re.escape(chr(code)) for code in STYLES if code <= 0xFFFF) + "]")
