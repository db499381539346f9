"""Closes what a half-finished last paragraph has left open, so that it looks now as it will when it is complete."""

import re

SIGN = re.compile(r"\\.|`+|\*+|~~", re.DOTALL)
STRONG = "**"


def close_open_ends(text: str) -> str:
    """Return the text with closing signs added for bold, struck out and code that are still open.

    Only signs that plainly open something count: text before them ends in a space or punctuation, and goes on
    right behind them. So `2**3` and `5 * 3` stay as they are.
    """
    is_open: list[str] = []
    position = 0
    while found := SIGN.search(text, position):
        sign, position = found[0], found.end()
        if sign[0] == "`":
            if end := _end_of_code(text, sign, position):
                position = end
            elif len(sign) < 3 and _can_open(text, found):
                return text + sign + "".join(reversed(is_open))
        elif sign in is_open:
            if not text[found.start() - 1].isspace():
                is_open = is_open[: is_open.index(sign)]
        elif sign in (STRONG, "~~") and _can_open(text, found):
            is_open.append(sign)
    return _with_half_closer_completed(text, is_open)


def _end_of_code(text: str, sign: str, position: int) -> int | None:
    closing = re.compile(rf"(?<!`){sign}(?!`)").search(text, position)
    return closing.end() if closing else None


def _can_open(text: str, found: re.Match[str]) -> bool:
    start, end = found.span()
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    return not (before.isascii() and before.isalnum()) and bool(after) and not after.isspace()


def _with_half_closer_completed(text: str, is_open: list[str]) -> str:
    """Add the closing signs; of a closing sign that has half arrived, only the other half."""
    closing = "".join(reversed(is_open))
    if closing and text.endswith(closing[0]) and not text.endswith(closing[:2]):
        return text + closing[1:]
    return text + closing
