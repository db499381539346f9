"""The caches of several sequences as one, for one new token of each."""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.cache_utils import Cache
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from glmbot.serving.engine.kv_cache import KeyValueCache
from glmbot.serving.models.attend import Rows, attend
from glmbot.serving.models.rounded import RoundedCache, RoundedRows, can_attend, can_be_as_wide

ATTENTION = "glmbot"
"""The name under which transformers' own models find the attention that knows `Rows`."""


class BatchCache(RoundedCache, Cache):
    """Appends each row of a batch to its own sequence's cache."""

    def __init__(self, caches: Sequence[KeyValueCache]) -> None:
        super().__init__(layers=[])
        self._caches = caches

    def update(  # type: ignore[override]  # models hand what it returns to their attention, and look at nothing of it
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[Rows | RoundedRows, Rows | RoundedRows]:
        """Append one token of each sequence, (B, G, 1, D); return all tokens of each."""
        if can_attend(key_states) and (places := self.next_rows(layer_idx, key_states.shape[-1])):
            places[0].put_last(key_states)
            places[1].put_last(value_states)
            return places
        rows = zip(self._caches, torch.split(key_states, 1), torch.split(value_states, 1), strict=True)
        found = [cache.update(key, value, layer_idx) for cache, key, value in rows]
        return Rows(tuple(key for key, _ in found)), Rows(tuple(value for _, value in found))

    def next_rows(self, layer_idx: int, width: int) -> tuple[RoundedRows, RoundedRows] | None:
        """Make a place for one more token of each sequence where all are kept in 8 bits."""
        if not can_be_as_wide(width) or not all(cache.is_rounded(layer_idx) for cache in self._caches):
            return None
        places = [cache.next_places(layer_idx) for cache in self._caches]
        return RoundedRows([key for key, _ in places]), RoundedRows([value for _, value in places])

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Return the number of tokens of the longest."""
        return max(cache.get_seq_length(layer_idx) for cache in self._caches)

    def get_mask_sizes(self, query_length: int, layer_idx: int) -> tuple[int, int]:
        """Return the columns of a mask, which nobody reads: all is seen."""
        return self.get_seq_length(layer_idx) + query_length, 0

    @property
    def is_compileable(self) -> bool:
        """Return False: lengths change at each step."""
        return False


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor | Rows | RoundedRows,
    value: Tensor | Rows | RoundedRows,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **kwargs: Any,
) -> tuple[Tensor, Tensor | None]:
    """Attend as transformers' own SDPA does, also to `Rows`. Raises ValueError for what that cannot do."""
    if isinstance(key, Tensor):
        found: tuple[Tensor, Tensor | None] = sdpa_attention_forward(
            module, query, key, cast(Tensor, value), attention_mask, scaling=scaling, **kwargs
        )
        return found
    assert not isinstance(value, Tensor)
    if known := [name for name in ("softcap", "s_aux", "position_bias") if kwargs.get(name) is not None]:
        raise ValueError(f"the attention of this model has {known[0]!r}, which is computed for one sequence at a time")
    if sliding_window:
        key, value = (_last(rows, sliding_window) for rows in (key, value))
    return attend(query, key, value, scale=scaling).transpose(1, 2).contiguous(), None


def _last(rows: Rows | RoundedRows, count: int) -> Rows:
    each = (one.widened() for one in rows.each) if isinstance(rows, RoundedRows) else rows.each
    return Rows(tuple(one[:, :, -count:] for one in each))


def register_attention() -> None:
    """Make the attention known to transformers."""
    AttentionInterface.register(ATTENTION, attention)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)
