"""Layers whose weights stay as they are stored, in 16 bits and in the file's memory map, while they compute wider."""

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear

from glmbot.serving.loading.mapping import release
from glmbot.serving.models.kernels import MAX_KERNEL_ROWS, wide_dtype
from glmbot.serving.models.quantize import in_chunks

_MANY_ROWS = 64


class StoredEmbedding(nn.Module):
    """Token embeddings that are read from the file row by row: their pages are given back after long prompts."""

    def __init__(self, weight: Tensor, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.dtype = dtype
        self.is_mapped = False

    def forward(self, input_ids: Tensor) -> Tensor:
        """Return (..., C) from ids (...)."""
        rows = embedding(input_ids, self.weight).to(self.dtype)
        if self.is_mapped and input_ids.numel() > _MANY_ROWS:
            release(self.weight)
        return rows


class StoredLinear(nn.Module):
    """A linear layer on the CPU with 16-bit weights, computing in float32 a chunk of rows at a time.

    Without 16-bit instructions torch is 4 to 7 times slower in bfloat16 and float16 than this (64 tokens through 4096 x
    4096: 217 against 49 ms, AVX2, 2026-11-25). `is_fast` lets weights in bfloat16 be multiplied as they are: by a few
    tokens, and by all of them where there are such instructions.
    """

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = layer.in_features, layer.out_features
        self.weight = nn.Parameter(layer.weight.detach(), requires_grad=False)
        self.bias = layer.bias
        self.is_fast = False

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., N) from (..., K)."""
        rows = x.flatten(0, -2)
        is_narrow = len(rows) <= MAX_KERNEL_ROWS or wide_dtype() == torch.bfloat16
        if self.is_fast and is_narrow and self.weight.dtype == torch.bfloat16:
            out = linear(rows.bfloat16(), self.weight).float()
        else:
            out = in_chunks(rows.float(), self.weight, Tensor.to)
        if self.bias is not None:
            out = out + self.bias
        return out.to(x.dtype).view(*x.shape[:-1], self.out_features)
