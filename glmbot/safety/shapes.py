"""Chinese characters that look alike."""

from functools import cache

from glmbot.safety import tables


@cache
def shape_table() -> list[int]:
    """Return, for str.translate, one character for all that look like it; all others stay what they are."""
    table = list(range(0x10000))
    for character, shape in tables.shapes().items():
        table[ord(character)] = ord(shape)
    return table
