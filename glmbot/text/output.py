"""Writes lines in a dialect, and tells beforehand how long they will be."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from glmbot.content import LengthUnit
from glmbot.text.dialects import Dialect
from glmbot.text.document import Block, Element, Frame, Line, Span, Style, StyleKind
from glmbot.text.measure import length


@dataclass(frozen=True, slots=True)
class Fit:
    """How much of a line fits: so many characters of its text, at this cost, frame and signs closed."""

    num_characters: int
    cost: int
    is_complete: bool


class Output:
    """One dialect under one limit.

    Costs add up: what closes a frame or a style is paid for when it is opened. A frame takes at most half of
    the limit, and styles a quarter: beyond that they are left out, so that text always finds room.
    """

    def __init__(self, dialect: Dialect, max_length: int, unit: LengthUnit, is_parsed: bool = False) -> None:
        """`is_parsed`: the platform counts what is left when it has parsed the signs."""
        self._dialect = dialect
        self._unit = unit
        self._is_parsed = is_parsed
        self._max_length = max_length
        self._frames: dict[int, tuple[Frame, int]] = {}

    def can_link(self, address: str) -> bool:
        """Tell whether a link to this address leaves enough room for text."""
        return self._style_cost(Style(StyleKind.LINK, address), "") <= self._max_length // 4

    def write(self, lines: Sequence[Line]) -> str:
        """Return the lines in the dialect."""
        pieces: list[str] = []
        before: Frame | None = None
        for line in lines:
            frame, _ = self._frame(line.block)
            pieces.append(self._between(before, frame, line))
            pieces.append(frame.first_prefix if line.is_first else frame.prefix)
            self._write_spans(line, pieces)
            before = frame
        return "".join(pieces) + (_closing(before, 0) if before else "")

    def fit(self, previous: Line | None, line: Line, room: int, max_characters: int | None = None) -> Fit:
        """Find out how much of a line, or of its first characters, fits into `room` behind the line before it."""
        cost = self._lead_cost(previous, line)
        num_characters = 0
        paid: tuple[Style, ...] = ()
        for span in line.spans:
            text = span.text if max_characters is None else span.text[: max_characters - num_characters]
            styles = self._styles(span, line.block)
            if styles:
                shared = _num_shared(paid, styles)
                cost += sum(self._style_cost(style, span.text) for style in styles[shared:])
            fitting, text_cost = self._longest_prefix(text, line.block, room - cost)
            num_characters += fitting
            cost += text_cost
            if fitting < len(span.text):
                return Fit(num_characters, cost, is_complete=False)
            paid = styles
        return Fit(num_characters, cost, is_complete=cost <= room)

    def _between(self, before: Frame | None, frame: Frame, line: Line) -> str:
        """Return what stands between a line and the one before it: line breaks, and signs of frames."""
        if _is_shared(before, frame):
            return frame.line_break + (frame.blank + frame.line_break) * (line.gap - 1)
        num_shared = _num_shared(before.outer, frame.outer) if before else 0
        end = _closing(before, num_shared) + self._dialect.block_break * line.gap if before else ""
        opened = "".join(element.opening for element in frame.outer[num_shared:])
        return end + opened + (frame.opening if line.is_first else frame.reopening)

    def _write_spans(self, line: Line, pieces: list[str]) -> None:
        written: tuple[Style, ...] = ()
        closings: list[str] = []
        for span in line.spans:
            styles = self._styles(span, line.block)
            if styles or written:
                shared = _num_shared(written, styles)
                signs = [self._dialect.signs(style, span.text) for style in styles[shared:]]
                pieces += reversed(closings[shared:])
                pieces += [opening for opening, _ in signs]
                closings[shared:] = [closing for _, closing in signs]
                written = styles
            pieces.append(self._dialect.escape(span.text, styles, line.block))
        pieces += reversed(closings)

    def _frame(self, block: Block) -> tuple[Frame, int]:
        """Return a block's frame, and the cost of its signs."""
        if (known := self._frames.get(block.number)) is None:
            frame = self._dialect.frame(block)
            cost = self._signs_cost(max(frame.opening, frame.reopening, key=len) + frame.closing)
            other_cost = length(max(frame.first_prefix, frame.prefix, key=len), self._unit) + self._outer_cost(frame, 0)
            known = (frame, cost) if cost + other_cost <= self._max_length // 2 else (self._dialect.bare, 0)
            self._frames[block.number] = known
        return known

    def _lead_cost(self, previous: Line | None, line: Line) -> int:
        """Return the cost of all that a line brings along besides its text."""
        before = self._frame(previous.block)[0] if previous else None
        frame, cost = self._frame(line.block)
        prefix = frame.first_prefix if line.is_first else frame.prefix
        if _is_shared(before, frame):
            breaks = frame.line_break * line.gap + frame.blank * (line.gap - 1)
            return length(breaks + prefix, self._unit)
        num_shared = _num_shared(before.outer, frame.outer) if before else 0
        breaks = self._dialect.block_break * line.gap if before else ""
        return length(breaks + prefix, self._unit) + cost + self._outer_cost(frame, num_shared)

    def _outer_cost(self, frame: Frame, num_shared: int) -> int:
        return self._signs_cost("".join(element.opening + element.closing for element in frame.outer[num_shared:]))

    def _styles(self, span: Span, block: Block) -> tuple[Style, ...]:
        styles = self._dialect.styles(span, block)
        if not styles or sum(self._style_cost(style, span.text) for style in styles) <= self._max_length // 4:
            return styles
        return tuple(style for style in styles if style.kind is StyleKind.LINK)

    def _style_cost(self, style: Style, text: str) -> int:
        return self._signs_cost("".join(self._dialect.signs(style, text)))

    def _signs_cost(self, signs: str) -> int:
        return 0 if self._is_parsed else length(signs, self._unit)

    def _text_cost(self, text: str, block: Block) -> int:
        escapes = 0 if self._is_parsed else self._dialect.num_escapes(text, block)
        return length(text, self._unit) + escapes

    def _longest_prefix(self, text: str, block: Block, room: int) -> tuple[int, int]:
        """Return how many characters of a text cost no more than `room`, and what they cost."""
        if len(text) <= room and (cost := self._text_cost(text, block)) <= room:
            return len(text), cost
        ends = range(1, min(len(text), room) + 1)
        fitting = bisect_right(ends, room, key=lambda end: self._text_cost(text[:end], block))
        return fitting, self._text_cost(text[:fitting], block)


def _is_shared(before: Frame | None, frame: Frame) -> bool:
    """Tell whether a frame goes on from one block to the next."""
    return before is not None and frame.key is not None and before.key == frame.key


def _closing(frame: Frame, num_kept: int) -> str:
    """Return what closes a frame, and all but the outermost of what it stands in."""
    return frame.closing + "".join(element.closing for element in reversed(frame.outer[num_kept:]))


def _num_shared(left: Sequence[Style | Element], right: Sequence[Style | Element]) -> int:
    """Return how many of the outer ones are the same."""
    num_shared = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        num_shared += 1
    return num_shared
