"""The tokenizer of ChatGLM2-6B and ChatGLM3-6B: a SentencePiece model, and marks with ids behind its pieces."""

import re
import shutil
from pathlib import Path
from typing import Any

from sentencepiece import SentencePieceProcessor
from transformers import PreTrainedTokenizer
from transformers.utils.generic import PaddingStrategy

from glmbot.errors import CheckpointError
from glmbot.serving.models.family import Family, family_of
from glmbot.serving.tokenizers.pieces import load_pieces, piece_bytes

VOCABULARY_FILE = "tokenizer.model"
MARKS = ("[MASK]", "[gMASK]", "[sMASK]", "sop", "eop")
ROLES = ("system", "user", "assistant", "observation")
ROLE_MARKS = tuple(f"<|{role}|>" for role in ROLES)
_ROLE_PATTERN = re.compile(f"({'|'.join(map(re.escape, ROLE_MARKS))})")
_NEWLINE_MARK = "\n"


class ChatGLM2Tokenizer(PreTrainedTokenizer):
    """Turns text into ids and back as the published tokenizers do; ChatGLM3's `has_roles`.

    Every prompt begins with [gMASK] and sop. Padding is on the left, with position 0. Text that looks like a mark is
    plain text; only `encode_special_tokens` makes ChatGLM3's roles in it marks.
    """

    vocab_files_names = {"vocab_file": VOCABULARY_FILE}  # noqa: RUF012  transformers reads a plain dict
    model_input_names = ["input_ids", "attention_mask", "position_ids"]  # noqa: RUF012
    padding_side = "left"

    def __init__(
        self, vocab_file: str, has_roles: bool = False, encode_special_tokens: bool = False, **kwargs: Any
    ) -> None:
        self.vocab_file = vocab_file
        self.pieces: SentencePieceProcessor = load_pieces(Path(vocab_file))
        self.has_roles = has_roles
        self.encode_special_tokens = encode_special_tokens
        first = int(self.pieces.get_piece_size())
        marks = (*MARKS, *ROLE_MARKS) if has_roles else MARKS
        self.mark_ids = {mark: first + index for index, mark in enumerate(marks)}
        self._marks = {index: mark for mark, index in self.mark_ids.items()}
        # as published: the padding is the unknown piece, and none of these three has a text
        self._silent = {int(self.pieces.bos_id()), int(self.pieces.eos_id()), int(self.pieces.unk_id())}
        for name in ("auto_map", "unk_token", "pad_token", "eos_token", "padding_side", "additional_special_tokens"):
            kwargs.pop(name, None)  # fixed by the model; auto_map names code, which is never run
        kwargs.setdefault("clean_up_tokenization_spaces", False)
        kwargs["has_roles"] = has_roles  # kept by save_pretrained
        super().__init__(padding_side="left", unk_token="<unk>", pad_token="<unk>", eos_token="</s>", **kwargs)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, *args: Any, **kwargs: Any) -> Any:
        """Load from a directory, whose other files tell whether it is ChatGLM3's."""
        directory = Path(pretrained_model_name_or_path)
        if directory.is_dir() and (directory / "config.json").is_file():
            kwargs.setdefault("has_roles", family_of(directory) is Family.CHATGLM3)
        return super().from_pretrained(pretrained_model_name_or_path, *args, **kwargs)

    @property
    def vocab_size(self) -> int:
        """The number of pieces and marks; the model's embedding has a few rows more."""
        return int(self.pieces.get_piece_size()) + len(self.mark_ids)

    def get_vocab(self) -> dict[str, int]:
        """Return every piece and mark, and its id."""
        pieces = {self.pieces.id_to_piece(index): index for index in range(self.pieces.get_piece_size())}
        return pieces | self.mark_ids

    def encode_text(self, text: str) -> list[int]:
        """Return the ids of plain text: nothing in it is taken for a mark."""
        ids: list[int] = self.pieces.encode(text)
        return ids

    def decode_text(self, ids: list[int]) -> str:
        """Return the text of ids. ChatGLM3's marks give their own text, ChatGLM2's none, as published."""
        text: str = self.pieces.decode_pieces([self._convert_id_to_token(index) for index in ids])
        return text

    def token_bytes(self, token: int) -> bytes:
        """Return the text of one token in UTF-8; of ChatGLM3's marks the name."""
        return piece_bytes(self._convert_id_to_token(token))

    def num_unfinished(self, text: str) -> int:
        """Count the last characters that the next token may still rewrite: none."""
        return 0

    def build_single_message(self, role: str, metadata: str, message: str) -> list[int]:
        """Return the ids of a message: the role's mark, the line of metadata, the content. Only for ChatGLM3."""
        if not self.has_roles or role not in ROLES:
            raise CheckpointError(f"role {role!r} is unknown to this tokenizer; ChatGLM3 has {', '.join(ROLES)}")
        line = self.encode_text(metadata + _NEWLINE_MARK)
        return [self.mark_ids[f"<|{role}|>"], *line, *self.encode_text(message)]

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """Return a prompt: [gMASK], sop and the text; with an answer also that and the end mark."""
        prompt = [self.mark_ids["[gMASK]"], self.mark_ids["sop"], *token_ids_0]
        return prompt if token_ids_1 is None else [*prompt, *token_ids_1, int(self.pieces.eos_id())]

    def tokenize(self, text: str, pair: str | None = None, add_special_tokens: bool = False, **_: Any) -> list[str]:
        """Return the pieces of a text, and the roles where they are wanted."""
        if not (self.has_roles and self.encode_special_tokens):
            return self._tokenize(text)
        parts = _ROLE_PATTERN.split(text)
        return [token for part in parts if part for token in ([part] if part in ROLE_MARKS else self._tokenize(part))]

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Copy the vocabulary file."""
        target = Path(save_directory) / f"{filename_prefix + '-' if filename_prefix else ''}{VOCABULARY_FILE}"
        if target.resolve() != Path(self.vocab_file).resolve():
            shutil.copyfile(self.vocab_file, target)
        return (str(target),)

    def _tokenize(self, text: str, **_: Any) -> list[str]:
        tokens: list[str] = self.pieces.encode(text, out_type=str)
        return tokens

    def _convert_token_to_id(self, token: str) -> int:
        return self.mark_ids[token] if token in self.mark_ids else int(self.pieces.piece_to_id(token))

    def _convert_id_to_token(self, index: int) -> str:
        if index in self._marks:
            return self._marks[index] if self.has_roles else ""
        if index in self._silent or not 0 <= index < self.pieces.get_piece_size():
            return ""
        piece: str = self.pieces.id_to_piece(index)
        return piece

    def _decode(
        self,
        token_ids: int | list[int],
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **_: Any,
    ) -> str:
        ids = [token_ids] if isinstance(token_ids, int) else [int(index) for index in token_ids]
        return self.decode_text(ids)  # as published, marks are no special tokens that could be skipped

    def _pad(
        self,
        encoded_inputs: Any,
        max_length: int | None = None,
        padding_strategy: PaddingStrategy = PaddingStrategy.DO_NOT_PAD,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_attention_mask: bool | None = None,
    ) -> Any:
        """Pad one row on the left, and give it mask and positions."""
        row = list(encoded_inputs["input_ids"])
        length = len(row) if max_length is None else max_length
        if pad_to_multiple_of:
            length = -(-length // pad_to_multiple_of) * pad_to_multiple_of
        num_pads = max(0, length - len(row)) if padding_strategy != PaddingStrategy.DO_NOT_PAD else 0
        encoded_inputs["attention_mask"] = [0] * num_pads + [1] * len(row)
        encoded_inputs["position_ids"] = [0] * num_pads + list(range(len(row)))
        encoded_inputs["input_ids"] = [int(self.pieces.unk_id())] * num_pads + row
        return encoded_inputs
