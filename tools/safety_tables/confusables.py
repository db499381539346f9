"""Characters that look like a Latin letter, a digit or a Chinese character."""

import json
import re
import unicodedata
from collections.abc import Iterator
from importlib.resources import files

NAMED = re.compile(
    r"(?:NEGATIVE (?:CIRCLED|SQUARED)|CROSSED NEGATIVE SQUARED|REGIONAL INDICATOR SYMBOL|LATIN|MODIFIER LETTER|"
    r"OUTLINED|TAG) (?:LATIN )?(?:(?:SMALL|CAPITAL) )*(?:LETTER )?(?:(?:SMALL|CAPITAL) )*"
    r"(?:(?:REVERSED|TURNED|SIDEWAYS|OPEN|DOTLESS|LONG|SCRIPT|INSULAR|BARRED) )?([A-Z])(?: WITH [A-Z ,-]+)?"
)
DIGITS = re.compile(r"(?:DINGBAT )?(?:NEGATIVE |DOUBLE )?CIRCLED (?:SANS-SERIF )?DIGIT ([A-Z]+)")
NUMBERS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")
DRAWN = {
    **dict(zip("αβγδεζηθικμνορσςτυφχωϲϳ", "abydeznoikuvopostuoxwcj", strict=True)),
    **dict(zip("абвгдезиклмнопрстуфхьыяёіїјѕҽһԛԝӏѡүұқңөҝғ", "abbrdezuklmhonpctyfxbbreiijsehqwlwyykhokf", strict=True)),
    **dict(zip("աբգդեզըթժիլխհմնոպջսվտրցւքօֆ", "wpqnezpddilfhunnwjuyncguqof", strict=True)),
    **dict(zip("ꭺꮃꭼꮋꭵꭻꮶꮮꮇꮲꮢꮪꭲꮩꮤꮓꮐꭰꮯ", "awehijklmprsitvwzgdc"[:19], strict=True)),
    **{
        "ƽ": "s",
        "ʒ": "z",
        "ʃ": "s",
        "ƨ": "s",
        "ʌ": "v",
        "ɩ": "i",
        "ɑ": "a",
        "ʊ": "u",
        "ɯ": "w",
        "ə": "e",
        "ɘ": "e",
        "ƅ": "b",
    },
    **{"ʙ": "b", "ʀ": "r", "ɢ": "g", "ʜ": "h", "ɪ": "i", "ʟ": "l", "ɴ": "n", "ʏ": "y", "ſ": "s", "ß": "ss"},
    **{"№": "no", "ℓ": "l", "℮": "e", "∂": "d", "∑": "e", "√": "v", "∪": "u", "∩": "n", "∨": "v", "∧": "a", "ⅎ": "f"},
}
"""What a reader takes for a letter though Unicode does not list it, or lists it with another letter."""


def table() -> dict[str, str]:
    """Return the lower-case letters, the digit or the Chinese character that each character looks like."""
    result: dict[str, str] = {}
    for code in range(0x80, 0x20000):
        if look := _by_name(chr(code)):
            result[chr(code)] = look
    for source, look in _listed():
        result.setdefault(source, look)
    result |= DRAWN
    return {one: look for one, look in result.items() if not _is_folded_anyway(one, look)}


def _by_name(character: str) -> str | None:
    name = unicodedata.name(character, "")
    if found := NAMED.fullmatch(name):
        return found[1].lower()
    if found := DIGITS.fullmatch(name):
        return str(NUMBERS.index(found[1])) if found[1] in NUMBERS else None
    digit = unicodedata.digit(character, None)
    return str(digit) if digit is not None and unicodedata.category(character) == "Nd" else None


def _listed() -> Iterator[tuple[str, str]]:
    """Yield Unicode's own pairs that lead to letters, digits or radicals, where the source is none of these."""
    path = files("confusable_homoglyphs").joinpath("confusables.json")
    groups: dict[str, list[dict[str, str]]] = json.loads(path.read_text(encoding="utf-8"))
    for one, others in groups.items():
        for other in others:
            yield from _oriented(one, other["c"])
            yield from _oriented(other["c"], one)


def _oriented(source: str, look: str) -> Iterator[tuple[str, str]]:
    if len(source) != 1 or source.isascii() or _is_han(source) or "\u3040" <= source <= "\u30ff":
        return
    plain = unicodedata.normalize("NFKC", source).casefold()
    if look.isascii() and look.isalnum() and not (plain.isascii() and plain.isalnum()):
        # Unicode takes I, l, 1 and | for one: a capital I is an i.
        is_upper_i = look == "l" and re.search(r"\bI\b|IOTA", unicodedata.name(source, ""))
        yield source, "i" if is_upper_i else look.lower()
    elif len(look) == 1 and _is_han(look) and "RADICAL" in unicodedata.name(source, ""):
        yield source, look


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _is_folded_anyway(character: str, look: str) -> bool:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())
    return "".join(part for part in plain if not unicodedata.combining(part)) == look
