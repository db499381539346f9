"""Sequences in slots are answered as they are apart, token for token, and steps may be captured."""

import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from glmbot.serving.engine.captured import Capture, GraphCapture, Step, eager
from glmbot.serving.engine.decoder import NetworkDecoder
from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.kv_cache import KeyValueCache
from glmbot.serving.engine.sequence import Request, Sampling
from glmbot.serving.engine.slot_steps import SlotSteps
from glmbot.serving.engine.slots import SlotCache, Slots, SlotShape, rows_for
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.loading.served_model import ServedModel
from glmbot.serving.models import compiled
from tests.serving import test_same_answers as same
from tests.serving.recorded_steps import Recorder
from tests.serving.reference_answers import Checkpoint, read
from tests.serving.test_batch import prompt, served
from tests.serving.test_same_answers import Questions, Run, alone, arriving

NAMES = ["v1_tiny", "v1_position_1d", "v1_ptuning", "v2_e2e", "v2_ptuning", "v3_e2e"]
MAX_TOKENS = 4096
RANDOM = ["chatglm", "chatglm 1-d", "chatglm with a prefix", "chatglm2", "chatglm3", "chatglm2 with a prefix"]
"""Of tests/serving/test_batch.py, whose answers may be as long as one likes."""


@dataclass(frozen=True)
class Slotted(Checkpoint):
    """A checkpoint that is served in slots."""

    def served(self, kv: KvPrecision = KvPrecision.FULL, max_kept_bytes: int = 0) -> ServedModel:
        """Return the network as a GPU serves it."""
        return in_slots(super().served(kv, max_kept_bytes), self.asked[0].prompt)


def in_slots(model: ServedModel, tokens: Sequence[int], capture: Capture = eager) -> ServedModel:
    model.use_slots(tokens, MAX_TOKENS, capture)
    assert model._steps is not None
    return model


def slots_of(model: ServedModel) -> Slots:
    return steps_of(model).slots


def steps_of(model: ServedModel) -> SlotSteps:
    assert model._steps is not None
    return model._steps


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Such small models are computed ten times as fast by one."""
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(num_threads)


@pytest.fixture
def without_own_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU: a recorder does not see what our kernels do, since it is no operation of torch."""
    monkeypatch.setattr(compiled, "is_usable", lambda: False)


@pytest.fixture(scope="module", params=NAMES)
def questions(request: pytest.FixtureRequest, one_thread: None) -> Questions:
    """What the checkpoint answers without slots, and the same in slots."""
    plain = read(request.param)
    checkpoint = Slotted(plain.network, plain.end_tokens, plain.asked, plain.turns)
    asked = [one.request() for one in plain.asked]
    return Questions(checkpoint, checkpoint.served(), asked, alone(plain.served(), asked))


# -- the answers


def test_alone_in_a_batch_and_in_any_order(questions: Questions) -> None:
    same.test_alone(questions)
    same.test_in_a_batch_and_in_any_order_of_arrival(questions)


def test_with_a_neighbour_that_joins_and_leaves_at_each_step(questions: Questions) -> None:
    same.test_with_a_neighbour_that_joins_at_each_step(questions)


def test_after_a_pause(questions: Questions) -> None:
    same.test_after_a_pause(questions)


@pytest.mark.parametrize("phase", ["waiting", "reading", "going on"])
def test_after_a_neighbour_was_cancelled(questions: Questions, phase: str) -> None:
    same.test_after_a_neighbour_was_cancelled(questions, phase)


def test_with_beginnings_that_are_reused(questions: Questions) -> None:
    plain = questions.checkpoint
    apart = Checkpoint(plain.network, plain.end_tokens, plain.asked, plain.turns)
    keeping, asked = plain.served(max_kept_bytes=10_000_000), dict(enumerate(questions.asked))
    for _ in range(2):
        assert arriving(keeping, asked, 1) == questions.expected
    short = [one for number, one in asked.items() if len(one.prompt) < 150]
    further = [replace(one, prompt=[*one.prompt, 5, *questions.asked[0].prompt]) for one in short]
    expected = alone(apart.served(), further)
    assert arriving(keeping, dict(enumerate(further)), 1) == expected
    if keeping.is_causal:
        assert keeping.new_decoder([*further[-1].prompt, 1]).num_tokens >= len(further[-1].prompt)


@pytest.mark.parametrize("name", RANDOM)
def test_over_the_edges_of_lengths_and_batch_sizes(name: str) -> None:
    """Answers from just below 128 places to above, beside others; slots become longer and more on the way."""
    rng = random.Random(3)
    asked = [greedy(prompt(rng, length), 12) for length in (118, 5, 121, 30, 125)]
    expected = alone(served(name), asked)
    model = in_slots(served(name), prompt(rng))
    layouts = set()
    for every in (0, 3):
        assert arriving(model, dict(enumerate(asked)), every) == expected
        layouts.add(slots_of(model).layout)
    assert slots_of(model).room == 256
    assert len(layouts) == 1, "what is there is used again"


