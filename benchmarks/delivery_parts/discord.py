"""Reads Discord's Markdown by the rules of its client, as discord-markdown (npm) has them."""

import re
from collections.abc import Callable

from delivery_parts.content import Reading, bare

MAX_CHARACTERS = 2000
CODE_BLOCK = re.compile(r"```(?:([a-zA-Z0-9_+\-.#]+?)\n)?\n*([^\n][\s\S]*?)\n*```")
QUOTE = re.compile(r" *>>> ([\s\S]*)|(?: *> [^\n]*(?:\n|$))+")
QUOTE_SIGN = re.compile(r"^ *> ", re.MULTILINE)
HEADING = re.compile(r"#{1,3} +(?=\S)")
BULLET = re.compile(r" *[-*] +(?=\S)")
ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
ADDRESS = re.compile(r"https?://[^\s<]+[^<.,:;\"')\]\s]")
LINK = re.compile(r"\[((?:\\.|[^\[\]\\])+)\]\((https?://[^\s()]+)\)")
MENTION = re.compile(r"<(?:@[!&]?\d+|#\d+|a?:\w+:\d+|t:-?\d+(?::\w)?|id:\w+)>")
INLINE_CODE = re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)")
SPOILER = re.compile(r"\|\|([\s\S]+?)\|\|")
STYLES = [
    re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)"),
    re.compile(r"__((?:\\[\s\S]|[^\\])+?)__(?!_)"),
    re.compile(r"\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)"),
    re.compile(r"(?<![A-Za-z0-9_])_((?:__|\\[\s\S]|[^\\_])+?)_(?![A-Za-z0-9_])"),
    re.compile(r"~~([\s\S]+?)~~(?!_)"),
]


def read(text: str) -> Reading:
    """Return what Discord shows."""
    reading = Reading(length=len(text))
    reading.shown = _Reader(reading).show(text)
    reading.content.lines.append(reading.shown)
    if not text.strip():
        reading.errors.append("cannot send an empty message")
    return reading


class _Reader:
    """Takes a text apart from the left, and calls itself for what is inside."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._rules: list[Callable[[str, int], tuple[str, int] | None]] = [
            self._code_block,
            self._line_start,
            self._escape,
            self._address,
            self._link,
            self._mention,
            self._inline_code,
            self._spoiler,
            self._style,
        ]

    def show(self, text: str) -> str:
        """Return the visible text."""
        shown: list[str] = []
        position = 0
        while position < len(text):
            for rule in self._rules:
                if found := rule(text, position):
                    shown.append(found[0])
                    position = found[1]
                    break
            else:
                shown.append(text[position])
                position += 1
        return "".join(shown)

    def _code_block(self, text: str, position: int) -> tuple[str, int] | None:
        if not text.startswith("```", position):
            return None
        found = CODE_BLOCK.match(text, position)
        if not found:
            self._reading.num_open_fences += 1
            return None
        code = re.sub("`\u200b(?=`)", "`", found[2]).replace("`\u200b", "`")
        self._reading.content.codes.append((found[1] or "", code))
        return f"\n{code}\n", found.end()

    def _line_start(self, text: str, position: int) -> tuple[str, int] | None:
        if position and text[position - 1] != "\n":
            return None
        if found := QUOTE.match(text, position):
            return self.show(QUOTE_SIGN.sub("", found[0])), found.end()
        if found := HEADING.match(text, position):
            return "", found.end()
        if found := BULLET.match(text, position):
            return "• ", found.end()
        return None

    def _escape(self, text: str, position: int) -> tuple[str, int] | None:
        found = ESCAPE.match(text, position)
        return (found[1], found.end()) if found else None

    def _address(self, text: str, position: int) -> tuple[str, int] | None:
        found = ADDRESS.match(text, position)
        return (found[0], found.end()) if found else None

    def _link(self, text: str, position: int) -> tuple[str, int] | None:
        found = LINK.match(text, position)
        if not found:
            return None
        inner = self.show(found[1])
        self._reading.content.links.append((found[2], bare(inner)))
        return inner, found.end()

    def _mention(self, text: str, position: int) -> tuple[str, int] | None:
        found = MENTION.match(text, position)
        if found:
            self._reading.errors.append(f"{found[0]} becomes a mention")
        return None

    def _inline_code(self, text: str, position: int) -> tuple[str, int] | None:
        found = INLINE_CODE.match(text, position)
        if not found or text.startswith("```", position):
            return None
        code = re.sub("`\u200b", "`", found[2])
        self._reading.content.inline_codes.append(bare(code))
        return code, found.end()

    def _spoiler(self, text: str, position: int) -> tuple[str, int] | None:
        found = SPOILER.match(text, position)
        if not found:
            return None
        inner = self.show(found[1])
        self._reading.content.spoilers.append(bare(inner))
        return inner, found.end()

    def _style(self, text: str, position: int) -> tuple[str, int] | None:
        for style in STYLES:
            if found := style.match(text, position):
                return self.show(found[1]), found.end()
        return None
