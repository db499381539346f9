"""Takes a whole database out into a portable file, and brings one in: from SQLite to PostgreSQL, or back."""

from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from glmbot.errors import ConfigError
from glmbot.storage.backend import Backend
from glmbot.storage.migrate import alembic_config, exclusive, known_revision
from glmbot.storage.portable import Summary, insert_rows, num_rows, read_summary, write_export


def export_to(backend: Backend, migrations: Path, target: Path) -> Summary:
    """Write everything into a new file. No bot writes meanwhile. Raises ConfigError."""
    if target.exists():
        raise ConfigError(f"{str(target)!r} is there already; name a new file")
    with exclusive(backend) as connection:
        if known_revision(connection, backend, ScriptDirectory(str(migrations))) is None:
            raise ConfigError(f"database {backend.name!r} is empty; the first start of the bot fills it")
        return write_export(connection, target)


def import_from(backend: Backend, migrations: Path, source: Path, *, replaces: bool = False) -> Summary:
    """Bring in everything of a file, or nothing; the schema is brought up to date. Raises ConfigError.

    The file is read to its end and found whole before anything is touched. Where the database has rows already,
    they must be meant to be replaced.
    """
    summary = read_summary(source)
    script = ScriptDirectory(str(migrations))
    if summary.schema not in {known.revision for known in script.walk_revisions()}:
        raise ConfigError(
            f"{str(source)!r} was written by a newer glmbot (schema {summary.schema!r}); install that one"
        )
    backend.prepare()
    with exclusive(backend) as connection:
        if known_revision(connection, backend, script) is not None:
            if not replaces and any(num_rows(connection).values()):
                raise ConfigError(f"database {backend.name!r} is not empty; set storage.url to an empty one")
            command.downgrade(alembic_config(connection, migrations), "base")
        command.upgrade(alembic_config(connection, migrations), summary.schema)
        insert_rows(connection, source)
        command.upgrade(alembic_config(connection, migrations), "head")
        backend.check_references(connection)
    return summary
