"""Where each token of a ChatGLM-6B prompt stands, and what it may look at."""

from dataclasses import dataclass

import torch
from torch import Tensor

from glmbot.errors import GlmbotError


class PromptError(GlmbotError, ValueError):
    """A token row that is no prompt of this model."""


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """The ids that give a prompt its form."""

    bos: int
    mask: int
    gmask: int


def context_lengths(input_ids: Tensor, bos: int) -> Tensor:
    """Return the index of the first start token of each row: (B,) from (B, T)."""
    is_bos = input_ids == bos
    if not bool(is_bos.any(dim=1).all()):
        raise PromptError(f"a prompt has no start token (id {bos}); end it with [gMASK] and <sop>")
    return is_bos.int().argmax(dim=1)


def mask_positions(input_ids: Tensor, ids: SpecialIds) -> Tensor:
    """Return the index of each row's mask token, [gMASK] before [MASK]: (B,) from (B, T)."""
    is_gmask = input_ids == ids.gmask
    is_marker = torch.where(is_gmask.any(dim=1, keepdim=True), is_gmask, input_ids == ids.mask)
    if not bool(is_marker.any(dim=1).all()):
        raise PromptError(f"a prompt has neither [gMASK] (id {ids.gmask}) nor [MASK] (id {ids.mask})")
    return is_marker.int().argmax(dim=1)


def prompt_positions(input_ids: Tensor, ids: SpecialIds, *, is_2d: bool) -> Tensor:
    """Return the positions of whole, unpadded rows.

    input_ids: (B, T); returns (B, 2, T), position and block position, or (B, T) in the 1-D variant.
    In the answer the position stays at the mask token and the block position counts 1, 2, 3, ...
    """
    num_tokens = input_ids.shape[1]
    steps = torch.arange(num_tokens, device=input_ids.device)
    context = context_lengths(input_ids, ids.bos)[:, None]
    marker = mask_positions(input_ids, ids)[:, None]
    is_answer = steps >= context
    if is_2d:
        return torch.stack((torch.where(is_answer, marker, steps), (steps - context + 1).clamp(min=0)), dim=1)
    has_gmask = (input_ids == ids.gmask).any(dim=1, keepdim=True)
    return torch.where(is_answer & ~has_gmask, marker, steps.expand_as(input_ids))


def prompt_mask(input_ids: Tensor, bos: int) -> Tensor:
    """Return what each token may not see: (B, 1, T, T) bool, True is hidden.

    Every token sees the whole context; from the start token on they see what came before.
    """
    num_tokens = input_ids.shape[1]
    hidden = torch.ones(num_tokens, num_tokens, dtype=torch.bool, device=input_ids.device).triu(1)
    context = context_lengths(input_ids, bos)
    is_context = torch.arange(num_tokens, device=input_ids.device) < context[:, None]
    return (hidden & ~is_context[:, None, :])[:, None]


def padded_prompt(input_ids: Tensor, is_token: Tensor, ids: SpecialIds, *, is_2d: bool) -> tuple[Tensor, Tensor]:
    """Return positions and mask of prompts that are padded on the left.

    input_ids: (B, T); is_token: (B, T), 0 or False at padding; returns what `prompt_positions` and `prompt_mask`
    do. Padding stands at position 0, is hidden from all and sees nothing; the first real token stands at 0 too.
    """
    padding = ~is_token.bool()
    num_pads = padding.sum(dim=1)
    positions = prompt_positions(input_ids, ids, is_2d=is_2d)
    # the block position counts from the start token on and stays
    shift = torch.stack((num_pads, torch.zeros_like(num_pads)), dim=1) if is_2d else num_pads
    hidden = prompt_mask(input_ids, ids.bos) | padding[:, None, None, :] | padding[:, None, :, None]
    return (positions - shift[..., None]).clamp(min=0), hidden


def next_positions(positions: Tensor) -> Tensor:
    """Return the positions of the token after the last one: (B, 2, 1) from (B, 2, T), or (B, 1) from (B, T).

    In the answer the position stays at the mask token and the block position counts on; the 1-D variant counts on.
    """
    step = torch.tensor([[0], [1]] if positions.dim() == 3 else [1], device=positions.device)
    return positions[..., -1:] + step
