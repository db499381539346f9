"""Learned prefixes, and the shapes of networks that no reference value has, against arithmetic written twice."""

from typing import Any, TypeVar

import pytest
import torch
from torch import Tensor

from glmbot.serving.engine.decoder import CausalDecoder, ChatGLMDecoder
from glmbot.serving.engine.sequence import Decoder
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.chatglm2 import ChatGLM2ForConditionalGeneration
from glmbot.serving.models.config import ChatGLMConfig
from glmbot.serving.models.config2 import ChatGLM2Config
from glmbot.serving.models.quantize import quantise_blocks
from glmbot.serving.models.registry import ChatGLMNetwork
from tests.serving.naive_chatglm2 import naive_logits

Network = TypeVar("Network", ChatGLMForConditionalGeneration, ChatGLM2ForConditionalGeneration)

PLAIN, PROJECTED = {"pre_seq_len": 3}, {"pre_seq_len": 4, "prefix_projection": True}
IDS = [11, 7, 90, 3, 3, 42, 8]
PROMPT = [20, 30, 40, 51, 54]
"""For ChatGLM-6B: three words, [gMASK] and the start mark."""


def second(**changes: Any) -> ChatGLM2ForConditionalGeneration:
    sizes = {"padded_vocab_size": 96, "hidden_size": 24, "num_layers": 2, "num_attention_heads": 6, "kv_channels": 8}
    config = ChatGLM2Config(**{**sizes, "ffn_hidden_size": 20, "seq_length": 64, **changes})
    return seeded(ChatGLM2ForConditionalGeneration(config))


def first(**changes: Any) -> ChatGLMForConditionalGeneration:
    sizes = {"vocab_size": 96, "hidden_size": 32, "num_layers": 2, "num_attention_heads": 4, "inner_hidden_size": 48}
    ids = {"mask_token_id": 50, "gmask_token_id": 51, "bos_token_id": 54, "eos_token_id": 55}
    return seeded(ChatGLMForConditionalGeneration(ChatGLMConfig(**{**sizes, **ids, **changes})))


def seeded(model: Network) -> Network:
    """Give all weights values that matter, biases and norms too."""
    generator = torch.Generator().manual_seed(5)
    for parameter in model.parameters():
        parameter.data.normal_(std=0.4, generator=generator)
    model.train(False)
    model.requires_grad_(False)
    return model


@pytest.mark.parametrize(
    "changes",
    [
        {"multi_query_group_num": 1, "kv_channels": 12},
        {"multi_query_group_num": 2, "layernorm_epsilon": 1e-2},
        {"multi_query_group_num": 6, "kv_channels": 4},
        {"multi_query_group_num": 3, "add_qkv_bias": False, "num_layers": 1},
        {"num_attention_heads": 2, "multi_query_group_num": 2, "kv_channels": 32},
        PLAIN,
        PROJECTED,
        {**PROJECTED, "multi_query_group_num": 1, "add_qkv_bias": False},
    ],
)
def test_networks_of_all_shapes_compute_what_the_facts_say(changes: dict[str, Any]) -> None:
    model = second(**changes)
    expected = naive_logits(model, IDS)
    assert_near(model(torch.tensor([IDS])).logits[0], expected)
    padded = torch.tensor([[0, 0, 0, *IDS], [*range(1, 11)]])
    assert_near(model(padded, attention_mask=(padded != 0).long()).logits[0, 3:], expected)
    decoder = CausalDecoder(model)
    steps = [decoder.prefill(IDS[:4]), *(decoder.decode(token) for token in IDS[4:])]
    assert_near(torch.stack(steps), expected[3:])


def assert_near(ours: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(ours, expected.float(), atol=1e-4, rtol=0)


@pytest.mark.parametrize("settings", [PLAIN, PROJECTED])
@pytest.mark.parametrize("build", [first, second])
def test_a_new_cache_holds_the_prefix_for_all_rows(build: Any, settings: dict[str, Any]) -> None:
    model = build(**settings)
    one, many = model.new_cache(), model.new_cache(3)
    assert many.get_seq_length() == settings["pre_seq_len"]
    for single, layer in zip(one.layers, many.layers, strict=True):
        assert len(layer.keys) == 3
        assert torch.equal(layer.keys[2], single.keys[0])
        assert torch.equal(layer.values[2], single.values[0])


@pytest.mark.parametrize("settings", [{}, PLAIN, PROJECTED])
@pytest.mark.parametrize("build", [first, second])
def test_generate_and_the_decoder_agree_with_a_prefix(build: Any, settings: dict[str, Any]) -> None:
    model = build(**settings)
    batch = torch.tensor([[3, 3, *PROMPT], [60, 61, *PROMPT]])
    options: dict[str, Any] = {
        "attention_mask": torch.tensor([[0] * 2 + [1] * 5, [1] * 7]),
        "max_new_tokens": 5,
        "do_sample": False,
        "eos_token_id": 95,
        "pad_token_id": 3,
    }
    cached = model.generate(batch, use_cache=True, **options)
    assert cached.tolist() == model.generate(batch, use_cache=False, **options).tolist()
    assert cached[0, 7:].tolist() == decoded(model, PROMPT, 5)


def decoded(model: ChatGLMNetwork, prompt: list[int], length: int) -> list[int]:
    decoder: Decoder = CausalDecoder(model)
    if isinstance(model, ChatGLMForConditionalGeneration):
        decoder = ChatGLMDecoder(model)
    tokens = [int(decoder.prefill(prompt).argmax())]
    while len(tokens) < length:
        tokens.append(int(decoder.decode(tokens[-1]).argmax()))
    return tokens


@pytest.mark.parametrize("build", [first, second])
def test_the_prefix_works_before_quantised_layers(build: Any) -> None:
    model = build(**PROJECTED)
    ids = torch.tensor([PROMPT])
    exact = model(ids).logits
    quantise_blocks(model, 8)
    torch.testing.assert_close(model(ids).logits, exact, atol=0.1 * float(exact.abs().max()), rtol=0)


def test_padding_sees_the_prefix_alone() -> None:
    model = second(**PLAIN, num_layers=1)
    mask = torch.tensor([[0, 1, 1]])
    logits = [model(torch.tensor([[0, *words]]), attention_mask=mask).logits[0, 0] for words in ([5, 6], [7, 8])]
    torch.testing.assert_close(logits[0], logits[1])
    bare = second(num_layers=1)  # without a prefix, as published, it sees everything
    logits = [bare(torch.tensor([[0, *words]]), attention_mask=mask).logits[0, 0] for words in ([5, 6], [7, 8])]
    assert not torch.allclose(logits[0], logits[1])
