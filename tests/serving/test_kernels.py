"""torch's kernels for int8 weights, where these lie as a mapped file has them."""

import pytest
import torch

from glmbot.serving.models.kernels import multiply_int8
from glmbot.serving.models.quantize import QuantisedLinear


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


@pytest.mark.parametrize("num_rows", [1, 8])
@pytest.mark.parametrize("num_weights", [64, 96, 130, 544])
def test_rows_of_weights_beyond_what_the_kernel_takes_are_not_forgotten(num_rows: int, num_weights: int) -> None:
    weight = torch.randint(-127, 128, (num_weights, 128), dtype=torch.int8)
    x, scale = torch.randn(num_rows, 128), torch.rand(num_weights)
    out = multiply_int8(x, weight, scale)
    assert out is not None
    torch.testing.assert_close(out, x.bfloat16().float() @ weight.float().T * scale, rtol=0.02, atol=2.0)


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("num_rows", [1, 8, 9, 70])
def test_fast_layers_are_near_exact_ones_whatever_the_number_of_tokens(bits: int, num_rows: int) -> None:
    torch.manual_seed(0)
    layer = QuantisedLinear(256, 96, bits)
    layer.assign(torch.randn(96, 256))
    assert layer.bias is not None
    layer.bias.copy_(torch.randn(96))
    x = torch.randn(num_rows, 256)
    exact = layer(x)
    layer.is_fast = True
    assert float((layer(x) - exact).abs().max() / exact.abs().max()) < 0.02


def test_a_number_that_is_none_stays_in_its_own_row() -> None:
    layer = QuantisedLinear(128, 64, 8)
    layer.assign(torch.randn(64, 128))
    layer.is_fast = True
    for num_rows in (3, 20):
        x = torch.randn(num_rows, 128)
        x[1, 5] = float("nan")
        assert layer(x).isfinite().all(dim=1).tolist() == [row != 1 for row in range(num_rows)]
