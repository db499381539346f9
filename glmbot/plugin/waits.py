"""Handlers that wait for a sender's next message."""

import asyncio
from datetime import timedelta

from glmbot.events import Chat, MessageEvent
from glmbot.plugin.schedule import Clock

Key = tuple[Chat, str]


class Waits:
    """Who is waited for: at most one handler a chat and sender."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[Key, asyncio.Future[str | None]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def has(self, event: MessageEvent) -> bool:
        """Tell whether a handler waits for a message of this sender in this chat."""
        return _key(event) in self._waiting

    def offer(self, event: MessageEvent) -> bool:
        """Give a message to the handler that waits for it; tell whether there was one."""
        return self._end(_key(event), event.text)

    async def cancel(self, event: MessageEvent) -> bool:
        """End the wait for this sender without a message; tell whether there was one."""
        return self._end(_key(event), None)

    async def next_text(self, event: MessageEvent, timeout: timedelta) -> str | None:
        """Return the sender's next message in this chat, None when none comes in time or the wait is cancelled."""
        key = _key(event)
        self._end(key, None)  # the newer question is the one that the sender sees
        future: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        async with asyncio.TaskGroup() as tasks:
            timer = tasks.create_task(self._end_after(timeout.total_seconds(), key, future))
            try:
                return await future
            finally:
                timer.cancel()
                if self._waiting.get(key) is future:
                    del self._waiting[key]

    async def _end_after(self, seconds: float, key: Key, future: asyncio.Future[str | None]) -> None:
        await self._clock.sleep(seconds)
        if self._waiting.get(key) is future:
            self._end(key, None)

    def _end(self, key: Key, text: str | None) -> bool:
        future = self._waiting.pop(key, None)
        if future is None or future.done():
            return False
        future.set_result(text)
        return True


def _key(event: MessageEvent) -> Key:
    return event.chat, event.sender.sender_id
