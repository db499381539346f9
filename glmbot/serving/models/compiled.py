"""Our own kernels for linear layers with 8- and 4-bit weights, written in C (`glmbot/serving/compiled`).

They are compiled when the package is built, for Linux on x86-64; where they are missing, or wrong, torch's are used.
"""

import ctypes
import logging
import time
from enum import IntEnum
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from glmbot.serving.models.nibbles import pack

logger = logging.getLogger(__name__)

LIBRARY = Path(__file__).parents[1] / "compiled" / "kernels.so"
GROUP = 256
"""Columns of the inputs that share a scale: they are rounded to 8 bits, each row and group by its largest number."""
BLOCK = 16
_NORM_UNIT = 32
_TOLERANCE = 1e-3
_CALIBRATION_ROWS = (2, 4, 8)
_CALIBRATION_SHAPE = (2048, 4096)
_CALIBRATION_ROUNDS = 5


class Level(IntEnum):
    """The instructions that a kernel is written for, each of them faster than those before."""

    AVX2 = 1
    VNNI = 2
    AMX = 3


def lay_out(weight: Tensor, num_columns: int, bits: int) -> Tensor:
    """Lay weights out for the kernels: uint8, from int8 (N, K), or (N, K/2) with two numbers of 4 bits a byte.

    Rows are filled up to a multiple of 16 and columns to one of 256. The numbers of 16 rows and 4 columns lie side by
    side; of 4-bit ones, those of the next 4 columns in the high halves. They are stored unsigned: 128, or 8, more.
    """
    num_numbers = _up_to(len(weight), BLOCK) * _up_to(num_columns, GROUP)
    packed, weight = torch.empty(num_numbers * bits // 8, dtype=torch.uint8), weight.contiguous()
    rows = (weight.data_ptr(), len(weight), num_columns)
    library().glmbot_pack(*rows, bits, packed.data_ptr(), torch.get_num_threads())
    return packed


def numbers_of(packed: Tensor, num_rows: int, num_columns: int, bits: int) -> Tensor:
    """Return the numbers of what `lay_out` made: int8 (N, K)."""
    filled = _up_to(num_rows, BLOCK)
    blocks = packed.view(torch.int32).view(filled // BLOCK, -1, BLOCK).transpose(1, 2).contiguous().view(torch.uint8)
    if bits == 8:
        numbers = blocks.flatten(0, 1) ^ 128
    else:
        fours = blocks.unflatten(2, (-1, 4))
        numbers = (torch.stack((fours & 15, fours >> 4), dim=3) - 8).flatten(2).flatten(0, 1)
    return numbers.view(torch.int8)[:num_rows, :num_columns]


def filled(values: Tensor) -> Tensor:
    """Return one value a weight row as the kernels read them: float32, filled up to a multiple of 16."""
    out = torch.zeros(_up_to(len(values), BLOCK))
    out[: len(values)] = values
    return out


def multiply(
    x: Tensor,
    packed: Tensor,
    scale: Tensor,
    bias: Tensor | None,
    num_outputs: int,
    bits: int,
    level: Level | None = None,
) -> Tensor:
    """Return x W^T * scale + bias, (M, N), in float32; x: (M, K) in float32. `is_usable` must have said yes.

    `scale` and `bias`: from `filled`. What comes out for a row is the same to the bit with whatever others.
    """
    out = torch.empty(len(x), num_outputs)
    x = x.contiguous()
    failed = library().glmbot_linear(
        *(x.data_ptr(), *x.shape, packed.data_ptr(), scale.data_ptr(), bias.data_ptr() if bias is not None else None),
        *(num_outputs, bits, out.data_ptr(), level or _level_for(len(x), bits), torch.get_num_threads()),
    )
    if failed:
        raise MemoryError(f"can't allocate memory for {len(x)} rows of {x.shape[1]} inputs")
    return out


def gelu_(x: Tensor) -> Tensor:
    """Return GELU by its tanh approximation, in place; x: float32 on the CPU, without gaps."""
    library().glmbot_gelu(x.data_ptr(), x.numel(), torch.get_num_threads())
    return x


def swiglu(joint: Tensor) -> Tensor:
    """Return SiLU of one half times the other, (..., C) from (..., 2C) in float32 on the CPU."""
    joint = joint.contiguous()
    width = joint.shape[-1] // 2
    out = joint.new_empty(*joint.shape[:-1], width)
    library().glmbot_swiglu(joint.data_ptr(), out.numel() // width, width, out.data_ptr(), torch.get_num_threads())
    return out


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """Return x by its root mean square, times the weight, (..., C). `can_norm` must have said yes."""
    x = x.contiguous()
    out, width = torch.empty_like(x), x.shape[-1]
    library().glmbot_rms_norm(
        *(x.data_ptr(), weight.data_ptr(), eps, x.numel() // width, width, out.data_ptr(), torch.get_num_threads())
    )
    return out


def can_norm(weight: Tensor, x: Tensor) -> bool:
    """Tell whether there is a kernel for a norm of x, (..., C), with this weight, (C,)."""
    is_plain = x.is_cpu and x.dtype == weight.dtype == torch.float32
    return is_plain and x.shape[-1] % _NORM_UNIT == 0 and is_usable()


def layer_norm(norm: nn.LayerNorm, x: Tensor, factor: float = 1.0, more: Tensor | None = None) -> Tensor:
    """Return the norm of x * factor + more, of x where there is no more; both (..., C).

    `can_norm` must have said yes.
    """
    x, more = x.contiguous(), None if more is None else more.contiguous()
    out = torch.empty_like(x)
    width = x.shape[-1]
    library().glmbot_norm(
        *(
            x.data_ptr(),
            None if more is None else more.data_ptr(),
            factor,
            norm.weight.data_ptr(),
            norm.bias.data_ptr(),
        ),
        *(norm.eps, x.numel() // width, width, out.data_ptr(), torch.get_num_threads()),
    )
    return out


def is_usable() -> bool:
    """Tell whether there are kernels for this machine and they are right."""
    return bool(levels())


@cache
def levels() -> tuple[Level, ...]:
    """Return the levels that this machine has and whose kernels are right, the fastest last."""
    if _load() is None:
        return ()
    found = [level for level in Level if level <= int(library().glmbot_level())]
    right = tuple(level for level in found if _is_right(level))
    if len(right) < len(found):
        logger.warning("the compiled kernels give wrong results for %s; they are not used", set(found) - set(right))
    return right


def best_level() -> Level:
    """Return the fastest of the levels."""
    return levels()[-1]


def library() -> ctypes.CDLL:
    """Return the compiled functions; only where `is_usable`."""
    loaded = _load()
    assert loaded is not None
    return loaded


def _level_for(num_rows: int, bits: int) -> Level:
    best = best_level()
    return Level.VNNI if best == Level.AMX and num_rows < _first_wide(bits) else best


@cache
def _first_wide(bits: int) -> int:
    """Return the number of rows from which on AMX is faster than VNNI, which depends on the machine's memory."""
    num_outputs, num_columns = _CALIBRATION_SHAPE
    packed = torch.zeros(num_outputs * num_columns * bits // 8, dtype=torch.uint8)
    scale = torch.ones(num_outputs)
    for num_rows in _CALIBRATION_ROWS:
        x = torch.ones(num_rows, num_columns)
        times: dict[Level, list[float]] = {Level.VNNI: [], Level.AMX: []}
        for _ in range(_CALIBRATION_ROUNDS):  # in turn, so that noise falls on both
            for level, taken in times.items():
                began = time.perf_counter()
                multiply(x, packed, scale, None, num_outputs, bits, level)
                taken.append(time.perf_counter() - began)
        if min(times[Level.AMX]) < min(times[Level.VNNI]):
            return num_rows
    return _CALIBRATION_ROWS[-1] + 1


def _is_right(level: Level) -> bool:
    """Compare with plain torch: whole blocks and parts of one, few rows and many."""
    generator = torch.Generator().manual_seed(0)
    return all(
        _is_near(level, bits, num_rows, num_outputs, num_columns, generator)
        for bits in (8, 4)
        for num_rows, num_outputs, num_columns in ((1, 64, 512), (3, 40, 300), (33, 48, 1024))
    )


def _is_near(
    level: Level, bits: int, num_rows: int, num_outputs: int, num_columns: int, generator: torch.Generator
) -> bool:
    most = 2 ** (bits - 1) - 1
    numbers = torch.randint(-most, most + 1, (num_outputs, num_columns), dtype=torch.int8, generator=generator)
    x = torch.randn(num_rows, num_columns, generator=generator)
    scale, bias = torch.rand(num_outputs, generator=generator), torch.randn(num_outputs, generator=generator)
    packed = lay_out(numbers if bits == 8 else pack(numbers), num_columns, bits)
    ours = multiply(x, packed, filled(scale), filled(bias), num_outputs, bits, level)
    plain = rounded(x) @ numbers.float().T * scale + bias
    return bool((ours - plain).abs().max() <= _TOLERANCE * plain.abs().max())


def rounded(x: Tensor) -> Tensor:
    """Return the inputs as the kernels round them: (M, K) from (M, K)."""
    return torch.cat([_rounded_group(part) for part in x.split(GROUP, dim=1)], dim=1)


def _rounded_group(part: Tensor) -> Tensor:
    largest = part.abs().amax(dim=1, keepdim=True)
    factor = torch.full_like(largest, 127) / largest  # torch computes `127 / x` as 127 times 1 / x
    return (part * factor).round() * (largest / 127)


@cache
def _load() -> ctypes.CDLL | None:
    threads = _thread_library()
    if threads is None:
        return None
    try:
        found = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    found.glmbot_use_threads.argtypes = [ctypes.c_void_p]
    found.glmbot_use_threads(ctypes.cast(threads.GOMP_parallel, ctypes.c_void_p))
    address, size, small = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int
    found.glmbot_pack.argtypes = [address, size, size, small, address, small]
    found.glmbot_linear.argtypes = [
        *(address, size, size, address, address, address, size, small, address, small, small)
    ]
    found.glmbot_keep.argtypes = [address, address, size, size, size, small]
    found.glmbot_attend.argtypes = [
        *(address, address, address, size, size, size, size, ctypes.c_float, address, small, small)
    ]
    found.glmbot_turn_and_attend.argtypes = [
        *(address, address, address, size, size, address, address, size, size, size, size, address, small, small)
    ]
    found.glmbot_turn.argtypes = [
        *(address, address, address, size, size, size, size, size, size, address, address, small)
    ]
    found.glmbot_keep_all.argtypes = [address, address, address, size, size, size, size, small, small]
    found.glmbot_gelu.argtypes = [address, size, small]
    found.glmbot_norm.argtypes = [
        *(address, address, ctypes.c_float, address, address, ctypes.c_float, size, size, address, small)
    ]
    found.glmbot_rms_norm.argtypes = [address, address, ctypes.c_float, size, size, address, small]
    found.glmbot_swiglu.argtypes = [address, size, size, address, small]
    for name in ("pack", "keep", "keep_all", "attend", "turn", "turn_and_attend", "gelu", "swiglu", "norm", "rms_norm"):
        getattr(found, f"glmbot_{name}").restype = None
    return found


def _thread_library() -> ctypes.CDLL | None:
    """Return what has `GOMP_parallel` as torch itself calls it, None where torch has another way to share work.

    It is looked up from torch on: sentencepiece, say, brings an OpenMP library of its own, whose threads would spin
    beside torch's for the same cores (three times as slow, 2026-11-27).
    """
    try:
        found = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"))
    except OSError:
        return None
    return found if hasattr(found, "GOMP_parallel") else None


def _up_to(size: int, unit: int) -> int:
    return -(-size // unit) * unit
