"""Work that accompanies other work, and must never make it fail."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

logger = logging.getLogger(__name__)


@asynccontextmanager
async def in_background(work: Callable[[], Awaitable[object]], name: str) -> AsyncIterator["asyncio.Task[None]"]:
    """Run `work` while the body runs, and cancel it at the end; an error in it is logged and no more.

    Errors of the body come out as they are, not as a group.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(_harmless(work, name))
            try:
                yield task
            finally:
                task.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


async def _harmless(work: Callable[[], Awaitable[object]], name: str) -> None:
    try:
        await work()
    except Exception:
        logger.exception("%s failed; what it accompanied goes on", name)
