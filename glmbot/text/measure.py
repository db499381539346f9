"""Counts text in the unit in which a platform limits it."""

from glmbot.content import LengthUnit


def length(text: str, unit: LengthUnit) -> int:
    """Return the length of a text as a platform counts it."""
    if unit is LengthUnit.CHARACTERS or (unit is LengthUnit.BYTES and text.isascii()):
        return len(text)
    if unit is LengthUnit.BYTES:
        return len(text.encode())
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
