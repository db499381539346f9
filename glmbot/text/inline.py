"""Reads the Markdown inside one paragraph: styles, code, links."""

import re
from collections.abc import Callable, Mapping, Sequence

from markdown_it.token import Token

from glmbot.events import Language
from glmbot.text.document import BOLD, CODE, ITALIC, STRUCK, Span, Style, StyleKind
from glmbot.text.formulas import readable
from glmbot.text.rules import markdown_parser

MAX_STYLED_LENGTH = 50_000
"""A longer paragraph is shown as it is: no person writes one, and styles in it cost seconds."""

SIGNIFICANT = re.compile(r"[\\`*_~\[!<&$]|\|\|")
STYLES = {
    "strong": BOLD,
    "em": ITALIC,
    "s": STRUCK,
    "spoiler": Style(StyleKind.SPOILER),
    "chinese_spoiler": Style(StyleKind.SPOILER, language=Language.CHINESE),
}

Spans = tuple[Span, ...]
CanLink = Callable[[str], bool]
References = Mapping[str, Mapping[str, str]]
"""The defined links: by their label, as markdown-it has them."""
NO_REFERENCES: References = {}


def parse_inline(text: str, can_link: CanLink, references: References = NO_REFERENCES) -> list[Spans]:
    """Return the lines of a paragraph as styled spans; the address of what `can_link` denies is written out."""
    if len(text) > MAX_STYLED_LENGTH or not SIGNIFICANT.search(text):
        return [(Span(line.strip(" \t")),) for line in text.split("\n")]
    tokens: list[Token] = []
    parser = markdown_parser()
    parser.inline.parse(text, parser, {"references": references}, tokens)
    return _Reader(can_link).read(tokens)


class _Reader:
    """Walks the tokens of one paragraph."""

    def __init__(self, can_link: CanLink) -> None:
        self._can_link = can_link
        self._lines: list[list[Span]] = [[]]
        self._styles: tuple[Style, ...] = ()
        self._links: list[str | None] = []
        """For each open link what is written behind its text; None where the text itself is linked."""

    def read(self, tokens: Sequence[Token]) -> list[Spans]:
        for index, token in enumerate(tokens):
            self._read_token(token, tokens[index + 1 : index + 3])
        return [tuple(line) for line in self._lines]

    def _read_token(self, token: Token, following: Sequence[Token]) -> None:
        if token.type in ("text", "text_special"):
            self._add(token.content, self._styles)
        elif token.type in ("softbreak", "hardbreak"):
            self._lines.append([])
        elif token.type == "code_inline":
            self._add(token.content, (*self._styles, CODE))
        elif token.type == "formula":
            self._add_formula(token.content)
        elif token.type == "image":
            self._add_image(token)
        elif token.type == "link_open":
            self._open_link(token, following)
        elif token.type == "link_close":
            self._close_link()
        elif token.nesting == 1:
            self._styles = (*self._styles, STYLES[token.tag])
        elif token.nesting == -1:
            self._styles = _without_last(self._styles, STYLES[token.tag])

    def _add(self, text: str, styles: tuple[Style, ...]) -> None:
        styles = tuple(dict.fromkeys(styles))
        line = self._lines[-1]
        if line and line[-1].styles == styles:
            line[-1] = Span(line[-1].text + text, styles)
        elif text:
            line.append(Span(text, styles))

    def _add_formula(self, source: str) -> None:
        """Write a formula in characters, or its source as code."""
        text = readable(source)
        if text is None:
            self._add(" ".join(source.split()), (*self._styles, CODE))
        else:
            self._add(text, self._styles)

    def _add_image(self, token: Token) -> None:
        address = str(token.attrs["src"])
        text = token.content.replace("\n", " ").strip() or address
        is_linked = any(style.kind is StyleKind.LINK for style in self._styles)
        if self._is_linkable(address) and text != address and not is_linked:
            self._add(text, (*self._styles, Style(StyleKind.LINK, address)))
        else:
            self._add(text if text == address else f"{text} ({address})", self._styles)

    def _open_link(self, token: Token, following: Sequence[Token]) -> None:
        """A link that shows its own address, or that no platform follows, is written out."""
        address = str(token.attrs["href"])
        shows_itself = token.info == "auto" or (
            [inner.type for inner in following] == ["text", "link_close"] and following[0].content == address
        )
        if shows_itself or not address:
            self._links.append("")
        elif not self._is_linkable(address):
            self._links.append(f" ({address})")
        else:
            self._links.append(None)
            self._styles = (*self._styles, Style(StyleKind.LINK, address))

    def _close_link(self) -> None:
        written_out = self._links.pop()
        if written_out is None:
            self._styles = tuple(style for style in self._styles if style.kind is not StyleKind.LINK)
        elif written_out:
            self._add(written_out, self._styles)

    def _is_linkable(self, address: str) -> bool:
        return address.startswith(("http://", "https://")) and self._can_link(address)


def _without_last(styles: tuple[Style, ...], style: Style) -> tuple[Style, ...]:
    index = len(styles) - 1 - styles[::-1].index(style)
    return styles[:index] + styles[index + 1 :]
