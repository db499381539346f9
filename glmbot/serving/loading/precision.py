"""In which precision a model's weights and its keys and values are kept."""

from enum import StrEnum

import torch


class Precision(StrEnum):
    """How weights are kept. Int8 and int4 mean the linear layers of the blocks, and the head in int8."""

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"
    INT8 = "int8"
    INT4 = "int4"

    @property
    def bits(self) -> int | None:
        """The bits of a quantised weight, None where weights are floats."""
        return {Precision.INT8: 8, Precision.INT4: 4}.get(self)

    @property
    def dtype(self) -> torch.dtype:
        """What the weights are that are not quantised; float16 beside quantised ones, as published."""
        return {Precision.FP32: torch.float32, Precision.BF16: torch.bfloat16}.get(self, torch.float16)

    def compute(self, device: torch.device) -> torch.dtype:
        """What is computed in: float32 on CPUs, where 16 bits save only memory, and the weights' own on GPUs."""
        return torch.float32 if device.type == "cpu" else self.dtype


def as_precision(precision: Precision | torch.dtype) -> Precision:
    """Return the precision that keeps weights in a dtype."""
    if isinstance(precision, Precision):
        return precision
    return {torch.float16: Precision.FP16, torch.bfloat16: Precision.BF16}.get(precision, Precision.FP32)


class KvPrecision(StrEnum):
    """How the keys and values of a conversation are kept: as computed, in float16, or in int8."""

    FULL = "full"
    HALF = "half"
    INT8 = "int8"
