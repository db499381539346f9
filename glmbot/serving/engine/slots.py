"""Keys and values of all running sequences in one tensor a layer: a step has the same shapes for any of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor
from transformers import PretrainedConfig
from transformers.cache_utils import Cache

from glmbot.serving.engine.kv_cache import KeyValueCache
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.models.attend import Window

SMALLEST = 128
"""Tokens that a slot has room for, at least; then twice as many, and so on."""
MOST_DOUBLED = 64
"""Sequences of a step: 1, 2, 4 and so on up to this; beyond that, multiples of it."""


@dataclass(frozen=True, slots=True)
class SlotShape:
    """Layers, heads of keys (G) and head size (D) of a network, and how many tokens a sequence may have."""

    num_layers: int
    num_heads: int
    head_size: int
    longest: int

    @classmethod
    def of(cls, config: PretrainedConfig, longest: int) -> "SlotShape":
        """Return the shape of one of our own networks."""
        num_heads = getattr(config, "multi_query_group_num", None) or config.num_attention_heads
        head_size = getattr(config, "kv_channels", None) or config.hidden_size // config.num_attention_heads
        return cls(config.num_layers, num_heads, head_size, longest)

    def room_for(self, num_tokens: int) -> int:
        """Return how long a slot is that holds so many tokens, S; a multiple of `SMALLEST`, not far above `longest`."""
        doubled = max(SMALLEST, 1 << (num_tokens - 1).bit_length())
        return min(doubled, -(-max(num_tokens, self.longest) // SMALLEST) * SMALLEST)

    def span_for(self, num_tokens: int) -> int:
        """Return how much of slots a step reads that hold so many tokens at most, S: a quarter too much at most.

        Finer than `room_for`: what is read costs time at each step.
        """
        step = max(SMALLEST, (1 << (num_tokens - 1).bit_length()) // 8)
        return min(-(-num_tokens // step) * step, self.room_for(num_tokens))

    def places(self, lengths: Iterable[int]) -> int:
        """Return for how many tokens there must be memory to hold sequences of these lengths.

        Each takes as much as the longest.
        """
        found = list(lengths)
        return len(found) * self.room_for(max(found)) if found else 0


def rows_for(num_sequences: int) -> int:
    """Return of how many sequences a step is that has so many, B."""
    if num_sequences > MOST_DOUBLED:
        return -(-num_sequences // MOST_DOUBLED) * MOST_DOUBLED
    return 1 << max(0, num_sequences - 1).bit_length()


class Slots:
    """A slot for each running sequence: a row of two tensors a layer, (slots, G, room + 1, D).

    The first so many slots are a batch as they lie: attention reads them in place, where blocks scattered over the
    memory would have to be gathered at each step, which reads and writes all of them once more. Slots become more and
    longer when they must, so a GPU gives away no more than is used; a relayout moves one layer after another, and costs
    that the steps are captured anew. `max_tokens`: how many slots times room may be; the scheduler holds that.

    The last place of a slot takes what a step writes for rows that it is not about, and is never read. Places that have
    no token yet are read, behind a mask: they are zeros, or were numbers once.
    """

    def __init__(self, shape: SlotShape, dtype: torch.dtype, device: torch.device, max_tokens: int) -> None:
        self.shape = shape
        self.dtype = dtype
        self.max_tokens = max_tokens
        self.num_slots = self.room = 0
        self.layout = 0
        """Changes when the tensors are others."""
        empty = torch.empty((0, shape.num_heads, 1, shape.head_size), dtype=dtype, device=device)
        self._layers = [(empty, empty)] * shape.num_layers
        self._caches: WeakValueDictionary[int, SlotCache] = WeakValueDictionary()  # who is gone has left its slot

    @property
    def num_taken(self) -> int:
        """How many sequences have a slot."""
        return len(self._caches)

    def begin(self, num_tokens: int = 0) -> "SlotCache":
        """Return a free slot, empty, with room for so many tokens."""
        index = next(index for index in range(self.num_taken + 1) if index not in self._caches)
        cache = self._caches[index] = SlotCache(self, index)
        self.reserve(num_tokens)
        for part in self._parts():
            part[cache.index].zero_()  # nothing of who was here before, which may have been no number
        return cache

    def layer(self, index: int) -> tuple[Tensor, Tensor]:
        """Return the keys and values of a layer, (slots, G, room + 1, D)."""
        return self._layers[index]

    def reserve(self, num_tokens: int) -> None:
        """Have a slot for each sequence, each with room for so many tokens. Raises torch.OutOfMemoryError."""
        lengths = [cache.get_seq_length() for cache in self._caches.values()]
        num_tokens = max(num_tokens, 1, *lengths) if lengths else max(num_tokens, 1)
        if num_tokens <= self.room and max(self._caches, default=0) < self.num_slots:
            return
        self._close_up()
        needed = self.shape.room_for(num_tokens)
        room, num_slots = max(self.room, needed), max(self.num_slots, self.num_taken)
        if room * num_slots > self.max_tokens:  # as little as will do
            room, num_slots = needed, self.num_taken
        self._lay_out(max(num_slots, min(rows_for(self.num_taken), self.max_tokens // room)), room)

    def num_rows(self) -> int:
        """Return of how many sequences a step for all is, having moved some where that makes it fewer."""
        if rows_for(max(self._caches) + 1) > rows_for(self.num_taken):
            self._close_up()
        return min(rows_for(max(self._caches) + 1), self.num_slots)

    def _close_up(self) -> None:
        """Let the last sequences move into free slots until those in use are the first ones."""
        for free in (index for index in range(self.num_taken) if index not in self._caches):
            last = max(self._caches)
            if last < self.num_slots:  # else it has nothing yet
                for part in self._parts():
                    part[free].copy_(part[last])
            cache = self._caches.pop(last)
            cache.index = free
            self._caches[free] = cache

    def _lay_out(self, num_slots: int, room: int) -> None:
        before = self.num_slots, self.room
        # what holds of all layers should memory run out on the way
        self.num_slots, self.room = min(before[0], num_slots), min(before[1], room)
        self.layout += 1
        for layer, parts in enumerate(self._layers):
            key, value = (self._moved(part, before[0], num_slots, room) for part in parts)
            self._layers[layer] = key, value
        self.num_slots, self.room = num_slots, room

    def _moved(self, part: Tensor, num_before: int, num_slots: int, room: int) -> Tensor:
        moved = part.new_zeros((num_slots, self.shape.num_heads, room + 1, self.shape.head_size))
        for index, cache in self._caches.items():
            if index < num_before:
                length = cache.get_seq_length()
                moved[index, :, :length] = part[index, :, :length]
        return moved

    def _parts(self) -> Iterable[Tensor]:
        return (part for layer in self._layers for part in layer)


class SlotCache(Cache):
    """The cache of one sequence: its slot, as far as it is filled."""

    def __init__(self, slots: Slots, index: int) -> None:
        super().__init__(layers=[])
        self.precision = KvPrecision.FULL
        self.index = index
        self._slots = slots
        self._lengths = [0] * slots.shape.num_layers

    @property
    def num_bytes(self) -> int:
        """How much memory the filled part takes."""
        shape = self._slots.shape
        per_token = 2 * shape.num_layers * shape.num_heads * shape.head_size * self._slots.dtype.itemsize
        return self.get_seq_length() * per_token

    @property
    def computed_in(self) -> torch.dtype | None:
        """In which type keys came; None: there are none."""
        return self._slots.dtype if self.get_seq_length() else None

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Append new tokens (1, G, T, D); return all, (1, G, S, D)."""
        first = self._lengths[layer_idx]
        end = first + key_states.shape[2]
        self._slots.reserve(end)
        self._lengths[layer_idx] = end
        key, value = (part[self.index] for part in self._slots.layer(layer_idx))  # (G, room + 1, D)
        key[:, first:end] = key_states[0]
        value[:, first:end] = value_states[0]
        return (key[None, :, :end], value[None, :, :end]) if first else (key_states, value_states)

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Return how many tokens there are."""
        return self._lengths[layer_idx]

    def grown(self) -> None:
        """Note that a step has appended one token."""
        self._lengths = [length + 1 for length in self._lengths]

    def keep_first(self, num_tokens: int) -> None:
        """Forget all tokens but the first, the learned ones counted."""
        for layer, length in enumerate(self._lengths):
            for part in self._slots.layer(layer):
                part[self.index, :, num_tokens:length] = 0
        self._lengths = [min(length, num_tokens) for length in self._lengths]

    def take(self, other: KeyValueCache) -> "SlotCache":
        """Hold what another cache does, and nothing else; return itself."""
        self.keep_first(0)
        for layer, (key, value) in enumerate(other.filled()):
            self.update(key, value, layer)
        return self

    def copied(self) -> KeyValueCache:
        """Return a cache of its own that holds the same."""
        copy = KeyValueCache(self.precision)
        length = self.get_seq_length()
        for layer in range(self._slots.shape.num_layers):
            key, value = (part[self.index][None, :, :length] for part in self._slots.layer(layer))
            copy.update(key, value, layer)
        return copy


class StepCache(Cache):
    """The first B slots, for one new token each."""

    def __init__(self, slots: Slots, places: Tensor, bias: Tensor, num_learned: int) -> None:
        """Let the new token of each row stand at `places`, (B,), and see what `bias`, (B, 1, 1, S), leaves open."""
        super().__init__(layers=[])
        self._slots, self._places, self._bias = slots, places, bias
        self._rows = torch.arange(len(places), device=places.device)
        self._num_learned = num_learned

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Write a token of each sequence, (B, G, 1, D); return all that a step reads, (B, G, S, D)."""
        key, value = (self._written(*pair) for pair in self._pairs(layer_idx, key_states, value_states))
        return Window(key, self._bias), Window(value, self._bias)

    def _pairs(self, layer: int, *new: Tensor) -> Sequence[tuple[Tensor, Tensor]]:
        return list(zip(self._slots.layer(layer), new, strict=True))

    def _written(self, part: Tensor, new: Tensor) -> Tensor:
        part[self._rows, :, self._places] = new[:, :, 0]
        return part[: len(self._rows), :, : self._bias.shape[-1]]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Return that there are tokens: how many is known to `places` alone."""
        return self._num_learned + 1
