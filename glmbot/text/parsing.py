"""Reads Markdown into lines of styled spans."""

import re
from collections.abc import Sequence

from markdown_it.token import Token

from glmbot.text.document import (
    BOLD,
    MARKER,
    Block,
    BlockKind,
    Container,
    ContainerKind,
    Line,
    Span,
    StyleKind,
)
from glmbot.text.formulas import readable
from glmbot.text.inline import NO_REFERENCES, CanLink, References, Spans, parse_inline
from glmbot.text.open_ends import close_open_ends
from glmbot.text.references import take_definitions
from glmbot.text.rules import markdown_parser
from glmbot.text.tables import aligned

RULE = "———"
MAX_LIST_LEVEL = 8
MAX_QUOTE_LEVEL = 3
LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,20}(?=\s|$)")
NESTING_SIGN = r"[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]))"
TOO_DEEP = re.compile(rf"^((?:{NESTING_SIGN}){{40}})(?:{NESTING_SIGN})+", re.MULTILINE)
"""Markdown-it stops at a depth of 100, and drops the text that is deeper; a list counts twice."""


def parse(markdown: str, bullet: str, can_link: CanLink) -> list[Line]:
    """Return the lines of a text.

    `bullet` begins the items of unordered lists. Where `can_link` denies an address, it is written out.
    """
    return _Reader(bullet, can_link).read(markdown_parser().parse(TOO_DEEP.sub(r"\1", markdown)))


