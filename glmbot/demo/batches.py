"""Dialogues as tensors: several in a row, one after the other, none seeing its neighbours."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import torch
from torch import Tensor

from glmbot.demo.corpus import Dialogue

_LOOKAHEAD = 64
_PADDING = -1


class Encoder(Protocol):
    """Gives the pieces of a text."""

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

    def __len__(self) -> int:
        """Count the tokens the model is given: <sop> takes the place of <eop>."""
        return len(self.prompt) + len(self.answer)


@dataclass(frozen=True, slots=True)
class Batch:
    """B rows of T tokens, and the N tokens to be learnt.

    ids: (B, T); positions: (B, 2, T); visible: (B, 1, T, T), true where attention is allowed; places: (N,), where in
    the B * T tokens the answers are predicted; labels: (N,).
    """

    ids: Tensor
    positions: Tensor
    visible: Tensor
    places: Tensor
    labels: Tensor


def read_batches(
    dialogues: Iterator[Dialogue],
    encoder: Encoder,
    special: SpecialIds,
    *,
    max_tokens: int,
    row_tokens: int,
    num_rows: int,
) -> Iterator[Batch]:
    """Give batches of that many rows without end; dialogues above `max_tokens` are left out."""
    samples = (_encode(dialogue, encoder, special) for dialogue in dialogues)
    rows = _fill_rows((sample for sample in samples if len(sample) <= max_tokens), row_tokens)
    while True:
        yield collate(list(islice(rows, num_rows)), row_tokens, special)


def _encode(dialogue: Dialogue, encoder: Encoder, special: SpecialIds) -> Sample:
    return Sample([*encoder.encode(dialogue.prompt), special.gmask], [*encoder.encode(dialogue.answer), special.eop])


def _fill_rows(samples: Iterator[Sample], row_tokens: int) -> Iterator[list[Sample]]:
    """Put together what fits, looking a little ahead for samples that fill a row up."""
    waiting = list(islice(samples, _LOOKAHEAD))
    while True:
        row: list[Sample] = []
        room = row_tokens
        while fitting := next((sample for sample in waiting if len(sample) <= room), None):
            row.append(fitting)
            room -= len(fitting)
            waiting.remove(fitting)
            waiting.append(next(samples))
        yield row


def collate(rows: list[list[Sample]], row_tokens: int, special: SpecialIds) -> Batch:
    """Lay the rows out; positions and mask of each sample are those of ChatGLM-6B."""
    ids = torch.full((len(rows), row_tokens), special.pad)
    positions = torch.zeros(len(rows), 2, row_tokens, dtype=torch.long)
    owner = torch.full((len(rows), row_tokens), _PADDING)
    is_prompt = torch.zeros(len(rows), row_tokens, dtype=torch.bool)
    places: list[Tensor] = []
    for row, samples in enumerate(rows):
        start = 0
        for number, sample in enumerate(samples):
            sop, end = start + len(sample.prompt), start + len(sample)
            ids[row, start:end] = torch.tensor([*sample.prompt, special.sop, *sample.answer[:-1]])
            # row 0 counts the prompt and stays at [gMASK]; row 1 counts the answer, <sop> being 1
            positions[row, 0, start:end] = torch.arange(end - start).clamp(max=len(sample.prompt) - 1)
            positions[row, 1, sop:end] = torch.arange(1, end - sop + 1)
            owner[row, start:end] = number
            is_prompt[row, start:sop] = True
            places.append(torch.arange(sop, end) + row * row_tokens)
            start = end
    labels = torch.tensor([token for samples in rows for sample in samples for token in sample.answer])
    return Batch(ids, positions, _visible(owner, is_prompt), torch.cat(places), labels)


def _visible(owner: Tensor, is_prompt: Tensor) -> Tensor:
    """Every token sees its own prompt, an answer's token also the answer up to itself.  (B, T); (B, 1, T, T)."""
    column = torch.arange(owner.shape[1])
    causal = column[:, None] >= column
    same = owner[:, :, None] == owner[:, None, :]
    return (same & (is_prompt[:, None, :] | causal))[:, None]
