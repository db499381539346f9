"""The compiled kernels: right at each level of instructions, and the same for a row whatever is beside it."""

import copy
import importlib
import logging
import platform
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention, silu

from glmbot.serving.models import compiled, rounded
from glmbot.serving.models.chatglm2 import RMSNorm
from glmbot.serving.models.compiled import Level, filled, lay_out, multiply, numbers_of
from glmbot.serving.models.nibbles import pack
from glmbot.serving.models.quantize import QuantisedLinear
from glmbot.serving.models.rotary import rotate
from glmbot.serving.models.rotary2 import rotate_pairs
from glmbot.serving.models.rounded import Joint, Rounded, RoundedRows, keep_all, turned

pytestmark = pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"), reason="the kernels are for Linux on x86-64"
)


def numbers(num_rows: int, num_columns: int, bits: int) -> Tensor:
    most = 2 ** (bits - 1) - 1
    return torch.randint(-most, most + 1, (num_rows, num_columns), dtype=torch.int8)


def laid_out(weight: Tensor, bits: int) -> Tensor:
    return lay_out(weight if bits == 8 else pack(weight), weight.shape[1], bits)


@pytest.fixture(params=list(Level), ids=lambda level: level.name)
def level(request: pytest.FixtureRequest) -> Level:
    if request.param not in compiled.levels():
        pytest.skip(f"this processor has no {request.param.name}")
    found: Level = request.param
    return found


