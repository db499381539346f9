"""Sizes in a config.json that no model has: refused before anything is built from them."""

from collections.abc import Mapping
from pathlib import Path

from glmbot.errors import CheckpointError

_MAX_SIZES = {
    **dict.fromkeys(("num_layers", "num_hidden_layers"), 1_000),
    **dict.fromkeys(("hidden_size", "num_attention_heads", "kv_channels", "multi_query_group_num"), 100_000),
    **dict.fromkeys(("inner_hidden_size", "ffn_hidden_size", "pre_seq_len"), 1_000_000),
    **dict.fromkeys(("vocab_size", "padded_vocab_size"), 10_000_000),
    **dict.fromkeys(("max_sequence_length", "seq_length"), 100_000_000),
}
"""Far above the largest models of today."""


def check_sizes(path: Path, settings: Mapping[str, object]) -> None:
    """Raise CheckpointError for a size that is no size."""
    for name, largest in _MAX_SIZES.items():
        size = settings.get(name)
        if isinstance(size, int | float) and not 0 <= size <= largest:
            raise CheckpointError(
                f"{str(path)!r}: {name!r} is {size!r}, but no model has more than {largest}; take config.json from "
                "where the model came from"
            )
