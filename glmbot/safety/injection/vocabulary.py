"""Reads a folded text as a string of meanings: one character for each expression that is known."""

import re
from collections.abc import Iterable, Iterator

from glmbot.safety.injection.lexicon import ENGLISH
from glmbot.safety.injection.lexicon_zh import CHINESE
from glmbot.safety.injection.structure import STRUCTURE_NAMES, Found, find_addresses, find_marks

NEAR = 14
NEAR_WIDE = 6
"""Unknown characters between two expressions that still belong together."""

WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
PAUSE = re.compile(r"[,;:()，、]|\. ")


def _english() -> Iterator[tuple[str, str]]:
    for name, words in ENGLISH.items():
        for word in words.split(", "):
            stem, _, ending = word.partition("/")
            for form in {stem, stem + ending}:
                yield " ".join(WORD.findall(form)), name


def _chinese() -> Iterator[tuple[str, str]]:
    for name, words in CHINESE.items():
        for word in words.split():
            yield word, name


def _meanings(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for word, name in pairs:
        found.setdefault(word, set()).add(name)
    return {word: frozenset(names) for word, names in found.items()}


ENGLISH_MEANINGS = _meanings(_english())
CHINESE_MEANINGS = _meanings(_chinese())
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

LONGER: dict[str, int] = {}
"""For each first word, how many words the longest expression has that begins with it."""
for _expression in ENGLISH_MEANINGS:
    _words = _expression.split()
    LONGER[_words[0]] = max(LONGER.get(_words[0], 1), len(_words))


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


BEGINNINGS = _by_first_character(word for word in CHINESE_MEANINGS if not word[0].isascii())
BEGINNING = re.compile(f"[{''.join(BEGINNINGS)}]")
RUN_TOGETHER = _any_of(UNSPACED_LETTERS)


def read(folded: str) -> str:
    """Return what a folded text says."""
    folded = "\n" + folded
    found = [(start, end, MARK_LETTERS[name]) for start, end, name in (*find_marks(folded), *find_addresses(folded))]
    found += _find_english(folded)
    if not folded.isascii():
        found += _find_chinese(folded)
    found.sort()
    return _joined(folded, found)


def read_run_together(squeezed: str) -> str:
    """Return what English words without anything between them say."""
    return "".join(UNSPACED_LETTERS[match[0]] for match in RUN_TOGETHER.finditer(squeezed))


def _find_english(folded: str) -> Iterator[Found]:
    matches = list(WORD.finditer(folded))
    words = [match[0] for match in matches]
    place = 0
    for index, word in enumerate(words):
        if index < place or word not in LONGER:
            continue
        for place in range(min(index + LONGER[word], len(words)), index, -1):
            start, end = matches[index].start(), matches[place - 1].end()
            letter = ENGLISH_LETTERS.get(" ".join(words[index:place]))
            if letter and (place == index + 1 or not PAUSE.search(folded, start, end)):
                yield start, end, letter
                break
        else:
            place = index + 1


def _find_chinese(folded: str) -> Iterator[Found]:
    last = 0
    for beginning in BEGINNING.finditer(folded):
        start = beginning.start()
        if start >= last and (match := BEGINNINGS[beginning[0]].match(folded, start)):
            last = match.end()
            yield start, last, CHINESE_LETTERS[match[0]]


def _joined(folded: str, found: Iterable[Found]) -> str:
    said = [END]
    last = 0
    for start, end, letter in found:
        if start < last:
            continue
        if start - last > 2 and _is_gap(folded[last:start]):
            said.append(GAP)
        said.append(letter)
        last = end
    return "".join([*said, END])


def _is_gap(between: str) -> bool:
    if len(between) > (NEAR if between.isascii() else NEAR_WIDE):
        return True
    return PAUSE.search(between) is not None
