"""Chooses the next token from the model's scores."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from glmbot.serving.engine.candidates import Candidates, candidates_of_each
from glmbot.serving.engine.penalties import Penalties
from glmbot.serving.engine.sequence import Sampling, all_finite

INVALID_TOKEN = 5
INVALID_SCORE = 5e4


def replace_invalid(scores: Tensor) -> Tensor:
    """Return the scores, or those that force token 5 where any of them is nan or infinite; scores: (..., V).

    The published InvalidScoreLogitsProcessor: one such number makes the whole tensor invalid, all rows of it.
    """
    if all_finite(scores):
        return scores
    forced = torch.zeros_like(scores)
    forced[..., INVALID_TOKEN] = INVALID_SCORE
    return forced


class TokenSampler:
    """The choices of one sequence, with a random state of its own: neighbours in a batch do not disturb it."""

    def __init__(self, sampling: Sampling, prompt: Sequence[int] = ()) -> None:
        self.sampling = sampling
        self.penalties = Penalties(sampling, prompt)
        # on the CPU, so that a seed means the same on every device
        self._generator = torch.Generator()
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed)

    def choose(self, logits: Tensor) -> int:
        """Return the next token; logits: (V,). Scores that are no numbers give token 5, as published."""
        (found,) = look_ahead([self], replace_invalid(logits)[None])
        assert found is not None
        return self.draw(found)

    def draw(self, found: Candidates) -> int:
        """Return the next token, one of those found by `look_ahead`."""
        tokens, probabilities = found
        choice = 0
        if self.sampling.temperature != 0:
            choice = int(torch.multinomial(probabilities.cpu(), num_samples=1, generator=self._generator))
        token = int(tokens[choice])
        self.penalties.note(token)
        return token


def look_ahead(samplers: Sequence[TokenSampler], logits: Tensor) -> list[Candidates | None]:
    """Return what each sequence of a step is to draw from; None: its scores are no numbers. logits: (B, V).

    What one sequence gets does not depend on the others. Nothing is changed, so it may be repeated.
    """
    totals = zip(logits.sum(dim=1).tolist(), logits, strict=True)  # one that is a number has none else in it
    are_finite = [math.isfinite(total) or all_finite(row) for total, row in totals]
    rows = [row for row, is_finite in enumerate(are_finite) if is_finite]
    if not rows:
        return [None] * len(samplers)
    chosen = [samplers[row] for row in rows]
    scores = _changed(logits if len(rows) == len(samplers) else logits[rows], chosen)
    each = iter(candidates_of_each(scores, [sampler.sampling for sampler in chosen]))
    return [next(each) if is_finite else None for is_finite in are_finite]


def _changed(logits: Tensor, samplers: Sequence[TokenSampler]) -> Tensor:
    """Return the scores with penalties and bias, (B, V); those given stay as they are."""
    if not any(sampler.penalties.change_scores for sampler in samplers):
        return logits
    scores = logits.to(torch.float32, copy=True)
    for sampler, row in zip(samplers, scores, strict=True):
        sampler.penalties.apply(row)
    return scores
