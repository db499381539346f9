"""What a platform has pushed and the bot has not stored yet: for platforms that repeat nothing."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Generic, NoReturn, TypeVar

from glmbot.errors import RetryLater

logger = logging.getLogger(__name__)

T = TypeVar("T")

MAX_NEWS = 1000
"""When so many wait, `put` waits as well: the socket is not read any more, and the platform holds back the rest."""


class News(Generic[T]):
    """Keeps news in order until they are stored, also over a new connection and a new `run` of the adapter."""

    def __init__(self, adapter: str) -> None:
        self._adapter = adapter
        self._queue: asyncio.Queue[T] = asyncio.Queue(MAX_NEWS)
        self._offered: T | None = None
        self.offered_at = 0.0
        """When one was last offered, in seconds of time.monotonic()."""

    @property
    def is_full(self) -> bool:
        """Tell whether `put` would wait."""
        return self._queue.full()

    async def put(self, news: T) -> None:
        """Add one."""
        await self._queue.put(news)

    async def take_in(self, accept: Callable[[T], Awaitable[None]]) -> NoReturn:
        """Offer one after another until cancelled; what is on its way then is the first of the next call."""
        while True:
            if self._offered is None:
                self._offered = await self._queue.get()
            await self._offer(self._offered, accept)
            self._offered = None

    async def _offer(self, news: T, accept: Callable[[T], Awaitable[None]]) -> None:
        while True:
            self.offered_at = time.monotonic()
            try:
                return await accept(news)
            except RetryLater as error:
                num_waiting = self._queue.qsize() + 1
                logger.warning("adapter %r: %d message(s) wait: %s", self._adapter, num_waiting, error)
                await asyncio.sleep(error.after)
