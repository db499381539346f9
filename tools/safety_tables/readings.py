"""How Chinese characters are read, in pinyin without tones."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping

from pypinyin.phrases_dict import phrases_dict
from pypinyin.pinyin_dict import pinyin_dict

FIRST, LAST = 0x4E00, 0x9FFF
MIN_SHARE = 0.08
"""A further reading counts if it has this share of the words with the character."""


def table_of_shares() -> dict[str, Counter[str]]:
    """Return how often each character has each reading in the words of a dictionary."""
    shares: dict[str, Counter[str]] = defaultdict(Counter)
    for phrase, syllables in phrases_dict.items():
        if len(phrase) == len(syllables):
            for character, variants in zip(phrase, syllables, strict=True):
                shares[character][plain(variants[0])] += 1
    return shares


def tables(to_simplified: Mapping[str, str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the usual reading of each character, and the further ones that are common."""
    primary: dict[str, str] = {}
    secondary: dict[str, list[str]] = {}
    shares = table_of_shares()
    for code in range(FIRST, LAST + 1):
        character = chr(code)
        if code not in pinyin_dict or character in to_simplified:
            continue
        listed = list(dict.fromkeys(plain(one) for one in pinyin_dict[code].split(",")))
        counts = shares.get(character, Counter())
        primary[character] = counts.most_common(1)[0][0] if counts else listed[0]
        enough = max(2, MIN_SHARE * sum(counts.values()))
        more = [one for one in listed if one != primary[character] and counts[one] >= enough]
        if more:
            secondary[character] = more
    return {one: syllable for one, syllable in primary.items() if syllable.isalpha()}, secondary


def plain(syllable: str) -> str:
    """Return a syllable without its tone; ü is written v."""
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFD", syllable).replace("u\u0308", "v"))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha())
