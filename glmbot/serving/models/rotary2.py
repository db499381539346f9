"""Rotary position embedding of ChatGLM2 and ChatGLM3: neighbouring channels, on the first half of a head."""

import torch
from torch import Tensor

from glmbot.serving.models.rotary import BASE


def pair_tables(
    positions: Tensor, dim: int, dtype: torch.dtype, *, is_float32: bool, ratio: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Return cosine and sine of each position's angles, one for each pair of channels.

    positions: (B, T); dim: rotated channels of a head, R; returns two tensors (B, T, R/2) of `dtype`.
    ChatGLM2 computes frequencies and angles in the precision of its weights, ChatGLM3 (`is_float32`) always in
    float32; both in float32 where the weights are, so there the two networks are the same. bfloat16 numbers positions
    up to 256 only, so there float32 is used for both. `ratio` is above 1 in the models for 32k tokens: ChatGLM2-6B-32k
    divides the positions by it, ChatGLM3-6B-32k multiplies the base.
    """
    working = torch.float32 if is_float32 or dtype != torch.float16 else dtype
    steps = torch.arange(0, dim, 2, device=positions.device).to(working)
    base, stretch = (BASE * ratio, 1.0) if is_float32 else (BASE, ratio)
    frequencies = 1.0 / base ** (steps / dim)
    angles = (positions.to(working)[..., None] / stretch * frequencies).float()
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate_pairs(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the channel pairs (2i, 2i+1) of the first R channels by their position's angle; the others stay.

    x: (B, H, T, D), cos and sin: (B, 1, T, R/2); returns the shape of x.
    """
    num_rotated = 2 * cos.shape[-1]
    turned, passed = x[..., :num_rotated], x[..., num_rotated:]
    even, odd = turned[..., ::2], turned[..., 1::2]
    pairs = torch.stack((even * cos - odd * sin, odd * cos + even * sin), dim=-1)
    return torch.cat((pairs.flatten(-2), passed), dim=-1)
