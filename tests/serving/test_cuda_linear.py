"""Weights of 8 and 4 bits in the form of torch's kernels for GPUs; the kernels are emulated by what is documented."""

import logging
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from glmbot.serving.models.cuda_linear import (
    GROUP,
    MAX_ROWS,
    Int4Weights,
    Kernels,
    gpu_weights,
    scales_and_zeros,
    tile_order,
    torch_kernels,
    unsigned,
)
from glmbot.serving.models.nibbles import pack, unpack
from glmbot.serving.models.quantize import QuantisedLinear

NUM_ROWS, NUM_COLUMNS = 24, 384
ORDER = torch.randperm(1024, generator=torch.Generator().manual_seed(1))
"""Where an emulated layout has the weights of a tile: any order will do, since ours is found by trying."""


def pack_int4(halves: Tensor, inner_tiles: int) -> Tensor:
    """Return (N/8, K/128, 32, 4) int32 from uint8 (N, K/2), the even column in the high half."""
    assert (halves.dtype, inner_tiles) == (torch.uint8, 8)
    digits = unpack(halves.view(torch.int8)) & 15
    tiles = digits.unflatten(0, (-1, 8)).unflatten(-1, (-1, 128)).transpose(1, 2).flatten(2)
    moved = torch.empty_like(tiles)
    moved[..., ORDER] = tiles
    packed = pack(moved.flatten(0, 1)).view(torch.int32)
    return packed.view(*tiles.shape[:2], 32, 4)


def multiply_int4(rows: Tensor, packed: Tensor, group: int, scales: Tensor) -> Tensor:
    """Multiply by (q - 8) * scale + zero, each group of columns by its own."""
    assert rows.dtype == scales.dtype == torch.bfloat16
    digits = unpack(packed.flatten(2).view(torch.int8).flatten(0, 1)) & 15
    tiles = digits.view(*packed.shape[:2], -1)[..., ORDER].unflatten(-1, (8, 128))
    numbers = tiles.transpose(1, 2).flatten(2).flatten(0, 1).float()  # (N, K)
    scale, zero = (part.T.repeat_interleave(group, dim=1).float() for part in scales.unbind(-1))
    return (rows.float() @ ((numbers - 8) * scale + zero).T).bfloat16()


