"""How the demo model is shaped, started and moved."""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from sentencepiece import SentencePieceProcessor
from torch import nn

from glmbot.demo.batches import SpecialIds
from glmbot.demo.names import COMMON_CHARACTERS
from glmbot.demo.vocabulary import NUM_PIECES
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.config import ChatGLMConfig
from glmbot.serving.tokenizers.chatglm import mark_white_space

# Sublayers add to sqrt(56) times their normalised input, whatever the depth: with ordinary weights a model of four
# layers would hardly hear them. This gain on the last matrix of each makes them count.
_OUTPUT_GAIN = 4.0
_TINY = 1e-6
_OUTPUTS = ("attention.dense.weight", "mlp.dense_4h_to_h.weight")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the demo model is trained."""

    seed: int = 7
    num_workers: int = 2
    num_steps: int = 10500
    batch_tokens: int = 800  # of each worker
    max_tokens: int = 400
    short_tokens: int = 130
    short_row_tokens: int = 200
    short_share: float = 0.7
    telling_share: float = 0.25
    peak_rate: float = 1.5e-3
    output_rate_factor: float = 2.0
    num_warmup_steps: int = 150
    final_rate: float = 0.02
    weight_decay: float = 0.02
    save_seconds: float = 120.0
    character_length: float = 1.3


class PieceEncoder:
    """The vocabulary, read without the special tokens' handling, which training needs not."""

    def __init__(self, path: Path) -> None:
        self._processor = SentencePieceProcessor(model_file=str(path))

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text's pieces."""
        ids: list[int] = self._processor.encode(mark_white_space(text))
        return ids

    def id_of(self, piece: str) -> int:
        """Return the id of one piece."""
        return int(self._processor.piece_to_id(piece))

    def special_ids(self) -> SpecialIds:
        """Return the ids that frame prompt and answer."""
        return SpecialIds(*(self.id_of(piece) for piece in ("<pad>", "[gMASK]", "<sop>", "<eop>")))


def configure(encoder: PieceEncoder) -> ChatGLMConfig:
    """Describe the demo model; its context is about as long as its training made it."""
    return ChatGLMConfig(
        vocab_size=NUM_PIECES,
        hidden_size=192,
        num_layers=4,
        num_attention_heads=4,
        inner_hidden_size=768,
        max_sequence_length=512,
        bos_token_id=encoder.id_of("<sop>"),
        eos_token_id=encoder.id_of("<eop>"),
        mask_token_id=encoder.id_of("[MASK]"),
        gmask_token_id=encoder.id_of("[gMASK]"),
        pad_token_id=encoder.id_of("<pad>"),
    )


def initialise(model: ChatGLMForConditionalGeneration) -> None:
    """Give every matrix its start: unit gain, more for the sublayers' last ones.

    Head and embedding are one matrix while training (the checkpoint holds it twice, as published): so whatever can be
    copied for one piece can be copied for all of them, which names need.
    """
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        elif "word_embeddings" in name:
            nn.init.normal_(parameter, std=0.05)
        elif parameter.dim() == 2:
            gain = _OUTPUT_GAIN if name.endswith(_OUTPUTS) else 1.0
            nn.init.normal_(parameter, std=gain / math.sqrt(parameter.shape[1]))
    model.lm_head.weight = model.transformer.word_embeddings.weight


def make_optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Return AdamW; matrices that start larger move faster, vectors do not decay."""
    named = list(model.named_parameters())
    outputs = [p for n, p in named if n.endswith(_OUTPUTS)]
    vectors = [p for _, p in named if p.dim() == 1]
    matrices = [p for n, p in named if p.dim() == 2 and not n.endswith(_OUTPUTS)]
    groups = [
        {"params": matrices, "lr": recipe.peak_rate, "weight_decay": recipe.weight_decay},
        {"params": outputs, "lr": recipe.peak_rate * recipe.output_rate_factor, "weight_decay": recipe.weight_decay},
        {"params": vectors, "lr": recipe.peak_rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)


def rate_factor(step: int, recipe: Recipe) -> float:
    """Rise linearly to 1, then fall along a cosine."""
    if step < recipe.num_warmup_steps:
        return (step + 1) / recipe.num_warmup_steps
    done = (step - recipe.num_warmup_steps) / max(1, recipe.num_steps - recipe.num_warmup_steps)
    return recipe.final_rate + (1 - recipe.final_rate) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


@torch.no_grad()
def even_out(model: ChatGLMForConditionalGeneration, encoder: PieceEncoder, length: float) -> None:
    """Stretch the embeddings of characters that are shorter than `length` to it, once the training is over.

    Weight decay, and every answer that a piece is not part of, shorten the rows of characters that the corpus hardly
    has. Short rows lose against long ones, and then names are not copied: of 121 Chinese dialogues of the corpus 90
    were answered to the letter before and 109 after, of 119 English ones 104 and 106 (2026-11-25).
    """
    characters = torch.tensor([encoder.id_of(character) for character in COMMON_CHARACTERS])
    weights = model.transformer.word_embeddings.weight
    rows = weights[characters]
    weights[characters] = rows * (length / rows.norm(dim=1, keepdim=True).clamp(min=_TINY)).clamp(min=1.0)
