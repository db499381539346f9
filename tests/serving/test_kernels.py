"""torch's kernels for int8 weights, where these lie as a mapped file has them."""

import pytest
import torch

from glmbot.serving.models.kernels import multiply_int8


@pytest.mark.parametrize("num_rows", [1, 2, 3, 4])
@pytest.mark.parametrize("offset", [0, 4, 8, 15])
def test_weights_may_begin_at_any_byte(num_rows: int, offset: int) -> None:
    memory = torch.randint(-127, 128, (512 * 128 + 64,), dtype=torch.int8)
    start = -memory.data_ptr() % 64 + offset
    weight = memory[start : start + 512 * 128].view(512, 128)
    x, scale = torch.randn(num_rows, 128), torch.rand(512)
    out = multiply_int8(x, weight, scale)
    assert out is not None
    torch.testing.assert_close(out, x.bfloat16().float() @ weight.float().T * scale, rtol=0.02, atol=2.0)
