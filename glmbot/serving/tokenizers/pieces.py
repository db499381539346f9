"""Reads SentencePiece vocabularies."""

from pathlib import Path

from sentencepiece import SentencePieceProcessor

from glmbot.errors import CheckpointError


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
