"""A request to the engine, what comes out of it, and the sequence in between."""

import logging
import math
from collections.abc import Sequence as Listing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from glmbot.serving.engine.logprobs import Logprobs, logprobs_of
from glmbot.serving.engine.loops import LongestLoop, LoopGuard

logger = logging.getLogger(__name__)

if TYPE_CHECKING:  # the HTTP side makes requests too, and must not wait for torch
    from torch import Tensor

    from glmbot.serving.engine.candidates import Candidates
    from glmbot.serving.engine.sampler import TokenSampler

FinishReason = Literal["stop", "length", "loop", "not_finite", "timeout", "not_begun", "error", "cancelled"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. Temperature 0 takes the likeliest; top_k 0 considers them all.

    `logit_bias` is pairs of a token and what is added to its score. `min_p` drops what is less likely than that share
    of the likeliest. The repetition penalty counts the prompt, too, the other two only the answer.
    """

    temperature: float = 0.95
    top_p: float = 0.7
    top_k: int = 50
    seed: int | None = None
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A whole prompt in tokens, special ones included, and how to go on from it.

    `sender` tells whose it is, in whatever words: senders take turns. Those without a name are one. `top_logprobs` is
    how many of the likeliest tokens are told beside each chosen one, and how likely all of them were; None: nothing
    is. `longest_loop` tells how much an answer may repeat itself before it is ended; None: as much as it likes.
    `timeout` is after how many seconds nobody wants the answer any more.
    """

    prompt: Listing[int]
    max_tokens: int
    sampling: Sampling
    sender: str = ""
    top_logprobs: int | None = None
    longest_loop: LongestLoop | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request stands in line: how many come before it, and about how many seconds that takes."""

    num_before: int
    wait: float


@dataclass(frozen=True, slots=True)
class Output:
    """What one step did for one sequence.

    Without `finish`, or with "stop", "length" or "loop", the model generated one token; `token` is None where that was
    the end mark, which is no part of the text. The other ends come without a token, and so does a `place`, which is
    told while a sequence waits. `logprobs` come with a token where the request asked for them.
    """

    sequence_id: int
    token: int | None = None
    finish: FinishReason | None = None
    place: Place | None = None
    logprobs: Logprobs | None = None


class Decoder(Protocol):
    """One sequence in the model, with its own keys and values; dropping it frees them."""

    @property
    def num_tokens(self) -> int:
        """How many tokens it has read."""

    def prefill(self, prompt: Listing[int]) -> "Tensor":
        """Read the whole prompt in one piece; return the logits of the first new token, (V,)."""

    def extend(self, tokens: Listing[int]) -> "Tensor":
        """Read further tokens, one or many; return the logits of the next, (V,).

        Of ChatGLM-6B tokens of the answer, behind `prefill`; of causal models pieces of a prompt, too.
        """

    def read_again(self, prompt: Listing[int], answer: Listing[int]) -> "Tensor | None":
        """Read all anew in float32; return the logits of the next token, (V,), or None if it was computed so before."""


class Model(Protocol):
    """What the engine needs of a model."""

    @property
    def end_tokens(self) -> frozenset[int]:
        """The tokens that end an answer."""

    @property
    def is_causal(self) -> bool:
        """Whether a prompt may be read in pieces and its beginning be reused; not so of ChatGLM-6B."""

    @property
    def bytes_per_token(self) -> int:
        """What the keys and values of one token take."""

    @property
    def num_kept_tokens(self) -> int:
        """Of how many tokens the keys and values are kept."""

    def new_decoder(self, prompt: Listing[int] = (), max_tokens: int = 0) -> Decoder:
        """Begin a sequence of up to `max_tokens`, prompt and answer together.

        A causal model may return one that holds a beginning of `prompt` already: `num_tokens`, always fewer than all.
        """

    def keep(self, decoder: Decoder, tokens: Listing[int]) -> None:
        """Keep what a sequence that runs no more has computed of its tokens, for later prompts and for itself."""

    def forget_kept(self) -> bool:
        """Free the least recently used of what is kept; False: there is nothing."""

    def decode(self, decoders: Listing[Decoder], tokens: Listing[int]) -> "Tensor":
        """Append one token to each sequence; return the logits of the next, (B, V) in float32.

        Where it raises, no sequence is changed.
        """

    def new_sampler(self, sampling: Sampling, prompt: Listing[int] = ()) -> "TokenSampler":
        """Begin the random choices of one sequence that answers `prompt`."""


def all_finite(scores: "Tensor") -> bool:
    """Tell whether all are numbers: the sum is none if one of them is not, and is found in a fifth of the time."""
    return math.isfinite(float(scores.sum())) or bool(scores.isfinite().all())


class NotFinite(Exception):
    """The model's scores are no numbers: the checkpoint or its precision is at fault."""


class Sequence:
    """One request while it is answered: the tokens so far, and what the model keeps of them."""

    def __init__(self, sequence_id: int, request: Request) -> None:
        self.sequence_id = sequence_id
        self.request = request
        self.generated: list[int] = []
        self.decoder: Decoder | None = None
        self.is_read = False
        self.place: Place | None = None
        self.sampler: TokenSampler | None = None
        self._was_read_again = False
        self._loops = LoopGuard(request.longest_loop) if request.longest_loop else None

    @property
    def tokens(self) -> list[int]:
        """Prompt and answer, the last token included, which the model has not read yet."""
        return [*self.request.prompt, *self.generated]

    @property
    def num_tokens(self) -> int:
        """How many tokens there are so far; asked at each step, so nothing is joined for it."""
        return len(self.request.prompt) + len(self.generated)

    @property
    def max_length(self) -> int:
        """How many tokens prompt and answer may have together."""
        return len(self.request.prompt) + self.request.max_tokens

    def begin(self, model: Model) -> None:
        """Take a place in the model, perhaps with a beginning that is there already."""
        self.sampler = self.sampler or model.new_sampler(self.request.sampling, self.request.prompt)
        if self.decoder is None:
            self.decoder = model.new_decoder(self.tokens, self.max_length)

    def pause(self, model: Model) -> None:
        """Leave what is computed of it to the model, as long as that has room; `read` goes on from there.

        Not what gave scores that were no numbers: it may again.
        """
        if self.decoder and not self._was_read_again:
            model.keep(self.decoder, self.tokens)
        self.drop()

    def drop(self) -> None:
        """Give up what is computed of it; `read` computes that again, and the same tokens follow."""
        self.decoder = None
        self.is_read = self._was_read_again = False

    @property
    def num_read(self) -> int:
        """Of how many tokens the model has keys and values."""
        return self.decoder.num_tokens if self.decoder else 0

    def read(self, model: Model, max_tokens: int | None = None) -> "Tensor | None":
        """Read the prompt, and what was generated before a pause; return the logits of the next token, (V,).

        Of causal models no more than `max_tokens` at a time; None: there is more to read. It must have begun.
        """
        assert self.decoder is not None
        if model.is_causal:
            tokens = self.tokens
            first = self.decoder.num_tokens
            end = len(tokens) if max_tokens is None else min(len(tokens), first + max_tokens)
            logits = self.decoder.extend(tokens[first:end])
            self.is_read = end == len(tokens)
            return logits if self.is_read else None
        logits = self.decoder.prefill(self.request.prompt)
        if self.generated:
            logits = self.decoder.extend(self.generated)
        self.is_read = True
        return logits

    def take(self, logits: "Tensor", found: "Candidates | None", model: Model) -> Output:
        """Draw the next token from what the sampler finds in the scores, (V,). Raises NotFinite.

        Scores that are no numbers, None, are computed once more, in float32 where they were not: float16 ends at
        65,504.
        """
        assert self.sampler is not None
        if found is None:
            logits = self._finite()
            token = self.sampler.choose(logits)
        else:
            token = self.sampler.draw(found)
        self.generated.append(token)
        if token in model.end_tokens:
            return Output(self.sequence_id, None, "stop")
        asked = self.request.top_logprobs
        logprobs = None if asked is None else logprobs_of(logits, token, asked)
        return Output(self.sequence_id, token, self._reason_to_end(), logprobs=logprobs)

    def _finite(self) -> "Tensor":
        """Return the scores again, computed in float32, once until a pause: that reads all of it."""
        if not self._was_read_again:
            assert self.decoder is not None
            self._was_read_again = True
            logits = self.decoder.read_again(self.request.prompt, self.generated)
            if logits is not None and all_finite(logits):
                logger.warning("sequence %d: scores are no numbers; read again in float32", self.sequence_id)
                return logits
        raise NotFinite("scores are no numbers: the checkpoint is damaged, or wants another precision")

    def _reason_to_end(self) -> FinishReason | None:
        if len(self.generated) >= self.request.max_tokens:
            return "length"
        return "loop" if self._loops and self._loops.ends(self.generated) else None
