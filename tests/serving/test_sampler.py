"""How the next token is chosen."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from glmbot.serving.engine.candidates import candidates
from glmbot.serving.engine.sampler import TokenSampler, look_ahead, replace_invalid
from glmbot.serving.engine.sequence import Sampling

WARPERS = {"v1": Sampling(), "v2_v3": Sampling(0.8, 0.8), "cold": Sampling(0.1, 0.95)}


@pytest.fixture(scope="module")
def scores(golden: Path) -> dict[str, Tensor]:
    return load_file(golden / "v1_text" / "logits_processors.safetensors")


@pytest.mark.parametrize("name", WARPERS)
def test_probabilities_are_the_published_ones(scores: dict[str, Tensor], name: str) -> None:
    rows = zip(scores[f"warp/{name}/in"], scores[f"warp/{name}/out_probs"], strict=True)
    for logits, reference in rows:
        tokens, probabilities = candidates(logits, WARPERS[name])
        ours = torch.zeros_like(logits).index_put((tokens,), probabilities)
        torch.testing.assert_close(ours, reference, atol=1e-6, rtol=0)
        assert torch.equal(ours > 0, reference > 0)


@pytest.mark.parametrize("name", ["clean", "nan_inf", "neg_inf"])
def test_invalid_scores_force_one_token(scores: dict[str, Tensor], name: str) -> None:
    assert torch.equal(replace_invalid(scores[f"invalid/{name}/in"]), scores[f"invalid/{name}/out"])


@pytest.mark.parametrize(
    "sampling", [Sampling(temperature=0), Sampling(temperature=1e-42), Sampling(top_p=1e-9), Sampling(top_k=1)]
)
def test_the_likeliest_token_is_certain_at_the_limits(scores: dict[str, Tensor], sampling: Sampling) -> None:
    for logits in scores["warp/v1/in"]:
        assert TokenSampler(sampling).choose(logits) == int(logits.argmax())
    assert TokenSampler(sampling).choose(torch.full((9,), torch.nan)) == 5


def test_a_seed_repeats_its_choices(scores: dict[str, Tensor]) -> None:
    logits = scores["warp/v1/in"][0]

    def choices(seed: int | None) -> list[int]:
        sampler = TokenSampler(Sampling(seed=seed))
        return [sampler.choose(logits) for _ in range(20)]

    assert choices(7) == choices(7) != choices(8)
    assert choices(-(2**63)) == choices(-(2**63))
    assert choices(None) != choices(None)


def test_neighbours_in_a_batch_do_not_disturb_a_sequence(scores: dict[str, Tensor]) -> None:
    logits = scores["warp/v1/in"]
    together = [TokenSampler(Sampling(seed=seed)) for seed in range(len(logits))]
    alone = [TokenSampler(Sampling(seed=seed)) for seed in range(len(logits))]
    for _ in range(5):
        drawn = [sampler.draw(one) for sampler, one in zip(together, look_ahead(together, logits), strict=True) if one]
        assert drawn == [sampler.choose(row) for sampler, row in zip(alone, logits, strict=True)]


def plain(logits: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """What a sequence draws from, found in all scores by its own."""
    if sampling.temperature == 0:
        return logits.argmax()[None], torch.ones(1)
    least = logits.topk(min(sampling.top_k or len(logits), len(logits))).values[-1]
    tokens = (logits >= least).nonzero().flatten()
    scores, order = ((logits[tokens] - logits[tokens].max()) / sampling.temperature).sort()
    probabilities = scores.softmax(dim=-1)
    start = int((probabilities.cumsum(dim=-1) <= 1 - sampling.top_p).sum())
    start = max(start, int((probabilities < sampling.min_p * probabilities[-1]).sum()))
    start = min(start, len(tokens) - 1)
    return tokens[order[start:]], scores[start:].softmax(dim=-1)


@pytest.mark.parametrize("num_tokens", [1, 9, 300, 5000, 65_024])
@pytest.mark.parametrize("step", [None, 0.5])
def test_a_batch_finds_for_each_what_it_finds_alone_to_the_bit(num_tokens: int, step: float | None) -> None:
    random = Random(num_tokens)
    generator = torch.Generator().manual_seed(num_tokens)
    for _ in range(20):
        samplings = [
            Sampling(
                temperature=random.choice([0, 1e-42, 0.3, 0.95, 2.0]),
                top_p=random.choice([1e-9, 0.3, 0.7, 0.999, 1.0]),
                top_k=random.choice([0, 1, 2, 20, 50, 256, 257, num_tokens, num_tokens + 1]),
                min_p=random.choice([0.0, 0.0, 0.05, 1.0]),
            )
            for _ in range(random.randint(1, 9))
        ]
        logits = torch.randn(len(samplings), num_tokens, generator=generator) * 3
        if step:  # many tie
            logits = (logits / step).round() * step
        bad = random.sample(range(len(samplings)), len(samplings) // 3)
        logits[bad, random.randrange(num_tokens)] = random.choice([torch.nan, torch.inf, -torch.inf])
        found = look_ahead([TokenSampler(sampling) for sampling in samplings], logits)
        for row, (one, sampling) in enumerate(zip(found, samplings, strict=True)):
            assert (one is None) == (row in bad)
            if one is not None:
                tokens, probabilities = plain(logits[row], sampling)
                assert torch.equal(one[0], tokens), sampling
                assert torch.equal(one[1], probabilities), sampling


def test_penalties_of_one_sequence_do_not_change_its_neighbours() -> None:
    logits = torch.randn(3, 400, generator=torch.Generator().manual_seed(0))
    before = logits.clone()
    favoured = Sampling(temperature=0, logit_bias=((7, 100.0),))
    found = look_ahead([TokenSampler(one) for one in (Sampling(), favoured, Sampling(temperature=0))], logits)
    assert torch.equal(logits, before)
    assert found[0] is not None
    assert torch.equal(found[0][0], plain(logits[0], Sampling())[0])
    assert [int(one[0]) for one in found[1:] if one] == [7, int(logits[2].argmax())]


def test_choices_follow_their_probabilities() -> None:
    sampler = TokenSampler(Sampling(temperature=1, top_p=1, top_k=0, seed=1))
    counts = Counter(sampler.choose(torch.tensor([0.5, 0.3, 0.2]).log()) for _ in range(4000))
    assert [round(counts[token] / 4000, 1) for token in range(3)] == [0.5, 0.3, 0.2]


def test_tokens_that_tie_with_the_last_of_top_k_stay() -> None:
    tokens, _ = candidates(torch.tensor([1.0, 2.0, 1.0, 0.0]), Sampling(top_k=2, top_p=1))
    assert sorted(tokens.tolist()) == [0, 1, 2]