class _Reader:
    """Walks the block tokens of a document."""

    def __init__(self, bullet: str, can_link: CanLink) -> None:
        self._bullet = bullet
        self._can_link = can_link
        self._lines: list[Line] = []
        self._num_blocks = 0
        self._end = 0
        """The source line behind the block before."""
        self._quote_level = 0
        self._quote_number = 0
        self._numbers: list[int | None] = []
        """The last number of each open list; None for an unordered one."""
        self._lists: list[int] = []
        """For each open list the number of its container."""
        self._containers: list[Container] = []
        self._num_containers = self._num_items = 0
        self._marker = ""
        """The list marker that waits for its item's first line."""
        self._item_start = 0
        self._heading_level = 0
        self._references: References = NO_REFERENCES
        self._table: Token | None = None
        """The table that is being read, and its rows so far."""
        self._rows: list[list[str]] = []

    def read(self, tokens: Sequence[Token]) -> list[Line]:
        last = _last_paragraph(tokens)
        self._references = take_definitions([token for token in tokens if token.type == "inline"])
        for token in tokens:
            if token is last:
                token.content = close_open_ends(token.content)
            self._read_token(token)
        return self._lines

    def _read_token(self, token: Token) -> None:
        match token.type:
            case "inline":
                self._add_inline(token)
            case "fence" | "code_block":
                self._add_code(token)
            case "formula_block":
                self._add_formula(token)
            case "hr":
                self._add_block(token, [(Span(RULE),)])
            case "table_open":
                self._table, self._rows = token, []
            case "tr_open":
                self._rows.append([])
            case "table_close":
                self._close_table()
            case "heading_open":
                self._heading_level = int(token.tag[1])
            case "heading_close":
                self._heading_level = 0
            case "blockquote_open":
                self._quote_number += self._quote_level == 0
                self._quote_level += 1
                self._containers.append(Container(ContainerKind.QUOTE, self._new_container()))
            case "blockquote_close":
                self._quote_level -= 1
                self._containers.pop()
            case "bullet_list_open":
                self._numbers.append(None)
                self._lists.append(self._new_container())
            case "ordered_list_open":
                self._numbers.append(-1)
                self._lists.append(self._new_container())
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
                self._lists.pop()
            case "list_item_open":
                self._open_item(token)
            case "list_item_close":
                self._write_marker()
                self._containers.pop()

    def _open_item(self, token: Token) -> None:
        self._write_marker()
        self._item_start, _ = _source_lines(token)
        last = self._numbers[-1]
        if last is None:
            self._marker = self._bullet
            self._num_items += 1
            self._containers.append(Container(ContainerKind.BULLET_ITEM, self._lists[-1], self._num_items))
        else:
            number = int(token.info) if last < 0 else max(int(token.info), last + 1)
            if number != last + 1:
                self._lists[-1] = self._new_container()
            self._numbers[-1] = number
            self._marker = f"{number}{token.markup} "
            self._containers.append(Container(ContainerKind.NUMBERED_ITEM, self._lists[-1], number))

    def _new_container(self) -> int:
        self._num_containers += 1
        return self._num_containers

    def _write_marker(self) -> None:
        """Write a marker that stands alone: its item is empty, or begins with code or another list."""
        if self._marker:
            spans, self._marker = (Span(self._marker.rstrip(), (MARKER,)),), ""
            self._add_lines(self._item_start, self._item_start + 1, self._block(has_marker=True), [spans])

    def _add_inline(self, token: Token) -> None:
        if not token.content and not self._table:
            return
        lines = parse_inline(token.content, self._can_link, self._references)
        if self._table:
            self._rows[-1].append(" ".join(map(_cell_text, lines)))
        elif self._heading_level and not self._numbers:
            self._add_block(token, lines, BlockKind.HEADING)
        elif self._heading_level:
            self._add_block(token, [_in_bold(line) for line in lines])
        else:
            self._add_block(token, lines)

    def _add_code(self, token: Token) -> None:
        if not token.content.strip():
            return
        language = LANGUAGE.match(token.info.strip())
        lines = [(Span(line),) for line in token.content.removesuffix("\n").split("\n")]
        self._add_block(token, lines, BlockKind.CODE, language[0] if language else "")

    def _add_formula(self, token: Token) -> None:
        """Write a formula in characters, or its source as code."""
        if text := readable(token.content):
            self._add_block(token, [(Span(text),)])
        else:
            lines = [(Span(line),) for line in token.content.strip().split("\n")]
            self._add_block(token, lines, BlockKind.CODE)

    def _close_table(self) -> None:
        assert self._table
        token, self._table = self._table, None
        self._add_block(token, [(Span(row),) for row in aligned(self._rows)], BlockKind.CODE)

    def _add_block(
        self, token: Token, lines: Sequence[Spans], kind: BlockKind = BlockKind.TEXT, language: str = ""
    ) -> None:
        if kind is not BlockKind.TEXT:
            self._write_marker()
        has_marker = bool(self._marker)
        if has_marker:
            lines = [(Span(self._marker, (MARKER,)), *lines[0]), *lines[1:]]
            self._marker = ""
        self._add_lines(*_source_lines(token), self._block(kind, language, has_marker), lines)

    def _block(self, kind: BlockKind = BlockKind.TEXT, language: str = "", has_marker: bool = False) -> Block:
        self._num_blocks += 1
        return Block(
            number=self._num_blocks,
            kind=kind,
            heading_level=self._heading_level,
            list_level=min(len(self._numbers), MAX_LIST_LEVEL),
            has_marker=has_marker,
            quote_level=min(self._quote_level, MAX_QUOTE_LEVEL),
            quote_number=self._quote_number,
            language=language,
            containers=tuple(self._containers),
        )

    def _add_lines(self, start: int, end: int, block: Block, lines: Sequence[Spans]) -> None:
        """Add a block that stands in these lines of the source; one empty line before it stays, more do not."""
        gap = 2 if start > self._end else 1
        for index, spans in enumerate(lines):
            self._lines.append(Line(block, spans, gap if index == 0 else 1, is_first=index == 0))
        self._end = end


def _last_paragraph(tokens: Sequence[Token]) -> Token | None:
    """Return the text of the paragraph that the document ends with, if it ends with one."""
    for token, following in zip(reversed(tokens), [None, *reversed(tokens)], strict=False):
        if token.nesting != -1:
            is_paragraph = token.type == "inline" and following is not None and following.type == "paragraph_close"
            return token if is_paragraph else None
    return None


def _source_lines(token: Token) -> tuple[int, int]:
    assert token.map, f"markdown-it gave {token.type} no place in the source"
    start, end = token.map
    return start, end


def _in_bold(spans: Spans) -> Spans:
    return tuple(span if BOLD in span.styles else Span(span.text, (BOLD, *span.styles)) for span in spans)


def _cell_text(spans: Spans) -> str:
    """Return the text of a table's cell, with the address behind each link."""
    text = ""
    for span, following in zip(spans, [*spans[1:], Span("")], strict=True):
        links = [style for style in span.styles if style.kind is StyleKind.LINK]
        text += span.text + "".join(f" ({link.href})" for link in links if link not in following.styles)
    return text
