"""Models of which a short check does not show that a batch would change them are computed one after another."""

import random
from collections.abc import Callable

import pytest
import torch
from transformers import (
    Llama4ForCausalLM,
    Llama4TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    PretrainedConfig,
    PreTrainedModel,
)

from glmbot.serving.engine.batch import ATTENTION, register_attention
from glmbot.serving.engine.unusual import changes_with_length, has_unusual_mask
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.loading.served_model import ServedModel
from tests.serving.test_batch import SIZES, one_thread, prompt

__all__ = ["one_thread"]

LONG = {
    "rope_type": "longrope",
    "rope_theta": 100.0,
    "short_factor": [1.0] * 4,
    "long_factor": [4.0] * 4,
    "original_max_position_embeddings": 24,
}


def longrope() -> PreTrainedModel:
    return LlamaForCausalLM(LlamaConfig(**SIZES, rope_parameters=LONG))


def chunked() -> PreTrainedModel:
    mixture = {"num_local_experts": 2, "num_experts_per_tok": 1, "intermediate_size_mlp": 48, "head_dim": 8}
    return Llama4ForCausalLM(Llama4TextConfig(**SIZES, **mixture, attention_chunk_size=24))


MODELS: dict[str, Callable[[], PreTrainedModel]] = {"longrope": longrope, "chunked": chunked}


def served(name: str) -> ServedModel:
    """Return a random model that was checked with a prompt too short to show what it does with long ones."""
    torch.manual_seed(7)
    model = MODELS[name]().eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight.requires_grad_(False), std=0.2)
    register_attention()
    model.set_attn_implementation(ATTENTION)
    ready = ServedModel(model, {0}, 256, KvPrecision.FULL, max_kept_bytes=10_000_000)
    ready.prepare(prompt(random.Random(0), 5))
    return ready


@pytest.mark.parametrize("name", MODELS)
def test_a_long_neighbour_changes_nothing(name: str) -> None:
    model = served(name)
    prompts = [prompt(random.Random(length), length) for length in (8, 40)]
    with torch.inference_mode():
        alone, together = ([model.new_decoder() for _ in prompts] for _ in range(2))
        for decoders in (alone, together):
            for decoder, tokens in zip(decoders, prompts, strict=True):
                decoder.prefill(tokens)
        expected = torch.cat([model.decode([decoder], [1]) for decoder in alone])
        torch.testing.assert_close(model.decode(together, [1, 1]), expected, rtol=1e-4, atol=1e-4)


def test_what_changes_with_length_is_read_in_one_piece_and_not_reused() -> None:
    model = served("longrope")
    tokens = prompt(random.Random(1), 30)
    decoder = model.new_decoder()
    decoder.prefill(tokens)
    model.keep(decoder, tokens)
    assert not model.is_causal
    assert model.new_decoder([*tokens, 1]).num_tokens == 0


@pytest.mark.parametrize(
    ("config", "changes", "is_unusual"),
    [
        (LlamaConfig(), False, False),
        (LlamaConfig(rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}), False, False),
        (LlamaConfig(rope_parameters={"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}), True, False),
        (LlamaConfig(rope_parameters=LONG), True, False),
        (MistralConfig(sliding_window=7), False, False),
        (Llama4TextConfig(), False, True),
        (PretrainedConfig(), False, False),
    ],
)
def test_unusual_models_are_told_by_their_configuration(
    config: PretrainedConfig, changes: bool, is_unusual: bool
) -> None:
    assert (changes_with_length(config), has_unusual_mask(config)) == (changes, is_unusual)
