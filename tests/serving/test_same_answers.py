"""Of each small checkpoint the answers in float32 are the reference's, token for token, whatever happens beside them.

Where none are published (1-D positions, and models that transformers has itself), they are those that the checkpoint
gives alone, as sampled answers are everywhere.
"""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
import torch

from glmbot.serving.engine.batch import ATTENTION, register_attention
from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.sequence import Request, Sampling
from glmbot.serving.loading.precision import Precision
from glmbot.serving.loading.served_model import ServedModel
from glmbot.serving.loading.weights import load_model
from tests.serving.reference_answers import NAMES, Answered, Checkpoint, find, read
from tests.serving.test_batch import MODELS, prompt

NATIVE = ["llama"]
SAMPLED = Sampling(temperature=1.5, top_p=0.9, top_k=50)
NEIGHBOUR = 100
"""The sequences from this number on are only there to disturb."""
NEAR = 0.03
"""Of the largest score: some steps of bfloat16, which has 8 bits."""
Answers = dict[int, list[int]]


@dataclass
class Run:
    """An engine, and what it has answered so far."""

    engine: Engine
    answers: Answers = field(default_factory=dict)
    num_pauses: int = 0
    """How often one that ran had to wait again."""

    def add(self, number: int, request: Request) -> None:
        self.answers[number] = []
        self.engine.add(number, request)

    def step(self) -> None:
        num_before = self.engine.num_waiting
        for output in self.engine.step():
            assert output.finish not in ("error", "not_finite")
            self.answers[output.sequence_id] += [] if output.token is None else [output.token]
        self.num_pauses += max(0, self.engine.num_waiting - num_before)

    def steps_until(self, condition: Callable[[], bool]) -> None:
        for _ in range(1000):
            if condition():
                return
            self.step()
        raise AssertionError("it never comes to that")

    def finish(self) -> Answers:
        """Return the answers of all but the neighbours."""
        self.steps_until(lambda: not self.engine.has_work)
        return {number: answer for number, answer in self.answers.items() if number < NEIGHBOUR}


@dataclass(frozen=True)
class Questions:
    """A checkpoint's questions, and the answers that are right."""

    checkpoint: Checkpoint
    model: ServedModel
    asked: list[Request]
    expected: Answers

    @property
    def longest(self) -> list[int]:
        """Which of them have long answers, the longest first."""
        return sorted(self.expected, key=lambda number: -len(self.expected[number]))


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Such small models are computed ten times as fast by one."""
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(num_threads)


@pytest.fixture(scope="module", params=[*NAMES, *NATIVE])
def checkpoint(request: pytest.FixtureRequest, one_thread: None) -> Checkpoint:
    return native(request.param) if request.param in NATIVE else read(request.param)


@pytest.fixture(scope="module")
def greedy(checkpoint: Checkpoint) -> Questions:
    model, asked = checkpoint.served(), [one.request() for one in checkpoint.asked]
    computed = alone(model, asked)
    published = {number: one.answer for number, one in enumerate(checkpoint.asked)}
    return Questions(checkpoint, model, asked, {n: computed[n] if a is None else a for n, a in published.items()})


@pytest.fixture(scope="module")
def sampled(greedy: Questions) -> Questions:
    asked = [replace(one, sampling=replace(SAMPLED, seed=seed)) for seed, one in enumerate(greedy.asked)]
    return replace(greedy, asked=asked, expected=alone(greedy.model, asked))


@pytest.fixture(params=["greedy", "sampled"])
def questions(request: pytest.FixtureRequest, greedy: Questions, sampled: Questions) -> Questions:
    return greedy if request.param == "greedy" else sampled


def native(name: str) -> Checkpoint:
    torch.manual_seed(7)
    network = MODELS[name]().eval()
    for weight in network.parameters():
        weight.requires_grad_(False).mul_(3 if weight.dim() > 1 else 1)
    register_attention()
    network.set_attn_implementation(ATTENTION)
    rng = random.Random(2)
    asked = [Answered(prompt(rng, length), None) for length in (3, 9, 17, 30, 150)]
    return Checkpoint(network, frozenset(), asked, [])


def alone(model: ServedModel, asked: Sequence[Request]) -> Answers:
    found: Answers = {}
    for number, one in enumerate(asked):
        run = Run(Engine(model, max_running=1))
        run.add(number, one)
        found |= run.finish()
    return found


def arriving(model: ServedModel, asked: Mapping[int, Request], every: int, max_running: int = 8) -> Answers:
    """Let requests come in this order, one after each number of steps."""
    run = Run(Engine(model, max_running))
    for number, one in asked.items():
        run.add(number, one)
        for _ in range(every):
            run.step()
    return run.finish()


def orders(asked: Sequence[Request]) -> Iterator[dict[int, Request]]:
    """Yield a few orders of arrival, the given one and its reverse among them."""
    everything = list(enumerate(asked))
    yield dict(everything)
    yield dict(reversed(everything))
    yield dict(random.Random(1).sample(everything, len(everything)))


def test_alone(greedy: Questions) -> None:
    assert alone(greedy.model, greedy.asked) == greedy.expected
    assert len(set(map(tuple, greedy.expected.values()))) > 1, "answers that are all alike would show nothing"


def test_in_a_batch_and_in_any_order_of_arrival(questions: Questions) -> None:
    for every, asked in enumerate(orders(questions.asked)):
        assert arriving(questions.model, asked, every) == questions.expected
    assert arriving(questions.model, dict(enumerate(questions.asked)), 0, max_running=2) == questions.expected


def test_with_a_neighbour_that_joins_at_each_step(questions: Questions) -> None:
    number = questions.longest[0]
    run = Run(Engine(questions.model, max_running=4))
    run.add(number, questions.asked[number])
    neighbours = itertools.cycle(questions.asked)
    for step in range(len(questions.expected[number])):
        run.step()
        run.add(NEIGHBOUR + step, replace(next(neighbours), max_tokens=2))
    assert run.finish() == {number: questions.expected[number]}


def test_after_a_pause(questions: Questions) -> None:
    run = short_of_memory(questions)
    assert run.finish() == {number: questions.expected[number] for number in questions.longest[:2]}
    assert run.num_pauses


def short_of_memory(questions: Questions) -> Run:
    """Begin with room for the second question when it comes, but not for both answers to grow to their ends."""
    asked = {number: questions.asked[number] for number in questions.longest[:2]}
    room = 2 + len(questions.expected[questions.longest[1]])
    run = Run(Engine(questions.model, 8, max_tokens=sum(len(one.prompt) for one in asked.values()) + room))
    for number, one in asked.items():
        run.add(number, replace(one, max_tokens=len(questions.expected[number])))
    return run


@pytest.mark.parametrize("phase", ["waiting", "reading", "going on"])
def test_after_a_neighbour_was_cancelled(questions: Questions, phase: str) -> None:
    """ChatGLM-6B's prompts are read in one step; one that has only been read is what comes next to it there."""
    number, other = questions.longest[:2]
    neighbour = questions.asked[other]
    if phase == "reading" and questions.model.is_causal:
        neighbour = replace(neighbour, prompt=(list(neighbour.prompt) * 80)[:160])
    run = Run(Engine(questions.model, max_running=1 if phase == "waiting" else 2))
    run.add(number, questions.asked[number])
    run.steps_until(lambda: len(run.answers[number]) >= 2)
    run.add(NEIGHBOUR, neighbour)
    run.step()
    if phase == "going on":
        run.steps_until(lambda: len(run.answers[NEIGHBOUR]) >= 3)
    elif phase == "waiting" or questions.model.is_causal:
        assert not run.answers[NEIGHBOUR]
    assert run.engine.num_running == (1 if phase == "waiting" else 2)
    run.engine.cancel(NEIGHBOUR)
    assert run.finish() == {number: questions.expected[number]}


