"""The configuration of ChatGLM-6B, in the keys of its published config.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import PretrainedConfig

from glmbot.errors import CheckpointError
from glmbot.serving.models.config2 import ChatGLM2Config
from glmbot.serving.models.family import CONFIG_FILE, FLOAT32_ROTARY, Family, family_of

_SIZES = ("vocab_size", "hidden_size", "num_layers", "num_attention_heads", "inner_hidden_size", "max_sequence_length")


FIRST_VOCAB_SIZE = 150528
"""The first revision, of March 2023: 20,000 rows for image tokens came first, which all other ids stand behind."""
NUM_IMAGE_ROWS = 20_000
_IDS = {
    "pad_token_id": 3,
    "mask_token_id": 130000,
    "gmask_token_id": 130001,
    "bos_token_id": 130004,
    "eos_token_id": 130005,
}
_FIRST_IDS = {name: token + NUM_IMAGE_ROWS for name, token in _IDS.items()}


class ChatGLMConfig(PretrainedConfig):
    """ChatGLM-6B's shape and special ids; the defaults are those of the real model.

    All three generations call themselves "chatglm": `from_dict` returns the configuration of the right one.
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
        pad_token_id: int | None = None,
        mask_token_id: int | None = None,
        gmask_token_id: int | None = None,
        bos_token_id: int | None = None,
        eos_token_id: int | None = None,
        **kwargs: Any,
    ) -> None:
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
        default = _FIRST_IDS if vocab_size == FIRST_VOCAB_SIZE else _IDS
        self.mask_token_id = default["mask_token_id"] if mask_token_id is None else mask_token_id
        self.gmask_token_id = default["gmask_token_id"] if gmask_token_id is None else gmask_token_id
        _check_sizes(self)
        kwargs |= {
            "tie_word_embeddings": False,
            "pad_token_id": default["pad_token_id"] if pad_token_id is None else pad_token_id,
            "bos_token_id": default["bos_token_id"] if bos_token_id is None else bos_token_id,
            "eos_token_id": default["eos_token_id"] if eos_token_id is None else eos_token_id,
        }
        super().__init__(**kwargs)

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """Return the configuration of the generation that the keys belong to."""
        if "padded_vocab_size" not in config_dict:
            return super().from_dict(config_dict, **kwargs)
        is_third = _family(config_dict, Path(str(kwargs.get("name_or_path", "")))) is Family.CHATGLM3
        return ChatGLM2Config.from_dict({FLOAT32_ROTARY: is_third} | config_dict, **kwargs)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, *args: Any, **kwargs: Any) -> Any:
        """Load from a directory, whose other files tell ChatGLM2 and ChatGLM3 apart."""
        kwargs.setdefault("name_or_path", str(pretrained_model_name_or_path))
        return super().from_pretrained(pretrained_model_name_or_path, *args, **kwargs)


def _family(settings: Mapping[str, Any], directory: Path) -> Family:
    """Return the family of a later generation: by all files of its directory, where that is known."""
    if (directory / CONFIG_FILE).is_file():
        return family_of(directory)
    return Family.CHATGLM3 if Family.CHATGLM3 in str(settings.get("_name_or_path", "")).lower() else Family.CHATGLM2


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
