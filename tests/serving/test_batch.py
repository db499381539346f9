"""Sequences of a batch are computed as they are alone, whoever comes and goes, and whatever is reused."""

import random
from collections.abc import Callable, Iterator, Sequence

import pytest
import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from glmbot.serving.engine.batch import ATTENTION, register_attention
from glmbot.serving.engine.decoder import ChatGLMDecoder, NetworkDecoder, decode_together
from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.sequence import Request, Sampling
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.loading.served_model import ServedModel
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.chatglm2 import ChatGLM2ForConditionalGeneration
from glmbot.serving.models.config import ChatGLMConfig
from glmbot.serving.models.config2 import ChatGLM2Config

VOCABULARY = 96
GMASK, BOS = 90, 91
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}
OWN = {"vocab_size": VOCABULARY, "hidden_size": 32, "num_layers": 3, "num_attention_heads": 4}
FIRST = {"inner_hidden_size": 64, "bos_token_id": BOS, "gmask_token_id": GMASK, "mask_token_id": 92}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Such small models are computed ten times as fast by one."""
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(num_threads)


def chatglm(**options: object) -> PreTrainedModel:
    return ChatGLMForConditionalGeneration(ChatGLMConfig(**OWN, **FIRST, max_sequence_length=256, **options))


def chatglm2(**options: object) -> PreTrainedModel:
    sizes = {"kv_channels": 8, "multi_query_group_num": 2, "ffn_hidden_size": 48, "padded_vocab_size": VOCABULARY}
    return ChatGLM2ForConditionalGeneration(ChatGLM2Config(**OWN, **sizes, seq_length=256, **options))


MODELS: dict[str, Callable[[], PreTrainedModel]] = {
    "chatglm": chatglm,
    "chatglm 1-d": lambda: chatglm(position_encoding_2d=False),
    "chatglm with a prefix": lambda: chatglm(pre_seq_len=5),
    "chatglm2": chatglm2,
    "chatglm3": lambda: chatglm2(float32_rotary=True),
    "chatglm2 with a prefix": lambda: chatglm2(pre_seq_len=5),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SIZES)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**SIZES)),
    "mistral with a window": lambda: MistralForCausalLM(MistralConfig(**SIZES, sliding_window=7)),
    "gemma2, whose attention is its own": lambda: Gemma2ForCausalLM(Gemma2Config(**SIZES, head_dim=8)),
}
CAUSAL = [name for name in MODELS if name not in ("chatglm", "chatglm 1-d", "chatglm with a prefix")]


def served(name: str, kv: KvPrecision = KvPrecision.FULL, max_kept_bytes: int = 0) -> ServedModel:
    """Return a random model, as it is served; its weights are large, so that answers are not all alike."""
    torch.manual_seed(7)
    model = MODELS[name]().eval()
    for weight in model.parameters():
        weight.requires_grad_(False).mul_(3 if weight.dim() > 1 else 1)
    if model.config._attn_implementation == "sdpa" and not name.startswith("chatglm"):
        register_attention()
        model.set_attn_implementation(ATTENTION)
    ready = ServedModel(model, {0}, 256, kv, max_kept_bytes)
    ready.prepare(prompt(random.Random(0)))
    return ready


def prompt(rng: random.Random, length: int | None = None) -> list[int]:
    return [*rng.choices(range(1, 90), k=length or rng.randrange(3, 40)), GMASK, BOS]


def requests(seed: int, number: int) -> list[Request]:
    rng = random.Random(seed)
    return [Request(prompt(rng), rng.randrange(4, 14), Sampling(temperature=0.0)) for _ in range(number)]


def answers(model: ServedModel, asked: Sequence[Request], seed: int, max_running: int = 8) -> list[list[int]]:
    """Let requests come at random steps, and some others that are cancelled; return the answers."""
    rng, engine = random.Random(seed), Engine(model, max_running)
    found: list[list[int]] = [[] for _ in asked]
    waiting, cancelled, num_steps = list(enumerate(asked)), [], 0
    rng.shuffle(waiting)
    while waiting or engine.has_work:
        while waiting and (rng.random() < 0.5 or not engine.has_work):
            engine.add(*waiting.pop())
            if rng.random() < 0.3:
                cancelled.append(1000 + num_steps)
                engine.add(cancelled[-1], requests(num_steps, 1)[0])
        for output in engine.step():
            if output.sequence_id < len(asked):
                assert output.finish != "error"
                found[output.sequence_id] += [] if output.token is None else [output.token]
        if cancelled and rng.random() < 0.3:
            engine.cancel(cancelled.pop())
        num_steps += 1
    return found


def alone(model: ServedModel, asked: Sequence[Request]) -> list[list[int]]:
    return [answers(model, [one], 0)[0] for one in asked]


@pytest.mark.parametrize("name", MODELS)
def test_answers_are_the_same_alone_and_among_others(name: str) -> None:
    model, asked = served(name), requests(1, 5)
    expected = alone(model, asked)
    assert len({tuple(answer) for answer in expected}) > 3, "answers that are all alike would show nothing"
    for seed in range(2):
        assert answers(model, asked, seed) == expected
    assert answers(model, asked, 0, max_running=2) == expected


@pytest.mark.parametrize("kv", [KvPrecision.HALF, KvPrecision.INT8])
@pytest.mark.parametrize("name", ["chatglm", "chatglm3"])
def test_narrow_keys_and_values_change_nothing_of_that(name: str, kv: KvPrecision) -> None:
    model, asked = served(name, kv), requests(2, 5)
    assert answers(model, asked, 0) == alone(model, asked)


@pytest.mark.parametrize("name", MODELS)
def test_only_what_can_be_computed_together_is(name: str) -> None:
    model = served(name)
    num_passes = 0

    def count(*_: object) -> None:
        nonlocal num_passes
        num_passes += 1

    model._model.register_forward_pre_hook(count)
    decoders = [model.new_decoder() for _ in range(4)]
    with torch.inference_mode():
        for number, decoder in enumerate(decoders):
            decoder.prefill(prompt(random.Random(number)))
        num_passes = 0
        model.decode(decoders, [1, 2, 3, 4])
    assert num_passes == (4 if name.startswith("gemma2") else 1)


@pytest.mark.parametrize("name", MODELS)
def test_a_sequence_that_was_broken_off_goes_on_with_the_same_tokens(name: str) -> None:
    model, asked = served(name), requests(3, 1)[0]
    (expected,) = alone(model, [asked])
    with torch.inference_mode():
        for num_before in range(1, len(expected)):
            decoder = model.new_decoder()
            decoder.prefill(asked.prompt)
            logits = decoder.extend(expected[:num_before])
            assert int(logits.argmax()) == expected[num_before]
            further = model.decode([decoder], [expected[num_before]])[0]
            if num_before + 1 < len(expected):
                assert int(further.argmax()) == expected[num_before + 1]


@pytest.mark.parametrize("name", CAUSAL)
def test_a_prompt_may_be_read_in_pieces(name: str) -> None:
    model = served(name)
    tokens = prompt(random.Random(5), 37)
    with torch.inference_mode():
        whole = model.new_decoder().prefill(tokens)
        for size in (1, 5, 16):
            decoder = model.new_decoder()
            for start in range(0, len(tokens), size):
                logits = decoder.extend(tokens[start : start + size])
            torch.testing.assert_close(logits, whole, rtol=1e-4, atol=1e-4)


def test_a_long_prompt_is_read_in_pieces_while_others_go_on() -> None:
    model, rng = served("llama"), random.Random(6)
    short, long = (Request(prompt(rng, length), 20, Sampling(temperature=0.0)) for length in (5, 220))
    expected = alone(model, [short, long])
    ticks = iter(range(10_000))
    engine = Engine(model, 4, clock=lambda: float(next(ticks)))  # every piece seems to take a second
    engine.add(0, short)
    engine.step()
    engine.add(1, long)
    found: list[list[int]] = [[], []]
    num_before_first = 0
    while engine.has_work:
        for output in engine.step():
            if output.token is not None:
                found[output.sequence_id].append(output.token)
        num_before_first += not found[1]
    assert [expected[0][:1] + found[0], found[1]] == expected
    assert num_before_first > 2


def test_short_prompts_say_nothing_of_how_long_a_piece_may_be() -> None:
    """They let it double each time: soon long prompts were read whole, and after a thousand the engine ended."""
    model, rng = served("llama"), random.Random(6)
    engine = Engine(model, 4, clock=lambda: 0.0)  # all seems to take no time
    engine.add(0, Request(prompt(rng, 5), 100, Sampling(temperature=0.0)))
    for number in range(1, 20):
        engine.step()
        engine.add(number, Request(prompt(rng, 5), 1, Sampling(temperature=0.0)))
    while engine.num_waiting:
        engine.step()
    engine.add(99, Request(prompt(rng, 220), 1, Sampling(temperature=0.0)))
    assert not any(output.sequence_id == 99 and output.token is not None for output in engine.step())
    assert any(output.sequence_id == 99 and output.token is not None for output in engine.step())


# -- what is reused


@pytest.mark.parametrize("name", CAUSAL)
def test_conversations_go_on_from_what_is_kept_with_the_same_answers(name: str) -> None:
    rng, system = random.Random(9), prompt(random.Random(8), 30)
    fresh, keeping = served(name), served(name, max_kept_bytes=10_000_000)
    num_reused = 0
    conversations = [list(system) for _ in range(3)]
    for _ in range(4):
        for tokens in rng.sample(conversations, 3):
            tokens += prompt(rng, 6)
            asked = Request(list(tokens), 8, Sampling(temperature=0.0))
            begun = keeping.new_decoder(tokens, 0)
            num_reused += begun.num_tokens
            if begun.num_tokens:
                keeping.keep(begun, tokens[: begun.num_tokens])  # it was only looked at
            expected, found = alone(fresh, [asked])[0], answers(keeping, [asked], 0)[0]
            assert found == expected
            tokens += found
    assert num_reused > 200


def test_what_is_kept_for_one_is_not_changed_by_another() -> None:
    model = served("llama", max_kept_bytes=10_000_000)
    start = prompt(random.Random(1), 30)
    asked = [Request([*start, number, number + 1], 10, Sampling(temperature=0.0)) for number in range(1, 6)]
    expected = alone(served("llama"), asked)
    assert [answers(model, [one], 0)[0] for one in asked] == expected
    assert [answers(model, [one], 0)[0] for one in reversed(asked)] == expected[::-1]


def test_the_oldest_goes_when_there_is_no_room() -> None:
    model = served("llama")
    model = served("llama", max_kept_bytes=model.bytes_per_token * 80)
    first, second, third = (prompt(random.Random(number), 34) for number in range(3))
    for tokens in (first, second, third):
        answers(model, [Request(tokens, 1, Sampling(temperature=0.0))], 0)
    assert [model.new_decoder([*tokens, 1], 0).num_tokens > 0 for tokens in (third, second, first)] == [
        True,
        True,
        False,
    ]
    assert not model.forget_kept(), "both were handed over"


def test_the_first_chatglm_reuses_nothing_and_must_not() -> None:
    """Its prompt is attended both ways: what is computed of a beginning is another once the prompt has grown."""
    model = served("chatglm", max_kept_bytes=10_000_000)
    tokens = prompt(random.Random(4), 30)
    answers(model, [Request(tokens, 5, Sampling(temperature=0.0))], 0)
    assert model.new_decoder([*tokens, 1, 2], 0).num_tokens == 0
    assert not model.forget_kept()

    network = model._model
    assert isinstance(network, ChatGLMForConditionalGeneration)
    keys = []
    with torch.inference_mode():
        for more in ([], [5, 6, 7]):
            decoder = ChatGLMDecoder(network)
            decoder.prefill([*tokens[:-2], *more, GMASK, BOS])
            keys.append([layer._stores[0]._kept[:, :, :30] for layer in decoder.cache._own_layers()])  # type: ignore[index]
    torch.testing.assert_close(keys[0][0], keys[1][0])
    assert not torch.allclose(keys[0][1], keys[1][1], atol=1e-4)


def test_what_is_handed_over_is_moved_once_however_long_the_answer_becomes() -> None:
    model, tokens = served("chatglm3", max_kept_bytes=10_000_000), prompt(random.Random(3), 40)
    (answer,) = answers(model, [Request(tokens, 2, Sampling(temperature=0.0))], 0)
    with torch.inference_mode():
        decoder = model.new_decoder([*tokens, *answer, 1], 400)
        assert isinstance(decoder, NetworkDecoder)
        assert not model.forget_kept(), "it was handed over, not copied"
        sizes = set()
        for _ in range(320):
            decoder.decode(1)
            sizes.add(next(decoder.cache._own_layers())._stores[0]._kept.shape[2])  # type: ignore[union-attr]
    assert len(sizes) == 2, "as it came, and with room for all"


# -- when a pass fails


def test_a_pass_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = served("chatglm")
    network = model._model
    assert isinstance(network, ChatGLMForConditionalGeneration)
    decoders = [model.new_decoder() for _ in range(3)]
    with torch.inference_mode():
        for number, decoder in enumerate(decoders):
            decoder.prefill(prompt(random.Random(number)))
        own = [decoder for decoder in decoders if isinstance(decoder, NetworkDecoder)]
        lengths = [decoder.cache.get_seq_length(2) for decoder in own]
        handle = network.transformer.layers[1].mlp.register_forward_pre_hook(_fail)
        with pytest.raises(MemoryError):
            decode_together(own, [1, 2, 3])
        handle.remove()
        assert [decoder.cache.get_seq_length(layer) for layer in range(3) for decoder in own] == lengths * 3
        again = [model.new_decoder() for _ in range(3)]
        for number, decoder in enumerate(again):
            decoder.prefill(prompt(random.Random(number)))
        torch.testing.assert_close(model.decode(decoders, [1, 2, 3]), model.decode(again, [1, 2, 3]))


def _fail(*_: object) -> None:
    raise MemoryError


def test_the_room_that_is_expected_is_there_at_once() -> None:
    model = served("chatglm3")
    with torch.inference_mode():
        decoder = model.new_decoder([], 200)
        assert isinstance(decoder, NetworkDecoder)
        decoder.extend([1, 2, 3])
        before = [layer._stores[0]._kept for layer in decoder.cache._own_layers()]
        for _ in range(150):
            decoder.decode(1)
        assert all(a is layer._stores[0]._kept for a, layer in zip(before, decoder.cache._own_layers(), strict=True))
