"""Keys and values of one sequence: they grow in place, and may be kept in fewer bits than they are computed in."""

from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin

from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.models.rounded import Rounded, can_be_as_wide, keep_all

_GROWTH = 128
"""Tokens to make room for at a time; what is not used yet takes no memory on Linux."""
_LARGEST = 127
_TINY = 1e-12


class KeyValueCache(Cache):
    """The cache of a sequence, as transformers' models and ours take it.

    transformers' DynamicCache copies everything for each token: 0.94 GB for ChatGLM-6B's 2,048.
    """

    def __init__(
        self, precision: KvPrecision = KvPrecision.FULL, start: Cache | None = None, *, num_expected: int = 0
    ) -> None:
        """Begin empty, or with what `start` holds (a learned prefix).

        There is room for `num_expected` tokens at once, so that nothing is moved until there are more.
        """
        # a class is called for each layer; so is this
        new_layer = partial(KeyValueLayer, precision, num_expected)
        super().__init__(layer_class_to_replicate=cast("type[KeyValueLayer]", new_layer))
        self.precision = precision
        for index, layer in enumerate(start.layers if start is not None else []):
            assert isinstance(layer, CacheLayerMixin)
            assert layer.keys is not None
            assert layer.values is not None
            self.update(_widened(layer.keys), _widened(layer.values), index)

    @property
    def num_bytes(self) -> int:
        """How much memory the filled part takes."""
        return sum(layer.num_bytes for layer in self._own_layers())

    @property
    def computed_in(self) -> torch.dtype | None:
        """In which type the newest keys came, whatever they are kept in; None: there are none."""
        return next((layer.computed_in for layer in self._own_layers()), None)

    def narrow(self, dtype: torch.dtype) -> None:
        """Keep in `dtype` what is kept as it came, as if it had come so."""
        for layer in self._own_layers():
            layer.narrow(dtype)

    def expect(self, num_tokens: int) -> None:
        """Make room for so many when there is too little the next time, so that it is all moved once at most."""
        for layer in self._own_layers():
            layer.expect(num_tokens)

    def keep_first(self, num_tokens: int) -> None:
        """Forget all tokens but the first, the learned ones counted."""
        for layer in self._own_layers():
            layer.keep_first(num_tokens)

    def is_rounded(self, layer_idx: int) -> bool:
        """Tell whether a layer is kept in 8 bits."""
        layer = self.layers[layer_idx] if layer_idx < len(self.layers) else None
        return isinstance(layer, KeyValueLayer) and layer.is_rounded

    def next_places(self, layer_idx: int) -> tuple[Rounded, Rounded]:
        """Make a place for one more token in a layer that `is_rounded`; return all, the place last and unwritten."""
        layer = self.layers[layer_idx]
        assert isinstance(layer, KeyValueLayer)
        return layer.next_places()

    def filled(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Go over the keys and values of each layer, (1, G, S, D)."""
        return (layer.filled() for layer in self._own_layers())

    def copied(self, num_tokens: int, num_expected: int) -> "KeyValueCache":
        """Return a cache of its own that begins with the first tokens of this one."""
        copy = KeyValueCache(self.precision)
        copy.layers = [layer.copied(num_tokens, num_expected) for layer in self._own_layers()]
        return copy

    def _own_layers(self) -> Iterator["KeyValueLayer"]:
        return (layer for layer in self.layers if isinstance(layer, KeyValueLayer))


class KeyValueLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]  # its __init_subclass__
    """Keys and values of one layer."""

    is_croppable = True
    is_sliding = False

    def __init__(self, precision: KvPrecision, num_expected: int = 0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._stores = _Store.of(precision, num_expected), _Store.of(precision, num_expected)

    @property
    def num_bytes(self) -> int:
        """How much memory the filled part takes."""
        return sum(store.num_bytes for store in self._stores)

    @property
    def is_rounded(self) -> bool:
        """Whether it holds tokens, in 8 bits."""
        return all(isinstance(store, _Int8Store) and store.length > 0 for store in self._stores)

    def next_places(self) -> tuple[Rounded, Rounded]:
        """Make a place for one more token of keys and of values."""
        key, value = self._stores
        assert isinstance(key, _Int8Store)
        assert isinstance(value, _Int8Store)
        return key.next_place(), value.next_place()

    def filled(self) -> tuple[Tensor, Tensor]:
        """Return keys and values, (1, G, S, D)."""
        key, value = (store.filled() for store in self._stores)
        return key, value

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Nothing to prepare: the first tokens show shape and type."""
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Append new tokens (B, H, T, D); return all, (B, H, S, D), in the precision of the new ones.

        While there are no others, the new ones come back as they were.
        """
        self.is_initialized = True
        key, value = self._stores
        return key.append(key_states), value.append(value_states)

    def get_seq_length(self) -> int:
        """Return how many tokens there are."""
        return self._stores[0].length

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Return how many columns a mask has for that many new tokens, and where they begin."""
        return self.get_seq_length() + query_length, 0

    def get_max_length(self) -> int:
        """Return -1: no limit."""
        return -1

    @property
    def computed_in(self) -> torch.dtype | None:
        """In which type the newest keys came; None: there are none."""
        return self._stores[0].computed_in

    def narrow(self, dtype: torch.dtype) -> None:
        """Keep in `dtype` what is kept as it came."""
        for store in self._stores:
            store.narrow(dtype)

    def expect(self, num_tokens: int) -> None:
        """Make room for so many when there is too little the next time."""
        for store in self._stores:
            store.num_expected = num_tokens

    def keep_first(self, num_tokens: int) -> None:
        """Forget all tokens but the first."""
        for store in self._stores:
            store.length = min(store.length, num_tokens)

    def copied(self, num_tokens: int, num_expected: int) -> "KeyValueLayer":
        """Return a layer of its own that begins with the first tokens of this one."""
        layer = KeyValueLayer(KvPrecision.FULL)
        key, value = self._stores
        layer._stores = key.copied(num_tokens, num_expected), value.copied(num_tokens, num_expected)
        layer.is_initialized = True
        return layer

    def crop(self, tokens_to_remove: int) -> None:
        """Forget the last tokens; their number is given as a negative one, as transformers does."""
        for store in self._stores:
            store.length -= abs(tokens_to_remove)


class _Store:
    """One growing tensor of tokens, (B, H, S, D)."""

    def __init__(self, dtype: torch.dtype | None, num_expected: int = 0) -> None:
        self.length = 0
        self.num_expected = num_expected
        self._dtype = dtype
        self._kept: Tensor | None = None
        self.computed_in: torch.dtype | None = None

    def narrow(self, dtype: torch.dtype) -> None:
        """Keep in `dtype` what is kept as it came."""
        if self._kept is not None and self._dtype is None:
            self._kept = self._kept.to(dtype)

    @staticmethod
    def of(precision: KvPrecision, num_expected: int) -> "_Store":
        """Return an empty store for a precision."""
        if precision == KvPrecision.INT8:
            return _Int8Store(num_expected)
        return _Store(torch.float16 if precision == KvPrecision.HALF else None, num_expected)

    @property
    def num_bytes(self) -> int:
        """How much memory the filled part takes."""
        return _num_bytes(self._kept, self.length)

    def copied(self, num_tokens: int, num_expected: int) -> "_Store":
        """Return a store of its own with the first tokens of this one."""
        copy = type(self).__new__(type(self))
        copy.__dict__ |= self.__dict__
        copy.length, copy.num_expected = num_tokens, num_expected
        copy._kept = self._copied(self._kept, num_tokens, num_expected)
        return copy

    def _copied(self, kept: Tensor | None, num_tokens: int, num_expected: int) -> Tensor | None:
        if kept is None:
            return None
        room = self._new_room(kept, kept.dtype, _num_slots(num_tokens, num_expected))
        room[:, :, :num_tokens] = kept[:, :, :num_tokens]
        return room

    def _with_room(self, kept: Tensor | None, like: Tensor, dtype: torch.dtype) -> Tensor:
        """Return a tensor with room for all tokens that holds what `kept` does: (B, H, S, D)."""
        if kept is not None and kept.shape[2] >= self.length:
            return kept
        grown = self._new_room(like, dtype, _num_slots(self.length, self.num_expected))
        if kept is not None:
            grown[:, :, : kept.shape[2]] = kept
        return grown

    def _new_room(self, like: Tensor, dtype: torch.dtype, num_slots: int) -> Tensor:
        return like.new_empty((*like.shape[:2], num_slots, like.shape[3]), dtype=dtype)

    def filled(self) -> Tensor:
        """Return all, (B, H, S, D), in the type that the newest came in."""
        assert self.computed_in is not None
        return self._take(self.computed_in)

    def append(self, new: Tensor) -> Tensor:
        """Append (B, H, T, D); return all, in the type of the new ones."""
        first, self.length = self.length, self.length + new.shape[2]
        self.computed_in = new.dtype
        self._put(new, first)
        return self._take(new.dtype) if first else new

    def _put(self, new: Tensor, first: int) -> None:
        self._kept = self._with_room(self._kept, new, self._dtype or new.dtype)
        self._kept[:, :, first : self.length] = new

    def _take(self, dtype: torch.dtype) -> Tensor:
        assert self._kept is not None
        return self._kept[:, :, : self.length].to(dtype)


class _Int8Store(_Store):
    """Keeps whole numbers and a float32 scale for each token of each head."""

    def __init__(self, num_expected: int = 0) -> None:
        super().__init__(torch.int8, num_expected)
        self._scales: Tensor | None = None

    def copied(self, num_tokens: int, num_expected: int) -> "_Store":
        """Return a store of its own with the first tokens of this one."""
        copy = super().copied(num_tokens, num_expected)
        assert isinstance(copy, _Int8Store)
        copy._scales = self._copied(self._scales, num_tokens, num_expected)
        return copy

    @property
    def num_bytes(self) -> int:
        """How much memory the filled part takes."""
        return super().num_bytes + _num_bytes(self._scales, self.length)

    def _put(self, new: Tensor, first: int) -> None:
        if len(new) == 1 and new.is_cpu and new.dtype == torch.float32 and can_be_as_wide(new.shape[-1]):
            self._kept = self._with_room(self._kept, new, torch.int8)
            self._scales = self._with_room(self._scales, new[..., :1], torch.float32)
            keep_all(new, self._kept, self._scales, first)
            return
        scale = new.abs().amax(dim=-1, keepdim=True).float() / _LARGEST
        numbers = (new.float() / scale.clamp(min=_TINY)).round_().clamp_(-_LARGEST, _LARGEST)
        super()._put(numbers.to(torch.int8), first)
        self._scales = self._with_room(self._scales, scale, torch.float32)
        self._scales[:, :, first : self.length] = scale

    def _take(self, dtype: torch.dtype) -> Tensor:
        assert self._scales is not None
        return super()._take(dtype).mul_(self._scales[:, :, : self.length])

    def next_place(self) -> Rounded:
        """Make a place for one more token; return all of them, the place last, yet unwritten."""
        assert self._kept is not None
        assert self._scales is not None
        self.length += 1
        self._kept = self._with_room(self._kept, self._kept, torch.int8)
        self._scales = self._with_room(self._scales, self._scales, torch.float32)
        return Rounded(self._kept, self._scales, self.length)

    def _new_room(self, like: Tensor, dtype: torch.dtype, num_slots: int) -> Tensor:
        """Lay tokens one after another, each with all its heads: the kernels read them as they lie in memory."""
        num_rows, num_heads, _, width = like.shape
        return like.new_empty((num_rows, num_slots, num_heads, width), dtype=dtype).transpose(1, 2)


def _widened(prefix: Tensor) -> Tensor:
    """Return a prefix in the type that CPUs compute in, whatever the weights are kept in."""
    return prefix.float() if prefix.is_cpu else prefix


def _num_slots(length: int, num_expected: int) -> int:
    return -(-max(length, num_expected) // _GROWTH) * _GROWTH


def _num_bytes(kept: Tensor | None, length: int) -> int:
    return 0 if kept is None else kept[:, :, :length].numel() * kept.element_size()
