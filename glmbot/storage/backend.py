"""What is different between the kinds of database, and which one a URL asks for."""

from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from glmbot.errors import ConfigError
from glmbot.storage.files import Backup
from glmbot.storage.postgresql import PostgresBackend
from glmbot.storage.sqlite import SqliteBackend

EXAMPLES = "sqlite:///data/glmbot.db or postgresql://user@host/glmbot"


class Backend(Protocol):
    """A kind of database, with the place of one."""

    @property
    def name(self) -> str:
        """How the operator knows the database: a file, or an address without its password."""

    @property
    def file(self) -> Path | None:
        """The database's file, None where a server keeps it."""

    def engine(self) -> Engine:
        """Return an engine whose transactions lose nothing that was committed."""

    def migration_engine(self) -> Engine:
        """Return an engine whose transactions are alone in the database, and may rebuild tables."""

    def prepare(self) -> None:
        """Make what the database needs around it. Raises ConfigError."""

    def check(self, connection: Connection) -> None:
        """Raise ConfigError when the database is damaged, as far as that is quickly seen."""

    def check_references(self, connection: Connection) -> None:
        """Make sure that a migration left no row pointing to nowhere."""

    def explain(self, error: Exception) -> ConfigError:
        """Return what an error at the opening means to the operator."""

    def is_away(self, error: DBAPIError) -> bool:
        """Tell whether the same will succeed once a server is back, or another program lets go."""

    def is_full(self, error: DBAPIError) -> bool:
        """Tell whether the disk had no room."""

    def is_damaged(self, error: DBAPIError) -> bool:
        """Tell whether what was read is not what was written."""

    def exists(self) -> bool:
        """Tell whether there is a database at all. Raises ConfigError where that cannot be seen."""

    def size_bytes(self) -> int:
        """Return how much room the database takes."""

    def problems(self) -> list[str]:
        """Look through the whole database; return what is wrong. Raises ConfigError where it cannot be opened."""

    def vacuum(self) -> None:
        """Give back the room of what was deleted. Raises ConfigError."""

    def back_up(self, label: str) -> Path:
        """Write a verified copy of the last committed state; return its path. Raises ConfigError."""

    def backups(self) -> list[Backup]:
        """Return the backups, the newest first."""


def backend_of(url: str, data_dir: Path) -> Backend:
    """Return the backend of a database URL; `data_dir` is for backups of a database that has no file.

    Raises ConfigError, without the URL in it: it may hold a password.
    """
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteBackend.of(parsed)
    return PostgresBackend(parsed, data_dir)


def parse(url: str) -> URL:
    """Return a database URL with the driver that glmbot uses. Raises ConfigError, without the URL in it."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(f"storage.url is not a database URL; write {EXAMPLES}") from None
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite" | "sqlite+aiosqlite":  # the last was the only one once
            return parsed.set(drivername="sqlite+pysqlite")
        case "postgresql" | "postgres" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
    raise ConfigError(f"storage.url: {parsed.drivername!r} is not supported; write {EXAMPLES}")
