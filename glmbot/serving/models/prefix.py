"""P-tuning v2: keys and values that were learnt, in front of every sequence."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from transformers import DynamicCache, PretrainedConfig
from transformers.cache_utils import Cache


class PrefixEncoder(nn.Module):
    """Holds the learned keys and values of P prefix tokens, or makes them from embeddings by two layers.

    `width`: numbers that a prefix token has in all layers, keys and values together. `projection`: the sizes of the
    embeddings and of the layer between, None where the embeddings are the keys and values. ChatGLM-6B projects
    embeddings of the hidden size, ChatGLM2 such as are `width` wide already.
    """

    def __init__(self, length: int, width: int, projection: tuple[int, int] | None) -> None:
        super().__init__()
        self.embedding = nn.Embedding(length, projection[0] if projection else width)
        if projection:
            embedding_size, hidden_size = projection
            self.trans = nn.Sequential(nn.Linear(embedding_size, hidden_size), nn.Tanh(), nn.Linear(hidden_size, width))

    def forward(self) -> Tensor:
        """Return the learned numbers: (P, width)."""
        learned: Tensor = self.embedding.weight
        return self.trans(learned) if hasattr(self, "trans") else learned


def keys_and_values(learned: Tensor, num_layers: int, num_heads: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield each layer's key and value, (1, H, P, D), from (P, 2 * layers * H * D): keys and values take turns.

    They are not rotated, and take no positions.
    """
    parts = learned.unflatten(1, (2 * num_layers, num_heads, -1)).permute(1, 2, 0, 3)  # (2 layers, H, P, D)
    for key, value in zip(parts[::2], parts[1::2], strict=True):
        yield key[None], value[None]


def prefix_cache(layers: Iterator[tuple[Tensor, Tensor]], num_rows: int, dtype: torch.dtype) -> Cache:
    """Return a cache that holds a prefix for B rows."""
    cache = DynamicCache()
    for index, (key, value) in enumerate(layers):
        shape = (num_rows, -1, -1, -1)
        cache.update(key.to(dtype).expand(shape), value.to(dtype).expand(shape), index)
    return cache


def prefix_length(config: PretrainedConfig) -> int:
    """Return the number of prefix tokens, P; 0 for a model without."""
    return int(getattr(config, "pre_seq_len", None) or 0)


def begin_cache(
    given: Cache | None, new_cache: Callable[[int], Cache], num_rows: int, *, is_wanted: bool
) -> Cache | None:
    """Return the cache for a forward pass: an empty one gets the prefix, where there is one.

    None where none was given, none is wanted and there is no prefix.
    """
    if given is not None and given.get_seq_length():
        return given
    begun = new_cache(num_rows)
    if given is None:
        return begun if is_wanted or begun.get_seq_length() else None
    copy_cache(begun, given)
    return given


def copy_cache(source: Cache, target: Cache) -> None:
    """Append all keys and values of one cache to another."""
    for index, layer in enumerate(source.layers):
        key, value = getattr(layer, "keys", None), getattr(layer, "values", None)
        assert key is not None
        assert value is not None
        target.update(key, value, index)