def test_with_beginnings_that_are_reused(greedy: Questions) -> None:
    """Asked again, and as a further turn; of ChatGLM-6B nothing is reused, and nothing changes."""
    checkpoint = greedy.checkpoint
    keeping, asked = checkpoint.served(max_kept_bytes=10_000_000), dict(enumerate(greedy.asked))
    for _ in range(2):
        assert arriving(keeping, asked, 1) == greedy.expected
    paused = short_of_memory(replace(greedy, model=keeping))
    assert paused.finish().items() <= greedy.expected.items()
    assert paused.num_pauses
    further = [
        replace(one, prompt=[*one.prompt, *greedy.expected[number], *greedy.asked[0].prompt])
        for number, one in asked.items()
        if len(one.prompt) < 150
    ]
    expected = alone(greedy.model, further)
    for _ in range(2):
        assert arriving(keeping, dict(enumerate(further)), 1) == expected
    if keeping.is_causal:
        assert keeping.new_decoder([*further[-1].prompt, 1]).num_tokens >= len(further[-1].prompt)


def test_turns_that_go_on_from_a_kept_cache_are_the_references() -> None:
    checkpoint = read("v2_e2e")
    keeping = checkpoint.served(max_kept_bytes=10_000_000)
    for turn in checkpoint.turns:
        assert turn.answer is not None
        assert alone(keeping, [turn.request()]) == {0: turn.answer}
    assert len(checkpoint.turns) > 1


# -- in 16 bits


@pytest.mark.parametrize("form", ["kept", "computed"])
@pytest.mark.parametrize("name", ["v1_e2e", "v1_ptuning", "v2_e2e", "v3_e2e"])
def test_in_bf16_answers_part_only_where_two_tokens_are_nearly_as_likely(name: str, form: str) -> None:
    """With weights kept in bfloat16, and with all computed in it."""
    checkpoint = read(name)
    if form == "kept":
        checkpoint = replace(checkpoint, network=load_model(find(name), Precision.BF16, torch.device("cpu")))
    else:
        checkpoint.network.bfloat16()
    model, asked = checkpoint.served(), [one.request() for one in checkpoint.asked]
    questions = Questions(checkpoint, model, asked, alone(model, asked))
    runs = [arriving(model, order, every) for every, order in enumerate(orders(asked))]
    for found in [*runs, short_of_memory(questions).finish()]:
        for number, answer in found.items():
            expected = questions.expected[number]
            if answer != expected:
                pairs = enumerate(zip(answer, expected, strict=False))
                shorter = min(len(answer), len(expected))  # the end mark is no part of either
                num_same = next((place for place, (ours, theirs) in pairs if ours != theirs), shorter)
                assert margin(model, asked[number].prompt, expected[:num_same]) < NEAR


def margin(model: ServedModel, prompt: Sequence[int], answer: Sequence[int]) -> float:
    """Return by how much the likeliest token stands above the next one, as a share of its score."""
    with torch.inference_mode():
        decoder = model.new_decoder()
        logits = decoder.prefill(prompt)
        for token in answer:
            logits = decoder.extend([token])
    first, second = logits.topk(2).values.tolist()
    return float((first - second) / logits.abs().max())
