"""Ways to disguise a term; tables of their own, which the filter does not share."""

import random
import string
from collections.abc import Callable, Mapping, Sequence

from safety_parts.own_terms import Chinese

HOMOGLYPHS = {
    "a": "аα",
    "b": "Ьƅ",
    "c": "сϲ",
    "d": "ԁⅾ",
    "e": "еҽ",
    "f": "ƒ",
    "g": "ɡց",
    "h": "һ",
    "i": "іι",
    "j": "јϳ",
    "k": "кκ",
    "l": "ӏⅼ",
}
HOMOGLYPHS |= {
    "m": "ⅿ",
    "n": "ոп",
    "o": "оοо",
    "p": "рρ",
    "q": "ԛ",
    "r": "г",
    "s": "ѕ",
    "t": "τ",
    "u": "սυ",
    "v": "νѵ",
    "w": "ԝ",
    "x": "хχ",
}
HOMOGLYPHS |= {"y": "уү", "z": "ᴢ"}
STYLES = (
    0x1D400,
    0x1D434,
    0x1D468,
    0x1D4D0,
    0x1D56C,
    0x1D5A0,
    0x1D5D4,
    0x1D608,
    0x1D63C,
    0x1D670,
    0x24B6,
    0x1F130,
    0x1F150,
    0x1F170,
)
SMALL_CAPS = dict(zip("abcdefghijklmnoprstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", strict=True))
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u2061\u2062\u2063\u2064\u061c"
BIDI = "\u202a\u202b\u202d\u200e\u200f\u2066\u2067\u2068\u2069\u202c"
SEPARATORS = ("-", ".", "_", "*", "/", "|", "~", " ", "+", "·", "#", ",", "^", "=", ":")
EMOJI = ("😀", "🔥", "❤️", "⭐", "👍🏽", "👨‍👩‍👧", "✅", "💰", "🀄", "☠️")
LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7+", "b": "8", "l": "1|", "g": "9"}
MARKS = "\u0300\u0301\u0302\u0308\u0323\u0331\u0327\u0335\u0336\u20e5\u1dc4"
KANGXI = {
    chr(0x2F00 + number): character
    for number, character in enumerate(
        "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止"
    )
}
COMPATIBLE = {character: kangxi for kangxi, character in KANGXI.items()} | {
    "金": "⾦",
    "水": "⽔",
    "火": "⽕",
    "用": "⽤",
    "票": "票",
    "力": "⼒",
}
Disguise = Callable[[random.Random, str], str]


def case(rng: random.Random, term: str) -> str:
    """Mix capitals in; at least one."""
    mixed = "".join(rng.choice((one.upper(), one)) for one in term)
    return mixed if mixed != term else term.upper()


def fullwidth(rng: random.Random, term: str) -> str:
    """Write with the letters of Chinese width."""
    return "".join("\u3000" if one == " " else chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in term)


def homoglyph(rng: random.Random, term: str) -> str:
    """Take letters of other alphabets that look the same."""
    changed = "".join(rng.choice(HOMOGLYPHS[one]) if one in HOMOGLYPHS and rng.random() < 0.7 else one for one in term)
    return changed if changed != term else "".join(rng.choice(HOMOGLYPHS.get(one, one)) for one in term)


def styled(rng: random.Random, term: str) -> str:
    """Write in one of the alphabets of mathematics, in circles or in small capitals."""
    first = rng.choice((*STYLES, 0, 0x1F1E6))
    if not first:
        return "".join(SMALL_CAPS.get(one, one) for one in term)
    return "".join(chr(first + ord(one) - ord("a")) if one in string.ascii_lowercase else one for one in term)


def zero_width(rng: random.Random, term: str) -> str:
    """Put invisible characters between all letters."""
    return "".join(one + rng.choice(INVISIBLE) for one in term[:-1]) + term[-1]


def bidi(rng: random.Random, term: str) -> str:
    """Put direction signs or tags between letters."""
    signs = BIDI if rng.random() < 0.6 else "".join(map(chr, range(0xE0041, 0xE005A)))
    return "".join(one + rng.choice(signs) for one in term[:-1]) + term[-1]


def override(rng: random.Random, term: str) -> str:
    """Write it backwards after a sign that turns it around."""
    return f"\u202e{term[::-1]}\u202c"


def separator(rng: random.Random, term: str) -> str:
    """Put one separator, or several different ones, between all letters."""
    if rng.random() < 0.7 or term.isascii():
        return rng.choice(SEPARATORS).join(term.replace(" ", ""))
    return "".join(one + rng.choice("-_*/|~·#") for one in term[:-1]) + term[-1]


def emoji(rng: random.Random, term: str) -> str:
    """Put emoji between all letters."""
    return rng.choice(EMOJI).join(term.replace(" ", ""))


def vertical(rng: random.Random, term: str) -> str:
    """Write one letter a line."""
    return "\n".join(term.replace(" ", ""))


def repeat(rng: random.Random, term: str) -> str:
    """Write letters several times."""
    return "".join(one * (1 if one == " " else rng.randint(1, 4)) for one in term[:-1]) + term[-1] * rng.randint(2, 4)


def leet(rng: random.Random, term: str) -> str:
    """Write digits and signs for some letters."""
    places = [place for place, one in enumerate(term) if one in LEET]
    chosen = set(rng.sample(places, rng.randint(1, len(places)))) if places else set[int]()
    return "".join(rng.choice(LEET[one]) if place in chosen else one for place, one in enumerate(term))


def diacritic(rng: random.Random, term: str) -> str:
    """Put marks on the letters."""
    return (
        "".join(one + rng.choice(MARKS) if one != " " and rng.random() < 0.7 else one for one in term[:-1])
        + term[-1]
        + "\u0301"
    )


def markup(rng: random.Random, term: str) -> str:
    """Set a part of it bold, struck or hidden."""
    cut = rng.randint(1, len(term) - 1)
    sign = rng.choice(("**", "~~", "||", "`", "*"))
    return rng.choice(
        (
            f"{term[:cut]}{sign}{term[cut:]}{sign}",
            f"{sign}{term[:cut]}{sign}{term[cut:]}",
            f"{term[:cut]}<b>{term[cut:]}</b>",
        )
    )


def compatible(rng: random.Random, term: str) -> str:
    """Take code points of radicals."""
    return "".join(COMPATIBLE.get(one, one) for one in term)


def replaced(rng: random.Random, term: str, table: Mapping[str, str], most: int) -> str:
    """Replace up to so many characters."""
    places = [place for place, one in enumerate(term) if one in table]
    chosen = set(rng.sample(places, min(len(places), rng.randint(1, most)))) if places else set[int]()
    return "".join(table[one] if place in chosen else one for place, one in enumerate(term))


def pinyin_full(rng: random.Random, one: Chinese) -> str:
    """Write all of it in Latin letters."""
    return one.pinyin.replace(" ", rng.choice(("", " ", " ", "-", "'")))


def pinyin_mixed(rng: random.Random, one: Chinese) -> str:
    """Write some characters in Latin letters."""
    size = len(one.term)
    chosen = set(rng.sample(range(size), rng.randint(1, size - 1)))
    return "".join(
        syllable if place in chosen else one.term[place] for place, syllable in enumerate(one.pinyin.split())
    )


def combined(rng: random.Random, term: str, disguises: Sequence[Disguise]) -> str:
    """Use one disguise on another."""
    first, second = rng.sample(disguises, 2)
    return second(rng, first(rng, term))
