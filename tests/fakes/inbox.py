"""The bot's door, as an adapter sees it."""

import asyncio
from collections.abc import Callable

from glmbot.events import MessageEvent


class Inbox:
    """Stores every event, or fails with the next of `faults` first."""

    def __init__(self) -> None:
        self.events: list[MessageEvent] = []
        self.faults: list[Exception] = []
        self.is_open = asyncio.Event()
        self.is_open.set()
        self._changed = asyncio.Condition()

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]

    async def accept(self, event: MessageEvent) -> None:
        self.events.append(event)
        async with self._changed:
            self._changed.notify_all()
        await self.is_open.wait()
        if self.faults:
            raise self.faults.pop(0)

    async def received(self, *texts: str) -> None:
        try:
            await self.until(lambda: self.texts == list(texts))
        except TimeoutError:
            raise AssertionError(f"expected {texts}, received {self.texts}") from None

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(is_so)
