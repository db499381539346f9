"""Keys and values in 8 bits, and attention that reads them as they are, by our compiled kernels."""

import ctypes
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from glmbot.serving.models import compiled

_UNIT, _MOST_WIDE = 32, 512


@dataclass(frozen=True, slots=True)
class Rounded:
    """Keys or values of one sequence: the first `length` tokens of `numbers`, int8 (1, G, slots, D), times `scales`,
    float32 (1, G, slots, 1). In memory a token's heads lie side by side."""

    numbers: Tensor
    scales: Tensor
    length: int

    def widened(self) -> Tensor:
        """Return them as floats, (1, G, S, D)."""
        return self.numbers[:, :, : self.length] * self.scales[:, :, : self.length]


class _Kept(ctypes.Structure):
    """What the kernels know of one sequence: `struct kept` in attend.c."""

    _fields_ = (
        ("numbers", ctypes.c_void_p),
        ("scales", ctypes.c_void_p),
        ("length", ctypes.c_int64),
    )


def can_attend(new: Tensor) -> bool:
    """Tell whether there are kernels for heads like these: float32 (B, G, 1, D) on the CPU."""
    return new.is_cpu and new.dtype == torch.float32 and new.shape[2] == 1 and can_be_as_wide(new.shape[-1])


def can_be_as_wide(width: int) -> bool:
    """Tell whether there are kernels for heads of so many channels."""
    return width % _UNIT == 0 and width <= _MOST_WIDE and compiled.is_usable()


class RoundedCache(ABC):
    """A cache that may hand out 8-bit keys and values of a layer, with a place for one more token of each sequence."""

    @abstractmethod
    def next_rows(self, layer_idx: int, width: int) -> "tuple[RoundedRows, RoundedRows] | None":
        """Make the places, and return keys and values; None, and nothing is done, where they are kept otherwise.

        `width`: of a head, D.
        """


class RoundedRows:
    """Keys or values of several sequences, each of its own length."""

    def __init__(self, each: Sequence[Rounded]) -> None:
        self.each = tuple(each)
        rows = [_Kept(one.numbers.data_ptr(), one.scales.data_ptr(), one.length) for one in each]
        self._kept = (_Kept * len(rows))(*rows)

    @property
    def num_heads(self) -> int:
        """How many heads they have, G."""
        return self.each[0].numbers.shape[1]

    def put_last(self, new: Tensor) -> None:
        """Round one token of each sequence to its last place; new: (B, G, 1, D)."""
        new, size = new.contiguous(), (len(new), self.num_heads, new.shape[-1])
        compiled.library().glmbot_keep(new.data_ptr(), self._kept, *size, compiled.best_level())

    @staticmethod
    def turn_and_attend(joint: Tensor, cos: Tensor, sin: Tensor, keys: "RoundedRows", values: "RoundedRows") -> Tensor:
        """Turn query and key of one token of each sequence, round key and value to their last places, and attend.

        joint: query, key and value side by side, (B, H, 3D) in float32; cos and sin: (B, P, D/P), the parts that are
        turned by themselves. Returns (B, H, D).
        """
        joint, cos, sin = joint.contiguous(), cos.contiguous(), sin.contiguous()
        num_rows, num_heads, _ = joint.shape
        width = joint.shape[2] // 3
        out = joint.new_empty(num_rows, num_heads, width)
        compiled.library().glmbot_turn_and_attend(
            *(joint.data_ptr(), cos.data_ptr(), sin.data_ptr(), cos.shape[-1], keys._kept, values._kept),
            *(num_rows, num_heads, width, out.data_ptr(), compiled.best_level(), torch.get_num_threads()),
        )
        return out

    @staticmethod
    def attend(query: Tensor, keys: "RoundedRows", values: "RoundedRows", scale: float | None) -> Tensor:
        """Attend from one token of each sequence to its own ones, (B, H, 1, D); query: the same, H a multiple of G."""
        query = query.contiguous()
        out = torch.empty_like(query)
        num_rows, num_heads, _, width = query.shape
        compiled.library().glmbot_attend(
            *(query.data_ptr(), keys._kept, values._kept, num_rows, num_heads, keys.num_heads, width),
            *(width**-0.5 if scale is None else scale, out.data_ptr(), compiled.best_level(), torch.get_num_threads()),
        )
        return out
