"""`glmbot db`: bring the database up to date, back it up, put a backup back, check it, make it smaller, move it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glmbot.cli.options import ConfigOption, JsonOption, read_settings
from glmbot.errors import ConfigError

if TYPE_CHECKING:
    from glmbot.cli.database_upkeep import Outcome, Upkeep

database_app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@database_app.command()
def upgrade(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Bring the schema up to date, as each start does; a backup is made before a change. Stop the bot first."""
    _say(as_json, _upkeep(config).upgrade())


@database_app.command()
def backup(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Write a verified copy of the database beside it; the bot may run meanwhile."""
    _say(as_json, _upkeep(config).back_up())


@database_app.command()
def restore(
    source: Annotated[Path | None, typer.Argument(help="The backup; without one, the newest.", metavar="FILE")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the database's place once it is verified; what was there is kept. Stop the bot first."""
    _say(as_json, _upkeep(config).restore(source, is_sure=yes))


@database_app.command()
def check(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Look through the whole database, and list its backups. Ends with exit code 2 when it is damaged."""
    _say(as_json, _upkeep(config).check())


@database_app.command()
def vacuum(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Write the database anew, without the room of what was deleted. Stop the bot first."""
    _say(as_json, _upkeep(config).vacuum())


@database_app.command()
def export(
    target: Annotated[Path, typer.Argument(help="The file to write.", metavar="FILE")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write everything into a file that SQLite and PostgreSQL can both take in. Stop the bot first."""
    _say(as_json, _upkeep(config).export(target))


@database_app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="A file of `glmbot db export`.", metavar="FILE")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill the empty database of the settings from such a file, whole or not at all."""
    _say(as_json, _upkeep(config).import_(source))


def _upkeep(config: Path | None) -> "Upkeep":
    from glmbot.cli.database_upkeep import Upkeep

    return Upkeep.of(read_settings(config, log_level="WARNING"))


def _say(as_json: bool, outcome: "Outcome") -> None:
    typer.echo(json.dumps(outcome.facts, ensure_ascii=False) if as_json else outcome.text)
    if outcome.error:
        raise ConfigError(outcome.error)
