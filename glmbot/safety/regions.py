"""Which parts of a text may hold a term in disguise; ordinary text has few, so that what is dear is rarely done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from ahocorasick_rs import AhoCorasick

from glmbot.safety.pinyin import syllables

MAX_GAP = 8
"""The longest gap between two letters that is looked at."""
DENSE = 16
"""One place in so many characters is dense."""
TILE = 2048
OVERLAP = 384
"""A text that is suspicious as a whole is read in tiles that overlap: longer than a term of 64 letters with gaps."""
WORD, DIGIT, CHINESE, WIDE, SPACE, CLAUSE, QUOTE, SIGN, MARK, BAR, BANG, TAG, SLASH, OTHER = "a0hw .($*|!</-"
"""A text is reduced to these classes, in which suspicious places are short literals: one automaton finds them all."""
_BLANK = str.maketrans({"0": "a", "w": "h", **dict.fromkeys(".($*|!</-", " ")})
"""Makes letters, Chinese and gaps of the classes."""
_KANA = re.compile("[\u3041-\u30ff]")
_FURTHER_BYTES = bytes(range(0x80, 0xC0))
_SPELLED = re.compile(r"[-_.'·/*|~+][a-z]{1,6}(?=[-_.'·/*|~+][a-z])")
_WORD_BEHIND = re.compile(r"[a-z]{1,48}")
_WORD_BEFORE = re.compile(r"[a-z]{1,48}\Z")


class View:
    """How a part is read: by its letters, or as Chinese is spoken; numbers to be summed, since enums are slow."""

    LETTERS = 1
    SOUNDS = 2
    WORD = 16
    """Where a term of one word cannot go on behind a space."""
    BESIDE = 4
    """As Chinese, if the Latin letters beside Chinese ones are syllables."""
    REPEATS = 8
    """Where characters are repeated; then no more than the characters of a term are looked at."""


Place = tuple[int, int, int]
"""Begin, end and views."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the terms need to be looked for in."""

    has_breaks: bool
    """Whether there are terms of several words."""
    has_chinese: bool
    has_short: bool
    """Whether there are Chinese terms of two characters."""
    reach: int
    """How many characters before and behind a suspicious place are looked at."""
    reach_chinese: int
    """The same where no more than Chinese characters are repeated."""


def is_dense(num_places: int, text: str) -> bool:
    """Tell whether a long text has so many places to look at that all of it is looked at."""
    return len(text) > TILE and num_places * DENSE > len(text)


def regions(text: str, places: Sequence[Place], wanted: Wanted) -> list[Place]:
    """Return the parts of a folded text to look at closely, in order; `places` are known ones.

    They are apart, but for those of a text that is suspicious as a whole: 10^6 characters take a second at most.
    """
    suspicious = None if any(end - start == len(text) > TILE for start, end, _ in places) else _suspicious(text, wanted)
    if suspicious is None:
        views = View.LETTERS | View.SOUNDS
        return [(max(0, end - TILE - OVERLAP), end, views) for end in range(TILE, len(text) + TILE, TILE)]
    merged: list[Place] = []
    for start, end, views in sorted([*suspicious, *places]):
        begin, stop = _around(text, start, end, views, wanted)
        views &= View.LETTERS | View.SOUNDS
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]), views | merged[-1][2])
        else:
            merged.append((begin, stop, views))
    return merged


def _around(text: str, start: int, end: int, views: int, wanted: Wanted) -> tuple[int, int]:
    reach = wanted.reach_chinese if views & View.REPEATS else wanted.reach
    begin, stop = max(0, start - reach), min(len(text), end + reach)
    if views & View.WORD and not wanted.has_breaks:
        begin = max(begin, text.rfind(" ", begin, start))
        behind = text.find(" ", end, stop)
        stop = behind + 1 if behind >= 0 else stop
    return begin, stop


