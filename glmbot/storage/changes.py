"""Notices what another process wrote: a retry by hand, or a message for an account that this process owns."""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import Connection

from glmbot.storage.database import Database
from glmbot.storage.postgresql import PostgresBackend
from glmbot.storage.server_session import CHANNEL, LOST, connect

logger = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at a SQLite file."""
CONNECT_PAUSE = 1.0


def announce(connection: Connection) -> None:
    """Tell other processes, once the transaction is committed, that there is something to do."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")


async def watch_changes(database: Database, on_change: Callable[[], None]) -> None:
    """Call `on_change` whenever another process wrote something, until cancelled."""
    if isinstance(database.backend, PostgresBackend):
        await _listen(database.backend, on_change)
    else:
        await _look(database, on_change)


async def _look(database: Database, on_change: Callable[[], None]) -> None:
    """SQLite counts the commits of others."""
    seen = None
    while True:
        version = await database.run(lambda connection: connection.exec_driver_sql("PRAGMA data_version").scalar())
        if seen is not None and version != seen:
            on_change()
        seen = version
        await asyncio.sleep(LOOK_EVERY)


async def _listen(backend: PostgresBackend, on_change: Callable[[], None]) -> None:
    while True:
        try:
            async with connect(backend) as session:
                await session.execute(f"LISTEN {CHANNEL}")
                on_change()  # whatever was told while nobody listened
                async for _ in session.notifies():
                    on_change()
        except LOST as error:
            logger.info("listening to the database again in %.0f s: %s", CONNECT_PAUSE, error)
        await asyncio.sleep(CONNECT_PAUSE)
