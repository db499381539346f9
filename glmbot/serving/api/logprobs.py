"""How likely the tokens of an answer were, in OpenAI's form and in step with its text."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from typing_extensions import TypedDict

from glmbot.serving.engine.logprobs import Logprobs


class TopLogprob(TypedDict):
    """A token that might have come; `bytes` may be a part of a character, of which `token` then shows U+FFFD."""

    token: str
    logprob: float
    bytes: list[int]


class TokenLogprob(TopLogprob):
    """A token of the answer, and those that were likeliest in its place."""

    top_logprobs: list[TopLogprob]


class ChoiceLogprobs(TypedDict):
    """What `logprobs` of a choice holds."""

    content: list[TokenLogprob]
    refusal: None


@dataclass(frozen=True, slots=True)
class _Scored:
    start: int
    token: int
    logprobs: Logprobs


class LogprobStream:
    """Keeps the tokens of an answer until their text is shown: what a stop string cuts off has none."""

    def __init__(self, token_bytes: Callable[[int], bytes]) -> None:
        self._token_bytes = token_bytes
        self._waiting: deque[_Scored] = deque()

    def add(self, start: int, token: int, logprobs: Logprobs) -> None:
        """Take a token whose text begins at the character `start` of the answer, or later."""
        self._waiting.append(_Scored(start, token, logprobs))

    def take(self, num_shown: int | None) -> ChoiceLogprobs:
        """Return those that begin before the first `num_shown` characters end; None: all that are left."""
        taken = []
        while self._waiting and (num_shown is None or self._waiting[0].start < num_shown):
            taken.append(self._entry(self._waiting.popleft()))
        return ChoiceLogprobs(content=taken, refusal=None)

    def _entry(self, scored: _Scored) -> TokenLogprob:
        chosen = self._one(scored.token, scored.logprobs.chosen)
        return TokenLogprob(**chosen, top_logprobs=[self._one(*pair) for pair in scored.logprobs.top])

    def _one(self, token: int, logprob: float) -> TopLogprob:
        content = self._token_bytes(token)
        return TopLogprob(token=content.decode(errors="replace"), logprob=logprob, bytes=list(content))
