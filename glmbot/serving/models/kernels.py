"""torch's own kernels for int8 weights on the CPU, used where they are there and right."""

from functools import cache

import torch
from torch import Tensor

MAX_KERNEL_ROWS = 8
"""Tokens at a time up to which torch's int8 kernel is the fastest (16384 x 4096 weights, AMD EPYC with AVX512-BF16,
2026-11-26: 8 ms for one token, 22 for eight, 44 for sixteen; in chunks of bfloat16 22 to 42 for sixteen)."""
_ALIGNMENT = 64
_READ_BYTES = 16
_MAX_UNALIGNED_ROWS = 2
_TOLERANCE = 0.02
"""Relative to the largest output; bfloat16 keeps 8 bits, so a right kernel is off by 0.004."""
_INT4_CHUNK_ROWS = 256


def multiply_int8(x: Tensor, weight: Tensor, scale: Tensor) -> Tensor | None:
    """Return x (weight * scale)^T in float32, (M, N), or None where this machine has no kernel for the shape.

    x: (M, K), rounded to bfloat16; weight: int8 (N, K); scale: (N,). In other precisions the kernel is 8 times
    slower than in bfloat16 (18 against 2 ms for 4096 x 4096, AVX2, torch 2.13, 2026-11-25).
    """
    num_whole = len(weight) - len(weight) % _ALIGNMENT  # ChatGLM-6B's head has 32 rows more than the kernel takes
    if not num_whole or not is_right(x.shape[1], num_whole):
        return None
    out = _int8(x.bfloat16(), weight[:num_whole], _ones(num_whole)).float()
    if num_whole < len(weight):
        out = torch.cat((out, x.bfloat16().float() @ weight[num_whole:].float().T), dim=1)
    # the scale is applied outside, in float32: bfloat16 would round it
    return out * scale.float()


def multiply_int4(x: Tensor, packed: Tensor, scale: Tensor) -> Tensor | None:
    """The same for packed: int8 (N, K/2) with two numbers of 4 bits a byte, the even column in the high half.

    `b & -16` and `b << 4` are sixteen times the two numbers, so nothing has to be interleaved: x's even and odd columns
    are multiplied apart.
    """
    if not is_right(packed.shape[1], len(packed)):
        return None
    even, odd = (x[:, first::2].bfloat16().contiguous() for first in (0, 1))
    parts = []
    for rows in packed.split(_INT4_CHUNK_ROWS):
        ones = _ones(len(rows))
        parts.append(_int8(even, rows & -16, ones).float() + _int8(odd, rows << 4, ones).float())
    return torch.cat(parts, dim=1) * (scale.float() / 16)


@cache
def wide_dtype() -> torch.dtype:
    """Return what many tokens are multiplied in the fastest: bfloat16 where the processor has instructions for it.

    It is then 2 to 7 times as fast as float32, without them 4 to 7 times slower.
    """
    checks = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return torch.bfloat16 if any(check() for check in checks if check) else torch.float32


@cache
def is_right(num_columns: int, num_rows: int) -> bool:
    """Tell whether the kernel can be used for a shape: it is private to torch, so it is compared with plain torch."""
    if num_columns % _ALIGNMENT or num_rows % _ALIGNMENT:
        return False
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, num_columns, generator=generator)
    weight = torch.randint(-127, 128, (_ALIGNMENT, num_columns), dtype=torch.int8, generator=generator)
    plain = x.bfloat16().float() @ weight.float().T
    try:
        ours = _int8(x.bfloat16(), weight, _ones(_ALIGNMENT)).float()
    except (AttributeError, NotImplementedError, RuntimeError, TypeError):  # whatever another version makes of it
        return False
    return ours.shape == plain.shape and bool((ours - plain).abs().max() <= _TOLERANCE * plain.abs().max())


def _int8(x: Tensor, weight: Tensor, ones: Tensor) -> Tensor:
    """Multiply by torch's kernel.

    With four rows it reads weights 16 bytes at a time, and crashes the process where they do not begin at a multiple of
    that (torch 2.13, AVX512): in a mapped file they may not.
    """
    if len(x) > _MAX_UNALIGNED_ROWS and weight.data_ptr() % _READ_BYTES:
        return torch.cat([_int8(part, weight, ones) for part in x.split(_MAX_UNALIGNED_ROWS)])
    out: Tensor = torch._weight_int8pack_mm(x, weight, ones)
    return out


@cache
def _ones(length: int) -> Tensor:
    return torch.ones(length, dtype=torch.bfloat16)
