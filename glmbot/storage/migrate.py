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
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from glmbot.errors import ConfigError
from glmbot.storage import sqlite

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


def upgrade(url: URL, migrations: Path) -> None:
    """Check the database and bring its schema up to date, making file and folder where there are none.

    An interruption at any moment leaves the old schema. Raises ConfigError.
    """
    sqlite.check_version()
    file = sqlite.file_of(url)
    make_folder(file.parent)
    with _exclusive(url, file) as connection:
        sqlite.check_pages(connection, file)
        script = ScriptDirectory(str(migrations))
        revision = _known_revision(connection, file, script)
        if revision == script.get_current_head():
            return
        if revision:
            logger.info("new database schema; the old is kept in %r", str(sqlite.back_up(file, f"schema-{revision}")))
        command.upgrade(_config(connection, migrations), "head")
        sqlite.check_references(connection)


def downgrade(url: URL, migrations: Path, revision: str) -> None:
    """Take the schema back to `revision`, or to "base": nothing. Raises ConfigError."""
    file = sqlite.file_of(url)
    with _exclusive(url, file) as connection:
        sqlite.back_up(file, f"schema-{_known_revision(connection, file, ScriptDirectory(str(migrations)))}")
        command.downgrade(_config(connection, migrations), revision)
        sqlite.check_references(connection)


def schema_of(file: Path, migrations: Path, shown_as: Path | None = None) -> str | None:
    """Return the revision of a database's schema, None for an empty one. Raises ConfigError, about `shown_as`.

    It is not one of ours, damaged, or of a newer glmbot: all three are errors.
    """
    shown = shown_as or file
    with _exclusive(URL.create("sqlite", database=str(file)), shown) as connection:
        sqlite.check_pages(connection, shown)
        return _known_revision(connection, shown, ScriptDirectory(str(migrations)))


@contextmanager
def _exclusive(url: URL, file: Path) -> Iterator[Connection]:
    """Have the one write transaction of the database while the body runs."""
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool, hide_parameters=True)
    sqlite.set_mode(engine, has_foreign_keys=False)
    try:
        with _one_at_a_time, engine.begin() as connection:
            yield connection
    except (DBAPIError, sqlite3.Error) as error:
        raise sqlite.explain(file, error) from error
    finally:
        engine.dispose()


def _known_revision(connection: Connection, file: Path, script: ScriptDirectory) -> str | None:
    """Return the database's revision, None for an empty one. Raises ConfigError when it is not one of ours."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None and set(inspect(connection).get_table_names()) - {"alembic_version"}:
        raise ConfigError(f"database {str(file)!r} belongs to another program; set storage.url to a file of its own")
    if revision is not None and revision not in {known.revision for known in script.walk_revisions()}:
        raise ConfigError(
            f"database {str(file)!r} was made by a newer glmbot (schema {revision!r}); install that version again, "
            "or go back with `glmbot db restore` to the copy that it made before its change "
            f"({file.name}.schema-....backup)"
        )
    return revision


def _config(connection: Connection, migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def make_folder(folder: Path) -> None:
    """Make the folder of a database. Raises ConfigError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the database's folder {str(folder)!r} cannot be made: {error.strerror}; set bot.data_dir or storage.url"
        ) from error
