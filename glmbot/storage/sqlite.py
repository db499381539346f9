"""Everything that is particular to SQLite: connection mode, backup, checks, and what its errors mean."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError

from glmbot.durable import sync_names
from glmbot.errors import ConfigError
from glmbot.storage.files import Backup, backup_path, backups_of, make_folder

BUSY_TIMEOUT = 30.0
"""Seconds to wait for another program that writes, at the start."""
WORKING_TIMEOUT = 1.0
"""The same while the bot works: then it asks again and again."""
OLDEST_SQLITE = (3, 35)
"""The first release with RETURNING (sqlite.org/lang_returning.html)."""
BEGIN = "BEGIN IMMEDIATE"
MAX_PROBLEMS = 20
AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR")
FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHMSIZE")
DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


class DamagedError(ConfigError):
    """The file is damaged, or no database."""


def file_of(url: URL) -> Path:
    """Return the database's file. Raises ConfigError where the URL names none."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ConfigError("storage.url names no file; write sqlite:///data/glmbot.db")
    return Path(url.database)


@dataclass(frozen=True, slots=True)
class SqliteBackend:
    """A database in a file. `timeout` is in seconds, for the start; later everything waits as long as need be.

    `shown_as` is what the operator knows the file as, where it is a copy.
    """

    file: Path
    timeout: float = BUSY_TIMEOUT
    shown_as: Path | None = None

    @classmethod
    def of(cls, url: URL) -> "SqliteBackend":
        """Return the backend of a URL; "?timeout=SECONDS" in it is for the start. Raises ConfigError."""
        return cls(file_of(url), float(str(url.query.get("timeout", BUSY_TIMEOUT))))

    @property
    def name(self) -> str:
        """The file, as the operator knows it."""
        return str(self.shown_as or self.file)

    def engine(self) -> Engine:
        """Return an engine for the bot at work."""
        return self._engine(min(self.timeout, WORKING_TIMEOUT), has_foreign_keys=True)

    def migration_engine(self) -> Engine:
        """Return an engine for a schema change, which may have to rebuild tables without foreign keys."""
        return self._engine(self.timeout, has_foreign_keys=False)

    def prepare(self) -> None:
        """Make the folder. Raises ConfigError, also when this Python has a SQLite that is too old."""
        check_version()
        make_folder(self.file.parent)

    def check(self, connection: Connection) -> None:
        """Raise DamagedError when the file is damaged; about half a second for 100 MB."""
        if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one() != "ok":
            raise damaged(self.shown_as or self.file)

    def check_references(self, connection: Connection) -> None:
        """Make sure that a migration left no row pointing to nowhere."""
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        assert not broken, f"the migration leaves broken references: {broken[:3]}"

    def explain(self, error: Exception) -> ConfigError:
        """Return what an error at the opening means to the operator."""
        return explain(self.shown_as or self.file, error)

    def is_away(self, error: DBAPIError) -> bool:
        """Tell whether another program holds the database, or its disk does not answer as it should for now."""
        return _name(error).startswith(AWAY)

    def is_full(self, error: DBAPIError) -> bool:
        """Tell whether the disk had no room: SQLite says so itself, or that a write failed."""
        return _name(error).startswith(FULL)

    def is_damaged(self, error: DBAPIError) -> bool:
        """Tell whether the file is not what was written."""
        return _name(error).startswith(DAMAGED)

    def exists(self) -> bool:
        """Tell whether there is a file."""
        return self.file.is_file()

    def size_bytes(self) -> int:
        """Return the size of the file."""
        return self.file.stat().st_size

    def problems(self) -> list[str]:
        """Return what is wrong in the database: pages, indexes, references. Raises ConfigError."""
        return problems_of(self.file)

    def vacuum(self) -> None:
        """Write the database anew, without the room of what was deleted. Raises ConfigError."""
        vacuum(self.file)

    def back_up(self, label: str) -> Path:
        """Write a verified copy beside the file; return its path. Raises ConfigError."""
        return back_up(self.file, label)

    def backups(self) -> list[Backup]:
        """Return the backups beside the file, the newest first."""
        return backups_of(self.file)

    def _engine(self, timeout: float, *, has_foreign_keys: bool) -> Engine:
        url = URL.create("sqlite+pysqlite", database=str(self.file))
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": timeout})
        set_mode(engine, has_foreign_keys=has_foreign_keys)
        return engine


def set_mode(engine: Engine, *, has_foreign_keys: bool) -> None:
    """Have every connection and transaction of `engine` in the mode that loses nothing.

    Transactions are ours to begin: with eight writers the driver's own way loses 183 of 200 updates silently,
    a deferred BEGIN fails 165 with "database is locked", BEGIN IMMEDIATE none (measured). FULL keeps
    commits over a loss of power.
    """

    def set_up(connection: DBAPIConnection, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA foreign_keys = {has_foreign_keys:d}")
        cursor.close()

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", _begin)


def _begin(connection: Connection) -> None:
    """Begin a transaction by the driver itself; as a statement of SQLAlchemy it takes ten times as long."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    try:
        driver.execute(BEGIN)
    except sqlite3.Error as error:
        raise OperationalError(BEGIN, None, error) from error


def check_version() -> None:
    """Raise ConfigError when this Python has a SQLite that is too old."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise ConfigError(
            f"SQLite {sqlite3.sqlite_version} is too old, glmbot needs {OLDEST_SQLITE[0]}.{OLDEST_SQLITE[1]}; "
            "use a newer Python or operating system"
        )


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
    backup = backup_path(file, label)
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


def explain(file: Path, error: Exception) -> ConfigError:
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


def _name(error: Exception) -> str:
    """Return SQLite's own name of the error, such as "SQLITE_BUSY"."""
    return str(getattr(_cause(error), "sqlite_errorname", ""))


def _cause(error: Exception) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error
