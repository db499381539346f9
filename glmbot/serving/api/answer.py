"""One answer, from the engine's tokens to text that ends before a stop string."""

from collections.abc import AsyncIterator, Sequence

from glmbot.serving.api.logprobs import ChoiceLogprobs, LogprobStream
from glmbot.serving.chat.conversation import ToolCall
from glmbot.serving.engine.sequence import FinishReason, Output, Place
from glmbot.serving.engine.thread import IDLE, TokenStream
from glmbot.serving.loaded_model import ResponseText

FAILED: tuple[FinishReason, ...] = ("error", "not_finite", "timeout", "not_begun")
"""Ends that the client is told of as an error."""


class StopStrings:
    """Cuts a text at the first of some strings, and holds back what may be the beginning of one."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = stops
        self._held = ""
        self._is_found = False

    @property
    def is_found(self) -> bool:
        """Whether the text has ended."""
        return self._is_found

    def add(self, text: str) -> str:
        """Take a piece; return the text that is certain not to belong to a stop string."""
        if self._is_found:
            return ""
        text = self._held + text
        starts = [start for stop in self._stops if (start := text.find(stop)) >= 0]
        self._is_found = bool(starts)
        shown = min(starts) if starts else len(text) - self._num_possible(text)
        self._held = text[shown:]
        return text[:shown]

    def finish(self) -> str:
        """Return what was held back, when the text ends without a stop string."""
        return "" if self._is_found else self._held

    def _num_possible(self, text: str) -> int:
        """Count the last characters of `text` that a stop string may begin with."""
        longest = max((len(stop) for stop in self._stops), default=1) - 1
        lengths = range(min(longest, len(text)), 0, -1)
        return next((n for n in lengths if any(stop.startswith(text[-n:]) for stop in self._stops)), 0)


class Answer:
    """One request while it is answered: its text and its calls of tools; then why it ended and how long it is."""

    def __init__(
        self,
        tokens: TokenStream,
        text: ResponseText,
        stops: Sequence[str],
        *,
        is_one_call: bool = False,
        logprobs: LogprobStream | None = None,
    ) -> None:
        self._tokens = tokens
        self._text = text
        self._stops = StopStrings(stops)
        self._is_one_call = is_one_call
        self._logprobs = logprobs
        self._num_certain = self._num_shown = 0
        self._has_ended = False
        self.num_tokens = 0
        self.finish: FinishReason = "cancelled"

    @property
    def tool_calls(self) -> Sequence[ToolCall]:
        """The tools that the model asks for, when the text has ended; none after a stop string."""
        if self._stops.is_found:
            return ()
        return self._text.tool_calls[:1] if self._is_one_call else self._text.tool_calls

    def take_logprobs(self) -> ChoiceLogprobs | None:
        """Return those of the text that came since this was asked last, at the end all; None: they are not wanted."""
        if self._logprobs is None:
            return None
        is_whole = self._has_ended and not self._stops.is_found
        return self._logprobs.take(None if is_whole else self._num_shown)

    async def pieces(self) -> AsyncIterator[str | Place | None]:
        """Yield the text as it becomes certain, and before that places in line; set `finish` at the end.

        None says that there has been nothing to tell for some time.
        """
        async for output in self._tokens:
            if output is IDLE:
                yield None
                continue
            if output.place:
                yield output.place
                continue
            self.finish = output.finish or self.finish
            if output.finish in (*FAILED, "cancelled"):
                return
            self.num_tokens += 1
            if piece := self._read(output):
                self._num_shown += len(piece)
                yield piece
            if self._stops.is_found:
                break
        rest = self._stops.add(self._text.finish()) + self._stops.finish()
        self._num_shown += len(rest)
        self._has_ended = True
        if self._stops.is_found:
            self.finish = "stop"
        if rest:
            yield rest

    def _read(self, output: Output) -> str:
        """Return the text that a token makes certain."""
        is_dropped = output.finish == "length" and self._text.drops_token_at_limit
        if output.token is None or is_dropped:
            return ""
        if self._logprobs and output.logprobs:
            self._logprobs.add(self._num_certain, output.token, output.logprobs)
        certain = self._text.add(output.token)
        self._num_certain += len(certain)
        return self._stops.add(certain)
