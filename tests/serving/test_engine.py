"""The engine: many requests at once, each with its own end."""

import gc

import pytest

from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.sequence import Output, Request, Sampling
from tests.serving.engine_fake import ScriptedModel


def request(prompt: str, max_tokens: int = 50) -> Request:
    return Request(list(prompt.encode()), max_tokens, Sampling())


def run(engine: Engine, max_steps: int = 200) -> dict[int, list[Output]]:
    """Step until nothing is left to do; return each sequence's outputs."""
    outputs: dict[int, list[Output]] = {}
    for _ in range(max_steps):
        if not engine.has_work:
            return outputs
        for output in engine.step():
            outputs.setdefault(output.sequence_id, []).append(output)
    raise AssertionError("the engine does not come to an end")


def text(outputs: list[Output]) -> str:
    return "".join(chr(output.token) for output in outputs if output.token is not None)


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel(lambda prompt: prompt * 2)


@pytest.fixture
def engine(model: ScriptedModel) -> Engine:
    return Engine(model, max_running=3)


def test_sequences_of_unequal_length_do_not_mix(engine: Engine) -> None:
    prompts = ["a", "bcd", "efghijk", "lm", "n", "opqrst"]
    for number, prompt in enumerate(prompts):
        engine.add(number, request(prompt))
    outputs = run(engine)
    assert [text(outputs[number]) for number in range(6)] == [prompt * 2 for prompt in prompts]
    assert {outputs[number][-1].finish for number in range(6)} == {"stop"}


def test_every_running_sequence_gets_one_token_a_step(engine: Engine) -> None:
    for number in range(3):
        engine.add(number, request("abcdef"))
    engine.step()
    engine.step()
    assert [output.sequence_id for output in engine.step()] == [0, 1, 2]
    assert [output.sequence_id for output in engine.step()] == [0, 1, 2]


def test_no_more_run_than_allowed_and_the_first_come_is_next(engine: Engine) -> None:
    for number in range(5):
        engine.add(number, request("ab"))
    for _ in range(3):
        engine.step()
    assert (engine.num_running, engine.num_waiting) == (3, 2)
    first_seen = list(dict.fromkeys(run(engine)))
    assert first_seen == [0, 1, 2, 3, 4]


def test_the_end_mark_is_no_text_but_ends_with_stop(engine: Engine) -> None:
    engine.add(1, request("a"))
    assert run(engine)[1] == [Output(1, 97), Output(1, 97), Output(1, None, "stop")]


def test_the_token_limit_ends_with_length(engine: Engine) -> None:
    engine.add(1, request("abc", max_tokens=2))
    assert run(engine)[1] == [Output(1, 97), Output(1, 98, "length")]


def test_cancelling_frees_the_cache_at_once(engine: Engine, model: ScriptedModel) -> None:
    engine.add(1, request("abcdef"))
    engine.add(2, request("ghijkl"))
    engine.step()
    engine.step()
    assert model.num_open == 2
    engine.cancel(1)
    gc.collect()
    assert (engine.num_running, model.num_open) == (1, 1)
    assert set(run(engine)) == {2}
    assert model.num_open == 0


def test_a_waiting_sequence_can_be_cancelled(engine: Engine) -> None:
    for number in range(5):
        engine.add(number, request("ab"))
    engine.cancel(4)
    engine.cancel(4)
    assert set(run(engine)) == {0, 1, 2, 3}


def test_a_cancelled_slot_goes_to_the_next(engine: Engine) -> None:
    for number in range(4):
        engine.add(number, request("ab"))
    for _ in range(3):
        engine.step()
    engine.cancel(1)
    assert {output.sequence_id for output in engine.step()} == {0, 2, 3}


@pytest.mark.parametrize("bad", ["\x01", "\x02"], ids=["scores that are no numbers", "an exception"])
def test_a_failing_step_fails_its_own_request_only(bad: str) -> None:
    engine = Engine(ScriptedModel(lambda prompt: prompt), max_running=3)
    engine.add(1, request("fine"))
    engine.add(2, request(f"ab{bad}"))
    engine.add(3, request(bad))
    outputs = run(engine)
    assert (text(outputs[1]), outputs[1][-1].finish) == ("fine", "stop")
    assert outputs[2] == [Output(2, 97), Output(2, 98), Output(2, None, "error")]
    assert outputs[3] == [Output(3, None, "error")]
    assert not engine.has_work
