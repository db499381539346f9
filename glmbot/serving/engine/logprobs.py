"""How likely the model held a token, and which it held likeliest."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the HTTP side reads this, too, and must not wait for torch
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Logprobs:
    """The logarithm of a token's probability, and those of the likeliest tokens, the likeliest first."""

    chosen: float
    top: tuple[tuple[int, float], ...]


def logprobs_of(logits: "Tensor", token: int, num_top: int) -> Logprobs:
    """Return what the model's own scores say of `token`; logits: (V,), which must be finite.

    Before penalties, bias and temperature, so that it is what the model holds, whatever way the token was chosen.
    """
    every = logits.float().log_softmax(dim=-1)
    likeliest = every.topk(min(num_top, len(every)))
    top = zip(likeliest.indices.tolist(), likeliest.values.tolist(), strict=True)
    return Logprobs(float(every[token]), tuple(top))
