"""Linear layers with 8- and 4-bit weights, in the layout of the published quantised checkpoints."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from glmbot.serving.loading.mapping import release
from glmbot.serving.models import compiled
from glmbot.serving.models.cuda_linear import MAX_ROWS, GpuWeights, Kernels, gpu_weights
from glmbot.serving.models.kernels import MAX_KERNEL_ROWS, multiply_int4, multiply_int8, wide_dtype
from glmbot.serving.models.nibbles import pack, unpack

BLOCK_LINEARS = ("query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h")
"""The linear layers of a block, in all generations; only they are quantised in published checkpoints."""
_CHUNK_WEIGHTS = 1 << 22
"""Weights dequantised at a time for many tokens: 16 MiB in float32."""
_NARROW_CHUNK_WEIGHTS = 1 << 20
"""The same in bfloat16: 2 MiB."""
_FEW_ROWS = 4
_SMALL_CHUNK_WEIGHTS = 1 << 18
"""The same for few tokens, where the reading of weights is what takes time: 1 MiB stays in a core's own cache.
6 ms against 10 to 40 ms for 4096 x 4096 weights, AMD EPYC with AVX2, 2026-11-25."""


def quantise(weight: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Return whole numbers and their row scales: int8 (N, K) and float16 (N,) from floats (N, K).

    As published: symmetric, one scale a row, rounded to float16; the quotient is rounded to float16 too before it is
    rounded half to even (a float32 quotient flips few entries, counted in the fixtures' quant_info.json).
    """
    numbers = torch.empty(weight.shape, dtype=torch.int8, device=weight.device)
    scale = torch.empty(len(weight), dtype=torch.float16, device=weight.device)
    size = max(1, _CHUNK_WEIGHTS // weight.shape[1])
    for start in range(0, len(weight), size):
        part = slice(start, start + size)
        numbers[part], scale[part] = _quantise_rows(weight[part], 2 ** (bits - 1) - 1)
    return numbers, scale


def _quantise_rows(rows: Tensor, largest: int) -> tuple[Tensor, Tensor]:
    rows = rows.half().float()
    scale = (rows.abs().amax(dim=1) / largest).half()
    quotient = (rows / scale.float()[:, None]).half().float()
    # a row of zeros has scale 0 and no quotient; scales below float16's precision would leave the range
    return quotient.round().nan_to_num(0.0).clamp(-largest, largest).to(torch.int8), scale


class QuantisedLinear(nn.Module):
    """A linear layer whose weights are kept in 8 or 4 bits: y = x (weight * weight_scale)^T + bias.

    `weight`: int8 (N, K), or (N, K/2) with two numbers a byte; `weight_scale`: float16 (N,). Computes in float32 on
    the CPU and in x's own precision on a GPU.

    `hurry` gives up exactness for speed. Where there are compiled kernels it lays the weights out for them, so `weight`
    is another then, and x is rounded to 8 bits, in groups of 256 columns. Elsewhere x and y are rounded to bfloat16
    where that is faster: a few tokens take torch's int8 kernel, more are multiplied in bfloat16 where the processor
    has instructions for it. On a GPU a few tokens take torch's kernels (`cuda_linear.py`).
    """

    weight: Tensor
    weight_scale: Tensor

    def __init__(self, in_features: int, out_features: int, bits: int, *, bias: bool = True) -> None:
        super().__init__()
        self.in_features, self.out_features, self.bits = in_features, out_features, bits
        self.is_fast = False
        self.is_laid_out = False
        self.is_mapped = False
        self._scale: Tensor = torch.empty(0)  # both as the compiled kernels read them
        self._bias: Tensor | None = None
        self._on_gpu: GpuWeights | None = None
        num_columns = in_features if bits == 8 else in_features // 2
        self.register_buffer("weight", torch.empty(out_features, num_columns, dtype=torch.int8))
        self.register_buffer("weight_scale", torch.empty(out_features, dtype=torch.float16))
        self.bias = nn.Parameter(torch.empty(out_features), requires_grad=False) if bias else None

    @classmethod
    def shaped_like(cls, layer: nn.Linear, bits: int) -> "QuantisedLinear":
        """Return an empty layer for the quantised weights of another, on its device."""
        with layer.weight.device:
            quantised = cls(layer.in_features, layer.out_features, bits, bias=layer.bias is not None)
        if layer.bias is not None:
            quantised.bias = nn.Parameter(torch.empty_like(layer.bias), requires_grad=False)
        return quantised

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., N) from (..., K)."""
        if x.is_cuda or self._on_gpu is not None:
            return self._multiply_on_gpu(x)
        rows = x.flatten(0, -2)
        if self.is_laid_out:
            size = self.out_features
            out = compiled.multiply(rows.float(), self.weight, self._scale, self._bias, size, self.bits)
        else:
            out = self._multiply(rows)
            out = out if self.bias is None else out + self.bias
        return out.to(x.dtype).view(*x.shape[:-1], self.out_features)

    def dequantise(self, dtype: torch.dtype) -> Tensor:
        """Return the weights as floats, (N, K)."""
        return self._numbers().to(dtype) * self.weight_scale.to(dtype)[:, None]

    def _numbers(self) -> Tensor:
        if self.is_laid_out:
            return compiled.numbers_of(self.weight, self.out_features, self.in_features, self.bits)
        if self._on_gpu is not None:
            return self._on_gpu.numbers()
        return self.weight if self.bits == 8 else unpack(self.weight)

    def hurry(self) -> None:
        """Compute as fast as this machine can; the weights are no longer changed then."""
        if self.weight.is_cuda:
            self.hurry_on_gpu()
            return
        self.is_fast = True
        if not compiled.is_usable() or self.is_laid_out:
            return
        stored, self.weight = self.weight, compiled.lay_out(self.weight, self.in_features, self.bits)
        if self.is_mapped:
            release(stored)
        self._scale = compiled.filled(self.weight_scale)
        self._bias = compiled.filled(self.bias) if self.bias is not None else None
        self.is_laid_out = True

    def hurry_on_gpu(self, kernels: Kernels | None = None) -> None:
        """Let few tokens be multiplied by a kernel of torch's, where that is right; what it needs replaces `weight`."""
        self._on_gpu = gpu_weights(self.weight, self.weight_scale, self.bits, kernels)
        if self._on_gpu is not None:
            self.weight = self.weight.new_empty(0)

    def assign(self, weight: Tensor) -> None:
        """Take weights to quantise: floats (N, K)."""
        numbers, self.weight_scale = quantise(weight, self.bits)
        self.weight = numbers if self.bits == 8 else pack(numbers)

    def _multiply_on_gpu(self, x: Tensor) -> Tensor:
        """Return (..., N) from (..., K): many tokens, and all in float32, by the weights in x's type."""
        rows = x.flatten(0, -2)
        if self._on_gpu is None or len(rows) > MAX_ROWS or x.dtype == torch.float32:
            return linear(x, self.dequantise(x.dtype), self.bias)
        out = self._on_gpu.multiply(rows).view(*x.shape[:-1], self.out_features)
        return out if self.bias is None else out + self.bias

    def _multiply(self, rows: Tensor) -> Tensor:
        """Return (M, N) in float32 from (M, K)."""
        is_few = len(rows) <= MAX_KERNEL_ROWS
        if self.is_fast and is_few:
            kernel = multiply_int8 if self.bits == 8 else multiply_int4
            if (out := kernel(rows, self.weight, self.weight_scale)) is not None:
                return out
        rows = rows.to(wide_dtype() if self.is_fast and not is_few else torch.float32)
        return in_chunks(rows, self.weight, self._widened).float().mul_(self.weight_scale.float())

    def _widened(self, weight: Tensor, dtype: torch.dtype) -> Tensor:
        """Return the whole numbers of some rows in a type of floats, which holds all of them exactly: (n, K)."""
        if self.bits == 8:
            return weight.to(dtype)
        out = torch.empty(*weight.shape, 2, dtype=dtype)
        out[..., 0] = weight >> 4
        out[..., 1] = (weight << 4) >> 4
        return out.flatten(1)


