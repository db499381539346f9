"""Everything that is particular to PostgreSQL: connection mode, what its errors mean, backups as portable files."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from glmbot.errors import ConfigError
from glmbot.storage.files import Backup, backup_path, backups_of, make_folder
from glmbot.storage.portable import read_all, write_export

BACKUP_STEM = "glmbot.postgresql"
OLDEST_SERVER = (12, 0)
MIGRATION_LOCK = 7_471_104
"""Key of the advisory lock of whoever changes the schema; "glm" as a number."""
LOCK_TIMEOUT_MS = 30_000
CONNECT_OPTIONS = {
    # A dead network is noticed, by either side, in about 15 s: the takeover of an account waits for that.
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
    "options": "-c synchronous_commit=on -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 "
    "-c tcp_keepalives_count=2 -c tcp_user_timeout=15000",
}
AWAY = ("08", "57P", "25006", "40001", "40P01", "55P03")
"""Begin of the error codes after which the same succeeds later: lost connection, restart, fail-over, deadlock."""
FULL = "53100"
DAMAGED = ("XX001", "XX002")


@dataclass(frozen=True, slots=True)
class PostgresBackend:
    """A database on a PostgreSQL server. Its backups are portable files in `data_dir`."""

    url: URL
    data_dir: Path

    @property
    def name(self) -> str:
        """The address, without user and password."""
        return f"postgresql://{self.url.host or 'localhost'}/{self.url.database or ''}"

    @property
    def file(self) -> None:
        """None: the server keeps the database."""

    def engine(self) -> Engine:
        """Return an engine for the bot at work."""
        return create_engine(self.url, hide_parameters=True, connect_args=connect_options())

    def migration_engine(self) -> Engine:
        """Return an engine whose transactions change the schema one after the other."""
        engine = create_engine(self.url, hide_parameters=True, connect_args=connect_options(), poolclass=NullPool)

        def lock(connection: Connection) -> None:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")

        event.listen(engine, "begin", lock)
        return engine

    def prepare(self) -> None:
        """Make the folder of the backups. Raises ConfigError, also when the driver is missing."""
        try:
            import psycopg  # noqa: F401
        except ImportError as error:
            raise ConfigError("PostgreSQL needs psycopg; run: pip install 'glmbot[postgresql]'") from error
        make_folder(self.data_dir)

    def check(self, connection: Connection) -> None:
        """Raise ConfigError when the server is too old or keeps no Unicode."""
        version = connection.dialect.server_version_info or (0,)
        if version < OLDEST_SERVER:
            raise ConfigError(f"{self.name}: PostgreSQL {version[0]} is too old, glmbot needs {OLDEST_SERVER[0]}")
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise ConfigError(f"{self.name} has the encoding {encoding}; make one with: createdb --encoding UTF8")

    def check_references(self, connection: Connection) -> None:
        """Nothing to do: PostgreSQL keeps references whole at every moment."""

    def explain(self, error: Exception) -> ConfigError:
        """Return what an error at the opening means to the operator."""
        code = code_of(error)
        text = str(getattr(error, "orig", error)).strip().splitlines()[0] if str(error) else type(error).__name__
        if code == "55P03":
            return ConfigError(f"the schema of {self.name} is being changed by another glmbot; start again later")
        if code == FULL:
            return ConfigError(f"the disk of {self.name} is full; make room and start again")
        if code in DAMAGED:
            return ConfigError(f"database {self.name} is damaged; see the server's log, and restore a backup")
        return ConfigError(
            f"database {self.name} cannot be opened: {text}; check storage.url, and that the server runs and the "
            "database exists (createdb)"
        )

    def is_away(self, error: DBAPIError) -> bool:
        """Tell whether the server is away, or asks to do the same again."""
        return error.connection_invalidated or code_of(error).startswith(AWAY) or _lost(error)

    def is_full(self, error: DBAPIError) -> bool:
        """Tell whether the server's disk had no room."""
        return code_of(error) == FULL

    def is_damaged(self, error: DBAPIError) -> bool:
        """Tell whether the server found damaged data."""
        return code_of(error) in DAMAGED

    def exists(self) -> bool:
        """Tell that the database is there: createdb made it. Raises ConfigError where it cannot be reached."""
        with self.connected() as connection:
            return bool(connection.exec_driver_sql("SELECT 1").scalar_one())

    def size_bytes(self) -> int:
        """Return how much room the database takes on the server."""
        with self.connected() as connection:
            return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())

    def problems(self) -> list[str]:
        """Read every row of every table; return what is wrong."""
        try:
            with self.connected() as connection:
                read_all(connection)
        except ConfigError as error:
            return [str(error)]
        return []

    def vacuum(self) -> None:
        """Give back the room of what was deleted. Raises ConfigError."""
        with self.connected("AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (FULL, ANALYZE)")

    @contextmanager
    def connected(self, isolation: str = "REPEATABLE READ") -> Iterator[Connection]:
        """Have a connection of its own while the body runs. Raises ConfigError."""
        engine = create_engine(self.url, hide_parameters=True, connect_args=connect_options(), poolclass=NullPool)
        try:
            with engine.connect().execution_options(isolation_level=isolation) as connection:
                yield connection
        except DBAPIError as error:
            raise self.explain(error) from error
        finally:
            engine.dispose()

    def back_up(self, label: str) -> Path:
        """Write a portable copy of the last committed state; return its path. Raises ConfigError."""
        target = backup_path(self.data_dir / BACKUP_STEM, label)
        with self.connected() as connection:
            write_export(connection, target)
        return target

    def backups(self) -> list[Backup]:
        """Return the backups in the data folder, the newest first."""
        return backups_of(self.data_dir / BACKUP_STEM)


def connect_options() -> dict[str, object]:
    """Return how to connect; other glmbots see this one by the name that it gives itself."""
    return {**CONNECT_OPTIONS, "application_name": f"glmbot {socket.gethostname()[:32]} {os.getpid()}"}


def code_of(error: Exception) -> str:
    """Return PostgreSQL's own code of an error, "" where it has none."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")


def _lost(error: DBAPIError) -> bool:
    """Tell whether there was no connection, or it broke: such errors are the driver's own, without a code."""
    return type(error.orig).__name__ in ("OperationalError", "InterfaceError") and not code_of(error)
