"""What is kept of sequences that have ended: within the memory there is, and not lost when one ends early."""

import random
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.sequence import Output, Request, Sampling
from glmbot.serving.loading.served_model import ServedModel
from tests.serving.test_batch import CAUSAL, one_thread, prompt, served

__all__ = ["one_thread"]

PLENTY = 10_000_000
GREEDY = Sampling(temperature=0.0)
CALM = 0
"""The sequence that goes on beside what happens to others."""


def request(tokens: Sequence[int], max_tokens: int = 8, sender: str = "") -> Request:
    return Request(list(tokens), max_tokens, GREEDY, sender)


def run(engine: Engine, *asked: Request) -> list[list[int]]:
    """Answer all to the end."""
    answers: list[list[int]] = [[] for _ in asked]
    for number, one in enumerate(asked):
        engine.add(number, one)
    while engine.has_work:
        for output in engine.step():
            assert output.finish not in ("error", "not_finite")
            answers[output.sequence_id] += [] if output.token is None else [output.token]
    return answers


def tokens_of(output: Sequence[Output], number: int) -> list[Output]:
    return [one for one in output if one.sequence_id == number and one.token is not None]


def num_reused(model: ServedModel, tokens: Sequence[int]) -> int:
    """Return how much of a prompt is there already; takes it away."""
    return model.new_decoder(tokens).num_tokens


@pytest.fixture(params=CAUSAL)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


# -- within the memory there is


def test_what_runs_and_what_is_kept_stay_within_the_memory_there_is() -> None:
    model, rng = served("llama", max_kept_bytes=PLENTY), random.Random(1)
    most = 300
    engine = Engine(model, 4, max_tokens=most)
    for number in range(30):
        engine.add(number, request(prompt(rng, rng.randrange(20, 60)), 20))
    num_kept = []
    while engine.has_work:
        engine.step()
        num_kept.append(model.num_kept_tokens)
        assert engine.num_tokens + model.num_kept_tokens <= most
    assert max(num_kept) > 100


def test_what_is_kept_goes_before_anybody_waits_for_memory() -> None:
    model, rng = served("llama", max_kept_bytes=PLENTY), random.Random(1)
    engine = Engine(model, 4, max_tokens=300)
    for _ in range(4):
        run(engine, request(prompt(rng, 58), 8))
    assert model.num_kept_tokens > 200
    for number in range(4):
        engine.add(number, request(prompt(rng, 40), 30))
    for _ in range(4):
        engine.step()
    assert engine.num_running == 4, "each is let in by the next step"
    while engine.has_work:
        engine.step()
        assert engine.num_waiting == 0


def test_what_one_goes_on_from_is_not_forgotten_for_its_own_sake() -> None:
    """It is the oldest, and there is room for it once, but not twice."""
    model, rng = served("llama", max_kept_bytes=PLENTY), random.Random(1)
    engine = Engine(model, 4, max_tokens=300)
    first = prompt(rng, 150)
    (answer,) = run(engine, request(first))
    run(engine, request(prompt(rng, 60)))
    engine.add(0, request([*first, *answer, *prompt(rng, 10)]))
    num_read = reads(model, lambda: engine.step())
    assert num_read <= len(answer) + 13
    assert model.num_kept_tokens > 50, "the other is still there"


def reads(model: ServedModel, do: Callable[[], object]) -> int:
    """Return how many tokens the network was given while something was done."""
    num_tokens = 0

    def count(_: object, given: tuple[Tensor, ...]) -> None:
        nonlocal num_tokens
        num_tokens += given[0].numel()

    handle = model._model.register_forward_pre_hook(count)
    do()
    handle.remove()
    return num_tokens


# -- of one that ends early


def begun_again(model: ServedModel) -> tuple[Engine, list[int]]:
    """Let a calm one run, and then one that takes over what is kept of an earlier turn; return its prompt, too."""
    rng = random.Random(2)
    (answer,) = run(Engine(model, 1), request(first := prompt(rng, 40)))
    engine = Engine(model, 4)
    engine.add(CALM, request(prompt(rng, 20), 30))
    engine.step()
    tokens = [*first, *answer, *prompt(rng, 5)]
    engine.add(1, request(tokens, 30))
    return engine, tokens


def test_what_a_cancelled_sequence_took_over_is_not_lost(name: str) -> None:
    model = served(name, max_kept_bytes=PLENTY)
    engine, tokens = begun_again(model)
    outputs = [output for _ in range(4) for output in engine.step()]
    answer = [output.token for output in tokens_of(outputs, 1)]
    assert len(answer) == 4
    engine.cancel(1)
    further = [*tokens, *(token for token in answer if token is not None), 5, 6, 7]
    assert run(Engine(model, 1), request(further)) == run(Engine(served(name), 1), request(further))


