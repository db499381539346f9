"""The engine: many requests at once, each with its own end."""

import asyncio
import gc
import math
import random
from collections.abc import Sequence

import pytest

from glmbot.errors import EngineStuck
from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.penalties import Penalties
from glmbot.serving.engine.sampler import TokenSampler
from glmbot.serving.engine.sequence import FinishReason, Output, Request, Sampling
from glmbot.serving.engine.thread import EngineThread
from glmbot.serving.loaded_model import LoadedModel
from tests.serving.engine_fake import LetterText, ScriptedModel, until


def request(prompt: str, max_tokens: int = 50, sender: str = "") -> Request:
    return Request(list(prompt.encode()), max_tokens, Sampling(), sender)


def run(engine: Engine, max_steps: int = 200) -> dict[int, list[Output]]:
    """Step until nothing is left to do; return each sequence's outputs."""
    outputs: dict[int, list[Output]] = {}
    for _ in range(max_steps):
        if not engine.has_work:
            return outputs
        for output in tokens(engine.step()):
            outputs.setdefault(output.sequence_id, []).append(output)
    raise AssertionError("the engine does not come to an end")


def tokens(outputs: list[Output]) -> list[Output]:
    """Return what is no place in line."""
    return [output for output in outputs if output.place is None]


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
    finish: FinishReason = "not_finite" if bad == "\x01" else "error"
    assert outputs[2] == [Output(2, 97), Output(2, 98), Output(2, None, finish)]
    assert outputs[3] == [Output(3, None, finish)]
    assert not engine.has_work


def test_scores_that_are_no_numbers_are_computed_again_once_for_that_request_alone() -> None:
    model = ScriptedModel(lambda prompt: prompt)
    engine = Engine(model, max_running=3)
    for number, prompt in enumerate(["fine", "a\x03b", "\x03", "\x03a\x03b"]):
        engine.add(number, request(prompt))
    outputs = run(engine)
    assert [text(outputs[number]) for number in range(4)] == ["fine", "a?b", "?", "?a"]
    assert [outputs[number][-1].finish for number in range(4)] == ["stop", "stop", "stop", "not_finite"]
    assert model.num_read_again == 3


class AsAsked(ScriptedModel):
    """Lets each request choose as it asks, however absurd that is."""

    def new_sampler(self, sampling: Sampling, prompt: Sequence[int] = ()) -> TokenSampler:
        return TokenSampler(sampling, prompt)


@pytest.mark.parametrize(
    "bad", [Sampling(top_k=-5), Sampling(temperature=math.nan), Sampling(logit_bias=((-999, 1.0),))]
)
def test_settings_that_cannot_be_followed_fail_their_own_request_only(bad: Sampling) -> None:
    engine = Engine(AsAsked(lambda prompt: prompt), max_running=3)
    for number, sampling in enumerate([Sampling(temperature=0), bad, Sampling(top_k=1)]):
        engine.add(number, Request(list(b"fine"), 50, sampling))
    outputs = run(engine)
    assert [text(outputs[number]) for number in range(3)] == ["fine", "", "fine"]
    assert [outputs[number][-1].finish for number in range(3)] == ["stop", "error", "stop"]


# -- whose turn it is


def first_seen(engine: Engine, max_steps: int = 200) -> list[int]:
    """Step to the end; return the sequences in the order of their first tokens."""
    return list(run(engine, max_steps))


def test_senders_take_turns() -> None:
    engine = Engine(ScriptedModel(lambda prompt: prompt), max_running=1)
    for number in range(6):
        engine.add(number, request("ab", sender="greedy"))
    engine.add(10, request("ab", sender="ann"))
    engine.add(20, request("ab", sender="bob"))
    engine.add(11, request("ab", sender="ann"))
    assert first_seen(engine) == [0, 10, 20, 1, 11, 2, 3, 4, 5]


