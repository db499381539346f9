"""How Chinese is read: the syllables of a text, each as one character."""

import re
from functools import cache, lru_cache

from glmbot.safety import tables

FIRST_SOUND = 0x100
FIRST_SHORT_SOUND = 0x1401
"""Terms of two characters have sounds of their own, which are looked for only where Latin letters stand for one."""
SHORTEST, LONGEST = 1, 6
MAX_LETTERS = 48
_UNREADABLE = re.compile("[bpfdtlkhjqxyw](?![aeiouv])|[zcs](?!h?[aeiouv])")
"""A consonant that begins no syllable, and ends none: most words of other languages have one."""


@cache
def sounds() -> dict[str, str]:
    """Return the character that stands for each syllable."""
    more = (one for readings in tables.more_readings().values() for one in readings)
    syllables = sorted({*tables.readings().values(), *more})
    return {syllable: chr(FIRST_SOUND + number) for number, syllable in enumerate(syllables)}


@cache
def _syllables() -> dict[str, str]:
    return {sound: syllable for syllable, sound in sounds().items()}


def syllable_of(sound: str) -> str:
    """Return the syllable that a character stands for; a character without a reading stands for itself."""
    return _syllables().get(sound, sound)


def syllables_of(sounds: str) -> list[str]:
    """Return the syllables that characters stand for, one for each."""
    return list(map(_syllables().get, sounds, sounds))


@cache
def syllable_table() -> dict[int, str]:
    """Return, for str.translate, the syllable of each sound."""
    return {ord(sound): syllable for sound, syllable in _syllables().items()}


@cache
def sound_table() -> list[int]:
    """Return, for str.translate, the sound of each Chinese character; all others stay what they are."""
    table = list(range(0x10000))
    for character, syllable in tables.readings().items():
        table[ord(character)] = ord(sounds()[syllable])
    return table


@cache
def short_sounds() -> dict[int, str]:
    """Return, for str.translate, the sounds that terms of two characters have."""
    distance = FIRST_SHORT_SOUND - FIRST_SOUND
    return {ord(sound): chr(ord(sound) + distance) for sound in sounds().values()}


@lru_cache(maxsize=16_384)
def syllables(letters: str) -> tuple[tuple[str, ...], ...]:
    """Return the ways to read Latin letters as syllables, at most three; none for other words."""
    found: list[tuple[str, ...]] = []
    if len(letters) <= MAX_LETTERS and not _UNREADABLE.search(letters) and _can_end(letters)[0]:
        _read(letters, 0, (), found, _can_end(letters))
    return tuple(found)


def _can_end(letters: str) -> list[bool]:
    """Tell for each place whether the rest from there can be read to its end."""
    known = sounds()
    can = [False] * len(letters) + [True]
    for start in reversed(range(len(letters))):
        can[start] = any(
            can[end] and letters[start:end] in known
            for end in range(start + SHORTEST, min(start + LONGEST, len(letters)) + 1)
        )
    return can


def _read(letters: str, start: int, before: tuple[str, ...], found: list[tuple[str, ...]], can_end: list[bool]) -> None:
    if start == len(letters):
        found.append(before)
        return
    # The longest syllable first: that is how it is usually meant.
    for end in range(min(start + LONGEST, len(letters)), start, -1):
        if can_end[end] and letters[start:end] in sounds() and len(found) < 3:
            _read(letters, end, (*before, letters[start:end]), found, can_end)
