"""Brings a database's schema up to date: all in one transaction, after a backup."""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from glmbot.errors import ConfigError
from glmbot.storage.backend import Backend

logger = logging.getLogger(__name__)

PACKAGE = Path(__file__).parent.parent
FOLDER_NAMES = ("glmbot_migrations", "migrations")
"""Beside the package: in a wheel, in a checkout."""

_one_at_a_time = threading.Lock()
"""Alembic hands the connection to its scripts in a global."""


def migrations_folder(package: Path = PACKAGE) -> Path:
    """Return where the migrations are. Raises ConfigError when the installation lacks them."""
    for name in FOLDER_NAMES:
        folder = package.parent / name
        if (folder / "env.py").is_file():
            return folder
    raise ConfigError(f"the database migrations beside {str(package)!r} are missing; install glmbot again")


def upgrade(backend: Backend, migrations: Path) -> None:
    """Check the database and bring its schema up to date, making file and folder where there are none.

    An interruption at any moment leaves the old schema. Raises ConfigError.
    """
    backend.prepare()
    with exclusive(backend) as connection:
        backend.check(connection)
        script = ScriptDirectory(str(migrations))
        revision = known_revision(connection, backend, script)
        if revision == script.get_current_head():
            return
        if revision:
            logger.info("new database schema; the old is kept in %r", str(backend.back_up(f"schema-{revision}")))
        command.upgrade(alembic_config(connection, migrations), "head")
        backend.check_references(connection)


def downgrade(backend: Backend, migrations: Path, revision: str) -> None:
    """Take the schema back to `revision`, or to "base": nothing. Raises ConfigError."""
    with exclusive(backend) as connection:
        backend.back_up(f"schema-{known_revision(connection, backend, ScriptDirectory(str(migrations)))}")
        command.downgrade(alembic_config(connection, migrations), revision)
        backend.check_references(connection)


def schema_of(backend: Backend, migrations: Path) -> str | None:
    """Return the revision of a database's schema, None for an empty one. Raises ConfigError.

    It is not one of ours, damaged, or of a newer glmbot: all three are errors.
    """
    with exclusive(backend) as connection:
        backend.check(connection)
        return known_revision(connection, backend, ScriptDirectory(str(migrations)))


def require_current(backend: Backend, migrations: Path) -> None:
    """Raise ConfigError unless the schema is that of this version: it may be an older bot's that runs now."""
    if schema_of(backend, migrations) != ScriptDirectory(str(migrations)).get_current_head():
        raise ConfigError(f"database {backend.name!r} has an older schema; start the bot, or run `glmbot db upgrade`")


@contextmanager
def exclusive(backend: Backend) -> Iterator[Connection]:
    """Have the one write transaction of the database while the body runs."""
    engine = backend.migration_engine()
    try:
        with _one_at_a_time, engine.begin() as connection:
            yield connection
    except (DBAPIError, sqlite3.Error) as error:
        raise backend.explain(error) from error
    finally:
        engine.dispose()


def known_revision(connection: Connection, backend: Backend, script: ScriptDirectory) -> str | None:
    """Return the database's revision, None for an empty one. Raises ConfigError when it is not one of ours."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None and set(inspect(connection).get_table_names()) - {"alembic_version"}:
        raise ConfigError(f"database {backend.name!r} belongs to another program; set storage.url to one of its own")
    if revision is not None and revision not in {known.revision for known in script.walk_revisions()}:
        raise ConfigError(
            f"database {backend.name!r} was made by a newer glmbot (schema {revision!r}); install that version again, "
            "or go back with `glmbot db restore` to the copy that it made before its change (....schema-....backup)"
        )
    return revision


def alembic_config(connection: Connection, migrations: Path) -> Config:
    """Return what Alembic needs to run the migrations on a connection, in its transaction."""
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
