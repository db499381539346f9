"""Our kernels for linear layers as a program to measure.

python -m engine_parts.own_linear NUM_OUTPUTS NUM_INPUTS NUM_MATRICES BITS
"""

import sys

import torch
from torch import Tensor

from engine_parts.timing import settled_seconds
from engine_parts.wire import answer_calls
from glmbot.serving.models import compiled


class OwnLinear:
    """Random weights as the server lays them out, and inputs in float32."""

    def __init__(self, num_outputs: int, num_inputs: int, num_matrices: int, bits: int) -> None:
        if not compiled.is_usable():
            raise RuntimeError("there are no compiled kernels for this machine")
        stored = torch.randint(-128, 128, (num_outputs, num_inputs * bits // 8), dtype=torch.int8)
        self._weights = [compiled.lay_out(stored, num_inputs, bits) for _ in range(num_matrices)]
        self._scale = compiled.filled(torch.rand(num_outputs))
        self._num_outputs, self._num_inputs, self._bits = num_outputs, num_inputs, bits

    def multiply(self, num_rows: int) -> float:
        """Return the seconds of multiplying by all matrices once."""
        x = torch.randn(num_rows, self._num_inputs)
        return settled_seconds(lambda: [self._multiply(x, weight) for weight in self._weights])

    def _multiply(self, x: Tensor, weight: Tensor) -> Tensor:
        return compiled.multiply(x, weight, self._scale, None, self._num_outputs, self._bits)

    def read(self) -> float:
        """Return the seconds of reading all matrices once, by as many threads."""
        return settled_seconds(lambda: [weight.view(torch.int64).sum() for weight in self._weights])


if __name__ == "__main__":
    own = OwnLinear(*map(int, sys.argv[1:]))
    answer_calls({"multiply": own.multiply, "read": own.read})
