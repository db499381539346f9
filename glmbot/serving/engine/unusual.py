"""Tells models that a batch or a reused prefix would change, where no short check at the start can show it."""

from transformers import PretrainedConfig

_MASKS = {"full_attention", "sliding_attention"}
"""Layers of which one new token sees all that came before it, or the newest ones."""
_GROWING = {"dynamic", "longrope"}
"""Rotary angles that transformers takes from the longest sequence of a pass (its `dynamic_rope_update`)."""


def changes_with_length(config: PretrainedConfig) -> bool:
    """Whether all tokens of a pass are turned by angles that depend on its longest sequence.

    Then one sequence would change its neighbours, and what was computed of a short prompt does not fit a longer one.
    """
    rope = getattr(config, "rope_parameters", None) or {}
    kinds = [rope, *(one for one in rope.values() if isinstance(one, dict))]  # one for all layers, or one a layer type
    return any(one.get("rope_type") in _GROWING for one in kinds)


def has_unusual_mask(config: PretrainedConfig) -> bool:
    """Whether some layers see other tokens than all, or a window of the newest: chunks, say, as Llama 4's do."""
    return not _MASKS.issuperset(getattr(config, "layer_types", None) or [])
