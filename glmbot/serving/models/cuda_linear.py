"""Multiplies by 8- and 4-bit weights with torch's own kernels for GPUs, where they are there, right and worth it.

The kernels take weights as they are for a few tokens, which is as often as the weights are read; for many, as of a
prompt, it is faster to widen them first. torch makes no promises about them: each layer's are tried on its weights, and
what fails in any way is widened always.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import linear

from glmbot.serving.models.nibbles import unpack

logger = logging.getLogger(__name__)

MAX_ROWS = 64
"""Tokens up to which the kernels are taken: the 4-bit one reads the weights once more for each 16 of them."""
GROUP = 128
"""Columns that share a scale in the 4-bit kernel; ours have one a row, which is repeated."""
_INNER_TILES = 8
_TILE_ROWS, _TILE_COLUMNS = 8, 16 * _INNER_TILES
"""How many weights the 4-bit kernel's layout keeps together: (N/8, K/128, 32, 4) int32 hold 8 x 128 each."""
_TOLERANCE = 0.02
"""Of the largest result: products are rounded to bfloat16, which has 8 bits, and so are the 4-bit kernel's scales."""
_NUM_RUNS = 5


class GpuWeights(Protocol):
    """The weights of a layer, as a kernel reads them."""

    def multiply(self, rows: Tensor) -> Tensor:
        """Return (M, N) from (M, K) in the type of the rows; at most `MAX_ROWS`."""

    def numbers(self) -> Tensor:
        """Return the whole numbers, int8 (N, K)."""


@dataclass(frozen=True, slots=True)
class Kernels:
    """torch's operators; tests have others."""

    multiply_int8: Callable[[Tensor, Tensor, Tensor], Tensor]
    pack_int4: Callable[[Tensor, int], Tensor]
    multiply_int4: Callable[[Tensor, Tensor, int, Tensor], Tensor]


@cache
def torch_kernels() -> Kernels:
    """Return the kernels of this torch. Raises AttributeError where it has them no more."""
    return Kernels(torch._weight_int8pack_mm, torch._convert_weight_to_int4pack, torch._weight_int4pack_mm)


class Int8Weights:
    """8 bits as published: int8 (N, K), and a scale a row, (N,)."""

    def __init__(self, kernels: Kernels, weight: Tensor, scale: Tensor) -> None:
        self._multiply, self._weight, self._scale = kernels.multiply_int8, weight, scale.float()

    def multiply(self, rows: Tensor) -> Tensor:
        """Return (M, N) from (M, K) in the type of the rows."""
        return self._multiply(rows.contiguous(), self._weight, self._scale).to(rows.dtype)

    def numbers(self) -> Tensor:
        """Return the whole numbers, int8 (N, K)."""
        return self._weight


class Int4Weights:
    """4 bits in the kernel's own order, which is found by packing places: no second copy is kept to widen from."""

    def __init__(self, kernels: Kernels, weight: Tensor, scale: Tensor) -> None:
        """Pack weights as published, int8 (N, K/2) with two numbers a byte, and scales (N,)."""
        self._multiply = kernels.multiply_int4
        self._packed = kernels.pack_int4(unsigned(weight), _INNER_TILES)
        self._scales = scales_and_zeros(scale, 2 * weight.shape[1])
        self._order = tile_order(kernels.pack_int4, weight.device)

    def multiply(self, rows: Tensor) -> Tensor:
        """Return (M, N) from (M, K) in the type of the rows; computed in bfloat16."""
        return self._multiply(rows.bfloat16().contiguous(), self._packed, GROUP, self._scales).to(rows.dtype)

    def numbers(self) -> Tensor:
        """Return the whole numbers, int8 (N, K)."""
        return in_rows(self._packed, self._order) - 8


def unsigned(weight: Tensor) -> Tensor:
    """Return two numbers a byte, each 8 above ours, the even column in the high half: uint8 (N, K/2) from int8."""
    return weight.view(torch.uint8) ^ 0x88  # the sign bit of both


