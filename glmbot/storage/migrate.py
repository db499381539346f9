"""Brings a database's schema up to date, from a checkout or an installed wheel."""

import importlib.util
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, pool
from sqlalchemy.engine import URL

from glmbot.errors import ConfigError
from glmbot.storage.sqlite_mode import set_sqlite_mode

logger = logging.getLogger(__name__)

BUNDLED = "glmbot_migrations"


def migrations_folder() -> Path:
    """Return where the migrations are: beside the package in a checkout, in a package of their own in a wheel."""
    checkout = Path(__file__).parents[2] / "migrations"
    if (checkout / "env.py").is_file():
        return checkout
    bundled = importlib.util.find_spec(BUNDLED)
    if bundled is None or not bundled.submodule_search_locations:
        raise ConfigError("the database migrations are missing; install glmbot again")
    return Path(bundled.submodule_search_locations[0])


def upgrade(url: URL, revision: str = "head") -> None:
    """Bring the schema up to `revision`, in one transaction: an interruption leaves the old one.

    A database with something in it is copied first. Raises ConfigError when it is of a newer glmbot.
    """
    with _transaction(url) as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        scripts = ScriptDirectory(str(migrations_folder()))
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise ConfigError(
                f"database {url.database!r} was made by a newer glmbot (schema {current!r}); "
                "upgrade glmbot, or restore the backup beside it"
            )
        if current == scripts.get_current_head():
            return
        if current is not None:
            _back_up(url, current)
        command.upgrade(_config(connection), revision)


def downgrade(url: URL, revision: str) -> None:
    """Take the schema back to `revision`, in one transaction."""
    with _transaction(url) as connection:
        command.downgrade(_config(connection), revision)


@contextmanager
def _transaction(url: URL) -> Iterator[Connection]:
    engine = create_engine(url.set(drivername="sqlite"), poolclass=pool.NullPool, hide_parameters=True)
    event.listen(engine, "connect", lambda connection, _: set_sqlite_mode(connection))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        yield connection


def _config(connection: Connection) -> Config:
    """Return alembic's configuration; there is no alembic.ini, and migrations/env.py takes our connection."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.attributes["connection"] = connection
    return config


def _back_up(url: URL, revision: str) -> None:
    """Copy the database beside itself, by SQLite's own way, which sees the write-ahead log too."""
    assert url.database
    target = f"{url.database}.{revision}.backup"
    with closing(sqlite3.connect(url.database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    logger.info("schema changes; the database as it was is kept as %s", target)
