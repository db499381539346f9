"""The configuration of ChatGLM-6B, in the keys of its published config.json."""

from typing import Any

from transformers import PretrainedConfig

from glmbot.errors import CheckpointError

_SIZES = ("vocab_size", "hidden_size", "num_layers", "num_attention_heads", "inner_hidden_size", "max_sequence_length")


class ChatGLMConfig(PretrainedConfig):
    """ChatGLM-6B's shape and special ids; the defaults are those of the real model.

    All three generations call themselves "chatglm"; the later ones have `padded_vocab_size`.
    """

    model_type = "chatglm"
    keys_to_ignore_at_inference = ["past_key_values"]  # noqa: RUF012  transformers reads a plain list

    def __init__(
        self,
        vocab_size: int = 130528,
        hidden_size: int = 4096,
        num_layers: int = 28,
        num_attention_heads: int = 32,
        inner_hidden_size: int = 16384,
        layernorm_epsilon: float = 1e-5,
        max_sequence_length: int = 2048,
        position_encoding_2d: bool = True,
        pad_token_id: int = 3,
        mask_token_id: int = 130000,
        gmask_token_id: int = 130001,
        bos_token_id: int = 130004,
        eos_token_id: int = 130005,
        **kwargs: Any,
    ) -> None:
        _refuse_other_generations(kwargs)
        kwargs.pop("auto_map", None)  # names code that would come with the checkpoint: never run
        kwargs.pop("tie_word_embeddings", None)
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.num_hidden_layers = num_layers
        self.num_attention_heads = num_attention_heads
        self.inner_hidden_size = inner_hidden_size
        self.layernorm_epsilon = layernorm_epsilon
        self.max_sequence_length = max_sequence_length
        self.position_encoding_2d = position_encoding_2d
        self.mask_token_id = mask_token_id
        self.gmask_token_id = gmask_token_id
        _check_sizes(self)
        kwargs |= {
            "tie_word_embeddings": False,
            "pad_token_id": pad_token_id,
            "bos_token_id": bos_token_id,
            "eos_token_id": eos_token_id,
        }
        super().__init__(**kwargs)


def _check_sizes(config: ChatGLMConfig) -> None:
    """Raise CheckpointError for numbers that no network has."""
    for name in _SIZES:
        size = getattr(config, name)
        if not isinstance(size, int) or size <= 0:
            raise CheckpointError(f"{name!r} must be a whole number above 0, not {size!r}")
    if not isinstance(config.layernorm_epsilon, float) or config.layernorm_epsilon <= 0:
        raise CheckpointError(f"'layernorm_epsilon' must be a number above 0, not {config.layernorm_epsilon!r}")
    parts = 4 * config.num_attention_heads  # a head is rotated in two halves, each in pairs of channels
    if config.hidden_size % parts:
        raise CheckpointError(
            f"'hidden_size' {config.hidden_size} must be a multiple of {parts}: four times 'num_attention_heads'"
        )


def _refuse_other_generations(kwargs: dict[str, Any]) -> None:
    if "padded_vocab_size" in kwargs:
        raise CheckpointError(
            "config.json has 'padded_vocab_size', so this is ChatGLM2, ChatGLM3 or GLM-4; "
            "supported is ChatGLM-6B, whose config.json has 'inner_hidden_size'"
        )
    if kwargs.get("quantization_bit"):
        raise CheckpointError(
            f"config.json has 'quantization_bit' {kwargs['quantization_bit']}: quantised checkpoints are not "
            "supported yet; use the float16 one"
        )
    if kwargs.get("pre_seq_len"):
        raise CheckpointError("config.json has 'pre_seq_len': P-tuning prefixes are not supported yet")
