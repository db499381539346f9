"""A connection whose statements are never left half-way when their task is cancelled."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import aiosqlite


class UninterruptedConnection(aiosqlite.Connection):
    """Holds a cancellation back until the statement under way has ended; the next await gets it.

    Without this, SQLAlchemy closes a connection whose thread is still at work in it; the transaction then
    keeps the database locked, and the task is not seen to end (aiosqlite 0.22, one in about ten
    cancellations under load).
    """

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        work = asyncio.ensure_future(super()._execute(fn, *args, **kwargs))  # type: ignore[no-untyped-call]  # has no types
        task = asyncio.current_task()
        assert task is not None
        is_cancelled = False
        while not work.done():
            try:
                await asyncio.wait([work])
            except asyncio.CancelledError:
                is_cancelled = True
        if is_cancelled:
            task.uncancel()  # the same request, not one more
            task.cancel()
        return work.result()


def connect(file: str, **options: Any) -> UninterruptedConnection:
    """Return a connection to `file`, to be awaited; `options` are those of `sqlite3.connect`."""
    connection = UninterruptedConnection(lambda: sqlite3.connect(file, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy does: one that nobody closed must not keep the process
    return connection
