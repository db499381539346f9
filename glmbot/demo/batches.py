"""Dialogues as tensors: prompts padded on the left, answers on the right, of like length together."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import torch
from torch import Tensor

from glmbot.demo.corpus import Dialogue

IGNORED = -100
_POOL = 8192


class Encoder(Protocol):
    """Gives the pieces of a text and knows the ids of the special ones."""

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text's pieces."""
        ...


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """The ids that frame prompt and answer."""

    pad: int
    gmask: int
    sop: int
    eop: int


@dataclass(frozen=True, slots=True)
class Sample:
    """A prompt with its [gMASK], and the answer with its <eop>."""

    prompt: list[int]
    answer: list[int]


@dataclass(frozen=True, slots=True)
class Batch:
    """T = C + A tokens: C of the padded prompts, then <sop> and the answers in A.

    ids: (B, T); positions: (B, 2, T); visible: (B, 1, T, T), true where attention is allowed; labels: (B, A).
    """

    ids: Tensor
    positions: Tensor
    visible: Tensor
    labels: Tensor


def read_batches(
    dialogues: Iterator[Dialogue], encoder: Encoder, special: SpecialIds, *, max_tokens: int, tokens: int, seed: int
) -> Iterator[Batch]:
    """Give batches of about `tokens` tokens without end; dialogues above `max_tokens` are left out."""
    rng = random.Random(seed)  # noqa: S311 - the order of training, not a secret
    samples = (encode(dialogue, encoder, special) for dialogue in dialogues)
    fitting = (sample for sample in samples if len(sample.prompt) + len(sample.answer) < max_tokens)
    while True:
        pool = sorted(islice(fitting, _POOL), key=lambda sample: (len(sample.prompt) // 8, len(sample.answer) // 5))
        groups = list(_group(pool, tokens))
        rng.shuffle(groups)
        for group in groups:
            yield collate(group, special)


def encode(dialogue: Dialogue, encoder: Encoder, special: SpecialIds) -> Sample:
    """Turn a dialogue into ids."""
    return Sample([*encoder.encode(dialogue.prompt), special.gmask], [*encoder.encode(dialogue.answer), special.eop])


def _group(pool: list[Sample], tokens: int) -> Iterator[list[Sample]]:
    group: list[Sample] = []
    prompt = answer = 0
    for sample in pool:
        prompt, answer = max(prompt, len(sample.prompt)), max(answer, len(sample.answer))
        if group and (len(group) + 1) * (prompt + answer) > tokens:
            yield group
            group, prompt, answer = [], len(sample.prompt), len(sample.answer)
        group.append(sample)
    yield group


def collate(samples: list[Sample], special: SpecialIds) -> Batch:
    """Pad samples to one batch; positions and mask are those of ChatGLM-6B."""
    context = max(len(sample.prompt) for sample in samples)
    answer = max(len(sample.answer) for sample in samples)
    ids = torch.full((len(samples), context + answer), special.pad)
    labels = torch.full((len(samples), answer), IGNORED)
    lengths = torch.tensor([len(sample.prompt) for sample in samples])
    for row, sample in enumerate(samples):
        ids[row, context - len(sample.prompt) : context] = torch.tensor(sample.prompt)
        ids[row, context] = special.sop
        ids[row, context + 1 : context + len(sample.answer)] = torch.tensor(sample.answer[:-1])
        labels[row, : len(sample.answer)] = torch.tensor(sample.answer)
    return Batch(ids, _positions(lengths, context, answer), _visible(lengths, context, answer), labels)


def _positions(lengths: Tensor, context: int, answer: int) -> Tensor:
    """Row 0 counts the prompt and stays at [gMASK]; row 1 counts the answer from 1.  lengths: (B,); (B, 2, T)."""
    column = torch.arange(context + answer)
    start = context - lengths[:, None]
    row0 = (column - start).clamp(min=0).minimum(lengths[:, None] - 1)
    row1 = (column - context + 1).clamp(min=0).expand_as(row0)
    return torch.stack((row0, row1), dim=1)


def _visible(lengths: Tensor, context: int, answer: int) -> Tensor:
    """Every token sees the prompt; an answer's token sees the answer up to itself.  lengths: (B,); (B, 1, T, T)."""
    column = torch.arange(context + answer)
    prompt = (column >= context - lengths[:, None]) & (column < context)
    causal = (column[:, None] >= column) & (column >= context)
    return (prompt[:, None, :] | causal)[:, None]
