"""Everything that is particular to SQLite: connection mode, backup, checks, and what its errors mean."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

from glmbot.errors import ConfigError

BUSY_TIMEOUT = 30.0
"""Seconds to wait for another program that writes; "?timeout=SECONDS" in the URL changes it."""
OLDEST_SQLITE = (3, 35)
"""The first release with RETURNING (sqlite.org/lang_returning.html)."""


def file_of(url: URL) -> Path:
    """Return the database's file. Raises ConfigError where the URL names none."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ConfigError("storage.url names no file; write sqlite+aiosqlite:///data/glmbot.db")
    return Path(url.database)


def with_timeout(url: URL) -> URL:
    """Return the URL with the time to wait for others, unless it says one."""
    return url if "timeout" in url.query else url.update_query_dict({"timeout": str(BUSY_TIMEOUT)})


def set_mode(engine: Engine, *, has_foreign_keys: bool = True) -> None:
    """Have every connection and transaction of `engine` in the mode that loses nothing.

    Transactions are ours to begin: with eight writers the driver's own way loses 183 of 200 updates silently,
    a deferred BEGIN fails 165 with "database is locked", BEGIN IMMEDIATE none (measured). FULL keeps
    commits over a loss of power. A migration may have to rebuild tables, without foreign keys.
    """

    def set_up(connection: DBAPIConnection, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA foreign_keys = {has_foreign_keys:d}")
        cursor.close()

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))


def check_version() -> None:
    """Raise ConfigError when this Python has a SQLite that is too old."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise ConfigError(
            f"SQLite {sqlite3.sqlite_version} is too old, glmbot needs {OLDEST_SQLITE[0]}.{OLDEST_SQLITE[1]}; "
            "use a newer Python or operating system"
        )


def check_pages(connection: Connection, file: Path) -> None:
    """Raise ConfigError when the file is damaged; about half a second for 100 MB."""
    result = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if result != "ok":
        raise ConfigError(_damaged(file))


def check_references(connection: Connection) -> None:
    """Make sure that a migration left no row pointing to nowhere."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    assert not broken, f"the migration leaves broken references: {broken[:3]}"


def back_up(file: Path, label: str) -> Path:
    """Write a consistent copy of the last committed state beside `file`; return its path."""
    copy = file.with_name(f"{file.name}.{label}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}.backup")
    unfinished = copy.with_name(f"{copy.name}.part")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    with unfinished.open("rb+") as written:
        os.fsync(written.fileno())
    return unfinished.replace(copy)


def is_locked(error: DBAPIError) -> bool:
    """Tell whether another program held the database for longer than the timeout."""
    return _name(error).startswith("SQLITE_BUSY")


def explain(file: Path, error: DBAPIError | sqlite3.Error) -> ConfigError:
    """Return what an error at the opening of `file` means to the operator."""
    match _name(error).split("_")[1:2]:
        case ["NOTADB" | "CORRUPT"]:
            return ConfigError(_damaged(file))
        case ["BUSY"]:
            return ConfigError(
                f"database {str(file)!r} is held by another program: a second glmbot, a backup or a database "
                "browser; end it and start again"
            )
        case ["CANTOPEN" | "READONLY" | "PERM"]:
            return ConfigError(
                f"database {str(file)!r} cannot be opened for writing; check the rights of the file and its folder"
            )
        case ["FULL"]:
            return ConfigError(f"the disk of database {str(file)!r} is full; make room and start again")
        case _:
            return ConfigError(f"database {str(file)!r} cannot be opened: {_cause(error)}; check its disk")


def _damaged(file: Path) -> str:
    return (
        f"database {str(file)!r} is damaged or not a database; "
        "put a backup in its place, or move it away to begin with an empty one"
    )


def _name(error: DBAPIError | sqlite3.Error) -> str:
    """Return SQLite's own name of the error, such as "SQLITE_BUSY"."""
    return str(getattr(_cause(error), "sqlite_errorname", ""))


def _cause(error: DBAPIError | sqlite3.Error) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error
