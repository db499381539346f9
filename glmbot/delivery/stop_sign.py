"""Lets a sender stop the answer that is being written for them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager

from glmbot.events import Chat, MessageEvent

Key = tuple[Chat, str]


class StopSign:
    """Ends one stream of pieces, also while it waits for its next piece."""

    def __init__(self) -> None:
        self.is_set = False
        self._waiting: asyncio.Timeout | None = None

    def set(self) -> None:
        """End the stream now."""
        self.is_set = True
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def guard(self, pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
        """Pass pieces on until they end or the sign is set."""
        while not self.is_set:
            try:
                async with asyncio.timeout(None) as self._waiting:
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError:
                if not self.is_set:
                    raise
                return
            finally:
                self._waiting = None
            yield piece


class StopSigns:
    """The answers that are being written, by chat and sender."""

    def __init__(self) -> None:
        self._running: dict[Key, list[StopSign]] = defaultdict(list)
        """Several where an immediate command is answered beside."""

    @contextmanager
    def watch(self, event: MessageEvent) -> Iterator[StopSign]:
        """Have a sign for the answer to `event` while the body runs."""
        key, sign = _key(event), StopSign()
        self._running[key].append(sign)
        try:
            yield sign
        finally:
            self._running[key].remove(sign)
            if not self._running[key]:
                del self._running[key]

    def stop(self, event: MessageEvent) -> bool:
        """Stop the answer being written for this sender in this chat; tell whether there was one."""
        signs = self._running.get(_key(event), [])
        for sign in signs:
            sign.set()
        return bool(signs)


def _key(event: MessageEvent) -> Key:
    return event.chat, event.sender.sender_id
