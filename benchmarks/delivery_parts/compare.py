"""Compares what arrived with what was to arrive, and finds where a visible character was cut.

Text is compared without white space. A formula has arrived when its source stands there, or when the letters and
digits that are shown are those of its source, which has lost its commands, and kept the names of functions.
"""

import itertools
import re
import unicodedata
from collections.abc import Sequence

import regex

from delivery_parts.content import Content, Reading, bare
from delivery_parts.source import FORMULA, TABLE_RULE

NAMES = [
    "arccos",
    "arcsin",
    "arctan",
    "arg",
    "bmod",
    "cos",
    "cosh",
    "cot",
    "coth",
    "csc",
    "deg",
    "det",
    "dim",
    "exp",
    "gcd",
    "hom",
    "inf",
    "ker",
    "lg",
    "lim",
    "liminf",
    "limsup",
    "ln",
    "log",
    "max",
    "min",
    "mod",
    "pmod",
    "Pr",
    "sec",
    "sin",
    "sinh",
    "sup",
    "tan",
    "tanh",
]
COMMAND = re.compile(r"\\([A-Za-z]+)")
PLACE = re.compile(f"([{FORMULA}{TABLE_RULE}]+)")
EXCERPT = 40


def reduced_source(formula: str) -> str:
    """Return the letters and digits that must be seen of a formula in LaTeX."""
    text = re.sub(r"\\begin\{\w+\*?\}|\\end\{\w+\*?\}", " ", formula)
    text = COMMAND.sub(lambda found: found[1] if found[1] in NAMES else " ", text)
    return _alphanumerics(text.replace("bmod", "mod").replace("pmod", "mod"))


def reduced_shown(text: str) -> str:
    """Return the letters and digits that are seen; a raised, lowered or decorated one counts as itself."""
    return _alphanumerics(unicodedata.normalize("NFKD", text.replace("ℓ", "")))


def _alphanumerics(text: str) -> str:
    return "".join(character for character in text if character.isascii() and character.isalnum())


def text_difference(expected: Content, found: str) -> str:
    """Return where a text differs from what is expected, or an empty text."""
    formulas = iter(expected.formulas)
    position = 0
    pieces = PLACE.split(expected.text)
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            if not found.startswith(piece, position):
                return _excerpt(piece, found, position)
            position += len(piece)
            continue
        sources = [next(formulas) for sign in piece if sign == FORMULA]
        end = _end_of_formulas(found, position, pieces[index + 1], sources)
        if end is None:
            return f"formula {sources}: found {found[position : position + EXCERPT]!r}"
        position = end
    return "" if position == len(found) else f"left over: {found[position : position + EXCERPT]!r}"


def _excerpt(piece: str, found: str, position: int) -> str:
    rest = found[position:]
    start = next((n for n, (one, other) in enumerate(zip(piece, rest, strict=False)) if one != other), None)
    start = min(len(piece), len(rest)) if start is None else start
    begin = max(start - 10, 0)
    return f"expected {piece[begin : start + EXCERPT]!r}, found {rest[begin : start + EXCERPT]!r}"


def _end_of_formulas(found: str, position: int, following: str, sources: Sequence[str]) -> int | None:
    """Return where the text goes on behind formulas, or behind a table's line."""
    raw = bare("".join(sources))
    end = found.find(following, position) if following else len(found)
    while end >= 0:
        shown = found[position:end]
        if not sources and re.fullmatch(r"[-+]+", shown):
            return end
        if sources and (raw in shown.replace("\n", "") or _shows(shown, sources)):
            return end
        end = found.find(following, end + 1) if following else -1
    return None


def _shows(shown: str, sources: Sequence[str]) -> bool:
    """Tell whether each formula is there, readable or as its source."""
    rest = reduced_shown(shown)
    for source in sources:
        whole = [form for form in (_alphanumerics(source), reduced_source(source)) if rest.startswith(form)]
        if not whole:
            return False
        rest = rest[len(whole[0]) :]
    return not rest


def pieces_difference(expected: Sequence[tuple[str, str]], found: Sequence[tuple[str, str]]) -> str:
    """Return where pieces, each with a key, differ; one that was cut may arrive in several."""
    waiting = list(found)
    for key, whole in expected:
        rest = whole
        while True:
            if not waiting or waiting[0][0] != key or not rest.startswith(waiting[0][1]):
                return f"expected {(key, rest[:EXCERPT])!r}, found {[(k, t[:EXCERPT]) for k, t in waiting[:1]]!r}"
            rest = rest[len(waiting.pop(0)[1]) :]
            if not rest:
                break
            rest = rest.removeprefix("\n")
    return f"not expected: {waiting[0]!r}" if waiting else ""


def num_split_graphemes(readings: Sequence[Reading]) -> int:
    """Return how many visible characters stand with one half in each of two messages."""
    return sum(_is_split(before.shown[-40:], after.shown[:40]) for before, after in itertools.pairwise(readings))


def _is_split(before: str, after: str) -> bool:
    position = len(before)
    return any(found.start() < position < found.end() for found in regex.finditer(r"\X", before + after))
