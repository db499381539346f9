"""Work that accompanies other work, and must never make it fail."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

logger = logging.getLogger(__name__)

UNNOTICED = 0.05
"""Seconds: what is over so soon needs nothing that accompanies it."""

Work = Callable[[], Awaitable[object]]


class Background:
    """Work that begins after a while, unless it is cancelled before."""

    def __init__(self, tasks: asyncio.TaskGroup, work: Work, name: str, after: float) -> None:
        self._tasks = tasks
        self._work = work
        self._name = name
        self._task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(after, self._begin)

    async def wait(self, timeout: float | None = None) -> None:
        """Wait until what has begun ends, at most `timeout` seconds."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=timeout)

    def cancel(self) -> None:
        """End it, or do not begin it."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _begin(self) -> None:
        self._task = self._tasks.create_task(_harmless(self._work, self._name))


@asynccontextmanager
async def in_background(work: Work, name: str, after: float = UNNOTICED) -> AsyncIterator[Background]:
    """Run `work` while the body runs, from `after` seconds on; an error in it is logged and no more.

    Errors of the body come out as they are, not as a group.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            background = Background(tasks, work, name, after)
            try:
                yield background
            finally:
                background.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


async def _harmless(work: Work, name: str) -> None:
    try:
        await work()
    except Exception:
        logger.exception("%s failed; what it accompanied goes on", name)
