"""Everything that is particular to SQLite: connection mode, backup, checks, and what its errors mean."""

import os
import re
import shutil
import sqlite3
import time
from calendar import timegm
from contextlib import closing
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

from glmbot.durable import sync_names
from glmbot.errors import ConfigError

BUSY_TIMEOUT = 30.0
"""Seconds to wait for another program that writes; "?timeout=SECONDS" in the URL changes it."""
OLDEST_SQLITE = (3, 35)
"""The first release with RETURNING (sqlite.org/lang_returning.html)."""
MAX_PROBLEMS = 20
_TIME_FORMAT = "%Y%m%dT%H%M%S"
_BACKUP_NAME = re.compile(r"\.(?P<label>[\w-]+)-(?P<time>\d{8}T\d{6})\.backup")


class DamagedError(ConfigError):
    """The file is damaged, or no database."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup as its file name tells: why it was made, and when (seconds since 1970)."""

    path: Path
    label: str
    made_at: float


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
    """Raise DamagedError when the file is damaged; about half a second for 100 MB."""
    result = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if result != "ok":
        raise damaged(file)


def check_references(connection: Connection) -> None:
    """Make sure that a migration left no row pointing to nowhere."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    assert not broken, f"the migration leaves broken references: {broken[:3]}"


def problems_of(file: Path) -> list[str]:
    """Return what is wrong in a database: pages, indexes, references. Raises ConfigError where it cannot be opened."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = [row[0] for row in connection.execute(f"PRAGMA integrity_check({MAX_PROBLEMS})")]
            broken = connection.execute("PRAGMA foreign_key_check").fetchmany(MAX_PROBLEMS)
    except sqlite3.DatabaseError as error:
        raise explain(file, error) from error
    return [*(text for text in found if text != "ok"), *(f"{row[0]}: row {row[1]} points to nowhere" for row in broken)]


def back_up(file: Path, label: str) -> Path:
    """Write a consistent, verified copy of the last committed state beside `file`; return its path.

    Raises ConfigError: DamagedError where `file` is damaged.
    """
    backup = file.with_name(f"{file.name}.{label}-{timestamp()}.backup")
    unfinished = backup.with_name(f"{backup.name}.part")
    try:
        copy(file, unfinished)
        unfinished.replace(backup)
        sync_names(file.parent)
    finally:
        unfinished.unlink(missing_ok=True)
    return backup


def copy(file: Path, target: Path) -> None:
    """Copy the last committed state of a database, durably, and verify the copy. Raises ConfigError."""
    target.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as written:
            source.backup(written)
            result = written.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise explain(file, error) from error
    if result != "ok":
        raise damaged(file)
    shutil.copymode(file, target)
    with target.open("rb+") as opened:
        os.fsync(opened.fileno())


def backups_of(file: Path) -> list[Backup]:
    """Return the backups beside a database, the newest first."""
    found = []
    for path in file.parent.glob(f"{escape(file.name)}.*.backup"):
        if match := _BACKUP_NAME.fullmatch(path.name, len(file.name)):
            found.append(Backup(path, match["label"], timegm(time.strptime(match["time"], _TIME_FORMAT))))
    return sorted(found, key=lambda backup: backup.made_at, reverse=True)


def close_log(file: Path) -> None:
    """Bring all of the write-ahead log into the database's file. Raises ConfigError while others have it open."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        raise explain(file, error) from error


def vacuum(file: Path) -> None:
    """Write the database anew, without the room of what was deleted. Raises ConfigError."""
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        raise explain(file, error) from error


def timestamp() -> str:
    """Return the time as the names of backups have it: UTC, to the second."""
    return time.strftime(_TIME_FORMAT, time.gmtime())


def is_locked(error: DBAPIError) -> bool:
    """Tell whether another program held the database for longer than the timeout."""
    return _name(error).startswith("SQLITE_BUSY")


def explain(file: Path, error: DBAPIError | sqlite3.Error) -> ConfigError:
    """Return what an error at the opening of `file` means to the operator."""
    match _name(error).split("_")[1:2]:
        case ["NOTADB" | "CORRUPT"]:
            return damaged(file)
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


def damaged(file: Path) -> DamagedError:
    """Return the error for a damaged database; it names the newest backup."""
    backups = backups_of(file)
    remedy = (
        f"`glmbot db restore` puts back the newest backup, {str(backups[0].path)!r}"
        if backups
        else "put a backup in its place, or move it away to begin with an empty one"
    )
    return DamagedError(f"database {str(file)!r} is damaged or not a database; {remedy}")


def _name(error: DBAPIError | sqlite3.Error) -> str:
    """Return SQLite's own name of the error, such as "SQLITE_BUSY"."""
    return str(getattr(_cause(error), "sqlite_errorname", ""))


def _cause(error: DBAPIError | sqlite3.Error) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error
