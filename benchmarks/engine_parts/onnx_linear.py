"""onnxruntime's MatMulNBits as a program to measure; runs in its own environment.

python -m engine_parts.onnx_linear NUM_OUTPUTS NUM_INPUTS NUM_MATRICES BITS
"""

import os
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from engine_parts.timing import settled_seconds
from engine_parts.wire import answer_calls

BLOCK = 128
"""Weights that share a scale: the largest for which it has fast ways, so that it reads the least."""
ROUNDED_INPUTS = 4
"""Its accuracy level at which inputs are rounded to 8 bits, its fastest."""


class OnnxLinear:
    """A graph in which each matrix is multiplied by the same inputs; all are computed one after another."""

    def __init__(self, num_outputs: int, num_inputs: int, num_matrices: int, bits: int) -> None:
        random, nodes, stored = np.random.default_rng(0), [], []
        shape = (num_outputs, num_inputs // BLOCK)
        for number in range(num_matrices):
            weight, scale, out = (f"{name}{number}" for name in ("weight", "scale", "out"))
            numbers = random.integers(0, 256, (*shape, BLOCK * bits // 8), dtype=np.uint8)
            stored.append(numpy_helper.from_array(numbers, weight))
            stored.append(numpy_helper.from_array(random.random(shape, dtype=np.float32), scale))
            settings = {"K": num_inputs, "N": num_outputs, "bits": bits, "block_size": BLOCK}
            settings["accuracy_level"] = ROUNDED_INPUTS
            nodes.append(
                helper.make_node("MatMulNBits", ["x", weight, scale], [out], domain="com.microsoft", **settings)
            )
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, num_inputs])
        outs = [helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, [None, num_outputs]) for node in nodes]
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(helper.make_graph(nodes, "linear", [x], outs, stored), opset_imports=opsets)
        model.ir_version = 9
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        self._session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        self._num_inputs = num_inputs

    def multiply(self, num_rows: int) -> float:
        """Return the seconds of multiplying by all matrices once."""
        x = np.random.default_rng(1).standard_normal((num_rows, self._num_inputs), dtype=np.float32)
        return settled_seconds(lambda: self._session.run(None, {"x": x}))


if __name__ == "__main__":
    answer_calls({"multiply": OnnxLinear(*map(int, sys.argv[1:])).multiply})
