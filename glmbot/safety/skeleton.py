"""The letters of a piece of text without what stands between them, and without repeats."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from glmbot.safety.alphabet import HAN, LEET, SYMBOL_LETTERS, goes_on_word, is_han
from glmbot.safety.pinyin import sound_table, sounds, syllables

_TAG = "</?[a-z][^<>]{0,40}>"
_SIGNS = re.escape("".join(SYMBOL_LETTERS))
MARKUP = re.compile(rf"(?:\*{{1,3}}|~~|\|\||`{{1,3}}|{_TAG})*")
"""What Markdown and HTML do not show."""
LETTERS = re.compile(rf"{_TAG}|[^\W_]")
LETTERS_AND_SYMBOLS = re.compile(rf"{_TAG}|[^\W_]|[{_SIGNS}]")
SPOKEN = re.compile(rf"{_TAG}|[{HAN}]|[a-z]+|[^\W_a-z0-9]")
SYMBOLS = re.compile(f"[{_SIGNS}]")
_TAGS = re.compile(_TAG)
_NOT_LETTERS = re.compile(r"[\W_]+")
_NOT_LETTERS_OR_SYMBOLS = re.compile(rf"(?:(?![{_SIGNS}])[\W_])+")
_REPEATS = re.compile(r"(.)\1+", re.DOTALL)
_HAN_REPEATS = re.compile(rf"([{HAN}])\1+")
_WORDS = re.compile("[a-z]+")
BARRIER = "a"
"""Stands for what cannot be read as Chinese; no sound is written like this."""
Token = tuple[str, int, int, str]
"""A code, where it begins and ends in the text, and what a repeat of it must be equal in; empty: nothing repeats it."""


class Skeleton:
    """One code for each run of equal letters, and where the run stands in `text`."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        runs = list(self._runs(tokens))
        self.codes = "".join([code for code, _, _ in runs])
        self.places = [places for _, places, _ in runs]
        """Where the letters of each run begin."""
        self.starts = [places[0] for _, places, _ in runs]
        self.ends = [end for _, _, end in runs]

    def gap(self, index: int) -> str:
        """Return what lies between a run and the run after it, or the end."""
        end = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.text)
        return self.text[self.ends[index] : end]

    def _runs(self, tokens: Sequence[Token]) -> Iterator[tuple[str, list[int], int]]:
        """Join equal letters that touch, or that stand alone and as far apart as the letters before them."""
        place = 0
        while place < len(tokens):
            code, start, end, key = tokens[place]
            before = self.text[tokens[place - 1][2] : start][:8] if place else ""
            places = [start]
            for _, begin, stop, other in islice(tokens, place + 1, None) if key else ():
                if other != key or (begin > end and not self._are_one(before, end, begin, stop)):
                    break
                end = stop
                places.append(begin)
            yield code, places, end
            place += len(places)

    def _are_one(self, gap: str, end: int, begin: int, stop: int) -> bool:
        between = self.text[end:begin]
        return MARKUP.fullmatch(between) is not None or (
            between == gap and not goes_on_word(self.text[stop : stop + 1] or " ")
        )


def coarse_letters(text: str) -> Iterator[str]:
    """Yield the letters without repeats, with and without the signs that stand for letters; fast, but no places."""
    text = _TAGS.sub("", text) if "<" in text else text
    yield _REPEATS.sub(r"\1", _NOT_LETTERS.sub("", text).translate(LEET))
    if SYMBOLS.search(text):
        yield _REPEATS.sub(r"\1", _NOT_LETTERS_OR_SYMBOLS.sub("", text).translate(LEET))


def coarse_sounds(text: str) -> Iterator[str]:
    """Yield the sounds without repeats, once for each way to read the Latin letters; fast, but no places."""
    text = _TAGS.sub("", text) if "<" in text else text
    num_ways = max((len(syllables(word)) for word in _WORDS.findall(text)), default=0)
    for number in range(max(1, num_ways)):
        spoken = _WORDS.sub(lambda word, way=number: _sounds_of(word[0], way), text) if num_ways else text
        yield _HAN_REPEATS.sub(r"\1", _NOT_LETTERS.sub("", spoken)).translate(sound_table())


def _sounds_of(word: str, number: int) -> str:
    readings = syllables(word)
    return "".join([sounds()[one] for one in readings[min(number, len(readings) - 1)]]) if readings else BARRIER


def of_letters(text: str, start: int, end: int, with_symbols: bool) -> Skeleton:
    """Return the letters and digits between two places, with or without the signs that stand for letters."""
    pattern = LETTERS_AND_SYMBOLS if with_symbols else LETTERS
    found = [(one[0].translate(LEET), one.start()) for one in pattern.finditer(text, start, end) if len(one[0]) == 1]
    return Skeleton(text, [(code, place, place + 1, code) for code, place in found])


def of_sounds(text: str, start: int, end: int) -> Iterator[Skeleton]:
    """Yield the sounds between two places, once for each way to read the Latin letters, at most three."""
    pieces = [(one[0], one.start()) for one in SPOKEN.finditer(text, start, end) if one[0][0] != "<"]
    ways = [syllables(piece) if piece.isascii() else () for piece, _ in pieces]
    for number in range(max(1, max(map(len, ways), default=0))):
        tokens: list[Token] = []
        for (piece, place), readings in zip(pieces, ways, strict=True):
            tokens.extend(_spoken(piece, place, readings, number))
        yield Skeleton(text, tokens)


def _spoken(piece: str, place: int, readings: Sequence[Sequence[str]], number: int) -> Iterator[Token]:
    if not readings:
        is_chinese = is_han(piece)
        code = piece.translate(sound_table()) if is_chinese else BARRIER
        yield code, place, place + len(piece), piece if is_chinese else ""
        return
    for syllable in readings[min(number, len(readings) - 1)]:
        yield sounds()[syllable], place, place + len(syllable), ""
        place += len(syllable)
