"""What a reader sees where hidden characters turn text around, or hold text of their own."""

import re
from collections.abc import Sequence

OVERRIDE = "\u202e"
MAX_DEPTH = 16
"""More overrides within one another are not followed; a reader would not follow them either."""
_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\n]")
_OPENING = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
_TAG = re.compile("[\U000e0020-\U000e007e]")


def turned(text: str) -> tuple[str, Sequence[int]] | None:
    """Return the text as right-to-left overrides show it, and where each character stood; None without any."""
    if OVERRIDE not in text:
        return None
    order = list(range(len(text)))
    opened: list[tuple[str, int]] = []
    for control, start, end in [(one[0], one.start(), one.end()) for one in _CONTROLS.finditer(text)]:
        if control in _OPENING:
            if len(opened) < MAX_DEPTH:
                opened.append((control, end))
        elif control == "\n":
            _close(order, opened, start)
        elif opened:
            _close(order, [opened.pop()], start)
    _close(order, opened, len(text))
    return "".join([text[place] for place in order]), order


def _close(order: list[int], opened: list[tuple[str, int]], end: int) -> None:
    """Turn around what stands between each opening sign and `end`."""
    while opened:
        control, start = opened.pop()
        if control == OVERRIDE:
            order[start:end] = order[start:end][::-1]


def untagged(text: str) -> tuple[str, Sequence[int]] | None:
    """Return the text with invisible tags as the letters that they stand for; None without any."""
    if text.isascii() or not _TAG.search(text):
        return None
    return _TAG.sub(lambda tag: chr(ord(tag[0]) - 0xE0000), text), range(len(text))
