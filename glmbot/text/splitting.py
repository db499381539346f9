"""Cuts lines into parts that fit a platform's limit, always from the front, so that a growing text keeps its parts."""

import re
from collections.abc import Callable, Sequence

from glmbot.text.document import BlockKind, Line
from glmbot.text.graphemes import cluster_start
from glmbot.text.output import Output
from glmbot.text.wholes import start_of_whole

LOOK_AHEAD = 16
"""How many characters beyond a limit are read, to see whether a sentence or a visible character ends there."""
SENTENCE_END = re.compile(r"[.!?]+[\"')\]]*\s+|[。！？；…]+[”’」』）】\"']*\s*")
WORD_END = re.compile(r"\s+|[，、：]\s*")
NOT_AT_START = "，。、；：？！…）】」』》”’,.;:?!)]}"

Between = Callable[[Line, Line], bool]


def split(lines: Sequence[Line], outputs: Sequence[Output], max_length: int) -> list[list[Line]]:
    """Return the lines as parts, each of which fits `max_length` in every output.

    A part ends at the best place in its second half: between paragraphs, then lines, sentences, words. Where it
    ends depends on nothing that comes later.
    """
    waiting = list(reversed(lines))
    parts: list[list[Line]] = []
    while waiting:
        parts.append(_Part(outputs, max_length).fill(waiting))
    return parts


class _Part:
    """One message being filled."""

    def __init__(self, outputs: Sequence[Output], max_length: int) -> None:
        self._outputs = outputs
        self._max_length = max_length
        self._lines: list[Line] = []
        self._totals = [[0] for _ in outputs]
        """For each output, the cost of the part before each line and behind the last."""

    def fill(self, waiting: list[Line]) -> list[Line]:
        """Take lines from the end of `waiting`, and put back what does not fit."""
        while waiting:
            line = waiting.pop()
            if not self._take(line):
                self._end_near(line, waiting)
                break
        return self._lines

    def _take(self, line: Line) -> bool:
        previous = self._lines[-1] if self._lines else None
        costs: list[int] = []
        for output, totals in zip(self._outputs, self._totals, strict=True):
            fit = output.fit(previous, line, self._max_length - totals[-1])
            if not fit.is_complete:
                return False
            costs.append(fit.cost)
        for totals, cost in zip(self._totals, costs, strict=True):
            totals.append(totals[-1] + cost)
        self._lines.append(line)
        return True

    def _end_near(self, line: Line, waiting: list[Line]) -> None:
        """End the part before or in the line that does not fit."""
        waiting.append(line)
        if index := self._last_break(line, _ends_paragraph) or self._last_break(line, _ends_line):
            waiting.extend(reversed(self._lines[index:]))
            del self._lines[index:]
        elif position := self._position_in(line):
            head, waiting[-1] = line.split(position)
            self._lines.append(head)
        assert self._lines, "styles and frames leave room for text"

    def _last_break(self, line: Line, is_break: Between) -> int:
        """Return how many lines to keep so that the part ends with a break in its second half; 0 for none."""
        following = line
        for index in range(len(self._lines), 0, -1):
            if 2 * max(totals[index] for totals in self._totals) < self._max_length:
                return 0
            if is_break(self._lines[index - 1], following):
                return index
            following = self._lines[index - 1]
        return 0

    def _position_in(self, line: Line) -> int:
        """Return where to cut a line: at the end of a sentence or a word, at worst between two characters."""
        end = self._num_fitting(line)
        text = line.text(end + LOOK_AHEAD)
        for pattern in (WORD_END,) if line.block.kind is BlockKind.CODE else (SENTENCE_END, WORD_END):
            ends = [found.end() for found in pattern.finditer(text) if found.end() <= end]
            if ends and 2 * self._fill_with(line, ends[-1]) >= self._max_length:
                return self._before_whole(line, text, ends[-1])
        position = cluster_start(text, end)
        if position > 1 and text[position] in NOT_AT_START:
            position = cluster_start(text, position - 1)
        position = self._before_whole(line, text, position)
        if position == 0 and not self._lines:
            return end
        return position

    def _before_whole(self, line: Line, text: str, position: int) -> int:
        """Return the place itself, or that before the link, address or code that should not be cut there."""
        start = start_of_whole(line, text, position)
        is_short = 2 * (position - start) <= self._max_length
        return start if is_short and (start or self._lines) else position

    def _num_fitting(self, line: Line) -> int:
        previous = self._lines[-1] if self._lines else None
        return min(
            output.fit(previous, line, self._max_length - totals[-1]).num_characters
            for output, totals in zip(self._outputs, self._totals, strict=True)
        )

    def _fill_with(self, line: Line, num_characters: int) -> int:
        """Return how full the part is with the first characters of a line."""
        previous = self._lines[-1] if self._lines else None
        return max(
            totals[-1] + output.fit(previous, line, self._max_length - totals[-1], num_characters).cost
            for output, totals in zip(self._outputs, self._totals, strict=True)
        )


def _ends_paragraph(before: Line, after: Line) -> bool:
    return after.gap > 1 and _ends_line(before, after)


def _ends_line(before: Line, after: Line) -> bool:
    """Tell whether a part may end between two lines; a heading stays with what it is for."""
    return before.block.kind is not BlockKind.HEADING
