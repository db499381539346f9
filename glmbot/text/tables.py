"""Sets a table in columns, for platforms without tables."""

import unicodedata
from collections.abc import Sequence

MAX_COLUMN_WIDTH = 40
"""A longer cell sticks out instead of padding every other row."""


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows, header first, as lines with aligned columns."""
    num_columns = max(map(len, rows))
    widths = [max(min(num_cells(row[column]), MAX_COLUMN_WIDTH) for row in rows) for column in range(num_columns)]
    rule = "-+-".join("-" * width for width in widths)
    lines = [_aligned_row(row, widths) for row in rows]
    return [lines[0], rule, *lines[1:]]


def _aligned_row(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [cell + " " * (width - num_cells(cell)) for cell, width in zip(row, widths, strict=True)]
    return " | ".join(cells).rstrip()


def num_cells(text: str) -> int:
    """Return how many columns a text fills where each character has one or two."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
