"""The letters of a piece of text without what stands between them, and without repeats."""

import re
from collections.abc import Iterable, Iterator, Sequence
from string import ascii_lowercase

from glmbot.safety.alphabet import HAN, LEET, SYMBOL_LETTERS, goes_on_word, is_han
from glmbot.safety.pinyin import sound_table, sounds, syllables

_TAG = "</?[a-z!][^<>]{0,40}>"
_SIGNS = re.escape("".join(SYMBOL_LETTERS))
MARKUP = re.compile(rf"(?:\*{{1,3}}|~~|\|\||__|==|`{{1,3}}|\\|{_TAG})*")
"""What Markdown and HTML do not show."""
LETTERS = re.compile(rf"{_TAG}|[^\W_]")
LETTERS_AND_SYMBOLS = re.compile(rf"{_TAG}|[^\W_]|[{_SIGNS}]")
SPOKEN = re.compile(rf"{_TAG}|[{HAN}]|[a-z]+|[^\W_a-z0-9]")
SYMBOLS = re.compile(f"[{_SIGNS}]")
TAGS = re.compile(_TAG)
_NOT_LETTERS = re.compile(r"[\W_]+")
_SIGNS_OR_MARKUP = re.compile(rf"[{_SIGNS}*~|_=`\\<]")
_NOT_SPOKEN = re.compile(r"[\W_0-9]+")
_NOT_LETTERS_OR_SYMBOLS = re.compile(rf"(?:(?![{_SIGNS}])[\W_])+")
_HAN_REPEATS = re.compile(rf"([{HAN}])\1+")
_SPEAKABLE = re.compile("(?<![a-z])((?:[bpmfdtnlgkhjqxrzcsyw]h?[aeiouv]|[aeiouvnmgr])++)(?![a-z])")
"""A word of Latin letters that may be pinyin; most words of other languages have consonants that cannot."""
EDGE = "\u3164"
"""Stands between texts: a letter that folding takes away. Two of them are a text without letters, and no repeat."""
_REPEATS = re.compile(f"([^{EDGE}])\\1+", re.DOTALL)
BARRIER = "a"
"""Stands for what cannot be read as Chinese; no sound is written like this."""
Token = tuple[str, int, int, str]
"""A code, where it begins and ends in the text, and what a repeat of it must be equal in; empty: nothing repeats it."""


class Skeleton:
    """One code for each run of equal letters, and where the run stands in `text`."""

    def __init__(self, text: str, tokens: Iterable[Token]) -> None:
        self.text = text
        self.places: list[list[int]] = []
        """Where the letters of each run begin."""
        self.starts: list[int] = []
        self.ends: list[int] = []
        codes: list[str] = []
        last = ""
        for code, start, end, key in tokens:
            if key and key == last and (start == self.ends[-1] or self._goes_on(start, end)):
                self.ends[-1] = end
                self.places[-1].append(start)
                continue
            codes.append(code)
            self.places.append([start])
            self.starts.append(start)
            self.ends.append(end)
            last = key
        self.codes = "".join(codes)

    def gap(self, index: int) -> str:
        """Return what lies between a run and the run after it, or the end."""
        end = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.text)
        return self.text[self.ends[index] : end]

    def _goes_on(self, start: int, end: int) -> bool:
        """Tell whether a letter like the one before belongs to its run: markup is between, or what is before it."""
        between = self.text[self.ends[-1] : start]
        if MARKUP.fullmatch(between):
            return True
        before = self.text[self.ends[-2] : self.starts[-1]] if len(self.starts) > 1 else ""
        return between == before and not goes_on_word(self.text[end : end + 1] or " ")


def coarse_letters(texts: Sequence[str]) -> Iterator[tuple[Sequence[int], str]]:
    """Yield the letters without repeats, with and without the signs that stand for letters; fast, but no places.

    They come with the numbers of the texts that are read, one after the other with an EDGE between them.
    """
    joined = EDGE.join(texts)
    joined = TAGS.sub("", joined) if "<" in joined else joined
    numbers = range(len(texts))
    yield numbers, without_repeats(_NOT_LETTERS.sub("", joined))
    if SYMBOLS.search(joined):
        yield numbers, without_repeats(_NOT_LETTERS_OR_SYMBOLS.sub("", joined))


class PieceWords:
    """The words of a piece of text, to tell fast that a term is not among them: only its letters are, across words."""

    def __init__(self, text: str) -> None:
        self._is_plain = text.isascii() and not _SIGNS_OR_MARKUP.search(text)
        """Whether signs stand neither for letters nor for nothing."""
        self._words = set(without_repeats(_NOT_LETTERS.sub(" ", text)).split()) if self._is_plain else set()

    def may_hold(self, words: str) -> bool:
        """Tell whether these words, spelled without repeats, may be there, or their letters one by one."""
        return (
            not self._is_plain
            or self._words.issuperset(words.split())
            or self._words.issuperset(words.replace(" ", ""))
        )


def without_repeats(text: str) -> str:
    """Return a text with one in place of all that may stand for the same letter, and one of each repeat."""
    text = text.translate(LEET)
    if not text.replace(EDGE, "").isascii():
        return _REPEATS.sub(r"\1", text)
    # Three times as fast as the expression, and more where much is repeated.
    for letter in ascii_lowercase:
        while letter * 2 in text:
            text = text.replace(letter * 2, letter)
    return text


def coarse_sounds(texts: Sequence[str]) -> Iterator[tuple[Sequence[int], str]]:
    """Yield the sounds without repeats; once more for the texts with Latin letters that can be read in several ways."""
    numbers: Sequence[int] = range(len(texts))
    for way in range(3):
        joined = EDGE.join([texts[number] for number in numbers])
        joined = TAGS.sub("", joined) if "<" in joined else joined
        words = _SPEAKABLE.split(joined)
        words[1::2] = map(_Spoken(way).__getitem__, words[1::2])
        yield numbers, _HAN_REPEATS.sub(r"\1", _NOT_SPOKEN.sub("", "".join(words))).translate(sound_table())
        if len(words) == 1:
            return
        numbers = [number for number in numbers if _num_ways(texts[number]) > way + 1]
        if not numbers:
            return


def _num_ways(text: str) -> int:
    return max((len(syllables(word)) for word in set(_SPEAKABLE.findall(text))), default=0)


class _Spoken(dict[str, str]):
    """The sounds of Latin words, read in one way; a word that cannot be read stays, and is a barrier."""

    def __init__(self, way: int) -> None:
        self._way = way

    def __missing__(self, word: str) -> str:
        readings = syllables(word)
        reading = readings[min(self._way, len(readings) - 1)] if readings else None
        spoken = self[word] = word if reading is None else "".join([sounds()[one] for one in reading])
        return spoken


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
