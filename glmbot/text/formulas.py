"""Writes formulas in LaTeX as readable text: x² for x^2, a/b for \\frac{a}{b}."""

import re
from collections.abc import Mapping

from glmbot.text.formula_signs import (
    ACCENTS,
    BLACKBOARD,
    LITERALS,
    NAMES,
    SPACES,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    SYMBOLS,
    UPRIGHT,
)

MAX_LENGTH = 2000
MAX_DEPTH = 20
TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\s+|.", re.DOTALL)
SIMPLE = re.compile(r"[\d.]+|[^\W\d][′°\u0300-\u036f\u20d7⁰-ₜ²³¹ᵃ-ᵿʰ-ˣ]*|[^\w\s]")
"""What needs no brackets below a slash or under a root: a number, or one sign with what is raised or lowered."""
FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac")
DELIMITER_SIZE = re.compile(r"left|right|middle|[bB]igg?[lrm]?")


class _CannotShow(Exception):
    """The formula has something for which there are no characters."""


def readable(formula: str) -> str | None:
    """Return a formula as text on one line, or None where its source is clearer. What it lacks at its end is empty."""
    if len(formula) > MAX_LENGTH:
        return None
    try:
        text = _Writer(TOKEN.findall(formula)).write_all()
    except _CannotShow:
        return None
    return re.sub(r"\s+", " ", text).strip() or None


class _Writer:
    """Takes the tokens one after the other."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    def write_all(self) -> str:
        """Return the whole formula."""
        text = self._sequence()
        if self._position < len(self._tokens):
            raise _CannotShow
        return text

    def _sequence(self) -> str:
        """Return what stands up to the next closing brace."""
        pieces: list[str] = []
        while self._peek() not in ("", "}"):
            pieces.append(self._next(pieces[-1] if pieces else ""))
        return "".join(pieces)

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _next(self, before: str) -> str:
        """Return the next sign, or command with all that belongs to it."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _CannotShow
        text = self._read(self._peek(), before)
        self._depth -= 1
        return text

    def _read(self, sign: str, before: str) -> str:
        if sign == "{":
            return self._argument()
        self._position += 1
        if sign in ("^", "_"):
            return self._script(sign)
        if sign == "&":
            raise _CannotShow
        if sign.startswith("\\"):
            return self._command(sign[1:], before)
        return " " if sign == "~" else sign

    def _argument(self) -> str:
        """Return a group in braces, or the next sign; an empty text at the end."""
        while self._peek().isspace():
            self._position += 1
        if self._peek() != "{":
            return self._next("") if self._peek() not in ("", "}") else ""
        self._position += 1
        text = self._sequence()
        self._position += self._peek() == "}"
        return text

    def _script(self, sign: str) -> str:
        text = self._argument().strip()
        script = _mapped(text, SUPERSCRIPTS if sign == "^" else SUBSCRIPTS)
        if script is not None:
            return script
        return sign + (text if len(text) == 1 else f"({text})")

    def _command(self, name: str, before: str) -> str:
        if name in SYMBOLS:
            return SYMBOLS[name] + self._swallow_space(name)
        if name in SPACES:
            return SPACES[name]
        if name in LITERALS:
            return name
        if name.rstrip("*") in NAMES or name == "bmod":
            return self._name(name.rstrip("*").removeprefix("b"), before)
        return self._command_with_argument(name)

    def _command_with_argument(self, name: str) -> str:
        if name in FRACTIONS:
            above = self._argument().strip()
            return f"{above if _is_product(above) else f'({above})'}/{_bracketed(self._argument())}"
        if name == "sqrt":
            return self._root()
        if name == "pmod":
            return f" (mod {self._argument()})"
        if name.rstrip("*") in UPRIGHT:
            return self._argument()
        if name == "mathbb":
            return "".join(BLACKBOARD.get(letter, letter) for letter in self._argument())
        if name in ACCENTS:
            return _accented(self._argument(), ACCENTS[name])
        if DELIMITER_SIZE.fullmatch(name):
            return self._delimiter()
        if name == "|":
            return "‖"
        raise _CannotShow

    def _swallow_space(self, name: str) -> str:
        """Leave out the space that ends a command, where its sign is a letter; signs of operators keep it."""
        if SYMBOLS[name].isalpha() and self._peek().isspace() and name[0].islower():
            following = self._tokens[self._position + 1 : self._position + 2]
            if following and following[0].isalnum():
                self._position += 1
        return ""

    def _name(self, name: str, before: str) -> str:
        """Write a function's name apart from the letters beside it."""
        following = self._peek()
        lead = " " if before[-1:].isalnum() else ""
        return lead + name + (" " if following[:1].isalnum() or following[:1] == "\\" else "")

    def _root(self) -> str:
        index = ""
        if self._peek() == "[":
            end = self._tokens.index("]", self._position) if "]" in self._tokens[self._position :] else None
            if end is None:
                raise _CannotShow
            index = _mapped("".join(self._tokens[self._position + 1 : end]), SUPERSCRIPTS) or ""
            if not index:
                raise _CannotShow
            self._position = end + 1
        return f"{index}√{_bracketed(self._argument())}"

    def _delimiter(self) -> str:
        """Return a bracket without the command for its size; a dot stands for none."""
        while self._peek().isspace():
            self._position += 1
        if self._peek() == ".":
            self._position += 1
            return ""
        return self._next("") if self._peek() not in ("", "{", "}") else ""


def _mapped(text: str, signs: Mapping[str, str]) -> str | None:
    if not text or not all(character in signs for character in text):
        return None
    return "".join(signs[character] for character in text)


def _bracketed(text: str) -> str:
    text = text.strip()
    return text if SIMPLE.fullmatch(text) or not text else f"({text})"


def _is_product(text: str) -> bool:
    """Tell whether a slash behind the text divides all of it, whatever is in its brackets."""
    return not re.search(r"[^\w.′°√()\u0300-\u036f\u20d7]", re.sub(r"\([^()]*\)", "()", text))


def _accented(text: str, accent: str) -> str:
    if not text.isalnum() or (len(text) > 1 and accent not in (ACCENTS["overline"], ACCENTS["underline"])):
        raise _CannotShow
    return "".join(letter + accent for letter in text)
