"""Attention of ChatGLM2 and ChatGLM3."""

from torch import Tensor, nn
from transformers.cache_utils import Cache

from glmbot.serving.models.attend import attend
from glmbot.serving.models.config2 import ChatGLM2Config
from glmbot.serving.models.rotary2 import rotate_pairs
from glmbot.serving.models.rounded import Joint, RoundedRows, can_turn, next_rows, turned


class GroupedAttention(nn.Module):
    """Attention in which several query heads share one head of keys and values; `layer` counts from 0."""

    def __init__(self, config: ChatGLM2Config, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.num_heads, self.num_groups = config.num_attention_heads, config.multi_query_group_num
        self.head_size = config.kv_channels
        width = (self.num_heads + 2 * self.num_groups) * self.head_size
        self.query_key_value = nn.Linear(config.hidden_size, width, bias=config.add_qkv_bias)
        self.dense = nn.Linear(self.num_heads * self.head_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor, tables: tuple[Tensor, Tensor], is_open: Tensor | None, cache: Cache | None) -> Tensor:
        """Attend from each token of x to itself and the cached ones, as far as the mask is open.

        x: (B, T, C); tables: cosine and sine, (B, 1, T, R/2); is_open: (B, 1, T, S), None where all is; returns
        (B, T, C).
        """
        if is_open is None and (rows := next_rows(x, cache, self.layer, self.head_size)):
            step: Tensor = self.dense(RoundedRows.turn_and_attend(self._joint(x, tables), *rows))
            return step
        query, key, value = self.project(x, tables)
        if cache is not None:
            key, value = cache.update(key, value, self.layer)
        out = attend(query, key, value, is_open)
        dense: Tensor = self.dense(out.transpose(1, 2).flatten(2))
        return dense

    def project(self, x: Tensor, tables: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Return query (B, H, T, D), key and value (B, G, T, D) from (B, T, C); query and key are rotated."""
        joint = self._joint(x, tables)
        if can_turn(joint.all):
            query, key = turned(joint)
            return query.transpose(1, 2), key.transpose(1, 2), joint.all[:, :, -self.num_groups :].transpose(1, 2)
        heads = (self.num_heads, self.num_groups, self.num_groups)
        query, key, value = joint.all.transpose(1, 2).split(heads, dim=1)
        return rotate_pairs(query, *tables), rotate_pairs(key, *tables), value

    def _joint(self, x: Tensor, tables: tuple[Tensor, Tensor]) -> Joint:
        joint = self.query_key_value(x).unflatten(-1, (-1, self.head_size))  # (B, T, H + 2G, D)
        cos, sin = (table[:, 0].expand(*joint.shape[:2], -1) for table in tables)
        return Joint(joint, cos, sin, self.num_groups)