@pytest.fixture(params=[8, 4])
def bits(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.mark.parametrize("shape", [(16, 256), (7, 6), (130, 300), (64, 1024)])
def test_weights_come_back_from_how_they_are_laid_out(shape: tuple[int, int], bits: int) -> None:
    weight = numbers(*shape, bits)
    assert torch.equal(numbers_of(laid_out(weight, bits), *shape, bits), weight)


@pytest.mark.parametrize("num_rows", [1, 3, 8, 16, 17, 40, 300])
@pytest.mark.parametrize("shape", [(16, 256), (7, 6), (130, 300), (520, 1024)])
def test_products_are_those_of_plain_torch(level: Level, bits: int, shape: tuple[int, int], num_rows: int) -> None:
    weight, x = numbers(*shape, bits), torch.randn(num_rows, shape[1])
    scale, bias = torch.rand(shape[0]), torch.randn(shape[0])
    plain = compiled.rounded(x).double() @ weight.double().T * scale + bias
    out = multiply(x, laid_out(weight, bits), filled(scale), filled(bias), shape[0], bits, level)
    torch.testing.assert_close(out.double(), plain, rtol=1e-4, atol=1e-4 * float(plain.abs().max()))


def test_a_row_is_the_same_to_the_bit_alone_and_among_others(bits: int) -> None:
    weight, x = numbers(200, 700, bits), torch.randn(100, 700)
    packed, scale = laid_out(weight, bits), filled(torch.rand(200))
    together = multiply(x, packed, scale, None, 200, bits)
    for size in (1, 2, 5, 8, 9, 16, 33):
        parts = [multiply(part, packed, scale, None, 200, bits) for part in x.split(size)]
        assert torch.equal(torch.cat(parts), together), size


def test_a_row_is_the_same_to_the_bit_by_whatever_instructions(level: Level, bits: int) -> None:
    if level == Level.AVX2 and bits == 8:
        pytest.skip("AVX2 takes 8-bit weights as signed ones: the last bits are others")
    weight, x = numbers(200, 700, bits), torch.randn(100, 700)
    packed, scale, bias = laid_out(weight, bits), filled(torch.rand(200)), filled(torch.randn(200))
    best = multiply(x, packed, scale, bias, 200, bits, compiled.best_level())
    for size in (1, 2, 4, 8, 9, 33, 100):
        parts = [multiply(part, packed, scale, bias, 200, bits, level) for part in x.split(size)]
        assert torch.equal(torch.cat(parts), best), size


def test_work_is_shared_among_torchs_own_threads_even_where_others_brought_a_library_for_that() -> None:
    """Two teams of threads would wait for work on the same cores: a third of the speed."""
    importlib.import_module("sentencepiece")  # has an OpenMP library of its own
    torch.ones(1 << 22).sum()
    before = len(list(Path("/proc/self/task").iterdir()))
    x, weight = torch.randn(8, 1024), numbers(1024, 1024, 8)
    multiply(x, laid_out(weight, 8), filled(torch.ones(1024)), None, 1024, 8)
    assert len(list(Path("/proc/self/task").iterdir())) == before


@pytest.mark.parametrize("largest", [127, 7, -128, -8])
def test_the_largest_numbers_do_not_overflow(level: Level, largest: int) -> None:
    bits = 8 if abs(largest) > 8 else 4
    weight, x = torch.full((16, 4096), largest, dtype=torch.int8), torch.ones(2, 4096)
    out = multiply(x, laid_out(weight, bits), torch.ones(16), None, 16, bits, level)
    torch.testing.assert_close(out, torch.full((2, 16), 4096.0 * largest), rtol=1e-5, atol=0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_stays_in_its_own_row_and_does_not_vanish(level: Level, bits: int, value: float) -> None:
    x = torch.randn(20, 512)
    x[3, 300] = value
    out = multiply(x, laid_out(numbers(48, 512, bits), bits), torch.ones(48), None, 48, bits, level)
    assert out.isfinite().all(dim=1).tolist() == [row != 3 for row in range(20)]


@pytest.mark.parametrize("size", [0.0, 1e-38, 1e-30, 1e30])
def test_tiny_and_huge_inputs_are_numbers_still(level: Level, size: float) -> None:
    x = torch.full((1, 256), size)
    out = multiply(x, laid_out(numbers(16, 256, 8), 8), torch.full((16,), 1e-3), None, 16, 8, level)
    assert bool(out.isfinite().all())


def test_an_outlier_spoils_its_own_group_of_columns_only() -> None:
    x = torch.randn(1, 2048)
    x[0, 5] = 1e4
    assert torch.allclose(compiled.rounded(x)[:, 256:], x[:, 256:], atol=0.02)


def test_a_layer_that_hurries_has_the_same_weights(bits: int) -> None:
    layer, x = QuantisedLinear(300, 70, bits), torch.randn(5, 300)
    layer.assign(torch.randn(70, 300))
    assert layer.bias is not None
    layer.bias.copy_(torch.randn(70))
    exact, weight = layer(x), layer.dequantise(torch.float32)
    layer.hurry()
    assert layer.is_laid_out
    assert torch.equal(layer.dequantise(torch.float32), weight)
    assert float((layer(x) - exact).abs().max() / exact.abs().max()) < 0.02


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Let what is known of the kernels be found out anew, here and afterwards."""
    for each in (compiled._load, compiled.levels):
        each.cache_clear()
    yield
    for each in (compiled._load, compiled.levels):
        each.cache_clear()


@pytest.mark.usefixtures("forgotten")
def test_without_compiled_kernels_torch_computes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bits: int) -> None:
    monkeypatch.setattr(compiled, "LIBRARY", tmp_path / "kernels.so")
    layer, x = QuantisedLinear(256, 64, bits), torch.randn(3, 256)
    layer.assign(torch.randn(64, 256))
    assert layer.bias is not None
    layer.bias.zero_()
    exact = layer(x)
    layer.hurry()
    assert not layer.is_laid_out
    assert float((layer(x) - exact).abs().max() / exact.abs().max()) < 0.02
    assert not rounded.can_attend(torch.zeros(1, 2, 1, 64))


@pytest.mark.usefixtures("forgotten")
def test_kernels_that_are_wrong_are_not_used(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    right = compiled.multiply
    monkeypatch.setattr(compiled, "multiply", lambda *arguments: right(*arguments) * 1.01)
    with caplog.at_level(logging.WARNING):
        assert compiled.levels() == ()
    assert "wrong results" in caplog.text


def kept(num_heads: int, lengths: list[int], width: int) -> list[Rounded]:
    return [
        Rounded(
            torch.randint(-127, 128, (1, length + 5, num_heads, width), dtype=torch.int8).transpose(1, 2),
            torch.rand(1, length + 5, num_heads, 1).transpose(1, 2) / 127,
            length,
        )
        for length in lengths
    ]


@pytest.mark.parametrize(
    ("num_heads", "num_kept", "width"), [(4, 4, 64), (8, 2, 128), (3, 1, 32), (32, 32, 128), (24, 2, 96), (13, 13, 512)]
)
def test_attention_is_that_of_plain_torch(num_heads: int, num_kept: int, width: int) -> None:
    lengths = [1, 3, 64, 65, 256, 700]
    keys, values, query = (
        kept(num_kept, lengths, width),
        kept(num_kept, lengths, width),
        torch.randn(len(lengths), num_heads, 1, width),
    )
    for scale in (None, 0.3):
        found = RoundedRows.attend(query, RoundedRows(keys), RoundedRows(values), scale)
        for row, (key, value) in enumerate(zip(keys, values, strict=True)):
            wide = [one.widened().repeat_interleave(num_heads // num_kept, dim=1) for one in (key, value)]
            plain = scaled_dot_product_attention(query[row : row + 1], *wide, scale=scale)
            torch.testing.assert_close(found[row : row + 1], plain, rtol=1e-4, atol=1e-5)
            alone = RoundedRows.attend(query[row : row + 1], RoundedRows([key]), RoundedRows([value]), scale)
            assert torch.equal(alone, found[row : row + 1])


def test_attention_to_what_is_no_number_is_none() -> None:
    keys, values = kept(2, [300, 300], 64), kept(2, [300, 300], 64)
    keys[0].scales[0, 1, 280] = float("nan")
    found = RoundedRows.attend(torch.randn(2, 2, 1, 64), RoundedRows(keys), RoundedRows(values), None)
    assert found.isfinite().all(dim=-1).flatten(1).tolist() == [[True, False], [True, True]]


def test_gelu_is_that_of_plain_torch() -> None:
    x = torch.cat((torch.randn(3, 5000) * 4, torch.linspace(-200, 200, 5000)[None], torch.zeros(1, 5000)))
    torch.testing.assert_close(compiled.gelu_(x.clone()), gelu(x, approximate="tanh"), rtol=2e-5, atol=1e-6)
    x[1, 7] = float("nan")
    assert compiled.gelu_(x).isnan().nonzero().tolist() == [[1, 7]]


@pytest.mark.parametrize("shape", [(1, 1, 32), (3, 2, 4096), (1, 9, 96)])
def test_layer_norm_of_a_sum_is_that_of_plain_torch(shape: tuple[int, ...]) -> None:
    norm = nn.LayerNorm(shape[-1])
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    x, more = torch.randn(shape) + 3, 10 * torch.randn(shape)
    with torch.no_grad():
        torch.testing.assert_close(compiled.layer_norm(norm, x), norm(x), rtol=1e-4, atol=1e-4)
        both = compiled.layer_norm(norm, x, 7.5, more)
        torch.testing.assert_close(both, norm(7.5 * x + more), rtol=1e-4, atol=1e-4)
        assert torch.equal(compiled.layer_norm(norm, x[-1:], 7.5, more[-1:]), both[-1:])
        x[-1, -1, 5] = float("inf")
        is_finite = compiled.layer_norm(norm, x, 7.5, more).isfinite().all(dim=-1).flatten()
        assert is_finite.logical_not().nonzero().flatten().tolist() == [len(is_finite) - 1]


def by_head(num_tokens: tuple[int, int], num_heads: int, width: int, num_parts: int) -> Joint:
    """Return queries, keys and values as ChatGLM-6B has them, of (B, T) tokens."""
    angles = torch.randn(*num_tokens, num_parts, width // num_parts)
    return Joint(torch.randn(*num_tokens, num_heads, 3 * width), angles.cos(), angles.sin(), num_heads)


def grouped(num_tokens: tuple[int, int], num_heads: int, num_kept: int, width: int) -> Joint:
    """Return them as the later generations have them."""
    angles = torch.randn(*num_tokens, width // 4)
    return Joint(torch.randn(*num_tokens, num_heads + 2 * num_kept, width), angles.cos(), angles.sin(), num_kept)


def turned_by_torch(joint: Joint) -> tuple[Tensor, Tensor, Tensor]:
    """Return query, (B, H, T, D), key and value, (B, G, T, D); the first two turned."""
    if not joint.is_by_head:
        query, key, value = joint.all.transpose(1, 2).split((joint.num_heads, joint.num_kept, joint.num_kept), dim=1)
        tables = (joint.cos[:, None], joint.sin[:, None])
        return rotate_pairs(query, *tables), rotate_pairs(key, *tables), value
    query, key, value = joint.all.transpose(1, 2).chunk(3, dim=-1)
    tables = (joint.cos[:, None], joint.sin[:, None])
    parts = [rotate(one.unflatten(-1, joint.cos.shape[2:]), *tables).flatten(-2) for one in (query, key)]
    return parts[0], parts[1], value


TOKENS = {
    **{f"{size} in {parts}": partial(by_head, num_heads=size[0], width=size[1], num_parts=parts)
       for size in [(4, 64), (13, 96), (32, 128)] for parts in (1, 2)},
    **{f"{size}": partial(grouped, num_heads=size[0], num_kept=size[1], width=size[2])
       for size in [(32, 2, 128), (6, 2, 32), (4, 4, 64), (16, 4, 64), (9, 9, 32), (24, 2, 96), (13, 1, 512)]},
}  # fmt: skip
"""Of (B, T) tokens what a layer gives, for several shapes of ChatGLM-6B and of the later generations."""


@pytest.fixture(params=TOKENS.values(), ids=TOKENS.keys())
def new_joint(request: pytest.FixtureRequest) -> Callable[[tuple[int, int]], Joint]:
    found: Callable[[tuple[int, int]], Joint] = request.param
    return found


@pytest.fixture
def four_threads() -> Iterator[None]:
    """More than there may be cores: items of a row are done at the same time, or one after another in any order."""
    num_threads = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(num_threads)


@pytest.mark.usefixtures("four_threads")
def test_a_token_is_turned_kept_and_attended_at_once_as_one_after_another(
    new_joint: Callable[[tuple[int, int]], Joint], level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "best_level", lambda: level)
    lengths = [1, 70, 130]
    joint = new_joint((len(lengths), 1))
    keys, values = kept(joint.num_kept, lengths, joint.width), kept(joint.num_kept, lengths, joint.width)
    others, other_values = copy.deepcopy((keys, values))
    query, key, value = turned_by_torch(joint)
    RoundedRows(keys).put_last(key)
    RoundedRows(values).put_last(value)
    apart = RoundedRows.attend(query, RoundedRows(keys), RoundedRows(values), None)
    together = RoundedRows.turn_and_attend(joint, RoundedRows(others), RoundedRows(other_values))
    torch.testing.assert_close(together, apart[:, :, 0].flatten(1)[:, None], rtol=1e-5, atol=1e-5)
    for one, other in zip((*keys, *values), (*others, *other_values), strict=True):
        assert torch.equal(one.numbers, other.numbers)
        assert torch.equal(one.scales, other.scales)
    alone = RoundedRows.turn_and_attend(
        Joint(joint.all[1:2], joint.cos[1:2], joint.sin[1:2], joint.num_kept),
        *(RoundedRows([rows[1]]) for rows in (others, other_values)),
    )
    assert torch.equal(alone, together[1:2])


def test_a_new_token_that_is_no_number_stays_in_its_own_row(new_joint: Callable[[tuple[int, int]], Joint]) -> None:
    joint = new_joint((2, 1))
    joint.all[1, 0, -1, -1] = float("nan")  # the last head's value
    keys, values = (RoundedRows(kept(joint.num_kept, [70, 70], joint.width)) for _ in range(2))
    is_finite = RoundedRows.turn_and_attend(joint, keys, values).isfinite()
    assert is_finite[0].all()
    num_sharing = joint.num_heads // joint.num_kept
    is_right = is_finite[1, 0].view(joint.num_heads, joint.width).all(dim=1)
    assert is_right.tolist() == [True] * (joint.num_heads - num_sharing) + [False] * num_sharing


@pytest.mark.parametrize("shape", [(1, 1, 32), (3, 2, 4096), (1, 9, 96)])
def test_root_mean_square_norm_is_that_of_plain_torch(shape: tuple[int, ...]) -> None:
    norm = RMSNorm(shape[-1], 1e-5)
    nn.init.normal_(norm.weight)
    x = torch.randn(shape) + 1
    with torch.no_grad():
        torch.testing.assert_close(compiled.rms_norm(x, norm.weight, norm.eps), norm(x), rtol=1e-5, atol=1e-5)
        norm.is_hurried = True
        assert torch.equal(norm(x), compiled.rms_norm(x, norm.weight, norm.eps))


def test_swiglu_is_that_of_plain_torch() -> None:
    joint = torch.cat((torch.randn(3, 600) * 8, torch.linspace(-200, 200, 600)[None]))
    gate, inner = joint.chunk(2, dim=-1)
    torch.testing.assert_close(compiled.swiglu(joint), silu(gate) * inner, rtol=2e-5, atol=1e-6)
    joint[1, 7] = float("nan")
    assert compiled.swiglu(joint).isnan().nonzero().tolist() == [[1, 7]]


def test_tokens_are_turned_to_the_bit_as_by_plain_torch(new_joint: Callable[[tuple[int, int]], Joint]) -> None:
    joint = new_joint((2, 5))
    plain = turned_by_torch(joint)[:2]
    assert all(torch.equal(one.transpose(1, 2), other) for one, other in zip(turned(joint), plain, strict=True))


def test_many_tokens_are_rounded_as_one_after_another() -> None:
    new = torch.randn(1, 3, 40, 64)
    new[0, 1, 7] = 0
    together, apart = kept(3, [45], 64)[0], kept(3, [45], 64)[0]
    keep_all(new, together.numbers, together.scales, 5)
    for token in range(40):
        RoundedRows([replace(apart, length=6 + token)]).put_last(new[:, :, token : token + 1])
    assert torch.equal(together.numbers[:, :, 5:45], apart.numbers[:, :, 5:45])
    assert torch.equal(together.scales[:, :, 5:45], apart.scales[:, :, 5:45])


def test_a_new_token_is_rounded_to_the_last_place_of_each() -> None:
    rows, new = kept(2, [1, 9], 64), torch.randn(2, 2, 1, 64)
    before = [one.numbers.clone() for one in rows]
    RoundedRows(rows).put_last(new)
    for row, one in enumerate(rows):
        scale = new[row].abs().amax(dim=-1, keepdim=True) / 127
        assert torch.equal(one.scales[0, :, one.length - 1 : one.length], scale)
        assert torch.equal(one.numbers[0, :, one.length - 1 : one.length].float(), (new[row] / scale).round())
        one.numbers[:, :, one.length - 1] = before[row][:, :, one.length - 1]
        assert torch.equal(one.numbers, before[row])
