"""A request to the engine, what comes out of it, and the sequence in between."""

from collections.abc import Sequence as Listing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:  # the HTTP side makes requests too, and must not wait for torch
    from torch import Tensor

FinishReason = Literal["stop", "length", "error", "cancelled"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. Temperature 0 takes the likeliest; top_k 0 considers them all."""

    temperature: float = 0.95
    top_p: float = 0.7
    top_k: int = 50
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A whole prompt in tokens, special ones included, and how to go on from it."""

    prompt: Listing[int]
    max_tokens: int
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Output:
    """What one step did for one sequence.

    Without `finish`, or with "stop" or "length", the model generated one token; `token` is None where that was the end
    mark, which is no part of the text. "error" and "cancelled" come without a token.
    """

    sequence_id: int
    token: int | None = None
    finish: FinishReason | None = None


class Sampler(Protocol):
    """Chooses a token; holds the sequence's own random state."""

    def choose(self, logits: "Tensor") -> int:
        """Return the next token. logits: (V,)."""


class Decoder(Protocol):
    """One sequence in the model, with its own KV cache; dropping it frees the cache."""

    def prefill(self, prompt: Listing[int]) -> "Tensor":
        """Read the whole prompt in one piece; return the logits of the first new token, (V,)."""

    def decode(self, token: int) -> "Tensor":
        """Append one token; return the logits of the next, (V,)."""


class Model(Protocol):
    """What the engine needs of a model."""

    @property
    def end_tokens(self) -> frozenset[int]:
        """The tokens that end an answer."""

    def new_decoder(self) -> Decoder:
        """Begin a sequence with an empty cache."""

    def new_sampler(self, sampling: Sampling) -> Sampler:
        """Begin the random choices of one sequence."""


class Sequence:
    """One request while it is answered."""

    def __init__(self, sequence_id: int, request: Request) -> None:
        self.sequence_id = sequence_id
        self.request = request
        self._decoder: Decoder | None = None
        self._sampler: Sampler | None = None
        self._last_token = 0
        self._num_generated = 0

    def advance(self, model: Model) -> Output:
        """Generate one token; the first time, after reading the prompt."""
        token = self._next_token(model)
        self._last_token = token
        self._num_generated += 1
        if token in model.end_tokens:
            return Output(self.sequence_id, None, "stop")
        is_full = self._num_generated >= self.request.max_tokens
        return Output(self.sequence_id, token, "length" if is_full else None)

    def _next_token(self, model: Model) -> int:
        if self._decoder is None or self._sampler is None:
            self._decoder = model.new_decoder()
            self._sampler = model.new_sampler(self.request.sampling)
            logits = self._decoder.prefill(self.request.prompt)
        else:
            logits = self._decoder.decode(self._last_token)
        if not bool(logits.isfinite().all()):
            raise FloatingPointError("the model's scores are not finite; the checkpoint or its precision is at fault")
        return self._sampler.choose(logits)
