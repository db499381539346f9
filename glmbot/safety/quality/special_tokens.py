"""Finds the special tokens of models in their answers."""

import re

from glmbot.safety.quality.fault import Fault

FIXED = ("[gMASK]", "[sMASK]", "[MASK]", "<sop>", "<eop>", "</s>", "<s>")
NAMED = re.compile(r"<\|[A-Za-z0-9_]{1,32}\|>")
NAMED_SO_FAR = re.compile(r"<(?:\|(?:[A-Za-z0-9_]{0,32}|[A-Za-z0-9_]{1,32}\|))?")
USER_TURN = frozenset(["<|user|>", "<|observation|>", "<|human|>", "<|prompter|>"])
SENTENCE_END = "\n.!?。！？…"


class SpecialTokens:
    """Finds each token outside code; one that opens the user's turn behind the answer ends it."""

    kind = Fault.SELF_DIALOGUE

    def __init__(self) -> None:
        self.fault_at: int | None = None
        self.unsure_from: int | None = None
        self.found: tuple[int, int] | None = None
        """Where the last token begins and ends, to be taken out."""
        self._token = ""
        self._last = ""
        """The last visible character of the answer, or the line break behind it."""

    def feed(self, character: str, place: int, in_code: bool) -> None:
        """Take in the next character."""
        candidate = "" if in_code else self._token + character
        if candidate in FIXED or NAMED.fullmatch(candidate):
            self._found(candidate, place)
        elif candidate and _may_become_token(candidate):
            self._token = candidate
            self.unsure_from = place - len(candidate) + 1
        elif self._token:
            self._last = self._token[-1]
            self._reset()
            self.feed(character, place, in_code)
        elif character == "\n" or not character.isspace():
            self._last = character if self._last or not character.isspace() else ""

    def end(self) -> None:
        """What is not complete is no token."""
        self._reset()

    def _found(self, token: str, place: int) -> None:
        start = place - len(token) + 1
        if token.lower() in USER_TURN and self._last and self._last in SENTENCE_END:
            self.fault_at = start
        self.found = start, place + 1
        self._reset()

    def _reset(self) -> None:
        self._token, self.unsure_from = "", None


def _may_become_token(text: str) -> bool:
    return NAMED_SO_FAR.fullmatch(text) is not None or any(token.startswith(text) for token in FIXED)
