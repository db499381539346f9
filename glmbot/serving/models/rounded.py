"""Keys and values in 8 bits, and attention that reads them as they are, by our compiled kernels."""

import ctypes
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers.cache_utils import Cache

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


def keep_all(new: Tensor, numbers: Tensor, scales: Tensor, first: int) -> None:
    """Round tokens of a sequence, (1, G, T, D) in float32, to the places from `first` on; the rest: as in `Rounded`.

    `can_be_as_wide` must have said yes.
    """
    tokens = new.transpose(1, 2).contiguous()
    _, num_tokens, num_heads, width = tokens.shape
    compiled.library().glmbot_keep_all(
        *(tokens.data_ptr(), numbers.data_ptr(), scales.data_ptr(), first, num_tokens, num_heads, width),
        *(compiled.best_level(), torch.get_num_threads()),
    )


@dataclass(frozen=True, slots=True)
class Joint:
    """Queries, keys and values of tokens as one linear layer gives them, not turned yet, in float32.

    Of ChatGLM-6B `all` is (B, T, H, 3D), query, key and value of a head side by side; cos and sin are (B, T, P, D/P),
    whose P parts are turned by themselves. Of the later generations `all` is (B, T, H + 2G, D), all queries first, then
    all keys; cos and sin are (B, T, R/2), the pairs of neighbours that are turned.
    """

    all: Tensor
    cos: Tensor
    sin: Tensor
    num_kept: int
    """Heads of keys and values, G; of ChatGLM-6B H."""

    @property
    def is_by_head(self) -> bool:
        """Whether it is ChatGLM-6B's."""
        return self.cos.dim() == 4

    @property
    def num_heads(self) -> int:
        """How many heads the queries have, H."""
        return self.all.shape[2] if self.is_by_head else self.all.shape[2] - 2 * self.num_kept

    @property
    def width(self) -> int:
        """How many channels a head has, D."""
        return self.all.shape[3] // 3 if self.is_by_head else self.all.shape[3]

    def contiguous(self) -> "Joint":
        """Return it as the kernels read it: without gaps."""
        return Joint(self.all.contiguous(), self.cos.contiguous(), self.sin.contiguous(), self.num_kept)

    def address(self) -> tuple[int, int, int, int, int]:
        """Return what the kernels know of it; it must be without gaps, and be kept until they are done."""
        part = self.cos.shape[-1] if self.is_by_head else 0
        columns = self.cos[0, 0].numel()
        return self.all.data_ptr(), self.cos.data_ptr(), self.sin.data_ptr(), columns, part


def can_turn(new: Tensor) -> bool:
    """Tell whether there are kernels for tokens like these."""
    return new.is_cpu and new.dtype == torch.float32 and not new.requires_grad and compiled.is_usable()


def turned(joint: Joint) -> tuple[Tensor, Tensor]:
    """Return query, (B, T, H, D), and key, (B, T, G, D), turned."""
    joint = joint.contiguous()
    num_rows, num_tokens = joint.all.shape[:2]
    heads = (joint.num_heads, joint.num_kept)
    query, key = (joint.all.new_empty(num_rows, num_tokens, number, joint.width) for number in heads)
    compiled.library().glmbot_turn(
        *(*joint.address(), num_rows * num_tokens, *heads, joint.width),
        *(query.data_ptr(), key.data_ptr(), torch.get_num_threads()),
    )
    return query, key


class RoundedCache(ABC):
    """A cache that may hand out 8-bit keys and values of a layer, with a place for one more token of each sequence."""

    @abstractmethod
    def next_rows(self, layer_idx: int, width: int) -> "tuple[RoundedRows, RoundedRows] | None":
        """Make the places, and return keys and values; None, and nothing is done, where they are kept otherwise.

        `width`: of a head, D.
        """


def next_rows(x: Tensor, cache: Cache | None, layer: int, width: int) -> "tuple[RoundedRows, RoundedRows] | None":
    """Make places as `RoundedCache.next_rows` does where x, (B, T, C), is one token a row that our kernels take."""
    is_taken = x.is_cpu and x.dtype == torch.float32 and x.shape[1] == 1
    return cache.next_rows(layer, width) if is_taken and isinstance(cache, RoundedCache) else None


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
    def turn_and_attend(joint: Joint, keys: "RoundedRows", values: "RoundedRows") -> Tensor:
        """Turn query and key of one token of each sequence, round key and value to their last places, and attend.

        T of the joint is 1. Returns (B, 1, HD).
        """
        joint = joint.contiguous()
        num_rows, num_heads, width = len(joint.all), joint.num_heads, joint.width
        out = joint.all.new_empty(num_rows, 1, num_heads * width)
        compiled.library().glmbot_turn_and_attend(
            *(*joint.address(), keys._kept, values._kept, num_rows, num_heads, joint.num_kept, width),
            *(out.data_ptr(), compiled.best_level(), torch.get_num_threads()),
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