@pytest.mark.parametrize("name", RANDOM)
def test_what_was_in_a_slot_never_matters(name: str) -> None:
    rng = random.Random(4)
    asked = [greedy(prompt(rng, length), 10) for length in (9, 3, 20, 14)]
    expected = alone(served(name), asked)
    model = in_slots(served(name), prompt(rng))
    run = Run(Engine(model, 3))
    for number, one in enumerate(asked):
        run.add(number, one)
    while run.engine.has_work:
        spoil(slots_of(model))
        run.step()
    assert run.answers == expected


def spoil(slots: Slots) -> None:
    """Write what is no number into slots that nobody has, and large numbers where a sequence has no token yet."""
    for layer in range(slots.shape.num_layers):
        for part in slots.layer(layer):
            for index in range(slots.num_slots):
                cache = slots._caches.get(index)
                with torch.inference_mode():
                    first, value = (0, torch.nan) if cache is None else (cache.get_seq_length(), 1e4)
                    part[index, :, first:] = value


def greedy(tokens: list[int], num_tokens: int) -> Request:
    return Request(tokens, num_tokens, Sampling(temperature=0.0))


def test_who_makes_the_slots_too_long_for_the_memory_waits_or_lets_others_wait() -> None:
    """Two slots of 256 places are more than 384: once one needs that, the newer one waits and goes on later."""
    rng = random.Random(11)
    asked = [greedy(prompt(rng, 118), 16), greedy(prompt(rng, 9), 14)]
    expected = alone(served("chatglm3"), asked)
    model = in_slots(served("chatglm3"), prompt(rng))
    run = Run(Engine(model, 8, max_tokens=384, places=model.places))
    for number, one in enumerate(asked):
        run.add(number, one)
    assert run.finish() == dict(expected)
    assert run.num_pauses == 1


# -- steps that are captured


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.usefixtures("without_own_kernels")
def test_captured_steps_read_the_newest_inputs_and_give_the_same_answers(name: str) -> None:
    rng, recorder = random.Random(5), Recorder()
    asked = [greedy(prompt(rng, length), 8) for length in (124, 9, 17, 4)]
    expected = alone(served(name), asked)
    model = in_slots(served(name), prompt(rng), recorder)
    for every in (0, 2):
        assert arriving(model, dict(enumerate(asked)), every) == expected
    num_captured, layout = recorder.num_captured, slots_of(model).layout
    inputs = steps_of(model)._inputs.data_ptr()
    assert arriving(model, dict(enumerate(asked)), 2) == expected
    assert recorder.num_captured == num_captured, "one capture for a shape"
    assert recorder.num_replayed > 2 * recorder.num_captured
    assert (slots_of(model).layout, steps_of(model)._inputs.data_ptr()) == (layout, inputs)
    assert num_captured >= len(steps_of(model)._captured) > 1


@pytest.mark.usefixtures("without_own_kernels")
def test_a_capture_that_fails_is_told_once_and_steps_go_on_without(caplog: pytest.LogCaptureFixture) -> None:
    rng, num_asked = random.Random(6), 0

    def fail(step: Step) -> Step:
        nonlocal num_asked
        num_asked += 1
        if num_asked > 1:
            raise RuntimeError("operation not permitted when stream is capturing")
        return Recorder()(step)

    asked = [greedy(prompt(rng, length), 8) for length in (124, 9, 17)]
    expected = alone(served("chatglm"), asked)
    model = in_slots(served("chatglm"), prompt(rng), fail)
    with caplog.at_level(logging.WARNING):
        assert arriving(model, dict(enumerate(asked)), 1) == expected
    assert num_asked == 2
    assert [record.message for record in caplog.records] == [
        "steps are not captured, and slower for it: operation not permitted when stream is capturing"
    ]


@pytest.mark.usefixtures("without_own_kernels")
def test_a_capture_without_memory_leaves_the_others_captured() -> None:
    rng, recorder, num_asked = random.Random(6), Recorder(), 0

    def fail_once(step: Step) -> Step:
        nonlocal num_asked
        num_asked += 1
        if num_asked == 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return recorder(step)

    asked = [greedy(prompt(rng, length), 8) for length in (124, 9, 17)]
    expected = alone(served("chatglm"), asked)
    model = in_slots(served("chatglm"), prompt(rng), fail_once)
    assert arriving(model, dict(enumerate(asked)), 1) == expected
    assert num_asked > 2
    assert recorder.num_captured == num_asked - 1


