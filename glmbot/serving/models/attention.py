"""Attention of ChatGLM-6B."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers.cache_utils import Cache

from glmbot.serving.models.attend import attend
from glmbot.serving.models.rotary import rotate
from glmbot.serving.models.rounded import RoundedCache, RoundedRows

Tables = tuple[Tensor, Tensor]
"""Cosine and sine for each of the P position coordinates, which turn a part of a head each: (B, T, 1, 1, P, D/P)."""


@dataclass(frozen=True, slots=True)
class View:
    """What each token may see.

    `is_open`: (B, 1, T, S), true where the token (row) sees the column. `is_blind`: (B, 1, T, 1), true for a
    row that may see nothing (padding): the published code fills all its scores with one finite number, so it
    attends evenly to all columns.
    """

    is_open: Tensor
    is_blind: Tensor


def view_of(hidden: Tensor) -> View | None:
    """Return the view a mask leaves open, None where it hides nothing; hidden: (B, 1, T, S), true is hidden."""
    if not bool(hidden.any()):
        return None
    is_blind = hidden.all(dim=-1, keepdim=True)
    return View(~hidden | is_blind, is_blind)


class SelfAttention(nn.Module):
    """Multi-head attention with rotary positions; `layer` counts from 0."""

    def __init__(self, hidden_size: int, num_heads: int, layer: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.layer = layer
        self.query_key_value = nn.Linear(hidden_size, 3 * hidden_size)
        self.dense = nn.Linear(hidden_size, hidden_size)

    def forward(self, x: Tensor, tables: Tables, view: View | None, cache: Cache | None) -> Tensor:
        """Attend from each token of x to itself and to the cached ones, as far as `view` is open.

        x: (B, T, C); tables: cosine and sine; returns (B, T, C).
        The published code divides the scores by the layer's number and multiplies them back in float32, which
        cancels out.
        """
        if view is None and isinstance(cache, RoundedCache) and (found := self._step(x, tables, cache)) is not None:
            step: Tensor = self.dense(found)
            return step
        query, key, value = self.project(x, tables)
        if cache is not None:
            key, value = cache.update(key, value, self.layer)
        if view is not None:
            query = query.masked_fill(view.is_blind, 0)  # even scores
        attended = attend(query, key, value, view.is_open if view else None)
        dense: Tensor = self.dense(attended.transpose(1, 2).flatten(2))
        return dense

    def _step(self, x: Tensor, tables: Tables, cache: RoundedCache) -> Tensor | None:
        """Attend from one token of each sequence by our kernels, (B, 1, C); None where that cannot be."""
        num_rows, num_tokens, size = x.shape
        width = size // self.num_heads
        if num_tokens != 1 or x.dtype != torch.float32 or not (rows := cache.next_rows(self.layer, width)):
            return None
        joint = self.query_key_value(x).view(num_rows, self.num_heads, 3 * width)
        cos, sin = (table.view(num_rows, *table.shape[-2:]) for table in tables)
        return RoundedRows.turn_and_attend(joint, cos, sin, *rows).view(num_rows, 1, size)

    def project(self, x: Tensor, tables: Tables) -> tuple[Tensor, Tensor, Tensor]:
        """Return query and key, both rotated, and value: 3 x (B, H, T, D) from (B, T, C)."""
        # the three are interleaved per head: (B, T, C) -> (B, T, H, 3D)
        joint = self.query_key_value(x).unflatten(-1, (self.num_heads, -1))
        width = joint.shape[-1] // 3
        num_parts, part_width = tables[0].shape[-2:]
        turned = rotate(joint[..., : 2 * width].unflatten(-1, (2, num_parts, part_width)), *tables)
        query, key = turned.flatten(-2).transpose(1, 2).unbind(dim=3)
        return query, key, joint[..., 2 * width :].transpose(1, 2)
