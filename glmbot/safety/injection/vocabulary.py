"""Reads a folded text as a string of meanings: one character for each expression that is known."""

import re
from collections.abc import Iterable
from itertools import pairwise

from glmbot.safety.injection.lexicon import chinese, english
from glmbot.safety.injection.structure import STRUCTURE_NAMES, find_marks

NEAR = 6
"""Unknown wide characters between two expressions that still belong together; a word counts for two."""

FIRST_WIDE = "\u3400"
WIDE = "\u3400-\u9fff"
WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
TOKEN = re.compile(rf"[a-z0-9]+(?:'[a-z]+)?|[{WIDE}]|[。！？!?,;:()，、\"]|\.(?=[\s\"'<])")
"""Words, wide characters one by one, and the signs that part them."""
WIDTHS = dict.fromkeys(",;:()，、", NEAR + 1)
"""A pause parts what it stands between."""


def _meanings(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for word, name in pairs:
        found.setdefault(word, set()).add(name)
    return {word: frozenset(names) for word, names in found.items()}


ENGLISH_MEANINGS = _meanings((" ".join(WORD.findall(expression)), meaning) for expression, meaning in english())
CHINESE_MEANINGS = _meanings(chinese())
LEET = str.maketrans("0134578", "oieastb")
DIGIT = re.compile(r"[0-9]")
MIXED = re.compile(r"[a-z0-9]*[a-z][0-9][a-z0-9]*|[0-9]+[a-z][a-z0-9]*")
"""Letters and digits in one word: the digits may stand for letters."""
LETTERS = {
    names: chr(code)
    for code, names in enumerate(
        dict.fromkeys(
            [
                *(frozenset([name]) for name in STRUCTURE_NAMES),
                *ENGLISH_MEANINGS.values(),
                *CHINESE_MEANINGS.values(),
            ]
        ),
        start=0x4E00,
    )
}
"""A letter for each combination of meanings that some expression has."""
END, GAP = LETTERS[frozenset(["END"])], LETTERS[frozenset(["GAP"])]
MARK_LETTERS = {name: LETTERS[frozenset([name])] for name in STRUCTURE_NAMES}
ENGLISH_LETTERS = {word: LETTERS[names] for word, names in ENGLISH_MEANINGS.items()}
CHINESE_LETTERS = {word: LETTERS[names] for word, names in CHINESE_MEANINGS.items()}
UNSPACED_LETTERS = {word.replace(" ", ""): letter for word, letter in ENGLISH_LETTERS.items() if len(word) > 2}

SINGLE = {
    **{word: letter for word, letter in ENGLISH_LETTERS.items() if " " not in word},
    **{word: letter for word, letter in CHINESE_LETTERS.items() if len(word) == 1},
    **dict.fromkeys("。！？!?.", END),
    '"': MARK_LETTERS["QUOTE"],
}
"""What one token says."""
PHRASES: dict[str, int] = {}
"""For the first two tokens of each longer expression, run together, how many tokens the longest of these has."""
for _expression in (*ENGLISH_MEANINGS, *CHINESE_MEANINGS):
    _tokens_of = TOKEN.findall(_expression)
    if len(_tokens_of) > 1:
        _first = "".join(_tokens_of[:2])
        PHRASES[_first] = max(PHRASES.get(_first, 2), len(_tokens_of))
BEGINNINGS = frozenset(TOKEN.findall(expression)[0] for expression in (*ENGLISH_MEANINGS, *CHINESE_MEANINGS))


def letters_of(name: str) -> str:
    """Return all letters that have this meaning, for a character class."""
    return "".join(letter for names, letter in LETTERS.items() if name in names)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))


def _by_first_character(words: Iterable[str]) -> dict[str, re.Pattern[str]]:
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(word[0], []).append(word)
    return {character: _any_of(group) for character, group in groups.items()}


RUN_TOGETHER = _by_first_character(UNSPACED_LETTERS)


def read(folded: str) -> str:
    """Return what a folded text says."""
    folded = f"\n{folded}\n"
    said = [END]
    last = 0
    for start, end, name in find_marks(folded):
        said += _read_words(_tokens(folded, last, start))
        said.append(MARK_LETTERS[name])
        last = end
    said += _read_words(_tokens(folded, last, len(folded)))
    return "".join([*said, END])


def read_run_together(squeezed: str) -> str:
    """Return what English words without anything between them say."""
    said = []
    place = 0
    while place < len(squeezed):
        group = RUN_TOGETHER.get(squeezed[place])
        match = group.match(squeezed, place) if group else None
        if match:
            said.append(UNSPACED_LETTERS[match[0]])
        place = match.end() if match else place + 1
    return "".join(said)


def _tokens(folded: str, start: int, end: int) -> list[str]:
    tokens: list[str] = TOKEN.findall(folded, start, end)
    return (
        [token.translate(LEET) if MIXED.fullmatch(token) else token for token in tokens]
        if DIGIT.search(folded, start, end)
        else tokens
    )


def _read_words(tokens: list[str]) -> list[str]:
    said: list[str] = []
    place = 0
    for index in _candidates(tokens):
        if index < place:
            continue
        letter, size = _expression_at(tokens, index)
        if letter:
            if place < index and sum(map(_width, tokens[place : min(index, place + NEAR + 1)])) > NEAR:
                said.append(GAP)
            said.append(letter)
            place = index + size
    return said


def _candidates(tokens: list[str]) -> list[int]:
    """Return the places of tokens that an expression may begin with."""
    return [
        index
        for index, (token, following) in enumerate(pairwise([*tokens, ""]))
        if token in SINGLE or (token in BEGINNINGS and token + following in PHRASES)
    ]


def _width(token: str) -> int:
    return WIDTHS.get(token) or (1 if token >= FIRST_WIDE else 2)


def _expression_at(tokens: list[str], index: int) -> tuple[str | None, int]:
    """Return the meaning of the longest expression that begins here, and its number of tokens."""
    letters, space = (CHINESE_LETTERS, "") if tokens[index] >= FIRST_WIDE else (ENGLISH_LETTERS, " ")
    for size in range(PHRASES.get("".join(tokens[index : index + 2]), 1), 1, -1):
        if letter := letters.get(space.join(tokens[index : index + size])):
            return letter, size
    return SINGLE.get(tokens[index]), 1
