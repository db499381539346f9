"""What a reader sees where hidden characters turn text around, or hold text of their own."""

import re
from collections.abc import Iterable, Iterator, Sequence

OVERRIDE = "\u202e"
_FLAG = re.compile("(?<![\U0001f1e6-\U0001f1ff])[\U0001f1e6-\U0001f1ff]{2}(?![\U0001f1e6-\U0001f1ff])")
"""Two letters of this kind are a flag; one alone or several are letters."""
FIRST_TAG = 0xE0000
BESIDE = 64
"""How many characters beside such a part are read with it."""
MAX_TURNED = 2048
"""Nobody reads more text than this backwards."""
MAX_DEPTH = 16
"""More overrides within one another are not followed; a reader would not follow them either."""
_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\n]")
_OPENING = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
_FLAGS_TO_TAGS = re.compile("[\U0001f1e6-\U000e007e]")
"""One range, since that is searched for twice as fast as two; what is between flags and tags does no harm."""
_TAG = re.compile("[\U000e0020-\U000e007e]")


def seen(text: str) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield the parts that look different from what is written, as they look, and where each character stands."""
    if text.isascii() or not (OVERRIDE in text or _FLAGS_TO_TAGS.search(text)):
        return
    if OVERRIDE in text:
        order, parts = _turned(text)
        for start, end in parts:
            places = order[start:end]
            yield "".join([text[place] for place in places]), places
    for start, end in _merged(found.span() for found in _FLAG.finditer(text)):
        yield _FLAG.sub("\u2691\u2691", text[start:end]), range(start, end)
    for start, end in _merged((found.start(), found.end()) for found in _TAG.finditer(text)):
        yield untagged(text[start:end]), range(start, end)


def untagged(text: str) -> str:
    """Return the text with invisible tags as the letters that they stand for."""
    return _TAG.sub(lambda tag: chr(ord(tag[0]) - FIRST_TAG), text)


def _turned(text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the order that right-to-left overrides make, and the parts around them."""
    order = list(range(len(text)))
    opened: list[tuple[str, int]] = []
    parts: list[tuple[int, int]] = []
    for control, start, end in [(one[0], one.start(), one.end()) for one in _CONTROLS.finditer(text)]:
        if control in _OPENING:
            if len(opened) < MAX_DEPTH:
                opened.append((control, end))
        elif control == "\n":
            parts += _close(order, opened, start)
        elif opened:
            parts += _close(order, [opened.pop()], start)
    parts += _close(order, opened, len(text))
    return order, list(_merged(sorted(parts)))


def _close(order: list[int], opened: list[tuple[str, int]], end: int) -> list[tuple[int, int]]:
    """Turn around what stands between each opening sign and `end`; return these parts."""
    parts: list[tuple[int, int]] = []
    while opened:
        control, start = opened.pop()
        if control == OVERRIDE:
            end = min(end, start + MAX_TURNED)
            order[start:end] = order[start:end][::-1]
            parts.append((start, end))
    return parts


def _merged(parts: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the parts with what is beside them; those that touch become one."""
    last: tuple[int, int] | None = None
    for start, end in parts:
        begin = max(0, start - BESIDE)
        if last and begin <= last[1]:
            last = last[0], max(last[1], end + BESIDE)
        else:
            if last:
                yield last
            last = begin, end + BESIDE
    if last:
        yield last
