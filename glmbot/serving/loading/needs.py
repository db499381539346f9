"""What a model needs in memory, and the precision that a machine has room for."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from transformers import PretrainedConfig

from glmbot.errors import CheckpointError
from glmbot.serving.loading.precision import KvPrecision, Precision
from glmbot.serving.models.stored import StoredEmbedding

logger = logging.getLogger(__name__)

CONVERSATION_TOKENS = 2048
"""A full conversation of ChatGLM-6B; the later models can go on longer, for as much again a turn."""
MAX_FLOAT32_BYTES = 1_000_000_000
WORKING_BYTES = 500_000_000
"""Activations of a full prompt, and what is read while weights are changed; ChatGLM-6B, 2026-11-25."""
_SMALL = 100_000_000
_KV_BYTES = {KvPrecision.HALF: 2.0, KvPrecision.INT8: 1.04}
"""A number's size; int8 has a float32 scale for each head and token besides."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A precision, and why it was chosen."""

    precision: Precision
    reason: str


def weight_bytes(model: nn.Module) -> int:
    """Return what the weights of a network take once they are used; file-mapped embeddings count by touched rows."""
    owners = ((owner, tensor) for owner in model.modules() for tensor in _own_tensors(owner))
    return sum(tensor.numel() * tensor.element_size() for owner, tensor in owners if not _is_mapped(owner))


def conversation_bytes(config: PretrainedConfig, kv: KvPrecision, compute: torch.dtype) -> int:
    """Return what the keys and values of a full conversation take."""
    heads = getattr(config, "multi_query_group_num", None)
    width: int = heads * config.kv_channels if heads else config.hidden_size
    num_tokens = min(CONVERSATION_TOKENS, max_length(config))
    num_layers: int = config.num_layers
    return round(2 * num_layers * width * num_tokens * _KV_BYTES.get(kv, compute.itemsize))


def max_length(config: PretrainedConfig) -> int:
    """Return how many tokens prompt and answer may have together."""
    return int(getattr(config, "max_sequence_length", None) or config.seq_length)


def choose_kv(config: PretrainedConfig, precision: Precision, device: torch.device) -> KvPrecision:
    """Return how keys and values are kept unless someone says: in 8 bits where the weights are rounded as much.

    8 bits turn the logits less than bfloat16 weights do (mean cosine 0.999992 against 0.999979 on the v1_e2e fixture,
    2026-11-25).
    """
    if device.type != "cpu":
        return KvPrecision.FULL
    if precision.bits or precision == Precision.BF16:
        return KvPrecision.INT8
    is_small = conversation_bytes(config, KvPrecision.FULL, torch.float32) < _SMALL
    return KvPrecision.FULL if precision == Precision.FP32 and is_small else KvPrecision.HALF


Needed = Callable[[Precision], int]
"""How many bytes a model needs in a precision."""


def choose_precision(needed: Needed, device: torch.device, available: int | None, stored_bits: int | None) -> Choice:
    """Choose by what the machine has: the most exact that fits.

    GPUs: float16, as published. CPUs: float32 while that stays small, since it is exact and the fastest there; beyond
    that float16 (which is mapped from the published files), int8, int4.
    """
    best = Precision.FP16 if device.type == "cuda" else Precision.FP32
    if stored_bits:
        return Choice(best, f"the checkpoint is quantised to {stored_bits} bits; the rest stays exact")
    if device.type == "cpu" and needed(best) < MAX_FLOAT32_BYTES:
        return Choice(best, "the model is small")
    for precision in (Precision.FP16, Precision.INT8, Precision.INT4):
        if available is None or needed(precision) <= available:
            return Choice(precision, _reason(needed(precision), available))
    return Choice(Precision.INT4, "no other comes as near to fitting")


def check_memory(
    directory: Path, needed: Needed, precision: Precision, device: torch.device, available: int | None
) -> None:
    """Raise CheckpointError when a model does not fit, naming the precision that does."""
    if available is None or needed(precision) <= available:
        return
    narrower = [Precision.FP16, Precision.INT8, Precision.INT4]
    fitting = next((other for other in narrower if needed(other) <= available), None)
    remedy = (
        f"{fitting.value} would fit: it needs {_gb(needed(fitting))}"
        if fitting
        else f"even int4 needs {_gb(needed(Precision.INT4))}: free memory, or use a smaller model or another machine"
    )
    raise CheckpointError(
        f"the model in {str(directory)!r} needs {_gb(needed(precision))} in {precision.value}, but {str(device)!r} has "
        f"{_gb(available)} free; {remedy}"
    )


def _reason(needed: int, available: int | None) -> str:
    return f"it needs {_gb(needed)}" + (f" of {_gb(available)} free" if available is not None else "")


def _gb(num_bytes: int) -> str:
    return f"{num_bytes / 1e9:.1f} GB"


def _own_tensors(owner: nn.Module) -> list[torch.Tensor]:
    return [*owner.parameters(recurse=False), *owner.buffers(recurse=False)]


def _is_mapped(owner: nn.Module) -> bool:
    return isinstance(owner, StoredEmbedding)


def total_bytes(model: nn.Module, config: PretrainedConfig, kv: KvPrecision, compute: torch.dtype) -> int:
    """Return what a model needs with one full conversation, besides this process as it is now."""
    weights = weight_bytes(model)
    working = min(WORKING_BYTES, weights)  # small models have small activations
    return weights + conversation_bytes(config, kv, compute) + working
