"""Which parts of a text may hold a term in disguise; ordinary text has few, so that what is dear is rarely done."""

import re
from collections.abc import Iterable, Iterator

from glmbot.safety.alphabet import HAN
from glmbot.safety.pinyin import syllables

REACH = 64
"""So many characters before and behind a suspicious place are looked at."""
_GAP = r"[\W_]{1,8}"
_SUSPICIOUS = re.compile(
    # separators around single letters
    rf"{_GAP}[^\W_]{_GAP}[^\W_](?![a-z0-9])"
    # digits and signs in place of letters
    r"|(?<=[a-z])[0-9@$!|+€£^(<#¢§]+[a-z]|(?<![^\W_])[0-9@$€£^(<#¢§]{1,3}[a-z]"
    r"|(?<=[a-z][a-z])[0-9@$|+€£]{1,3}(?![^\W_])"
    # two words with more than a space between them, markup in a word
    r"|(?<=[a-z0-9])[\W_]{2,4}(?<![.,:;!?]\s)(?=[a-z0-9])|(?<=[^\W_])(?:[*~|_`]{1,3}|</?[a-z][^<>]{0,40}>)(?=[^\W_])"
)
_REPEATED = re.compile(r"([a-z])\1(?:\1|[a-z]?[a-z]?([a-z])\2)")
_HAN_REPEATED = re.compile(rf"([{HAN}])\1")
_HAN_APART = re.compile(rf"[{HAN}]{_GAP}[{HAN}](?={_GAP}[{HAN}])")
_TWO_HAN_APART = re.compile(rf"[{HAN}][^\w，。！？；：、,.!?;:]{{1,6}}(?=[{HAN}])")
_SPOKEN_BESIDE_HAN = re.compile(rf"(?<=[{HAN}])[a-z]{{1,48}}|(?<![a-z])[a-z]{{1,48}}+(?=[\W_]{{0,2}}[{HAN}])")
_SPELLED = re.compile(r"[-_.'·/*|~+][a-z]{1,6}(?=[-_.'·/*|~+][a-z])")


def regions(text: str, more: Iterable[tuple[int, int]], has_short: bool) -> list[tuple[int, int]]:
    """Return the parts of a folded text to look at closely, in order and apart.

    `more` are known places; `has_short` tells whether there are Chinese terms of two characters.
    """
    places = sorted([*_places(text, has_short), *more])
    merged: list[tuple[int, int]] = []
    for start, end in places:
        begin, stop = max(0, start - REACH), min(len(text), end + REACH)
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((begin, stop))
    return merged


def _places(text: str, has_short: bool) -> Iterator[tuple[int, int]]:
    for pattern in (_SUSPICIOUS, _REPEATED, _SPELLED):
        for found in pattern.finditer(text):
            yield found.span()
    if not text.isascii():
        for pattern in (_HAN_REPEATED, _TWO_HAN_APART if has_short else _HAN_APART):
            for found in pattern.finditer(text):
                yield found.span()
        for found in _SPOKEN_BESIDE_HAN.finditer(text):
            if syllables(found[0]):
                yield found.span()
