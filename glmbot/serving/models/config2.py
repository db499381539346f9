"""The configuration of ChatGLM2-6B and ChatGLM3-6B, in the keys of their published config.json."""

from typing import Any

from transformers import PretrainedConfig

from glmbot.errors import CheckpointError

_SIZES = (
    *("padded_vocab_size", "hidden_size", "num_layers", "num_attention_heads", "kv_channels", "ffn_hidden_size"),
    *("multi_query_group_num", "seq_length"),
)
_EXPECTED = {
    "apply_residual_connection_post_layernorm": False,
    "post_layer_norm": True,
    "rmsnorm": True,
    "add_bias_linear": False,
    "original_rope": True,
    "multi_query_attention": True,
}
"""What all published checkpoints have; another value would be another network."""


class ChatGLM2Config(PretrainedConfig):
    """The shape of ChatGLM2 and ChatGLM3; the defaults are those of the real ChatGLM2-6B.

    ChatGLM3's network differs in its rotary tables: `float32_rotary`, see rotary2.py. `rope_ratio` is above 1 in the
    models for 32k tokens.
    """

    model_type = "chatglm"
    keys_to_ignore_at_inference = ["past_key_values"]  # noqa: RUF012  transformers reads a plain list

    def __init__(
        self,
        padded_vocab_size: int = 65024,
        hidden_size: int = 4096,
        num_layers: int = 28,
        num_attention_heads: int = 32,
        kv_channels: int = 128,
        multi_query_group_num: int = 2,
        ffn_hidden_size: int = 13696,
        layernorm_epsilon: float = 1e-5,
        seq_length: int = 32768,
        add_qkv_bias: bool = True,
        float32_rotary: bool = False,
        rope_ratio: float = 1.0,
        eos_token_id: int = 2,
        pad_token_id: int = 0,
        **kwargs: Any,
    ) -> None:
        for key, expected in _EXPECTED.items():
            if kwargs.pop(key, expected) != expected:
                raise CheckpointError(f"{key!r} is {not expected}; supported are networks where it is {expected}")
        kwargs.pop("auto_map", None)  # names code that would come with the checkpoint: never run
        kwargs.pop("tie_word_embeddings", None)
        self.padded_vocab_size = padded_vocab_size
        self.vocab_size = padded_vocab_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.num_hidden_layers = num_layers
        self.num_attention_heads = num_attention_heads
        self.kv_channels = kv_channels
        self.multi_query_group_num = multi_query_group_num
        self.ffn_hidden_size = ffn_hidden_size
        self.layernorm_epsilon = layernorm_epsilon
        self.seq_length = seq_length
        self.add_qkv_bias = add_qkv_bias
        self.float32_rotary = float32_rotary
        self.rope_ratio = rope_ratio
        _check_sizes(self)
        kwargs |= {"tie_word_embeddings": False, "eos_token_id": eos_token_id, "pad_token_id": pad_token_id}
        super().__init__(**kwargs)


def _check_sizes(config: ChatGLM2Config) -> None:
    """Raise CheckpointError for numbers that no network has."""
    for name in _SIZES:
        size = getattr(config, name)
        if isinstance(size, bool) or not isinstance(size, int) or size <= 0:
            raise CheckpointError(f"{name!r} must be a whole number above 0, not {size!r}")
    if not isinstance(config.layernorm_epsilon, float) or config.layernorm_epsilon <= 0:
        raise CheckpointError(f"'layernorm_epsilon' must be a number above 0, not {config.layernorm_epsilon!r}")
    ratio = config.rope_ratio
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or ratio <= 0:
        raise CheckpointError(f"'rope_ratio' must be a number above 0, not {ratio!r}")
    if config.kv_channels % 4:  # half of it is rotated, in pairs
        raise CheckpointError(f"'kv_channels' {config.kv_channels} must be a multiple of 4")
    if config.num_attention_heads % config.multi_query_group_num:
        raise CheckpointError(
            f"'num_attention_heads' {config.num_attention_heads} must be a multiple of 'multi_query_group_num' "
            f"{config.multi_query_group_num}"
        )
