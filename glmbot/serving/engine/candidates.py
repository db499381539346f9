"""Which tokens may come next, by the model's scores and what the request asks for."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from glmbot.serving.engine.sequence import Sampling

Candidates = tuple[Tensor, Tensor]
"""Tokens and their probabilities, the likeliest last: (N,) and (N,)."""
_MOST = 256
"""The largest top_k for which the sequences of a step are looked at together."""
_CHUNK = 64


def candidates(logits: Tensor, sampling: Sampling) -> Candidates:
    """Return the tokens that may come next, and their probabilities; logits: (V,).

    Temperature, then top-k, then top-p, as the published code's library did them: tokens that tie with the k-th stay,
    and of the sorted rest go those that reach no more than 1 - top_p together. Then min-p. Temperature 0 leaves the
    likeliest alone, of several the first.
    """
    if sampling.temperature == 0:
        return _certain(logits.argmax())
    tokens = _top_k(logits, sampling.top_k)
    return _likely(tokens[None], logits[tokens][None], [sampling])[0]


def candidates_of_each(logits: Tensor, samplings: Sequence[Sampling]) -> list[Candidates]:
    """Return the same for each sequence of a step; logits: (B, V).

    The highest scores of all are found in one pass, and come to the CPU in two copies. Sequences are looked at alone
    that consider a great many tokens, or of which too many tie with the k-th.
    """
    ks = [1 if sampling.temperature == 0 else sampling.top_k for sampling in samplings]
    num_wanted = max((k for k in ks if k <= _MOST), default=0)
    found: dict[int, Candidates] = {}
    if num_wanted:
        scores, tokens = _highest(logits, num_wanted + num_wanted // 4 + 16)
        for (count, is_certain), rows in _alike(scores, ks, samplings).items():
            index = torch.tensor(rows) if len(rows) < len(ks) else slice(None)
            ordered, order = tokens[index, :count].sort()  # as the vocabulary is: this decides between equals
            if is_certain:
                each = [_certain(row[0]) for row in ordered]
            else:
                each = _likely(ordered, scores[index, :count].gather(1, order), [samplings[row] for row in rows])
            found |= zip(rows, each, strict=True)
    return [found.get(row) or candidates(logits[row], sampling) for row, sampling in enumerate(samplings)]


def _certain(token: Tensor) -> Candidates:
    return token[None], torch.ones(1)


def _top_k(logits: Tensor, top_k: int) -> Tensor:
    """Return the tokens of the k highest scores and what ties with them: (N,); k = 0 means all."""
    if top_k == 0 or top_k >= len(logits):
        return torch.arange(len(logits), device=logits.device)
    return (logits >= logits.topk(top_k).values[-1]).nonzero().flatten()


def _highest(logits: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the highest scores of each row in descending order, and their tokens, on the CPU: (B, N) and (B, N).

    N is `count`, or all there are. They lie in the N chunks whose own highest are highest: to look there alone takes
    a quarter of the time for 130,528 scores.
    """
    num_tokens = logits.shape[1]
    num_chunks = num_tokens // _CHUNK
    if num_chunks <= count:
        scores, tokens = logits.topk(min(count, num_tokens))
        return scores.cpu(), tokens.cpu()
    end = num_chunks * _CHUNK
    chunks = logits[:, :end].reshape(len(logits), num_chunks, _CHUNK)
    places = chunks.amax(dim=2).topk(count, sorted=False).indices  # (B, N)
    near = chunks.gather(1, places[..., None].expand(-1, -1, _CHUNK)).flatten(1)
    scores, order = torch.cat((near, logits[:, end:]), dim=1).topk(count)
    places = pad(places, (0, 1), value=num_chunks)  # what is behind the last whole chunk
    tokens = places.gather(1, order // _CHUNK) * _CHUNK + order % _CHUNK
    return scores.cpu(), tokens.cpu()


def _alike(scores: Tensor, ks: Sequence[int], samplings: Sequence[Sampling]) -> dict[tuple[int, bool], list[int]]:
    """Return which rows have equally many scores that are no lower than their k-th, and are certain or not.

    scores: (B, N), descending. Rows are left out that may have more such scores than are here.
    """
    size = scores.shape[1]
    last = torch.tensor([k - 1 if 0 < k <= size else size - 1 for k in ks])[:, None]
    counts = (scores >= scores.gather(1, last)).sum(dim=1).tolist()
    found: dict[tuple[int, bool], list[int]] = {}
    for row, (count, sampling) in enumerate(zip(counts, samplings, strict=True)):
        if 0 < count < size:
            found.setdefault((count, sampling.temperature == 0), []).append(row)
    return found


def _likely(tokens: Tensor, scores: Tensor, samplings: Sequence[Sampling]) -> list[Candidates]:
    """Return what top-p and min-p leave of tokens and their scores; both (B, N)."""
    settings = [[one.temperature, 1 - one.top_p, one.min_p] for one in samplings]
    temperature, tail, min_p = torch.tensor(settings, dtype=torch.float32, device=scores.device)[..., None].unbind(1)
    scores = scores.float()
    scores = (scores - scores.amax(dim=1, keepdim=True)) / temperature  # in this order: tiny ones must not overflow
    scores, order = scores.sort()
    probabilities = scores.softmax(dim=1)
    num_left_out = (probabilities.cumsum(dim=1) <= tail).sum(dim=1)
    if any(one.min_p for one in samplings):
        num_left_out = torch.maximum(num_left_out, (probabilities < min_p * probabilities[:, -1:]).sum(dim=1))
    starts = num_left_out.clamp(max=scores.shape[1] - 1).tolist()
    tokens = tokens.gather(1, order)
    return [(tokens[row, start:], scores[row, start:].softmax(dim=0)) for row, start in enumerate(starts)]
