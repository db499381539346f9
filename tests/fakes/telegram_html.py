"""Telegram's HTML dialect, read as strictly as the documentation states it.

Source: https://core.telegram.org/bots/api#html-style
"""

import re

ATTRIBUTES = {
    **dict.fromkeys(["b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "tg-spoiler", "pre"], ()),
    "a": ("href",),
    "blockquote": ("expandable",),
    "code": ("class",),
    "span": ("class",),
    "tg-emoji": ("emoji-id",),
}
TAG = re.compile(r'<(/?)([a-z][a-z-]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>')
ATTRIBUTE = re.compile(r"([a-z-]+)(?:=\"[^\"]*\")?")
REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d+)|#x([0-9a-fA-F]+));")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


class BadMarkupError(Exception):
    """Telegram cannot parse this text."""


def visible_text(html: str) -> str:
    """Return what is left of a text when its markup is read."""
    shown: list[str] = []
    open_tags: list[str] = []
    position = 0
    while (start := html.find("<", position)) >= 0:
        shown.append(_resolved(html[position:start]))
        tag = TAG.match(html, start)
        if tag is None:
            raise BadMarkupError(f"Unsupported start tag at byte offset {_byte_offset(html, start)}")
        _follow(tag, open_tags, _byte_offset(html, start))
        position = tag.end()
    if open_tags:
        raise BadMarkupError(f'Can\'t find end tag corresponding to start tag "{open_tags[-1]}"')
    return "".join([*shown, _resolved(html[position:])])


def _follow(tag: re.Match[str], open_tags: list[str], offset: int) -> None:
    is_end, name, attributes = tag.groups()
    if name not in ATTRIBUTES:
        raise BadMarkupError(f'Unsupported start tag "{name}" at byte offset {offset}')
    if not is_end:
        for attribute in ATTRIBUTE.finditer(re.sub(r'"[^"]*"', '""', attributes)):
            if attribute[1] not in ATTRIBUTES[name]:
                raise BadMarkupError(f'Unsupported attribute "{attribute[1]}" of tag "{name}" at byte offset {offset}')
        if name == "span" and 'class="tg-spoiler"' not in attributes:
            raise BadMarkupError(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
        open_tags.append(name)
    elif not open_tags:
        raise BadMarkupError(f"Unexpected end tag at byte offset {offset}")
    elif (expected := open_tags.pop()) != name:
        raise BadMarkupError(f'Unmatched end tag at byte offset {offset}, expected "</{expected}>", found "</{name}>"')


def _resolved(text: str) -> str:
    return REFERENCE.sub(_character, text)


def _character(reference: re.Match[str]) -> str:
    name, decimal, hexadecimal = reference.groups()
    return NAMED[name] if name else chr(int(decimal) if decimal else int(hexadecimal, 16))


def _byte_offset(text: str, index: int) -> int:
    return len(text[:index].encode())
