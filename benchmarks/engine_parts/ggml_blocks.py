"""Random weights in the blocks of ggml: 32 numbers in a row, a float16 scale, then 16 bytes with two numbers of 4 bits
each (q4_0), or 32 of 8 bits (q8_0)."""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

F32 = 0
TYPES = {"q4_0": 2, "q8_0": 8}
_BLOCK = 32
_NUM_RANDOM = 1 << 18
"""Blocks that are random; they are repeated."""
_SPREAD = 0.02
_DEVIATION = {"q4_0": 4.6, "q8_0": 73.9}
"""Of the evenly spread numbers in a block."""


def random_blocks(kind: str) -> NDArray[np.uint8]:
    """Return blocks as bytes: (blocks, 18) or (blocks, 34)."""
    random = np.random.default_rng(0)
    numbers = random.integers(0, 256, (_NUM_RANDOM, _num_bytes(kind) - 2), dtype=np.uint8)
    scales = np.full((_NUM_RANDOM, 1), _SPREAD / _DEVIATION[kind], dtype="<f2").view(np.uint8)
    return np.concatenate([scales, numbers], axis=1)


def write_blocks(file: BinaryIO, blocks: NDArray[np.uint8], num_weights: int) -> None:
    """Append so many weights."""
    count = num_weights // _BLOCK
    while count > 0:
        part = blocks[:count]
        file.write(part.data)
        count -= len(part)


def stored_bytes(kind: str, num_weights: int) -> int:
    """Return how many bytes they take."""
    return num_weights // _BLOCK * _num_bytes(kind)


def _num_bytes(kind: str) -> int:
    return 2 + (_BLOCK // 2 if kind == "q4_0" else _BLOCK)
