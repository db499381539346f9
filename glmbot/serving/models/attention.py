"""Attention of ChatGLM-6B."""

from dataclasses import dataclass

from torch import Tensor, nn
from transformers.cache_utils import Cache

from glmbot.serving.models.attend import attend
from glmbot.serving.models.rotary import rotate
from glmbot.serving.models.rounded import Joint, RoundedRows, can_turn, next_rows, turned

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
        if view is None and (rows := next_rows(x, cache, self.layer, x.shape[-1] // self.num_heads)):
            step: Tensor = self.dense(RoundedRows.turn_and_attend(self._joint(x, tables), *rows))
            return step
        query, key, value = self.project(x, tables)
        if cache is not None:
            key, value = cache.update(key, value, self.layer)
        if view is not None:
            query = query.masked_fill(view.is_blind, 0)  # even scores
        attended = attend(query, key, value, view.is_open if view else None)
        dense: Tensor = self.dense(attended.transpose(1, 2).flatten(2))
        return dense

    def project(self, x: Tensor, tables: Tables) -> tuple[Tensor, Tensor, Tensor]:
        """Return query and key, both rotated, and value: 3 x (B, H, T, D) from (B, T, C)."""
        joint = self._joint(x, tables)
        value = joint.all[..., 2 * joint.width :].transpose(1, 2)
        if can_turn(joint.all):
            query, key = turned(joint)
            return query.transpose(1, 2), key.transpose(1, 2), value
        num_parts, part_width = tables[0].shape[-2:]
        both = rotate(joint.all[..., : 2 * joint.width].unflatten(-1, (2, num_parts, part_width)), *tables)
        query, key = both.flatten(-2).transpose(1, 2).unbind(dim=3)
        return query, key, value

    def _joint(self, x: Tensor, tables: Tables) -> Joint:
        # the three are interleaved per head: (B, T, C) -> (B, T, H, 3D)
        joint = self.query_key_value(x).unflatten(-1, (self.num_heads, -1))
        cos, sin = (table.expand(*joint.shape[:2], 1, 1, -1, -1)[:, :, 0, 0] for table in tables)
        return Joint(joint, cos, sin, self.num_heads)
