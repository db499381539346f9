"""Reads Markdown that stays as it is: its lines, and which of them are code."""

import re

from markdown_it.token import Token

from glmbot.text.document import Block, BlockKind, Frame, Line, Span
from glmbot.text.rules import markdown_parser


def with_closed_fence(markdown: str) -> str:
    """Return the text with the closing fence added that half-finished code at its end lacks."""
    lines = markdown.rstrip().split("\n")
    for fence in _fences(markdown):
        if _end(fence) >= len(lines) and not _is_closed(fence, lines):
            return markdown.rstrip("\n") + _closing(fence, lines)
    return markdown


def parse_source(markdown: str, max_frame: int) -> list[Line]:
    """Return the lines of a text; code whose fence takes more than `max_frame` bytes is text like any other."""
    lines = markdown.split("\n")
    fences = {_start(fence): fence for fence in _fences(markdown)}
    parsed: list[Line] = []
    text = Block(0)
    number = gap = 0
    while number < len(lines):
        fence = fences.get(number)
        frame = _frame(fence, lines) if fence else Frame()
        if fence and len((frame.opening + frame.closing).encode()) <= max_frame:
            content = lines[number + 1 : _end(fence) - _is_closed(fence, lines)] or [""]
            block = Block(number + 1, BlockKind.CODE, source_frame=frame)
            parsed += [
                Line(block, (Span(line),), 1 if i else gap + 1, is_first=not i) for i, line in enumerate(content)
            ]
            number, gap = _end(fence), 0
            continue
        if lines[number].strip():
            parsed.append(Line(text, (Span(lines[number]),), gap + 1))
        gap = 0 if lines[number].strip() else gap + 1
        number += 1
    return parsed


def _fences(markdown: str) -> list[Token]:
    return [token for token in markdown_parser().parse(markdown) if token.type == "fence"]


def _start(fence: Token) -> int:
    return fence.map[0] if fence.map else 0


def _end(fence: Token) -> int:
    return fence.map[1] if fence.map else 0


def _is_closed(fence: Token, lines: list[str]) -> bool:
    closing = lines[min(_end(fence), len(lines)) - 1].strip(" \t>")
    return _end(fence) - _start(fence) > 1 and closing.startswith(fence.markup) and not closing.strip(fence.markup[0])


def _frame(fence: Token, lines: list[str]) -> Frame:
    opening = lines[_start(fence)] + "\n"
    reopening = _indent(fence, lines) + fence.markup + fence.info + "\n"
    closing = "\n" + lines[_end(fence) - 1] if _is_closed(fence, lines) else _closing(fence, lines)
    return Frame(opening, reopening, closing, key=("code", _start(fence)))


def _closing(fence: Token, lines: list[str]) -> str:
    return "\n" + _indent(fence, lines) + fence.markup


def _indent(fence: Token, lines: list[str]) -> str:
    """Return what stands before the fence, with spaces for a list marker."""
    before, _, _ = lines[_start(fence)].partition(fence.markup)
    return re.sub(r"[^\s>]", " ", before)