def multiply_int8(rows: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
    return (rows.float() @ (weight.float() * scale.float()[:, None]).T).to(rows.dtype)


EMULATED = Kernels(multiply_int8, pack_int4, multiply_int4)


def layer(bits: int) -> QuantisedLinear:
    torch.manual_seed(3)
    found = QuantisedLinear(NUM_COLUMNS, NUM_ROWS, bits)
    found.assign(torch.randn(NUM_ROWS, NUM_COLUMNS))
    found.bias.data.normal_()  # type: ignore[union-attr]
    return found


def test_the_kernels_formula_gives_the_weights_back() -> None:
    """(q - 8) * scale + zero, with q from 0 to 15, for all numbers there are."""
    numbers = torch.arange(-8, 8, dtype=torch.int8).repeat(2, GROUP // 16)
    scale = torch.tensor([0.5, 0.25], dtype=torch.float16)
    q = unpack(unsigned(pack(numbers)).view(torch.int8)) & 15
    pairs = scales_and_zeros(scale, GROUP)
    assert pairs.shape == (1, 2, 2)
    assert pairs.dtype == torch.bfloat16
    found = (q.float() - 8) * pairs[0, :, :1].float() + pairs[0, :, 1:].float()
    torch.testing.assert_close(found, numbers.float() * scale.float()[:, None], rtol=0, atol=0)


def test_the_order_of_a_layout_is_found_by_packing_places() -> None:
    assert torch.equal(tile_order(pack_int4, torch.device("cpu")), ORDER)


def test_packed_weights_come_back_as_they_were() -> None:
    own = layer(4)
    packed = Int4Weights(EMULATED, own.weight, own.weight_scale)
    assert torch.equal(packed.numbers(), unpack(own.weight))


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("shape", [(1, 1), (5, 1), (MAX_ROWS, 1), (1, MAX_ROWS + 1)])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_a_layer_gives_what_its_weights_do_in_plain_torch(
    bits: int, shape: tuple[int, int], dtype: torch.dtype
) -> None:
    own = layer(bits).to(dtype)
    own.weight_scale = layer(bits).weight_scale
    x = torch.randn(*shape, NUM_COLUMNS, dtype=dtype)
    expected = torch.nn.functional.linear(x.float(), own.dequantise(torch.float32), own.bias.float())  # type: ignore[union-attr]
    own.hurry_on_gpu(EMULATED)
    assert own._on_gpu is not None
    found = own(x)
    assert found.dtype == dtype
    limit = 1e-4 if dtype == torch.float32 else 0.02
    assert float((found.float() - expected).abs().max()) <= limit * float(expected.abs().max())


def test_few_rows_take_the_kernel_and_many_do_not() -> None:
    asked: list[int] = []

    def count(rows: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
        asked.append(len(rows))
        return multiply_int8(rows, weight, scale)

    own = layer(8).bfloat16()
    own.hurry_on_gpu(replace(EMULATED, multiply_int8=count))
    asked.clear()
    for num_rows in (1, MAX_ROWS, MAX_ROWS + 1):
        own(torch.ones(num_rows, NUM_COLUMNS, dtype=torch.bfloat16))
    assert asked == [1, MAX_ROWS]


def _fail(*_: object) -> Tensor:
    raise RuntimeError("no kernel image")


WRONG = {
    "fails": replace(EMULATED, multiply_int8=_fail, pack_int4=_fail),
    "other products": replace(
        EMULATED,
        multiply_int8=lambda *given: -multiply_int8(*given),
        multiply_int4=lambda *given: multiply_int4(*given).roll(1),
    ),
    "no numbers": replace(
        EMULATED,
        multiply_int8=lambda *given: multiply_int8(*given) * torch.nan,
        multiply_int4=lambda *given: multiply_int4(*given) * torch.nan,
    ),
    "other halves": replace(
        EMULATED, multiply_int8=_fail, pack_int4=lambda halves, tiles: pack_int4((halves << 4) | (halves >> 4), tiles)
    ),
}


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("kernels", WRONG.values(), ids=WRONG)
def test_what_a_kernel_does_wrong_is_computed_without_it(kernels: Kernels, bits: int) -> None:
    own = layer(bits)
    x = torch.randn(3, NUM_COLUMNS)
    expected = own(x)
    own.hurry_on_gpu(kernels)
    assert own._on_gpu is None
    torch.testing.assert_close(own(x), expected, rtol=1e-4, atol=1e-4)


def test_why_a_kernel_is_not_used_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    own = layer(8)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            kernels = replace(EMULATED, multiply_int8=_tell_a_reason)
            assert gpu_weights(own.weight, own.weight_scale, 8, kernels) is None
    assert [record.message for record in caplog.records] == [
        "torch's kernel for 8-bit weights is not used, and steps are slower for it: a reason told once"
    ]


def _tell_a_reason(*_: object) -> Tensor:
    raise RuntimeError("a reason told once")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch's kernels for GPUs: torch sees no NVIDIA GPU here")
@pytest.mark.parametrize("bits", [8, 4])
def test_torchs_own_kernels_are_right(bits: int) -> None:
    own = layer(bits).cuda()
    expected = own.dequantise(torch.float32)
    found = gpu_weights(own.weight, own.weight_scale, bits, torch_kernels())
    if found is not None:  # a kernel may be slower than plain torch on some GPU
        rows = torch.eye(NUM_COLUMNS, device="cuda", dtype=torch.bfloat16)[:MAX_ROWS]
        torch.testing.assert_close(found.multiply(rows).float(), expected.T[:MAX_ROWS], rtol=0.01, atol=0.01)