def test_who_has_all_places_makes_room_and_goes_on_with_the_same_tokens() -> None:
    engine = Engine(ScriptedModel(lambda prompt: prompt * 6), max_running=4)
    for number in range(8):
        engine.add(number, request("abcd", sender="greedy"))
    outputs: dict[int, list[Output]] = {}

    def steps(number: int) -> list[int]:
        seen = []
        for _ in range(number):
            for output in tokens(engine.step()):
                outputs.setdefault(output.sequence_id, []).append(output)
                seen.append(output.sequence_id)
        return seen

    steps(6)
    assert set(outputs) == {0, 1, 2, 3}
    for number, sender in enumerate(["ann", "bob", "eve"], 10):
        engine.add(number, request("xy", sender=sender))
    assert {10, 11, 12} <= set(steps(4)), "each is let in by the next step, and none waits for the greedy one's end"
    while engine.has_work:
        steps(1)
    assert {text(outputs[number]) for number in range(8)} == {"abcd" * 6}
    assert {text(outputs[number]) for number in (10, 11, 12)} == {"xy" * 6}


def test_a_random_crowd_gets_the_answers_it_would_get_alone() -> None:
    for seed in range(40):
        rng = random.Random(seed)
        model = ScriptedModel(lambda prompt: prompt * 3)
        engine = Engine(model, rng.randrange(1, 5), rng.choice([None, 30, 60]))
        asked = {number: "".join(rng.choices("abcdefgh", k=rng.randrange(1, 8))) for number in range(30)}
        waiting, outputs, cancelled = list(asked), dict[int, list[Output]](), set[int]()
        while waiting or engine.has_work:
            if waiting and rng.random() < 0.6:
                number = waiting.pop()
                engine.add(number, request(asked[number], sender=rng.choice("xyz")))
            if rng.random() < 0.1:
                cancelled.add(number := rng.choice(list(asked)))
                engine.cancel(number)
            for output in tokens(engine.step()):
                outputs.setdefault(output.sequence_id, []).append(output)
        for number in asked.keys() - cancelled:
            assert text(outputs[number]) == asked[number] * 3
            assert [output.finish for output in outputs[number] if output.finish] == ["stop"]
        gc.collect()
        assert model.num_open == 0


def test_those_who_wait_are_told_their_place_when_it_changes() -> None:
    seconds = iter(range(1000))
    engine = Engine(ScriptedModel(lambda prompt: prompt), max_running=1, clock=lambda: float(next(seconds)))
    for number in range(4):
        engine.add(number, request("a", sender=str(number % 2)))
    places: dict[int, list[int]] = {}
    waits = []
    while engine.has_work:
        for output in engine.step():
            if output.place:
                places.setdefault(output.sequence_id, []).append(output.place.num_before)
                waits.append(output.place.wait)
    assert places == {1: [0], 2: [1, 0], 3: [2, 1, 0]}
    assert waits[-1] > 0


# -- when memory is short


def test_with_little_memory_the_newest_waits_and_all_are_answered_whole() -> None:
    model = ScriptedModel(lambda prompt: prompt * 10)
    engine = Engine(model, max_running=4, max_tokens=60)
    for number in range(6):
        engine.add(number, request("abcde"))
    outputs: dict[int, list[Output]] = {}
    most = 0
    while engine.has_work:
        for output in tokens(engine.step()):
            outputs.setdefault(output.sequence_id, []).append(output)
        most = max(most, engine.num_running)
    assert {text(found) for found in outputs.values()} == {"abcde" * 10}
    assert 1 <= most < 4


def test_a_sequence_that_has_more_than_all_memory_runs_alone() -> None:
    engine = Engine(ScriptedModel(lambda prompt: prompt * 10), max_running=4, max_tokens=20)
    engine.add(1, request("abcde"))
    engine.add(2, request("abcde"))
    outputs = run(engine)
    assert [text(outputs[number]) for number in (1, 2)] == ["abcde" * 10] * 2


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: ...")])
def test_a_step_without_memory_is_done_with_fewer(error: Exception) -> None:
    model = ScriptedModel(lambda prompt: prompt * 3)
    model.most_at_once = 1
    model.too_many = error
    engine = Engine(model, max_running=4)
    for number in range(4):
        engine.add(number, request("abc"))
    outputs = run(engine, 400)
    assert {text(outputs[number]) for number in range(4)} == {"abc" * 3}