def scales_and_zeros(scale: Tensor, num_columns: int) -> Tensor:
    """Return what the 4-bit kernel makes weights of, (q - 8) * scale + zero: (K/128, N, 2) bfloat16 from (N,)."""
    pairs = torch.stack((scale, torch.zeros_like(scale)), dim=-1).bfloat16()
    return pairs.expand(num_columns // GROUP, -1, -1).contiguous()


def tile_order(pack: Callable[[Tensor, int], Tensor], device: torch.device) -> Tensor:
    """Return for each weight of a tile, 8 x 128 in rows, where the kernel's layout has it: (1024,) of int64.

    A place has ten bits, of which three packs tell four each.
    """
    places = torch.arange(_TILE_ROWS * _TILE_COLUMNS, device=device).view(_TILE_ROWS, _TILE_COLUMNS)
    found = torch.zeros(places.numel(), dtype=torch.long, device=device)
    for shift in (0, 4, 8):
        digits = ((places >> shift) & 15).to(torch.uint8)
        packed = pack((digits[:, ::2] << 4) | digits[:, 1::2], _INNER_TILES)
        found |= _digits(packed).flatten().long() << shift
    return found.argsort()


def in_rows(packed: Tensor, order: Tensor) -> Tensor:
    """Return the numbers from 0 to 15 of the kernel's layout, (N/8, K/128, 32, 4) int32, in rows: int8 (N, K)."""
    num_down, num_across = packed.shape[:2]
    tiles = _digits(packed)[..., order].view(num_down, num_across, _TILE_ROWS, _TILE_COLUMNS)
    return tiles.transpose(1, 2).reshape(num_down * _TILE_ROWS, num_across * _TILE_COLUMNS)


def _digits(packed: Tensor) -> Tensor:
    """Return the halves of all bytes as they lie, (N/8, K/128, 1024) int8 from 0 to 15."""
    tiles = packed.contiguous().flatten(2).view(torch.int8)
    halves: Tensor = unpack(tiles.flatten(0, 1)) & 15
    return halves.view(*tiles.shape[:2], -1)


# -- whether they may be used


def gpu_weights(weight: Tensor, scale: Tensor, bits: int, kernels: Kernels | None = None) -> GpuWeights | None:
    """Return weights as published in a kernel's form; None where it fails, is wrong, or does not pay."""
    try:
        kernels = kernels or torch_kernels()
        found = Int8Weights(kernels, weight, scale) if bits == 8 else Int4Weights(kernels, weight, scale)
        numbers = weight if bits == 8 else unpack(weight)
        reason = _objection(found, numbers, scale)
    except (RuntimeError, ValueError, TypeError, AttributeError, IndexError) as error:
        found, reason = None, str(error)
    if reason:
        _tell_once(bits, reason)
        return None
    return found


def _objection(weights: GpuWeights, numbers: Tensor, scale: Tensor) -> str | None:
    """Say what is wrong with a kernel's form of some weights, int8 (N, K) and (N,)."""
    if not torch.equal(weights.numbers(), numbers):
        return "the weights do not come back as they were"
    generator = torch.Generator(numbers.device).manual_seed(1)
    for num_rows in (1, 5, MAX_ROWS):
        rows = torch.randn(num_rows, numbers.shape[1], device=numbers.device, generator=generator).bfloat16()
        expected = linear(rows.float(), numbers.float() * scale.float()[:, None])
        difference = (weights.multiply(rows).float() - expected).abs().max()
        if not bool(difference <= _TOLERANCE * expected.abs().max()):
            return f"with {num_rows} rows the products are others"
    if numbers.is_cuda and not _pays(weights, numbers, scale):
        return "it is slower than to widen the weights first"
    return None


def _pays(weights: GpuWeights, numbers: Tensor, scale: Tensor) -> bool:
    rows = torch.ones(1, numbers.shape[1], device=numbers.device, dtype=torch.bfloat16)
    factor = scale.bfloat16()[:, None]
    widened = _seconds(lambda: linear(rows, numbers.to(torch.bfloat16) * factor))
    return _seconds(lambda: weights.multiply(rows)) < widened


def _seconds(work: Callable[[], Tensor]) -> float:
    """Return the seconds that a GPU takes at best."""
    found = []
    for _ in range(_NUM_RUNS):
        torch.cuda.synchronize()
        began = time.perf_counter()
        work()
        torch.cuda.synchronize()
        found.append(time.perf_counter() - began)
    return min(found)


@cache
def _tell_once(bits: int, reason: str) -> None:
    logger.warning("torch's kernel for %d-bit weights is not used, and steps are slower for it: %s", bits, reason)
