"""ChatGLM-6B's tokenizer, a SentencePiece model with marks for white space."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import AddedToken, PreTrainedTokenizer
from transformers.utils.generic import PaddingStrategy

from glmbot.serving.models.config import FIRST_VOCAB_SIZE, NUM_IMAGE_ROWS
from glmbot.serving.models.positions import SpecialIds, prompt_mask, prompt_positions
from glmbot.serving.tokenizers.chatglm2 import VOCABULARY_FILE as LATER_VOCABULARY_FILE
from glmbot.serving.tokenizers.chatglm2 import ChatGLM2Tokenizer
from glmbot.serving.tokenizers.pieces import load_pieces, piece_bytes

VOCABULARY_FILE = "ice_text.model"
NEWLINE = "<n>"
TAB = "<|tab|>"
MAX_BLANKS = 80
BLANKS = re.compile(f" {{2,{MAX_BLANKS}}}")
BLANK_MARK = re.compile(r"<\|blank_([2-9]|[1-7]\d|80)\|>")
MARKS = (NEWLINE, TAB, *(f"<|blank_{length}|>" for length in range(2, MAX_BLANKS + 1)))


def mark_white_space(text: str) -> str:
    """Replace what SentencePiece would fold: line ends, tabs, and runs of spaces (the longest first)."""
    text = text.replace("\n", NEWLINE).replace("\t", TAB)
    return BLANKS.sub(lambda run: f"<|blank_{len(run[0])}|>", text)


def restore_white_space(text: str) -> str:
    """Undo `mark_white_space`."""
    text = text.replace(NEWLINE, "\n").replace(TAB, "\t")
    return BLANK_MARK.sub(lambda mark: " " * int(mark[1]), text)


class ChatGLMTokenizer(PreTrainedTokenizer):
    """Turns text into ids and back as the published tokenizer does.

    In the model's first revision 20,000 image tokens came first, so its ids are that much larger.
    A single prompt gives `input_ids` only; a padded batch also `position_ids` (2, T) and `attention_mask`
    (1, T, T), true where hidden. Padding is on the left.
    """

    vocab_files_names = {"vocab_file": VOCABULARY_FILE}  # noqa: RUF012  transformers reads a plain dict
    model_input_names = ["input_ids", "attention_mask", "position_ids"]  # noqa: RUF012
    padding_side = "left"

    def __init__(
        self,
        vocab_file: str,
        bos_token: str = "<sop>",
        eos_token: str = "<eop>",
        unk_token: str = "<unk>",
        pad_token: str = "<pad>",
        mask_token: str = "[MASK]",
        gmask_token: str = "[gMASK]",
        end_token: str = "</s>",
        num_image_tokens: int = 0,
        **kwargs: Any,
    ) -> None:
        self.vocab_file = vocab_file
        self.pieces = load_pieces(Path(vocab_file))
        # the library would make special tokens of these two; as published, inside a text they are plain text
        specific = kwargs.pop("model_specific_special_tokens", None) or {}
        self.gmask_token = str(specific.get("gmask_token", gmask_token))
        self.end_token = str(specific.get("end_token", end_token))
        self.num_image_tokens = num_image_tokens
        kwargs.pop("auto_map", None)  # names code that would come with the checkpoint: never run
        kwargs.setdefault("clean_up_tokenization_spaces", False)
        kwargs["padding_side"] = "left"
        specials = {
            "bos_token": str(bos_token),
            "eos_token": str(eos_token),
            "unk_token": str(unk_token),
            "pad_token": str(pad_token),
            "mask_token": str(mask_token),
        }
        # set before the base class does it: as published, spaces around a special token are dropped
        self._added_tokens_decoder = {
            self._convert_token_to_id(token): AddedToken(token, lstrip=True, rstrip=True, special=True)
            for token in specials.values()
        }
        super().__init__(**specials, num_image_tokens=num_image_tokens, **kwargs)  # the number is saved too
        self._update_trie()
        self.gmask_token_id = self._convert_token_to_id(self.gmask_token)
        self.end_token_id = self._convert_token_to_id(self.end_token)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, *args: Any, **kwargs: Any) -> Any:
        """Load from a directory; all three generations name this class, and the vocabulary file tells them apart."""
        directory = Path(pretrained_model_name_or_path)
        if (directory / LATER_VOCABULARY_FILE).is_file() and not (directory / VOCABULARY_FILE).is_file():
            return ChatGLM2Tokenizer.from_pretrained(pretrained_model_name_or_path, *args, **kwargs)
        if _is_first_revision(directory):
            kwargs.setdefault("num_image_tokens", NUM_IMAGE_ROWS)
        return super().from_pretrained(pretrained_model_name_or_path, *args, **kwargs)

    @property
    def vocab_size(self) -> int:
        """The number of pieces, image tokens included; the model's embedding has a few rows more."""
        return int(self.pieces.get_piece_size()) + self.num_image_tokens

    @property
    def special_ids(self) -> SpecialIds:
        """The ids that give a prompt its form."""
        return SpecialIds(int(self.bos_token_id), int(self.mask_token_id), self.gmask_token_id)

    def get_vocab(self) -> dict[str, int]:
        """Return every piece and its id."""
        first, size = self.num_image_tokens, self.pieces.get_piece_size()
        return {self.pieces.id_to_piece(index): first + index for index in range(size)}

    def encode_text(self, text: str) -> list[int]:
        """Return the ids of plain text: nothing in it is taken for a special token."""
        ids: list[int] = self.pieces.encode(mark_white_space(text))
        return [index + self.num_image_tokens for index in ids] if self.num_image_tokens else ids

    def decode_text(self, ids: list[int]) -> str:
        """Return the text of ids; special ones give none."""
        first, end, pad = self.num_image_tokens, self.vocab_size, self.pad_token_id
        return restore_white_space(self.pieces.decode([i - first for i in ids if first <= i < end and i != pad]))

    def token_bytes(self, token: int) -> bytes:
        """Return the text of one token in UTF-8; of a mark its name, of an image token nothing."""
        return piece_bytes(restore_white_space(self._convert_id_to_token(token)))

    def num_unfinished(self, text: str) -> int:
        """Count the last characters that the next token may turn into white space: a mark can come in pieces."""
        start = text.rfind("<")
        begun = text[start:]
        return len(begun) if start >= 0 and any(mark.startswith(begun) for mark in MARKS) else 0

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """Return a prompt: the text, [gMASK] and <sop>; with an answer also that and <eop>.

        The first revision has `</s>` before <sop>.
        """
        end = [self.end_token_id] if self.num_image_tokens else []
        prompt = [*token_ids_0, self.gmask_token_id, *end, int(self.bos_token_id)]
        return prompt if token_ids_1 is None else [*prompt, *token_ids_1, int(self.eos_token_id)]

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Copy the vocabulary file."""
        target = Path(save_directory) / f"{filename_prefix + '-' if filename_prefix else ''}{VOCABULARY_FILE}"
        if target.resolve() != Path(self.vocab_file).resolve():
            shutil.copyfile(self.vocab_file, target)
        return (str(target),)

    def _tokenize(self, text: str, **_: Any) -> list[str]:
        tokens: list[str] = self.pieces.encode(mark_white_space(text), out_type=str)
        return tokens

    def _convert_token_to_id(self, token: str) -> int:
        return int(self.pieces.piece_to_id(token)) + self.num_image_tokens

    def _convert_id_to_token(self, index: int) -> str:
        is_piece = self.num_image_tokens <= index < self.vocab_size
        piece: str = self.pieces.id_to_piece(index - self.num_image_tokens) if is_piece else ""
        return piece

    def _decode(
        self,
        token_ids: int | list[int],
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **_: Any,
    ) -> str:
        ids = [token_ids] if isinstance(token_ids, int) else [int(index) for index in token_ids]
        skipped = set(self.all_special_ids) if skip_special_tokens else set()
        text = self.decode_text([index for index in ids if index not in skipped])
        if clean_up_tokenization_spaces or (clean_up_tokenization_spaces is None and self.clean_up_tokenization_spaces):
            text = self.clean_up_tokenization(text)
        return text

    def _pad(
        self,
        encoded_inputs: Any,
        max_length: int | None = None,
        padding_strategy: PaddingStrategy = PaddingStrategy.DO_NOT_PAD,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_attention_mask: bool | None = None,
    ) -> Any:
        """Pad one row on the left; where a length is given, add its positions and its mask."""
        row = list(encoded_inputs["input_ids"])
        length = len(row) if padding_strategy == PaddingStrategy.LONGEST and max_length is None else max_length
        if length is None:
            return encoded_inputs
        if pad_to_multiple_of:
            length = -(-length // pad_to_multiple_of) * pad_to_multiple_of
        num_pads = max(0, length - len(row)) if padding_strategy != PaddingStrategy.DO_NOT_PAD else 0
        encoded_inputs["attention_mask"] = self._padded_mask(row, num_pads)
        encoded_inputs["position_ids"] = self._padded_positions(row, num_pads)
        encoded_inputs["input_ids"] = [self.pad_token_id] * num_pads + row
        return encoded_inputs

    def _padded_mask(self, row: list[int], num_pads: int) -> list[Any]:
        """Return (1, T, T), true where hidden; rows and columns of the padding are hidden."""
        num_tokens = num_pads + len(row)
        mask = torch.ones(1, num_tokens, num_tokens, dtype=torch.bool)
        mask[:, num_pads:, num_pads:] = prompt_mask(torch.tensor([row]), int(self.bos_token_id))[0]
        hidden: list[Any] = mask.tolist()
        return hidden

    def _padded_positions(self, row: list[int], num_pads: int) -> list[list[int]]:
        """Return (2, T). As published, this prefers [MASK] to [gMASK], the other way round than the model."""
        ids = self.special_ids
        preferred = SpecialIds(ids.bos, mask=ids.gmask, gmask=ids.mask)
        positions = prompt_positions(torch.tensor([row]), preferred, is_2d=True)[0]
        return [[0] * num_pads + positions[row_index].tolist() for row_index in range(2)]


def _is_first_revision(directory: Path) -> bool:
    """Tell whether the model beside the vocabulary is of March 2023; not all of its tokenizer's settings say so."""
    try:
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get("vocab_size") == FIRST_VOCAB_SIZE
