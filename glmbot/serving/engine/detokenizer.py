"""Turns the tokens of one answer into text, as they come."""

from typing import Protocol

REPLACEMENT = "\ufffd"
MAX_INCOMPLETE = 3
"""A UTF-8 character has four bytes at most, so at most three can wait for the next."""


class TextDecoder(Protocol):
    """What a tokenizer must offer."""

    def decode_text(self, ids: list[int]) -> str:
        """Return the text of ids."""

    def num_unfinished(self, text: str) -> int:
        """Count the last characters of a text that the next token may still rewrite."""


class Detokenizer:
    """Gives the text of a growing list of ids piece by piece; the pieces joined are the text of the whole list.

    Never gives half a UTF-8 character. Decodes only the ids since the last one that is settled, so the work for a
    token does not grow with the answer.
    """

    def __init__(self, tokenizer: TextDecoder) -> None:
        self._tokenizer = tokenizer
        # The first id of the window is there for its neighbours' sake: at the very beginning of a text a leading
        # space is dropped, and only there.
        self._window: list[int] = []
        self._num_shown = 0

    def add(self, token_id: int) -> str:
        """Take one token; return the new text that can no longer change."""
        self._window.append(token_id)
        text = self._tokenizer.decode_text(self._window)
        num_open = _num_incomplete(text) or self._tokenizer.num_unfinished(text)
        piece = self._show(text[: len(text) - num_open])
        if not num_open:
            self._start_window_at(token_id)
        return piece

    def finish(self) -> str:
        """Return the text that was still held back."""
        return self._show(self._tokenizer.decode_text(self._window))

    def _show(self, text: str) -> str:
        piece = text[self._num_shown :]
        self._num_shown = max(self._num_shown, len(text))
        return piece

    def _start_window_at(self, token_id: int) -> None:
        """Forget the ids before this one, unless it has no text alone: a leading space needs its neighbours."""
        alone = self._tokenizer.decode_text([token_id])
        if alone and REPLACEMENT not in alone:
            self._window = [token_id]
            self._num_shown = len(alone)


def _num_incomplete(text: str) -> int:
    """Count the last characters that may be the bytes of an unfinished one: each decodes to U+FFFD until then."""
    return min(len(text) - len(text.rstrip(REPLACEMENT)), MAX_INCOMPLETE)
