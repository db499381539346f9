"""Wakes a loop that waits for work, without losing a call that comes while it is busy."""

import asyncio
import time

TIMER_SLACK = 0.01
"""Seconds: a timer may fire a little early, and what was to be due then would be missed."""


class Wakeup:
    """One waiting loop, any number of callers."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def call(self) -> None:
        """Wake the loop now, or at its next wait."""
        self._event.set()

    def call_at(self, when: float) -> None:
        """Wake the loop at a time of `time.monotonic()`."""
        asyncio.get_running_loop().call_later(when - time.monotonic() + TIMER_SLACK, self.call)

    async def wait(self, timeout: float | None = None) -> None:
        """Wait for a call, at most `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()
