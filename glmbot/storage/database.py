"""Opens the database: engine, transactions, schema."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from glmbot.errors import ConfigError
from glmbot.storage.migrate import upgrade
from glmbot.storage.sqlite_mode import set_sqlite_mode


class Database:
    """A pool of connections to one database with the current schema."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Open a database and bring its schema up to date. Raises ConfigError."""
        parsed = _parse(url)
        _make_folder(parsed)
        engine = create_async_engine(parsed, hide_parameters=True)
        _set_sqlite_mode(engine)
        try:
            await asyncio.to_thread(upgrade, parsed)
        except (DBAPIError, sqlite3.Error) as error:
            await engine.dispose()
            raise ConfigError(_explain(parsed, error)) from error
        except ConfigError:
            await engine.dispose()
            raise
        return cls(engine)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """One write transaction; it begins at once, so nothing read in it can be overtaken."""
        async with self._engine.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def _set_sqlite_mode(engine: AsyncEngine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", lambda connection, _: set_sqlite_mode(connection))
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError("storage.url is no database URL; write sqlite+aiosqlite:///data/glmbot.db") from error
    if parsed.drivername != "sqlite+aiosqlite":
        raise ConfigError(f"storage.url: {parsed.drivername!r} is not supported; write sqlite+aiosqlite:///FILE")
    return parsed


def _make_folder(url: URL) -> None:
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"folder {str(folder)!r} for the database cannot be made: {error.strerror}") from error


def _explain(url: URL, error: Exception) -> str:
    """Say what is wrong with a database file; the texts are SQLite's own."""
    text, file = str(error), repr(url.database)
    if "not a database" in text or "malformed" in text:
        return f"database {file} is damaged or no database; restore a backup, or move it away to begin anew"
    if "locked" in text:
        return f"database {file} is locked by another program; end it and start again"
    if "readonly" in text or "unable to open" in text:
        return f"database {file} cannot be written; check the rights of the file and its folder"
    return f"database {file} cannot be opened: {type(error).__name__}"
