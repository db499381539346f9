"""Reads SentencePiece vocabularies."""

import re
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from glmbot.errors import CheckpointError

BYTE_PIECE = re.compile("<0x([0-9A-F]{2})>")
"""A piece that is one byte of a character which the vocabulary lacks."""
SPACE = "\u2581"


def piece_bytes(piece: str) -> bytes:
    """Return the text of a piece in UTF-8, its leading space included."""
    if byte := BYTE_PIECE.fullmatch(piece):
        return bytes.fromhex(byte[1])
    return piece.replace(SPACE, " ").encode()


def load_pieces(path: Path) -> SentencePieceProcessor:
    """Read a SentencePiece model. Raises CheckpointError when it is missing or damaged."""
    if not path.is_file():
        raise CheckpointError(f"vocabulary file {str(path)!r} is missing; copy it from where the model came from")
    pieces = SentencePieceProcessor()
    try:
        pieces.LoadFromSerializedProto(path.read_bytes())
    except (RuntimeError, OSError) as error:
        raise CheckpointError(f"vocabulary file {str(path)!r} is damaged; fetch it again") from error
    return pieces
