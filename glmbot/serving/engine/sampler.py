"""Chooses the next token from the model's scores."""

from collections.abc import Sequence

import torch
from torch import Tensor

from glmbot.serving.engine.penalties import Penalties
from glmbot.serving.engine.sequence import Sampling, all_finite

INVALID_TOKEN = 5
INVALID_SCORE = 5e4
_CHUNK = 128


def replace_invalid(scores: Tensor) -> Tensor:
    """Return the scores, or those that force token 5 where any of them is nan or infinite; scores: (..., V).

    The published InvalidScoreLogitsProcessor: one such number makes the whole tensor invalid, all rows of it.
    """
    if all_finite(scores):
        return scores
    forced = torch.zeros_like(scores)
    forced[..., INVALID_TOKEN] = INVALID_SCORE
    return forced


def candidates(logits: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """Return the tokens that may come next and their probabilities, the likeliest last: (K,) and (K,).

    logits: (V,). Temperature, then top-k, then top-p, as the published code's library did them: tokens that tie
    with the k-th stay, and of the sorted rest go those that reach no more than 1 - top_p together. Then min-p.
    The temperature must not be 0.
    """
    tokens = _top_k(logits, sampling.top_k)
    scores = logits[tokens].float()
    scores = (scores - scores.max()) / sampling.temperature  # shifted first: a tiny temperature must not overflow
    scores, order = scores.sort()
    probabilities = scores.softmax(dim=-1)
    start = int((probabilities.cumsum(dim=-1) <= 1 - sampling.top_p).sum())
    start = max(start, int((probabilities < sampling.min_p * probabilities[-1]).sum()))
    start = min(start, len(tokens) - 1)
    return tokens[order[start:]], scores[start:].softmax(dim=-1)


def _top_k(logits: Tensor, top_k: int) -> Tensor:
    """Return the tokens of the k highest scores and what ties with them: (K,); k = 0 means all."""
    if top_k == 0 or top_k >= len(logits):
        return torch.arange(len(logits), device=logits.device)
    tokens = _near_the_top(logits, top_k)
    scores = logits[tokens]
    return tokens[scores >= scores.topk(top_k).values[-1]]


def _near_the_top(logits: Tensor, top_k: int) -> Tensor:
    """Return tokens in order, all with one of the k highest scores among them: (N,).

    The k highest lie in chunks whose highest is among the k highest of all chunks' ones, or ties with them; to look
    there alone takes a tenth of the time for 130,528 scores.
    """
    num_chunks = len(logits) // _CHUNK
    if top_k >= num_chunks:
        return torch.arange(len(logits), device=logits.device)
    highest = logits[: num_chunks * _CHUNK].view(num_chunks, _CHUNK).amax(dim=1)
    chunks = (highest >= highest.topk(top_k).values[-1]).nonzero()
    rest = torch.arange(num_chunks * _CHUNK, len(logits), device=logits.device)
    return torch.cat(((chunks * _CHUNK + torch.arange(_CHUNK, device=logits.device)).flatten(), rest))


class TokenSampler:
    """The choices of one sequence, with a random state of its own: neighbours in a batch do not disturb it."""

    def __init__(self, sampling: Sampling, prompt: Sequence[int] = ()) -> None:
        self._sampling = sampling
        self._penalties = Penalties(sampling, prompt)
        # on the CPU, so that a seed means the same on every device
        self._generator = torch.Generator()
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed)

    def choose(self, logits: Tensor) -> int:
        """Return the next token; logits: (V,). Scores that are no numbers give token 5, as published."""
        token = self._choose(self._penalties.apply(replace_invalid(logits)))
        self._penalties.note(token)
        return token

    def _choose(self, logits: Tensor) -> int:
        if self._sampling.temperature == 0:
            return int(logits.argmax())
        tokens, probabilities = candidates(logits, self._sampling)
        choice = torch.multinomial(probabilities.cpu(), num_samples=1, generator=self._generator)
        return int(tokens[int(choice)])


def choose_each(samplers: Sequence[TokenSampler], logits: Tensor) -> list[int]:
    """Return the next token of each sequence of a batch; logits: (B, V)."""
    return [sampler.choose(row) for sampler, row in zip(samplers, logits, strict=True)]
