"""The cache of a sequence: what it gives back, and what it takes."""

import pytest
import torch
from torch import Tensor
from transformers import DynamicCache

from glmbot.serving.engine.kv_cache import KeyValueCache
from glmbot.serving.loading.precision import KvPrecision


def tokens(length: int, seed: int) -> Tensor:
    """(B, H, T, D)"""
    return torch.randn(1, 2, length, 64, generator=torch.Generator().manual_seed(seed))


PIECES = [5, 1, 1, 200, 1]


def fill(cache: DynamicCache | KeyValueCache) -> list[tuple[Tensor, Tensor]]:
    given = []
    for index, length in enumerate(PIECES):
        given += [cache.update(tokens(length, index), tokens(length, index + 100), layer) for layer in range(3)]
    return given


@pytest.mark.parametrize(("kv", "error"), [(KvPrecision.FULL, 0), (KvPrecision.HALF, 2e-3), (KvPrecision.INT8, 2e-2)])
def test_it_gives_what_the_librarys_cache_gives(kv: KvPrecision, error: float) -> None:
    cache = KeyValueCache(kv)
    for ours, theirs in zip(fill(cache), fill(DynamicCache()), strict=True):
        for mine, reference in zip(ours, theirs, strict=True):
            assert mine.shape == reference.shape
            assert (mine - reference).abs().max() <= error
    assert cache.get_seq_length() == sum(PIECES)


def test_int8_takes_half_of_what_16_bits_take() -> None:
    sizes = {}
    for kv in KvPrecision:
        cache = KeyValueCache(kv)
        fill(cache)
        sizes[kv] = cache.num_bytes
    assert sizes[KvPrecision.HALF] == sizes[KvPrecision.FULL] / 2
    assert sizes[KvPrecision.INT8] <= 0.54 * sizes[KvPrecision.HALF]


def test_it_begins_with_a_prefix() -> None:
    prefix = DynamicCache()
    prefix.update(tokens(4, 1).half(), tokens(4, 2).half(), 0)
    key, _ = KeyValueCache(KvPrecision.FULL, prefix).update(tokens(3, 3), tokens(3, 4), 0)
    assert torch.equal(key, torch.cat((tokens(4, 1).half().float(), tokens(3, 3)), dim=2))


def test_tokens_can_be_taken_back() -> None:
    cache = KeyValueCache(KvPrecision.INT8)
    cache.update(tokens(10, 1), tokens(10, 2), 0)
    cache.crop(-4)
    key, _ = cache.update(tokens(2, 3), tokens(2, 4), 0)
    assert torch.allclose(key[:, :, :6], tokens(10, 1)[:, :, :6], atol=2e-2)
    assert torch.allclose(key[:, :, 6:], tokens(2, 3), atol=2e-2)
