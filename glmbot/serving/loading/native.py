"""Loads networks that transformers has itself, without code from the checkpoint."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, PreTrainedModel

from glmbot.errors import CheckpointError, ConfigError
from glmbot.serving.engine.batch import ATTENTION, register_attention
from glmbot.serving.loading.memory import available_bytes
from glmbot.serving.loading.needs import WORKING_BYTES
from glmbot.serving.loading.precision import Precision
from glmbot.serving.loading.shards import find_shards

_LOAD_ERRORS = (SafetensorError, OSError, ValueError, RuntimeError, KeyError, ImportError, AttributeError, TypeError)
"""What transformers raises for missing, damaged and misshaped files, and for models that it does not have."""


def load_native_model(directory: Path, precision: Precision, device: torch.device) -> PreTrainedModel:
    """Load a causal model. Raises ConfigError or CheckpointError."""
    if precision.bits:
        raise ConfigError(
            f"precision {precision.value!r} is for ChatGLM models; take 'bf16' for the one in {str(directory)!r}, or a "
            "checkpoint of it that is quantised already"
        )
    _check_memory(directory, precision, device)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(directory), local_files_only=True, trust_remote_code=False, dtype=precision.dtype
        )
    except _LOAD_ERRORS as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise CheckpointError(
            f"the model in {str(directory)!r} cannot be loaded: {reason}; fetch it again, or update transformers if "
            "the model is newer than it"
        ) from error
    assert isinstance(model, PreTrainedModel)
    if model.config._attn_implementation == "sdpa":
        register_attention()
        model.set_attn_implementation(ATTENTION)
    model.requires_grad_(False)
    model.train(False)
    model.to(device)  # type: ignore[arg-type]  # torch wraps its own method
    return model


def choose_native(directory: Path, device: torch.device) -> Precision:
    """Return the precision that native models are made for, or float32 where they are small."""
    if device.type == "cpu" and 2 * _file_bytes(directory) < 2 * WORKING_BYTES:
        return Precision.FP32
    return Precision.BF16


def _check_memory(directory: Path, precision: Precision, device: torch.device) -> None:
    needed = _file_bytes(directory) * precision.dtype.itemsize // 2 + WORKING_BYTES  # files hold two bytes a number
    available = available_bytes(device)
    if available is not None and _file_bytes(directory) > WORKING_BYTES and needed > available:
        raise CheckpointError(
            f"the model in {str(directory)!r} needs about {needed / 1e9:.1f} GB in {precision.value}, but "
            f"{str(device)!r} has {available / 1e9:.1f} GB free; use a smaller model or another machine"
        )


def _file_bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in find_shards(directory))
