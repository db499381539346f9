"""The bytes of single tokens, where the tokenizer is one of transformers' own."""

from typing import cast

from transformers import PreTrainedTokenizerBase

from glmbot.serving.tokenizers.pieces import piece_bytes

_AS_THEMSELVES = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))


def _byte_of_letter() -> dict[str, int]:
    """Return which byte each letter of a vocabulary of bytes stands for.

    The table of GPT-2 (https://github.com/openai/gpt-2, `bytes_to_unicode` in encoder.py): what can be printed stands
    for itself, and the rest, in order, is written with the letters from U+0100 on.
    """
    rest = [byte for byte in range(0x100) if byte not in _AS_THEMSELVES]
    return {chr(byte): byte for byte in _AS_THEMSELVES} | {chr(0x100 + index): byte for index, byte in enumerate(rest)}


class TokenBytes:
    """Tells the text of a token in UTF-8 by its entry in the vocabulary, which writes bytes or spaces as letters."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._added = frozenset(tokenizer.added_tokens_decoder)  # these stand there as they are
        backend = getattr(tokenizer, "backend_tokenizer", None)
        is_of_bytes = backend is not None and "ByteLevel" in repr(backend.decoder)
        self._letters = _byte_of_letter() if is_of_bytes else None

    def __call__(self, token: int) -> bytes:
        """Return the bytes of a token; none of a row of the model's table that has no token."""
        entry = cast("str | None", self._tokenizer.convert_ids_to_tokens(token)) or ""
        if token in self._added:
            return entry.encode()
        if self._letters is None:
            return piece_bytes(entry)
        return bytes(self._letters[letter] for letter in entry)
