"""Changes the scores of single tokens: what was there already, and what the client prefers."""

from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from glmbot.serving.engine.sequence import Sampling


class Penalties:
    """What one sequence's scores are changed by before a token is chosen; counts the tokens of its answer."""

    def __init__(self, sampling: Sampling, prompt: Sequence[int]) -> None:
        self._sampling = sampling
        self._bias = dict(sampling.logit_bias)
        self._prompt = set(prompt) if sampling.repetition_penalty != 1 else set()
        self._counts: Counter[int] = Counter()

    @property
    def change_scores(self) -> bool:
        """Whether there is anything to apply."""
        return bool(self._bias) or self._is_counting

    @property
    def _is_counting(self) -> bool:
        has_penalty = self._sampling.presence_penalty or self._sampling.frequency_penalty
        return bool(has_penalty) or self._sampling.repetition_penalty != 1

    def note(self, token: int) -> None:
        """Count a token of the answer."""
        if self._is_counting:
            self._counts[token] += 1

    def apply(self, scores: Tensor) -> None:
        """Change scores in place; scores: (V,), float32.

        Repetition, then frequency and presence, then the bias. Tokens that the model has no score for are left out.
        """
        self._penalise_repetition(scores)
        tokens, changes = self._changes(len(scores))
        if tokens:
            scores[_on(scores, tokens)] += torch.tensor(changes, device=scores.device)

    def _penalise_repetition(self, scores: Tensor) -> None:
        """Divide what is positive and multiply what is negative (https://arxiv.org/abs/1909.05858, section 4.1)."""
        penalty = self._sampling.repetition_penalty
        seen = [token for token in self._prompt | self._counts.keys() if token < len(scores)] if penalty != 1 else []
        if seen:
            at = _on(scores, seen)
            found = scores[at]
            scores[at] = torch.where(found > 0, found / penalty, found * penalty)

    def _changes(self, num_tokens: int) -> tuple[list[int], list[float]]:
        """Return which tokens' scores are raised, and by how much."""
        presence, frequency = self._sampling.presence_penalty, self._sampling.frequency_penalty
        tokens = sorted(token for token in self._counts.keys() | self._bias.keys() if token < num_tokens)
        changes = []
        for token in tokens:
            number = self._counts[token]
            changes.append(self._bias.get(token, 0.0) - frequency * number - presence * (number > 0))
        return tokens, changes


def _on(scores: Tensor, tokens: Iterable[int]) -> Tensor:
    return torch.tensor(list(tokens), device=scores.device)
