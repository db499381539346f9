"""The database: opening it, and its transactions."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from glmbot.errors import ConfigError
from glmbot.storage import sqlite
from glmbot.storage.migrate import migrations_folder, upgrade
from glmbot.storage.uninterrupted import connect

logger = logging.getLogger(__name__)

DRIVER = "sqlite+aiosqlite"


class Database:
    """One database with the current schema."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.file = sqlite.file_of(engine.url)
        self._engine = engine
        self._turn = asyncio.Lock()
        """SQLite has one writer at a time. Waiting here is fair and free; waiting there polls."""

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Open a database, new or old, and bring its schema up to date. Raises ConfigError."""
        parsed = sqlite.with_timeout(parse(url))
        await asyncio.to_thread(upgrade, parsed, migrations_folder())
        engine = create_async_engine(parsed, hide_parameters=True, connect_args={"async_creator_fn": connect})
        sqlite.set_mode(engine.sync_engine)
        return cls(engine)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Have one write transaction while the body runs: committed at its end, rolled back when it raises.

        It waits for other programs that write as long as they do. Do not await model or network inside, nor
        begin a second one.
        """
        async with self._turn, self._engine.connect() as connection:
            await _begin(connection)
            yield connection
            await connection.commit()

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


async def _begin(connection: AsyncConnection) -> None:
    while True:
        try:
            await connection.begin()
            return
        except OperationalError as error:
            if not sqlite.is_locked(error):
                raise
            logger.warning("the database is held by another program; everything waits until it lets go")


def parse(url: str) -> URL:
    """Return a database URL. Raises ConfigError, without the URL in it: it may hold a password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(f"storage.url is not a database URL; write {DRIVER}:///data/glmbot.db") from None
    if parsed.drivername != DRIVER:
        raise ConfigError(f"storage.url: {parsed.drivername!r} is not supported; write {DRIVER}:///data/glmbot.db")
    return parsed
