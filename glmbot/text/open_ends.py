"""Closes what a half-finished last paragraph has left open, so that it looks now as it will when it is complete."""

import re

from glmbot.text.formulas import readable

SIGN = re.compile(r"\\[()]|\\.|`+|\*+|~~|\|\||\$+", re.DOTALL)
STYLES = ("*", "**", "***", "~~", "||")
FORMULAS = {"$": "$", "$$": "$$", "\\(": "\\)"}
MAX_HALF_FORMULA = 500
LATEX = re.compile(r"[{^]")
WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{4}")
HALF_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*$")


def close_open_ends(text: str) -> str:
    """Return the text with closing signs added for styles, code and formulas that are still open.

    Only signs that plainly open something count: text before them ends in a space or punctuation, and goes on
    right behind them. So `2**3` and `5 * 3` stay as they are. Of a link, the half of an address is left out.
    """
    text = HALF_LINK.sub(r"\1", text)
    is_open: list[str] = []
    position = 0
    while found := SIGN.search(text, position):
        sign, position = found[0], found.end()
        if sign[0] == "`":
            if end := _end_of_code(text, sign, position):
                position = end
            elif len(sign) < 3 and _can_open(text, found):
                return text + sign + "".join(reversed(is_open))
        elif closing := FORMULAS.get(sign):
            if (end := text.find(closing, position)) >= 0:
                position = end + len(closing)
            elif _is_half_formula(text, found):
                return text + closing + "".join(reversed(is_open))
        elif sign in STYLES:
            _note(text, found, is_open)
    return _with_closing_signs(text, is_open)


def _note(text: str, found: re.Match[str], is_open: list[str]) -> None:
    """Keep account of a sign of a style, which may close others or open its own."""
    sign = found[0]
    closed = next((n for n in range(len(is_open)) if "".join(reversed(is_open[n:])) == sign), None)
    if closed is None and sign in is_open:
        closed = is_open.index(sign)
    if closed is not None:
        if not text[found.start() - 1].isspace():
            del is_open[closed:]
    elif _can_open(text, found):
        is_open.append(sign)


def _end_of_code(text: str, sign: str, position: int) -> int | None:
    closing = re.compile(rf"(?<!`){sign}(?!`)").search(text, position)
    return closing.end() if closing else None


def _can_open(text: str, found: re.Match[str]) -> bool:
    start, end = found.span()
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    return not (before.isascii() and before.isalnum()) and bool(after) and not after.isspace()


def _is_half_formula(text: str, found: re.Match[str]) -> bool:
    """Tell whether what follows a sign is LaTeX: an amount of dollars is not."""
    rest = text[found.end() :]
    if len(rest) > MAX_HALF_FORMULA or not _can_open(text, found) or "`" in rest or WORD.search(rest):
        return False
    return bool(LATEX.search(rest)) or ("\\" in rest and readable(rest) is not None)


def _with_closing_signs(text: str, is_open: list[str]) -> str:
    """Add the closing signs; of one that has half arrived the other half, and of one behind a space only itself."""
    closing = "".join(reversed(is_open))
    if is_open and text.endswith(is_open[-1]) and text[: -len(is_open[-1])][-1:].isspace():
        return text[: -len(is_open[-1])].rstrip() + closing
    if len(closing) > 1 and text.endswith(closing[0]) and not text.endswith(closing[:2]):
        return text + closing[1:]
    return text + closing
