"""The sizes of a network, from its config.json: how many numbers of which kind it has."""

from collections.abc import Mapping
from dataclasses import dataclass

CONVERSATION_TOKENS = 2048
"""A full conversation of ChatGLM-6B; the later models can go on longer, for as much again a turn."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Numbers in the linear layers of the blocks, in the table of words and in the head, and per token kept.

    `kv_width`: the keys of one token in one layer. `stored_bits`: those of a quantised checkpoint. `can_quantise`:
    whether our own network is used, which has int8 and int4.
    """

    block_weights: int
    block_rows: int
    embedding: int
    head: int
    num_layers: int
    kv_width: int
    max_tokens: int
    stored_bits: int | None
    can_quantise: bool

    @property
    def num_params(self) -> int:
        """The parameters, besides norms and biases (less than one in a thousand)."""
        return self.block_weights + self.embedding + self.head

    def kv_numbers(self, num_tokens: int) -> int:
        """How many numbers the keys and values of a conversation are."""
        return 2 * self.num_layers * self.kv_width * min(num_tokens, self.max_tokens)


def shape_of(config: Mapping[str, object]) -> Shape | None:
    """Return the sizes that a config.json tells, None for one that does not tell them."""
    if "inner_hidden_size" in config:
        return _first(config)
    return _later(config) if "padded_vocab_size" in config else _native(config)


def _first(config: Mapping[str, object]) -> Shape | None:
    """Return the sizes of ChatGLM-6B: four linear layers a block, 3C + C + I + C rows."""
    sizes = _sizes(config, "hidden_size", "inner_hidden_size", "num_layers", "vocab_size", "max_sequence_length")
    if sizes is None:
        return None
    hidden, inner, num_layers, vocab, max_tokens = sizes
    return Shape(
        block_weights=num_layers * (4 * hidden * hidden + 2 * hidden * inner),
        block_rows=num_layers * (5 * hidden + inner),
        embedding=vocab * hidden,
        head=vocab * hidden,
        num_layers=num_layers,
        kv_width=hidden,
        max_tokens=max_tokens,
        stored_bits=_bits(config),
        can_quantise=True,
    )


def _later(config: Mapping[str, object]) -> Shape | None:
    """Return the sizes of ChatGLM2 and 3: grouped keys and values, a gated feed-forward layer."""
    names = ("hidden_size", "ffn_hidden_size", "num_layers", "padded_vocab_size", "seq_length", "kv_channels")
    sizes = _sizes(config, *names, "num_attention_heads", "multi_query_group_num")
    if sizes is None:
        return None
    hidden, inner, num_layers, vocab, max_tokens, channels, heads, groups = sizes
    queries, keys = heads * channels, groups * channels
    return Shape(
        block_weights=num_layers * hidden * (2 * queries + 2 * keys + 3 * inner),
        block_rows=num_layers * (queries + 2 * keys + 2 * hidden + 2 * inner),
        embedding=vocab * hidden,
        head=vocab * hidden,
        num_layers=num_layers,
        kv_width=keys,
        max_tokens=max_tokens,
        stored_bits=_bits(config),
        can_quantise=True,
    )


def _native(config: Mapping[str, object]) -> Shape | None:
    """Return the sizes of a model with the names that transformers uses for most: gated, keys and values grouped."""
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "vocab_size", "num_attention_heads")
    sizes = _sizes(config, *names)
    if sizes is None:
        return None
    hidden, inner, num_layers, vocab, heads = sizes
    head_size = _size(config, "head_dim") or hidden // max(heads, 1)
    queries, keys = heads * head_size, (_size(config, "num_key_value_heads") or heads) * head_size
    return Shape(
        block_weights=num_layers * hidden * (2 * queries + 2 * keys + 3 * inner),
        block_rows=num_layers * (queries + 2 * keys + 2 * hidden + 2 * inner),
        embedding=vocab * hidden,
        head=0 if config.get("tie_word_embeddings") is True else vocab * hidden,
        num_layers=num_layers,
        kv_width=keys,
        max_tokens=_size(config, "max_position_embeddings") or CONVERSATION_TOKENS,
        stored_bits=None,
        can_quantise=False,
    )


def _sizes(config: Mapping[str, object], *names: str) -> tuple[int, ...] | None:
    sizes = [_size(config, name) for name in names]
    return tuple(size for size in sizes if size is not None) if None not in sizes else None


def _size(config: Mapping[str, object], name: str) -> int | None:
    value = config.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _bits(config: Mapping[str, object]) -> int | None:
    bits = config.get("quantization_bit")
    return bits if isinstance(bits, int) and bits in (4, 8) else None
