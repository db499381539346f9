"""Computes in float32 with weights that are kept in 16 bits, for the one time that these do not suffice."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_MULTIPLIES = frozenset(
    {"linear", "embedding", "layer_norm", "rms_norm", "scaled_dot_product_attention", "conv1d", "einsum"}
    | {"matmul", "bmm", "baddbmm", "addmm", "__matmul__", "__rmatmul__"}
)
"""What wants its tensors to be of one type; sums and products of single numbers are widened by torch itself."""


class Widened(TorchFunctionMode):
    """While it is entered, products are computed in float32 whatever their factors are kept in.

    The weights of a layer are widened while they are used, so it takes the memory of the largest in float32, and time.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a function of torch."""
        named = kwargs or {}
        if getattr(func, "__name__", "") not in _MULTIPLIES:
            return func(*args, **named)
        return func(*map(_widen, args), **{name: _widen(value) for name, value in named.items()})


def _widen(value: Any) -> Any:
    is_narrow = isinstance(value, Tensor) and value.dtype in (torch.float16, torch.bfloat16)
    return value.float() if is_narrow else value
