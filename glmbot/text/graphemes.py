"""Where a text may be cut without tearing a visible character apart.

The parts of Unicode Standard Annex 29 that matter in chat, with the tables that Python has: combining marks, emoji
sequences, flags, Hangul and Indic conjuncts.
"""

import unicodedata

ZERO_WIDTH_JOINER = "\u200d"
ZERO_WIDTH_NON_JOINER = "\u200c"
VIRAMA = 9
"""Canonical combining class of the signs that join two consonants."""


def cluster_start(text: str, position: int) -> int:
    """Return the last place up to `position` where the text may be cut."""
    while 0 < position < len(text) and not _is_boundary(text, position):
        position -= 1
    return position


def _is_boundary(text: str, position: int) -> bool:
    before, after = text[position - 1], text[position]
    if _extends(after) or before == ZERO_WIDTH_JOINER:
        return False
    if unicodedata.combining(before) == VIRAMA and after.isalpha():
        return False
    return not (_is_flag_letter(after) and _num_flag_letters_before(text, position) % 2)


def _extends(character: str) -> bool:
    """Tell whether it belongs to the one before it: marks, joiners, skin tones, tags, Hangul vowels and finals."""
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me")
        or character in (ZERO_WIDTH_JOINER, ZERO_WIDTH_NON_JOINER)
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
        or "\u1160" <= character <= "\u11ff"
    )


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _num_flag_letters_before(text: str, position: int) -> int:
    start = position
    while start > 0 and _is_flag_letter(text[start - 1]):
        start -= 1
    return position - start
