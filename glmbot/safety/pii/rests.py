"""Swallows the rest of personal data that is too long to be held back as a whole."""

import re
from typing import Protocol

from glmbot.safety.pii.emails import CJK, WORD
from glmbot.safety.pii.folding import fold
from glmbot.safety.pii.secrets import PEM_END, PREFIXED, VALUE_PART, V, is_json_object
from glmbot.safety.pii.spans import PiiKind

MAX_PEM_END = 80
"""Longer than the last line of a private key."""

VALUE_REST = re.compile(rf"(?:{VALUE_PART}|=|\.(?=[A-Za-z0-9+/_~-]))*+")
PEM_BEGUN = re.compile(r"-(?:-(?:-(?:-(?:-(?:B(?:E(?:G(?:I(?:N)?)?)?)?)?)?)?)?)?\Z")
"""What may be the beginning of a private key right behind another key."""
ADDRESS_REST = re.compile(rf"(?:[^@]*+@)?(?:[{WORD}{CJK}]|[.-](?=[{WORD}{CJK}]))*+")
OBJECT_START = re.compile(r"e?\Z|e[w-z0-9_-]")
"""An opening brace in base64url."""


class Rest(Protocol):
    """What is still to come of personal data whose placeholder has been shown."""

    def after(self, piece: str) -> str | None:
        """Take in more text; return what lies behind the personal data, or none while it goes on."""

    def at_end(self) -> str:
        """Return what the text ends with that does not belong to it."""


class JoinedRest:
    """Words and the dots between them."""

    def __init__(self, pattern: re.Pattern[str], joints: str) -> None:
        self._pattern = pattern
        self._joints = joints
        self._pending = ""

    def after(self, piece: str) -> str | None:
        """Skip all that the pattern takes; a joint at the end waits for what follows."""
        piece = self._pending + piece
        if begun := PEM_BEGUN.search(piece):
            piece = piece[: begun.start()]
        rest = behind(self._pattern, piece)
        if begun:
            self._pending = begun[0]
            return rest + begun[0] if rest else None
        is_open = len(rest) <= 1 and fold(rest).text in self._joints
        self._pending = rest if is_open else ""
        return None if is_open else rest

    def at_end(self) -> str:
        """Return a joint that joins nothing."""
        return "" if self._pending.startswith("-") else self._pending


class TokenRest:
    """Letters of a key, or the other parts of a JWT."""

    def __init__(self, num_dots: int) -> None:
        self._num_dots = num_dots
        self._begun = ""

    def after(self, piece: str) -> str | None:
        """Skip the token."""
        piece = self._begun + piece
        begun = PEM_BEGUN.search(piece)
        self._begun = begun[0] if begun else ""
        piece = piece[: len(piece) - len(self._begun)]
        pattern = re.compile(rf"{V}*+(?:\.{V}*+){{0,{self._num_dots}}}+")
        rest = behind(pattern, piece)
        self._num_dots -= fold(piece[: len(piece) - len(rest)]).text.count(".")
        return rest + self._begun if rest else None

    def at_end(self) -> str:
        """Return nothing."""
        return ""


class PemRest:
    """Everything up to the last line of a private key."""

    def __init__(self) -> None:
        self._last = ""

    def after(self, piece: str) -> str | None:
        """Look for the last line."""
        text = self._last + piece
        folded = fold(text)
        if end := PEM_END.search(folded.text):
            return text[folded.origins[end.end() - 1] + 1 :]
        self._last = text[-MAX_PEM_END:]
        return None

    def at_end(self) -> str:
        """Return nothing: a key without an end goes to the end of the text."""
        return ""


def behind(pattern: re.Pattern[str], piece: str) -> str:
    """Return what follows the match at the beginning."""
    folded = fold(piece)
    match = pattern.match(folded.text)
    end = match.end() if match else 0
    return piece[folded.origins[end] :] if end < len(folded.text) else ""


def rest_of(begun: str, kind: PiiKind | None) -> tuple[PiiKind, Rest] | None:
    """Return kind and rest of a long token if it is personal data, or may yet be; `kind` is what it is so far."""
    if kind is PiiKind.JWT or _may_be_jwt(begun):
        return PiiKind.JWT, TokenRest(2)
    if kind is PiiKind.API_KEY:
        return kind, TokenRest(0) if PREFIXED.match(begun) else JoinedRest(VALUE_REST, ".")
    if "@" in begun and kind in (None, PiiKind.EMAIL):
        return PiiKind.EMAIL, JoinedRest(ADDRESS_REST, ".-")
    return None


def _may_be_jwt(begun: str) -> bool:
    head, *others = begun.split(".")
    if not head.startswith("eyJ") or (others and not is_json_object(head)):
        return False
    return not others or (len(others) == 1 and OBJECT_START.match(others[0]) is not None)
