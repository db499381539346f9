"""Rotary position embedding of ChatGLM-6B, in two dimensions or one."""

from functools import cache

import torch
from torch import Tensor

BASE = 10000.0


def inverse_frequencies(dim: int) -> Tensor:
    """Return the angle per position of each pair of channels: (dim/2,), float32.

    The published code casts them to float16 at construction, so float32 runs too see the rounded values;
    unrounded ones cost 0.02 in the cosine at position 200.
    """
    exponents = torch.arange(0, dim, 2, dtype=torch.int64).float() / dim
    return (1.0 / BASE**exponents).half().float()


@cache
def frequencies_on(device: torch.device, dim: int) -> Tensor:
    """Return the same on a device, where they stay: a step that is captured must not copy from the host."""
    with torch.inference_mode(False):
        return inverse_frequencies(dim).to(device)


def rotary_tables(positions: Tensor, frequencies: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return cosine and sine of each position's angles.

    positions: (..., T), frequencies: (D/2,); returns two tensors (..., T, D) of `dtype`.
    A float16 run computes angle, cosine and sine in float16, as the published code does. bfloat16 has too
    few bits to number 2,048 positions, so there the angles are computed in float32.
    """
    working = torch.float16 if dtype == torch.float16 else torch.float32
    angles = positions.to(working)[..., None] * frequencies.to(working)
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair of channels (i, i + D/2) by its position's angle.

    x: (..., D), cos and sin the same or to be broadcast to it; returns the shape of x.
    ChatGLM-6B does this with each half of a head, by a position coordinate each.
    """
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin
