"""torch's own operators for weights of 8 and 4 bits as a program to measure; inputs are in bfloat16, their fastest way.

python -m engine_parts.torch_linear NUM_OUTPUTS NUM_INPUTS NUM_MATRICES BITS
"""

import sys

import torch
from torch import Tensor

from engine_parts.timing import settled_seconds
from engine_parts.wire import answer_calls

GROUP = 128
"""Weights of 4 bits that share a scale."""


class TorchLinear:
    """Random weights as the operators take them."""

    def __init__(self, num_outputs: int, num_inputs: int, num_matrices: int, bits: int) -> None:
        self._num_inputs, self._bits = num_inputs, bits
        if bits == 8:
            stored = torch.randint(-128, 128, (num_outputs, num_inputs), dtype=torch.int8)
            self._scale = torch.rand(num_outputs, dtype=torch.bfloat16)
            self._weights = [stored.clone() for _ in range(num_matrices)]
        else:
            stored = torch.randint(0, 16, (num_outputs, num_inputs), dtype=torch.int32)
            packed = torch._convert_weight_to_int4pack_for_cpu(stored, 2)
            self._scale = torch.rand(num_inputs // GROUP, num_outputs, 2, dtype=torch.bfloat16)
            self._weights = [packed.clone() for _ in range(num_matrices)]

    @torch.inference_mode()
    def multiply(self, num_rows: int) -> float:
        """Return the seconds of multiplying by all matrices once."""
        x = torch.randn(num_rows, self._num_inputs, dtype=torch.bfloat16)
        return settled_seconds(lambda: [self._multiply(x, weight) for weight in self._weights])

    def _multiply(self, x: Tensor, weight: Tensor) -> Tensor:
        if self._bits == 8:
            return torch._weight_int8pack_mm(x, weight, self._scale)
        return torch._weight_int4pack_mm_for_cpu(x, weight, GROUP, self._scale)


if __name__ == "__main__":
    answer_calls({"multiply": TorchLinear(*map(int, sys.argv[1:])).multiply})
