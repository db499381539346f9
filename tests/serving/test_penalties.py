"""What the scores of single tokens are changed by, and how the choice follows."""

from dataclasses import replace

import pytest
import torch

from glmbot.serving.engine.candidates import candidates
from glmbot.serving.engine.sampler import TokenSampler
from glmbot.serving.engine.sequence import Sampling

GREEDY = Sampling(temperature=0)
SCORES = torch.tensor([1.0, 2.0, 3.0, -1.0])


def choices(sampling: Sampling, number: int, prompt: list[int] | None = None) -> list[int]:
    sampler = TokenSampler(sampling, prompt or [])
    return [sampler.choose(SCORES) for _ in range(number)]


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (GREEDY, [2, 2, 2, 2]),
        (replace(GREEDY, presence_penalty=1.5), [2, 1, 2, 2]),
        (replace(GREEDY, frequency_penalty=0.75), [2, 2, 1, 2]),
        (replace(GREEDY, repetition_penalty=2.0), [2, 1, 2, 2]),
        (replace(GREEDY, logit_bias=((0, 2.5), (2, -100.0))), [0, 0, 0, 0]),
        (replace(GREEDY, logit_bias=((1, 1.5),), presence_penalty=1.0), [1, 2, 1, 1]),
    ],
    ids=["none", "presence", "frequency", "repetition", "bias", "bias and presence"],
)
def test_the_likeliest_token_is_chosen_by_the_changed_scores(sampling: Sampling, expected: list[int]) -> None:
    assert choices(sampling, 4) == expected


def test_only_the_repetition_penalty_counts_the_prompt() -> None:
    assert choices(replace(GREEDY, repetition_penalty=2.0), 1, [2]) == [1]
    assert choices(replace(GREEDY, presence_penalty=2.0), 1, [2]) == [2]
    assert choices(replace(GREEDY, frequency_penalty=2.0), 1, [2, 2]) == [2]


def test_a_repetition_penalty_makes_a_negative_score_lower() -> None:
    scores = torch.tensor([-1.0, -1.5])
    assert TokenSampler(replace(GREEDY, repetition_penalty=2.0), [0]).choose(scores) == 1


def test_the_models_own_scores_stay_as_they_are() -> None:
    before = SCORES.clone()
    everything = Sampling(
        temperature=0, repetition_penalty=1.3, presence_penalty=1, frequency_penalty=1, logit_bias=((1, 5.0),)
    )
    choices(everything, 3, [0, 1])
    assert torch.equal(SCORES, before)


def test_tokens_that_the_model_does_not_have_are_left_out() -> None:
    sampling = replace(GREEDY, logit_bias=((2**40, 50.0),), repetition_penalty=2.0)
    assert choices(sampling, 1, [10**6]) == [2]


@pytest.mark.parametrize(("min_p", "expected"), [(0.0, {0, 1, 2, 3}), (0.3, {1, 2}), (0.5, {2}), (1.0, {2})])
def test_min_p_is_a_share_of_the_likeliest(min_p: float, expected: set[int]) -> None:
    tokens, probabilities = candidates(SCORES, Sampling(temperature=1, top_p=1, top_k=0, min_p=min_p))
    assert set(tokens.tolist()) == expected
    assert float(probabilities.sum()) == pytest.approx(1)


def test_a_seed_repeats_its_choices_with_penalties() -> None:
    sampling = Sampling(temperature=1.5, top_p=1, seed=3, frequency_penalty=1.0, logit_bias=((3, 2.0),))
    assert choices(sampling, 30) == choices(sampling, 30) != choices(replace(sampling, frequency_penalty=0.0), 30)