def test_all_that_a_cancelled_sequence_has_computed_is_there(name: str) -> None:
    model = served(name, max_kept_bytes=PLENTY)
    engine, tokens = begun_again(model)
    for _ in range(4):
        engine.step()
    engine.cancel(1)
    assert num_reused(model, [*tokens, 1, 2]) >= len(tokens)


def test_one_that_is_cancelled_before_it_is_read_leaves_what_there_was() -> None:
    model = served("chatglm3", max_kept_bytes=PLENTY)
    engine, tokens = begun_again(model)
    engine.cancel(1)
    engine.step()
    assert num_reused(model, tokens) >= 40


def test_one_that_is_cancelled_while_it_is_read_leaves_what_has_been_read() -> None:
    model = served("chatglm3", max_kept_bytes=PLENTY)
    engine, _ = begun_again(model)
    engine.cancel(1)
    engine.add(1, request(tokens := prompt(random.Random(3), 200)))
    assert not tokens_of(engine.step(), 1), "a piece of it"
    engine.cancel(1)
    assert num_reused(model, tokens) == 128


def test_one_that_makes_room_for_another_sender_goes_on_from_what_it_had() -> None:
    model = served("chatglm3", max_kept_bytes=PLENTY)
    rng = random.Random(4)
    asked = [request(prompt(rng, 40), 20, "greedy") for _ in range(2)]
    expected = [run(Engine(served("chatglm3"), 1), one)[0] for one in asked]
    engine = Engine(model, 2)
    found: list[list[int]] = [[], [], []]

    def steps(number: int) -> None:
        for _ in range(number):
            for output in engine.step():
                found[output.sequence_id] += [] if output.token is None else [output.token]

    for number, one in enumerate(asked):
        engine.add(number, one)
    steps(6)
    engine.add(2, request(prompt(rng, 5), 3, "other"))
    steps(1)
    assert engine.num_waiting == 1
    assert model.num_kept_tokens > 40
    num_read = reads(model, lambda: steps(40))
    assert not engine.has_work
    assert found[:2] == expected
    assert num_read < 50, "no prompt a second time"


def test_one_that_fails_leaves_what_is_whole_of_it(name: str) -> None:
    """The pass fails in its middle, where some layers have the new tokens already."""
    model = served(name, max_kept_bytes=PLENTY)
    engine, tokens = begun_again(model)
    num_before = model.num_kept_tokens
    handle = _last_layer(model).register_forward_pre_hook(_fail_on(len(tokens) - num_before))
    outputs = engine.step()
    handle.remove()
    assert [output.finish for output in outputs if output.sequence_id == 1] == ["error"]
    decoder = model.new_decoder(tokens)
    assert decoder.num_tokens == num_before > 0
    with torch.inference_mode():
        found = decoder.extend(tokens[num_before:])
        torch.testing.assert_close(found, served(name).new_decoder().extend(tokens), rtol=1e-4, atol=1e-4)


def _last_layer(model: ServedModel) -> torch.nn.Module:
    layers = [module for module in model._model.modules() if isinstance(module, torch.nn.ModuleList)]
    return layers[0][-1]  # type: ignore[return-value]


def _fail_on(num_new: int) -> Callable[..., None]:
    def fail(_: object, given: tuple[Tensor, ...]) -> None:
        if num_new in given[0].shape:
            raise RuntimeError("a scripted failure")

    return fail


def test_what_gave_no_numbers_is_not_kept() -> None:
    model = served("llama", max_kept_bytes=PLENTY)
    with torch.no_grad():
        model._model.get_input_embeddings().weight[50] = float("nan")  # type: ignore[operator, union-attr, index]
    engine, tokens = Engine(model, 4), prompt(random.Random(5), 30)
    engine.add(1, request([*tokens, 50]))
    assert [output.finish for output in engine.step()] == ["not_finite"]
    assert model.num_kept_tokens == 0


def test_a_beginning_of_what_is_kept_is_not_kept_beside_it() -> None:
    model, tokens = served("llama", max_kept_bytes=PLENTY), prompt(random.Random(6), 30)
    run(Engine(model, 2), request(tokens, 10), request(tokens, 2))
    num_kept = model.num_kept_tokens
    assert num_kept <= 2 * 32 + 10
    run(Engine(model, 2), request(tokens, 1))
    assert model.num_kept_tokens == num_kept
