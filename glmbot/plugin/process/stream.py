"""Pieces of text that come from the other side of the wire."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

from glmbot.plugin.process.frames import Cancel, Frame, Pull


class RemoteStream(AsyncGenerator[str]):
    """The answer to the call `number`, pulled piece by piece; closing or dropping it ends it on the other side."""

    def __init__(self, number: int, post: Callable[[Frame], None]) -> None:
        self.number = number
        self.is_begun = False
        self._post = post
        self._loop = asyncio.get_running_loop()
        self._piece: asyncio.Future[str | None] | None = None
        self._failure: Exception | None = None
        self._is_over = False

    async def asend(self, value: None) -> str:
        """Return the next piece. Raises what ended the stream."""
        if self._is_over:
            raise StopAsyncIteration
        if self._failure:
            raise self._failure
        self.is_begun = True
        self._piece = self._loop.create_future()
        self._post(Pull(self.number))
        try:
            piece = await self._piece
        except asyncio.CancelledError:
            self._cancel()
            raise
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def athrow(self, *error: Any) -> str:
        """End the stream with an error."""
        self._cancel()
        raise error[1] if len(error) > 1 and error[1] is not None else error[0]

    async def aclose(self) -> None:
        """End the stream."""
        self._cancel()

    def add(self, piece: str) -> None:
        """Take in the piece that was pulled."""
        if self._piece and not self._piece.done():
            self._piece.set_result(piece)

    def end(self, failure: Exception | None = None) -> None:
        """Take in that there is no more, or what went wrong."""
        self._failure = failure
        self._is_over = failure is None
        if self._piece and not self._piece.done():
            if failure:
                self._piece.set_exception(failure)
            else:
                self._piece.set_result(None)

    def hand_over(self) -> None:
        """Take in that the other side has it again; here it is over."""
        self._is_over = True

    def _cancel(self) -> None:
        if not self._is_over and not self._failure:
            self._is_over = True
            self._post(Cancel(self.number))

    def __del__(self) -> None:
        """End a stream that nobody wanted; garbage may be collected on any thread."""
        if not self._is_over and not self._failure and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._post, Cancel(self.number))
