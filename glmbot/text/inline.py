"""Reads the Markdown inside one paragraph: styles, code, links."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from glmbot.text.document import BOLD, CODE, ITALIC, STRUCK, Span, Style, StyleKind

MAX_STYLED_LENGTH = 50_000
"""A longer paragraph is shown as it is: no person writes one, and styles in it cost seconds."""

SIGNIFICANT = re.compile(r"[\\`*_~\[!<&]")
STYLES = {"strong": BOLD, "em": ITALIC, "s": STRUCK}

Spans = tuple[Span, ...]
CanLink = Callable[[str], bool]


@cache
def markdown_parser() -> MarkdownIt:
    """Return a CommonMark parser with tables and strikethrough, and without what hides or moves text.

    Off are HTML (shown as text), link definitions (they vanish, and change text far above) and underlined
    headings (a paragraph already shown would become one); text inside of blocks is left to `parse_inline`.
    """
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).enable(["table", "strikethrough"])
    parser.disable(["lheading", "reference", "html_block", "html_inline", "inline"])
    parser.inline.ruler.at("emphasis", _tokenize_emphasis)
    return parser


def parse_inline(text: str, can_link: CanLink) -> list[Spans]:
    """Return the lines of a paragraph as styled spans; the address of what `can_link` denies is written out."""
    if len(text) > MAX_STYLED_LENGTH or not SIGNIFICANT.search(text):
        return [(Span(line.strip(" \t")),) for line in text.split("\n")]
    tokens: list[Token] = []
    parser = markdown_parser()
    parser.inline.parse(text, parser, {}, tokens)
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


def _tokenize_emphasis(state: StateInline, silent: bool) -> bool:
    """Take in a run of `*` or `_`; like markdown-it's own rule, but at home in Chinese.

    CommonMark asks for a space or punctuation outside of the signs, which Chinese does not write: it leaves the
    stars in `**注意：**请看`. So a wide character beside the signs counts as punctuation
    (github.com/tats-u/markdown-cjk-friendly).
    """
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    end = state.pos
    while end < state.posMax and state.src[end] == marker:
        end += 1
    can_open, can_close = _flanks(state.src[state.pos - 1 : state.pos], state.src[end : end + 1], marker)
    num_signs = end - state.pos
    for _ in range(num_signs):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=num_signs,
                token=len(state.tokens) - 1,
                end=-1,
                open=can_open,
                close=can_close,
            )
        )
    state.pos = end
    return True


def _flanks(before: str, after: str, marker: str) -> tuple[bool, bool]:
    """Return whether signs between these characters can open and can close emphasis."""
    space_before, space_after = not before or before.isspace(), not after or after.isspace()
    stop_before, stop_after = _is_punctuation(before), _is_punctuation(after)
    loose_before = space_before or stop_before or _is_wide(before)
    loose_after = space_after or stop_after or _is_wide(after)
    left = not space_after and (not stop_after or loose_before)
    right = not space_before and (not stop_before or loose_after)
    if marker == "*":
        return left, right
    return left and (not right or loose_before), right and (not left or loose_after)


def _is_punctuation(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in "PS"


def _is_wide(character: str) -> bool:
    return bool(character) and unicodedata.east_asian_width(character) in "WF"