def test_where_the_scores_are_others_all_stays_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    rng = random.Random(7)
    asked = [greedy(prompt(rng, 9), 6)]
    model, expected = served("chatglm3"), alone(served("chatglm3"), asked)
    model.use_slots(prompt(rng), MAX_TOKENS, lambda step: lambda: -step())
    assert model._steps is None
    assert "their scores are others" in caplog.text
    assert alone(model, asked) == expected


@pytest.mark.parametrize(("name", "kv"), [("llama", KvPrecision.FULL), ("chatglm", KvPrecision.INT8)])
def test_native_models_and_narrow_keys_have_no_slots(name: str, kv: KvPrecision) -> None:
    model = served(name, kv)
    model.use_slots(prompt(random.Random(0)), MAX_TOKENS)
    assert model._steps is None


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="captures CUDA graphs: torch sees no NVIDIA GPU here")
@pytest.mark.parametrize("name", RANDOM)
def test_cuda_graphs_give_the_answers_of_plain_steps(name: str) -> None:
    device, rng = torch.device("cuda"), random.Random(8)
    asked = [greedy(prompt(rng, length), 8) for length in (124, 9, 17, 4)]
    plain = served(name)
    plain._model.to(device)
    expected = alone(plain, asked)
    model = in_slots(plain, prompt(rng), GraphCapture(device))
    for every in (0, 2):
        assert arriving(model, dict(enumerate(asked)), every) == expected
    assert steps_of(model)._capture is not eager


# -- slots themselves


def test_slots_hold_what_caches_of_their_own_hold_whoever_comes_and_goes() -> None:
    """Lengths, moves and relayouts, by chance; what each sequence has is compared after each."""
    rng, shape = random.Random(9), SlotShape(num_layers=2, num_heads=2, head_size=4, longest=600)
    slots = Slots(shape, torch.float32, torch.device("cpu"), 8 * 640)
    pairs: list[tuple[SlotCache, KeyValueCache]] = []
    for _ in range(300):
        chance = rng.random()
        if chance < 0.3 and len(pairs) < 8:
            pairs.append((slots.begin(rng.randrange(1, 140)), KeyValueCache()))
        elif chance < 0.45 and pairs:
            pairs.pop(rng.randrange(len(pairs)))
        elif chance < 0.55 and pairs:
            assert slots.num_rows() >= len(pairs)
        elif pairs:
            pair = rng.choice(pairs)
            append(pair, rng.randrange(1, 40), shape)
        for mine, other in pairs:
            assert mine.get_seq_length() == other.get_seq_length()
            for ours, theirs in zip(mine.copied().filled(), other.filled(), strict=False):
                torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    assert slots.num_slots * slots.room <= 8 * 640
    assert slots.layout > 3


def append(pair: tuple[SlotCache, KeyValueCache], num_tokens: int, shape: SlotShape) -> None:
    if pair[0].get_seq_length() + num_tokens > shape.longest:
        for cache in pair:
            cache.keep_first(7)
    for layer in range(shape.num_layers):
        key, value = torch.randn(2, 1, shape.num_heads, num_tokens, shape.head_size).unbind()
        for cache in pair:
            cache.update(key, value, layer)


def test_rooms_and_rows_are_few() -> None:
    shape = SlotShape(1, 1, 1, longest=2050)
    assert [shape.room_for(length) for length in (1, 128, 129, 1000, 1025, 2050)] == [128, 128, 256, 1024, 2048, 2176]
    assert [rows_for(number) for number in (1, 2, 3, 33, 64, 65, 129)] == [1, 2, 4, 64, 64, 128, 192]
    spans = [128, 256, 384, 1024, 1280, 1536, 2176]
    assert [shape.span_for(length) for length in (1, 129, 257, 1000, 1025, 1281, 2050)] == spans
    assert all(length <= shape.span_for(length) <= shape.room_for(length) for length in range(1, 2051))
    assert shape.places([1, 129, 5]) == 3 * 256
    assert shape.places([]) == 0


def test_a_sequence_read_again_is_back_in_its_slot() -> None:
    """As scores that are no numbers are, where 16 bits do not suffice."""
    model, rng = served("chatglm3"), random.Random(10)
    model._model.bfloat16()
    tokens = prompt(rng, 9)
    in_slots(model, tokens)
    with torch.inference_mode():
        decoder = model.new_decoder(tokens)
        assert isinstance(decoder, NetworkDecoder)
        decoder.extend(tokens)
        assert decoder.read_again(tokens, [3, 4]) is not None
        assert isinstance(decoder.cache, SlotCache)
        assert decoder.cache.get_seq_length() == decoder.num_tokens == len(tokens) + 2
        found: Tensor = model.decode([decoder], [5])
    assert found.isfinite().all()
