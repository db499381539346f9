"""Classes of characters, after folding."""

import unicodedata
from functools import lru_cache

HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
"""Chinese characters, as a range in a regular expression."""
SYMBOL_LETTERS = {
    **{"@": "a", "^": "a", "(": "c", "<": "c", "¢": "c", "€": "e", "#": "h", "!": "i", "！": "i", "|": "i", "¡": "i"},
    **{"£": "i", "$": "s", "§": "s", "+": "t", "¥": "y"},
}
"""Signs that stand for a letter."""
DIGIT_LETTERS = {"0": "o", "1": "i", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g"}
LEET = str.maketrans(SYMBOL_LETTERS | DIGIT_LETTERS | {"l": "i"})
"""Makes one of what may stand for the same letter: i, l, 1 and ! become i."""
SENTENCE_ENDS = frozenset("。！？!?;；")
CLAUSE_ENDS = SENTENCE_ENDS | frozenset(".,:、，：")


@lru_cache(maxsize=65_536)
def is_wide(character: str) -> bool:
    """Tell whether it is of a script that writes no spaces between words, so that words begin anywhere."""
    return not character.isascii() and unicodedata.east_asian_width(character) in "WF"


def is_han(character: str) -> bool:
    """Tell whether it is a Chinese character."""
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def goes_on_word(character: str) -> bool:
    """Tell whether a word of an alphabet goes on with this character."""
    return character.isalnum() and not is_wide(character)
