"""Scores that are no numbers, in real models: computed once more where float16 did not suffice."""

import logging
from collections.abc import Sequence

import pytest
import torch
from transformers import PreTrainedModel

from glmbot.serving.engine.batch import ATTENTION, register_attention
from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.sequence import Output, Request, Sampling
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.loading.served_model import ServedModel
from tests.serving.test_batch import BOS, GMASK, MODELS, one_thread

__all__ = ["one_thread"]

BAD = 50
"""The token whose embedding is not as it should be."""
PROMPT = [3, 4, 5]
LARGE = 5e4
"""Twice that leaves float16."""


@pytest.fixture(params=["chatglm", "chatglm with a prefix", "chatglm2", "llama"])
def network(request: pytest.FixtureRequest) -> PreTrainedModel:
    torch.manual_seed(0)
    model = MODELS[request.param]().eval()
    if request.param == "llama":
        register_attention()
        model.set_attn_implementation(ATTENTION)
    return model


def set_row(model: PreTrainedModel, value: float) -> None:
    with torch.no_grad():
        model.get_input_embeddings().weight[BAD] = value  # type: ignore[operator, union-attr, index]


def answers(model: PreTrainedModel, *prompts: Sequence[int], num_tokens: int = 6) -> list[list[Output]]:
    """Answer together, as one server would; the logits' order is what float16 can tell."""
    served = ServedModel(model, [], 256, KvPrecision.FULL)
    served.prepare([*PROMPT, GMASK, BOS])
    engine = Engine(served, max_running=8)
    for number, prompt in enumerate(prompts):
        engine.add(number, Request([*prompt, GMASK, BOS], num_tokens, Sampling(temperature=0)))
    outputs: list[list[Output]] = [[] for _ in prompts]
    while engine.has_work:
        for output in engine.step():
            outputs[output.sequence_id] += [] if output.place else [output]
    return outputs


def test_what_leaves_float16_is_computed_again_in_float32(
    network: PreTrainedModel, caplog: pytest.LogCaptureFixture
) -> None:
    set_row(network, LARGE)
    with torch.no_grad():
        network.get_input_embeddings().weight[BAD, ::2] *= -1  # type: ignore[operator, union-attr, index]
    network.get_input_embeddings().register_forward_hook(lambda module, ids, rows: 2 * rows)
    exact, _ = answers(network, [*PROMPT, BAD], PROMPT)
    narrow = network.half()
    (alone,) = answers(narrow, PROMPT)
    assert caplog.text.count("read again") == 0
    bad, beside = answers(narrow, [*PROMPT, BAD], PROMPT)
    assert caplog.text.count("read again in float32") == 1
    assert [output.finish for output in bad] == [None] * 5 + ["length"]
    assert bad[0].token == exact[0].token
    assert beside == [Output(1, output.token, output.finish) for output in alone]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_checkpoint_with_a_nan_fails_those_alone_who_need_it(
    network: PreTrainedModel, dtype: torch.dtype, caplog: pytest.LogCaptureFixture
) -> None:
    (alone,) = answers(network.to(dtype), PROMPT)
    set_row(network, float("nan"))
    with caplog.at_level(logging.ERROR):
        beside, bad = answers(network, PROMPT, [*PROMPT, BAD])
    assert beside == alone
    assert bad == [Output(1, None, "not_finite")]
    assert "no numbers" in caplog.text


def test_in_float32_nothing_is_read_again(network: PreTrainedModel) -> None:
    served = ServedModel(network, [], 256, KvPrecision.FULL)
    decoder = served.new_decoder()
    with torch.inference_mode():
        decoder.prefill([*PROMPT, GMASK, BOS])
        assert decoder.read_again([*PROMPT, GMASK, BOS], []) is None


def test_what_is_read_again_goes_on_as_before(network: PreTrainedModel) -> None:
    """Read in float16 or again in float32, the keys and values are kept in float16, and nearly the same."""
    served = ServedModel(network.half(), [], 256, KvPrecision.FULL)
    one, other = served.new_decoder(), served.new_decoder()
    prompt = [*PROMPT, GMASK, BOS]
    with torch.inference_mode():
        one.prefill(prompt)
        one.extend([7])
        other.prefill(PROMPT[:1] + prompt[-2:])
        again = other.read_again(prompt, [7])
        assert again is not None
        assert other.num_tokens == one.num_tokens
        found, expected = served.decode([one, other], [8, 8])
    assert torch.allclose(found, expected, atol=5e-3)