def _suspicious(text: str, wanted: Wanted) -> list[Place] | None:
    """Return the suspicious places, or None where they are dense."""
    classes = _classes(text)
    literals, gaps = _literals(wanted.has_breaks, wanted.has_short, wanted.has_chinese), _gaps()
    in_words = literals[0].find_matches_as_indexes(classes, overlapping=True)
    if is_dense(len(in_words), text):
        return None
    single = gaps[0].find_matches_as_indexes(f" {classes.translate(_BLANK)} ", overlapping=True)
    if is_dense(len(single), text):
        return None
    places = [(max(0, start - 1), min(len(text), end - 1), gaps[1][number]) for number, start, end in single]
    for number, start, end in in_words:
        if literals[1][number] != View.BESIDE:
            places.append((start, end, literals[1][number]))
        elif wanted.has_chinese and (word := _syllables_at(text, classes, start, end)):
            places.append((*word, View.SOUNDS))
    if wanted.has_chinese:
        places += [(*found.span(), View.SOUNDS) for found in _SPELLED.finditer(text)]
    return places


def _syllables_at(text: str, classes: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the Latin word beside a Chinese character, if it can be read as syllables."""
    if classes[start] == CHINESE:
        word = _WORD_BEHIND.match(text, end - 1)
    else:
        word = _WORD_BEFORE.search(text, max(0, start - 47), start + 1)
    return word.span() if word and syllables(word[0]) else None


def _classes(text: str) -> str:
    if text.isascii():
        return text.translate(_ascii_classes())
    if _KANA.search(text):
        text = _KANA.sub("\uac00", text)
    # The first byte of a character tells its class well enough, and bytes are translated faster.
    return text.encode().translate(_first_bytes(), _FURTHER_BYTES).decode("ascii")


@cache
def _ascii_classes() -> str:
    return "".join([_class_of(chr(code)) for code in range(128)])


@cache
def _first_bytes() -> bytes:
    others = {0xC2: SIGN, 0xE2: OTHER, 0xE3: CLAUSE, 0xEE: OTHER, 0xEF: CLAUSE} | dict.fromkeys(
        range(0xF0, 0x100), OTHER
    )
    others |= dict.fromkeys(range(0xE4, 0xEA), CHINESE) | dict.fromkeys(range(0xEA, 0xEE), WIDE)
    return "".join([_ascii_classes()[code] if code < 128 else others.get(code, WORD) for code in range(256)]).encode()


def _class_of(character: str) -> str:
    for members, name in _MEMBERS.items():
        if character in members:
            return name
    if character.isspace():
        return SPACE
    return WORD if character.isalnum() else OTHER


_MEMBERS = {
    "0123456789": DIGIT,
    ".,:;?": CLAUSE,
    "\"'()[]{}": QUOTE,
    "$@+^#": SIGN,
    "*~`\\": MARK,
    "|": BAR,
    "!": BANG,
    "<": TAG,
    "/": SLASH,
}


@cache
def _literals(has_breaks: bool, has_short: bool, has_chinese: bool) -> tuple[AhoCorasick, list[int]]:
    """Return what finds signs and markup in words, and Latin letters beside Chinese."""
    patterns: dict[str, int] = dict.fromkeys(
        ("0a", "a$", "$a", "a|", "|a", "a!a", "!a", "a!0"), View.LETTERS | View.WORD
    )
    patterns |= {"a0": View.LETTERS | View.SOUNDS, "h0h0h": View.SOUNDS}
    for one in "ah":
        marks = ("*", "**", "***", "||", "<", "</", "--")
        patterns |= {f"{one}{mark}{other}": View.LETTERS | View.SOUNDS for mark in marks for other in "ah"}
    joints = " -$*|"
    if has_breaks:
        patterns |= {f"{first}{second}{one}": View.LETTERS for first, second, one in product(joints, joints, "a0")}
    if has_chinese:
        patterns |= {f"h{sign}h": View.SOUNDS for sign in "-/$*|"}
    if has_short:
        gaps = (*joints, *map("".join, product(joints, joints)), "---", "/")
        patterns |= {f"h{gap}h": View.SOUNDS for gap in gaps}
    for gap in ("", " ", "-", "*", "(", "."):
        patterns |= {f"h{gap}a": View.BESIDE, f"a{gap}h": View.BESIDE}
    return AhoCorasick(list(patterns)), list(patterns.values())


@cache
def _gaps() -> tuple[AhoCorasick, list[int]]:
    """Return what finds single letters with gaps around them."""
    patterns: dict[str, int] = {}
    for size in range(1, MAX_GAP + 1):
        gap = " " * size
        patterns |= {f"{before}a{gap}a{behind}": View.LETTERS for before, behind in product(" h", " h")}
        patterns[f"h{gap}h "] = View.LETTERS | View.SOUNDS
    return AhoCorasick(list(patterns)), list(patterns.values())
