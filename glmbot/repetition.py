"""How much of a text may repeat itself before it counts as a loop: for the bot and for its model server."""

import re

SHORT_UNIT = 24
"""Characters of what is repeated, up to which it may come ten times."""
MAX_CODE = 8_000
"""Characters of code, or of what the question asks to be repeated, that may repeat themselves."""
MAX_SIGNS = 1_000
"""Characters of lines, blanks, digits and empty table rows that may."""
ASKED_FOR = re.compile(
    r"\brepeat|\b(?:\d+|hundred|thousand|many|several|ten|twenty|fifty) times|over and over|lyrics|\bsong\b"
    r"|重复|[\d一二两三四五六七八九十百千]+\s?[遍次]|歌词|经文|咒",
    re.IGNORECASE,
)


def is_asked_for(question: str) -> bool:
    """Tell whether a question asks for something that repeats itself."""
    return ASKED_FOR.search(question) is not None


def longest(unit: str) -> int:
    """Return how many characters of repetitions of a unit are still sane, in prose."""
    num_letters = sum(map(str.isalpha, unit))
    if num_letters * 4 < len(unit) or (unit.count("|") > 1 and "\n" in unit):
        return MAX_SIGNS
    if len(unit) <= SHORT_UNIT:
        return max(200, 10 * len(unit))
    return max(240, 5 * len(unit))