def test_a_prompt_for_which_there_is_never_memory_fails_and_the_others_go_on() -> None:
    model = ScriptedModel(lambda prompt: "\x04" if "!" in prompt else prompt * 3)
    engine = Engine(model, max_running=4)
    for number, prompt in enumerate(["abc", "!", "abc"]):
        engine.add(number, request(prompt))
    outputs = run(engine, 400)
    assert [text(outputs[number]) for number in (0, 2)] == ["abc" * 3] * 2
    assert outputs[1] == [Output(1, None, "error")]


def test_one_that_has_no_memory_even_alone_takes_no_other_with_it() -> None:
    """The step fails for all, and then for one after the other: the first makes the last wait."""
    model = ScriptedModel(lambda prompt: prompt * 3)
    model.most_at_once, model.too_many = 1, RuntimeError("scripted failure")
    engine = Engine(model, max_running=4)
    for number, prompt in enumerate(["abcdefgh\x04", "abc", "abc", "abc"]):
        engine.add(number, request(prompt))
    outputs = run(engine, 400)
    assert [text(outputs[number]) for number in (1, 2, 3)] == ["abc" * 3] * 3
    assert outputs[0][-1].finish == "error"


def test_scores_that_are_no_numbers_are_computed_again_after_a_pause_too() -> None:
    model = ScriptedModel(lambda prompt: prompt * 2)
    engine = Engine(model, max_running=4, max_tokens=31)
    engine.add(1, request("abcdefg", 15))
    engine.add(2, request("a\x03cdefg", 15))
    outputs = run(engine)
    assert [text(outputs[number]) for number in (1, 2)] == ["abcdefg" * 2, "a?cdefg" * 2]
    assert model.num_read_again == 2


class ShortOfMemory(Penalties):
    """Has none, in the third step and the next ones, so many times."""

    def __init__(self, num_times: int) -> None:
        super().__init__(Sampling(), [])
        self._num_asked, self._num_times = 0, num_times

    @property
    def change_scores(self) -> bool:
        self._num_asked += 1
        if 2 < self._num_asked <= 2 + self._num_times:
            raise MemoryError
        return False


class ShortOfMemoryModel(ScriptedModel):
    """Lets the sequence of the prompt "!" have too little memory to choose its tokens."""

    num_times = 1

    def new_sampler(self, sampling: Sampling, prompt: Sequence[int] = ()) -> TokenSampler:
        sampler = super().new_sampler(sampling, prompt)
        if list(prompt) == [ord("!")]:
            sampler.penalties = ShortOfMemory(self.num_times)
        return sampler


@pytest.mark.parametrize(("num_times", "finish"), [(1, "stop"), (2, "stop"), (1000, "error")])
def test_tokens_are_chosen_one_by_one_where_there_is_no_memory_for_all(num_times: int, finish: FinishReason) -> None:
    model = ShortOfMemoryModel(lambda prompt: "abcdefgh" if prompt == "!" else prompt * 3)
    model.num_times = num_times
    engine = Engine(model, max_running=4)
    for number, prompt in enumerate(["!", "abc", "abc", "abc"]):
        engine.add(number, request(prompt))
    outputs = run(engine, 400)
    assert [text(outputs[number]) for number in (1, 2, 3)] == ["abc" * 3] * 3
    assert outputs[0][-1].finish == finish
    assert finish == "error" or text(outputs[0]) == "abcdefgh"


# -- a step that does not end


async def test_an_engine_that_is_stuck_in_a_step_is_noticed() -> None:
    model = ScriptedModel(lambda _: "abc", gated=True)
    engine = EngineThread(lambda: LoadedModel(Engine(model, 2), LetterText(), 64, Sampling()), 4, stuck_after=0.1)
    engine.start()
    await until(lambda: engine.loaded is not None)
    with engine.answer(request("x")) as tokens:
        async with asyncio.timeout(20):
            await engine.wait_for_failure()
            outputs = [output async for output in tokens]
    assert isinstance(engine.failure, EngineStuck)
    assert outputs[-1].finish == "cancelled"
    model.allow(100)
    await engine.stop(20)
    assert not engine.is_alive
