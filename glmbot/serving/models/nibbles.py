"""Two numbers of 4 bits in a byte, as in the published quantised checkpoints."""

import torch
from torch import Tensor


def pack(numbers: Tensor) -> Tensor:
    """Put two numbers of 4 bits into each byte, the even column in the high half: (N, K/2) from (N, K) int8."""
    return (numbers[:, ::2] << 4) | (numbers[:, 1::2] & 15)


def unpack(packed: Tensor) -> Tensor:
    """Return the 4-bit numbers of `pack`: (N, K) int8 from (N, K/2) int8."""
    return torch.stack((packed >> 4, (packed << 4) >> 4), dim=-1).flatten(1)
