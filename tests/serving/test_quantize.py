"""Weights in 8 and 4 bits: the published rule bit for bit, and layers that compute with them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from glmbot.serving.models import kernels
from glmbot.serving.models.nibbles import pack, unpack
from glmbot.serving.models.quantize import QuantisedLinear, quantise, quantise_blocks
from glmbot.serving.models.stored import StoredLinear

DEQUANTISED = "layer0_dequantised.safetensors"


@pytest.fixture(params=[8, 4])
def bits(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def directory(shared: Path, bits: int) -> Path:
    return shared / f"v1_int{bits}"


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def test_numbers_and_scales_are_the_published_ones(directory: Path, bits: int) -> None:
    stored, reference = load_file(directory / "model.safetensors"), load_file(directory / DEQUANTISED)
    for name, weight in load_file(directory / "layer0_original_weights.safetensors").items():
        numbers, scale = quantise(weight, bits)
        assert torch.equal(numbers, reference[f"unpacked/{name.removesuffix('.weight')}"])
        assert torch.equal(scale, stored[f"{name}_scale"])
        assert torch.equal(numbers if bits == 8 else pack(numbers), stored[name])


def test_dequantised_weights_are_the_published_ones(directory: Path, bits: int) -> None:
    reference = load_file(directory / DEQUANTISED)
    for name, weight in load_file(directory / "layer0_original_weights.safetensors").items():
        layer = QuantisedLinear(weight.shape[1], weight.shape[0], bits, bias=False)
        layer.assign(weight)
        assert torch.equal(layer.dequantise(torch.float32), reference[f"dequantised/{name.removesuffix('.weight')}"])


def test_rows_of_zeros_and_of_tiny_numbers_stay_numbers(bits: int) -> None:
    weight = torch.zeros(3, 8)
    weight[1], weight[2] = 1e-7, 6e4
    numbers, scale = quantise(weight, bits)
    assert numbers.abs().max() <= 2 ** (bits - 1) - 1
    assert not numbers[0].any()
    assert bool(scale.isfinite().all())


def test_packing_loses_nothing() -> None:
    numbers = torch.arange(-8, 8, dtype=torch.int8).repeat(3, 1)
    assert torch.equal(unpack(pack(numbers)), numbers)
    assert pack(torch.tensor([[1, 2, -1, 7]], dtype=torch.int8)).tolist() == [[0x12, -9]]  # 0xF7: even column high


def quantised(num_in: int, num_out: int, bits: int) -> QuantisedLinear:
    layer = QuantisedLinear(num_in, num_out, bits)
    layer.assign(random(num_out, num_in))
    nn.init.zeros_(layer.bias).add_(0.5)
    return layer


@pytest.mark.parametrize("num_rows", [1, 3, 50])
@pytest.mark.parametrize("num_in", [64, 96, 6])
def test_a_layer_multiplies_as_its_dequantised_weights_do(bits: int, num_rows: int, num_in: int) -> None:
    layer, x = quantised(num_in, 70, bits), random(2, num_rows, num_in)
    plain = nn.functional.linear(x, layer.dequantise(torch.float32), layer.bias)
    assert torch.allclose(layer(x), plain, atol=2e-5)
    layer.is_fast = True
    assert torch.allclose(layer(x), plain, atol=0.01 * float(plain.abs().max()))


def test_half_precision_comes_out_as_it_went_in(bits: int) -> None:
    assert quantised(64, 64, bits)(random(1, 2, 64).half()).dtype == torch.float16


def test_a_kernel_that_is_not_there_is_done_without(bits: int) -> None:
    assert not kernels.is_right(63, 64)
    layer, x = quantised(6, 5, bits), random(1, 6)
    layer.is_fast = True
    assert torch.allclose(layer(x), nn.functional.linear(x, layer.dequantise(torch.float32), layer.bias), atol=1e-5)


def test_large_weights_are_multiplied_in_chunks_that_fit_together(bits: int) -> None:
    layer, x = quantised(4096, 1100, bits), random(5, 4096)
    plain = nn.functional.linear(x, layer.dequantise(torch.float32), layer.bias)
    assert torch.allclose(layer(x), plain, atol=1e-3)


def test_only_the_layers_of_blocks_are_quantised(tiny_copy: nn.Module, bits: int) -> None:
    quantise_blocks(tiny_copy, bits)
    found = {name for name, layer in tiny_copy.named_modules() if isinstance(layer, QuantisedLinear)}
    assert len(found) == 4 * 3
    assert not any(name.startswith("lm_head") for name in found)


@pytest.fixture
def tiny_copy(golden: Path) -> nn.Module:
    from glmbot.serving.loading.weights import load_model

    return load_model(golden / "v1_tiny", torch.float32, torch.device("cpu"))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("num_rows", [1, 40])
def test_stored_weights_are_computed_with_exactly(dtype: torch.dtype, num_rows: int) -> None:
    layer = nn.Linear(128, 96)
    stored, x = StoredLinear(layer.to(dtype)), random(num_rows, 128)
    stored.bias = None
    plain = x @ layer.weight.float().T
    assert torch.allclose(stored(x), plain, atol=1e-5)
    stored.is_fast = True
    assert torch.allclose(stored(x), plain, atol=0.02)