def in_chunks(x: Tensor, weight: Tensor, widened: Callable[[Tensor, torch.dtype], Tensor]) -> Tensor:
    """Multiply by weights that are brought to x's type some rows at a time: (M, N) from (M, K) and (N, ...)."""
    most = _CHUNK_WEIGHTS if x.dtype == torch.float32 else _NARROW_CHUNK_WEIGHTS
    size = max(1, (_SMALL_CHUNK_WEIGHTS if len(x) <= _FEW_ROWS else most) // x.shape[1])
    out = torch.empty(len(x), len(weight), dtype=x.dtype)
    for start in range(0, len(weight), size):
        out[:, start : start + size] = linear(x, widened(weight[start : start + size], x.dtype))
    return out


def quantise_blocks(model: nn.Module, bits: int) -> None:
    """Replace the linear layers of a network's blocks: quantised, or empty where they are on the meta device."""
    for parent, name, layer in list(block_linears(model)):
        quantised = QuantisedLinear.shaped_like(layer, bits)
        if not layer.weight.is_meta:
            quantised.assign(layer.weight.detach())
            quantised.bias = layer.bias
        setattr(parent, name, quantised)


def block_linears(model: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Linear]]:
    """Go over the linear layers of all blocks: their parent, their name in it, and they themselves."""
    for path, parent in model.named_modules():
        for name, layer in parent.named_children():
            if isinstance(layer, nn.Linear) and name in BLOCK_LINEARS and ".layers." in f".{path}.":
                yield parent, name, layer
