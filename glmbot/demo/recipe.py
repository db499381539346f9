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
class Stage:
    """A part of the training, with an optimiser and a rise and fall of the learning rate of its own.

    `full_from` is the share of the steps after which dialogues of all lengths are read, not only short ones; of the
    steps before it, one of `telling_every` is about telling a name or a colour, and half of the first `telling_share`.
    """

    num_steps: int
    peak_rate: float
    full_from: float
    telling_share: float
    telling_every: int
    more_english: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the demo model is trained: first to copy and to know the topics, then once more with more English."""

    stages: tuple[Stage, ...] = (
        Stage(9000, peak_rate=1.5e-3, full_from=0.65, telling_share=0.25, telling_every=5, more_english=0.0),
        Stage(3300, peak_rate=1e-3, full_from=0.5, telling_share=0.0, telling_every=6, more_english=0.2),
    )
    seed: int = 7
    num_workers: int = 2
    batch_tokens: int = 800  # of each worker
    max_tokens: int = 400
    short_tokens: int = 130
    short_row_tokens: int = 200
    output_rate_factor: float = 2.0
    num_warmup_steps: int = 150
    final_rate: float = 0.02
    weight_decay: float = 0.02
    embedding_epsilon: float = 3e-6
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


def make_optimiser(model: nn.Module, recipe: Recipe, peak_rate: float) -> torch.optim.Optimizer:
    """Return AdamW; matrices that start larger move faster, vectors and the embedding do not decay.

    The embedding has an epsilon as large as the late gradients of rare pieces. AdamW would otherwise turn these, small
    as they are, into full steps, which all point the same way, away from every answer, until the rows are short and
    alike, and such pieces are copied wrong. This slows it down; `even_out` mends the rest.
    """
    named = list(model.named_parameters())
    embedding = [p for n, p in named if "word_embeddings" in n]
    outputs = [p for n, p in named if n.endswith(_OUTPUTS)]
    vectors = [p for _, p in named if p.dim() == 1]
    matrices = [p for n, p in named if p.dim() == 2 and "word_embeddings" not in n and not n.endswith(_OUTPUTS)]
    groups = [
        {"params": embedding, "lr": peak_rate, "weight_decay": 0.0, "eps": recipe.embedding_epsilon},
        {"params": matrices, "lr": peak_rate, "weight_decay": recipe.weight_decay},
        {"params": outputs, "lr": peak_rate * recipe.output_rate_factor, "weight_decay": recipe.weight_decay},
        {"params": vectors, "lr": peak_rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)


def rate_factor(step: int, num_steps: int, recipe: Recipe) -> float:
    """Rise linearly to 1, then fall along a cosine."""
    if step < recipe.num_warmup_steps:
        return (step + 1) / recipe.num_warmup_steps
    done = (step - recipe.num_warmup_steps) / max(1, num_steps - recipe.num_warmup_steps)
    return recipe.final_rate + (1 - recipe.final_rate) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


@torch.no_grad()
def even_out(model: ChatGLMForConditionalGeneration, encoder: PieceEncoder, length: float) -> None:
    """Stretch the embeddings of characters that are shorter than `length` to it, once the training is over.

    Every answer that a piece is not part of shortens its row, so those of characters that the corpus hardly has end
    half as long as others, lose against them, and names are not copied: of 113 Chinese dialogues of the corpus that
    tell or ask for something 96 were answered to the letter before and 110 after, of 127 English ones 124 (2026-11-25).
    """
    characters = torch.tensor([encoder.id_of(character) for character in COMMON_CHARACTERS])
    weights = model.transformer.word_embeddings.weight
    rows = weights[characters]
    weights[characters] = rows * (length / rows.norm(dim=1, keepdim=True).clamp(min=_TINY)).clamp(min=1.0)
