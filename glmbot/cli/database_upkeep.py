"""What the commands of `glmbot db` do: each returns its facts, and the same as text."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from glmbot.adapters.terminal import terminal_language
from glmbot.checkpoints.progress import size_text
from glmbot.cli.model_offer import ask
from glmbot.errors import ConfigError
from glmbot.instance_lock import instance_lock
from glmbot.phrases import Phrase
from glmbot.settings import Settings
from glmbot.storage import sqlite
from glmbot.storage.backups import BY_HAND, restore
from glmbot.storage.database import parse
from glmbot.storage.migrate import migrations_folder, schema_of, upgrade

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command found or did; `error` ends it with exit code 2."""

    facts: dict[str, object]
    text: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The database of the settings."""

    url: "URL"
    file: Path
    data_dir: Path

    @classmethod
    def of(cls, settings: Settings) -> "Upkeep":
        """Return the database of the settings, which need not exist yet. Raises ConfigError."""
        url = sqlite.with_timeout(parse(settings.database_url))
        return cls(url, sqlite.file_of(url), settings.bot.data_dir)

    def upgrade(self) -> Outcome:
        """Bring the schema up to date. Raises ConfigError."""
        with instance_lock(self.data_dir):
            before = schema_of(self.file, migrations_folder()) if self.file.is_file() else None
            upgrade(self.url, migrations_folder())
            after = schema_of(self.file, migrations_folder())
        change = "as it was" if before == after else f"and was {before or 'none'} before"
        facts: dict[str, object] = {"file": str(self.file), "before": before, "after": after}
        return Outcome(facts, f"{self.file}: the schema is {after}, {change}")

    def back_up(self) -> Outcome:
        """Write a verified copy. Raises ConfigError."""
        self._must_exist()
        made = sqlite.back_up(self.file, BY_HAND)
        size_bytes = made.stat().st_size
        return Outcome({"path": str(made), "size_bytes": size_bytes}, f"backed up to {made} ({size_text(size_bytes)})")

    def restore(self, source: Path | None, *, is_sure: bool) -> Outcome:
        """Put a backup in the database's place. Raises ConfigError; typer.Exit where the answer is no."""
        chosen = source or self._newest_backup()
        with instance_lock(self.data_dir):
            if not is_sure and self.file.exists() and not self._is_sure(chosen):
                raise typer.Exit(1)
            done = restore(self.url, migrations_folder(), chosen)
        facts: dict[str, object] = {"file": str(done.file), "backup": str(done.backup), "schema": done.schema}
        facts["kept"] = str(done.kept) if done.kept else None
        kept = f"; what was there is kept in {done.kept}" if done.kept else ""
        return Outcome(facts, f"{done.file} holds {done.backup} now{kept}")

    def check(self) -> Outcome:
        """Look through the whole database. Raises ConfigError where it cannot even be opened."""
        self._must_exist()
        backups = sqlite.backups_of(self.file)
        shown = [{"path": str(one.path), "why": one.label, "made_at": _time_text(one.made_at)} for one in backups]
        problems = sqlite.problems_of(self.file)
        schema = None if problems else schema_of(self.file, migrations_folder())
        size_bytes = self.file.stat().st_size
        facts = {"file": str(self.file), "schema": schema, "size_bytes": size_bytes, "is_whole": not problems}
        lines = problems or [f"{self.file} is whole: schema {schema}, {size_text(size_bytes)}"]
        listed = [f"backup {row['path']} ({row['why']}, {row['made_at']})" for row in shown]
        error = str(sqlite.damaged(self.file)) if problems else None
        text = "\n".join([*lines, *(listed or ["there are no backups"])])
        return Outcome(facts | {"problems": problems, "backups": shown}, text, error)

    def vacuum(self) -> Outcome:
        """Write the database anew, smaller. Raises ConfigError."""
        self._must_exist()
        with instance_lock(self.data_dir):
            before = self.file.stat().st_size
            sqlite.vacuum(self.file)
            after = self.file.stat().st_size
        facts = {"file": str(self.file), "before_bytes": before, "after_bytes": after}
        return Outcome(facts, f"{self.file}: {size_text(before)} before, {size_text(after)} now")

    def _must_exist(self) -> None:
        if not self.file.is_file():
            raise ConfigError(f"there is no database {str(self.file)!r} yet; the first start of the bot makes it")

    def _newest_backup(self) -> Path:
        backups = sqlite.backups_of(self.file)
        if not backups:
            raise ConfigError(f"there is no backup beside {str(self.file)!r}; name one: glmbot db restore FILE")
        return backups[0].path

    def _is_sure(self, chosen: Path) -> bool:
        if not sys.stdin.isatty():
            raise ConfigError(f"nobody to ask whether to replace {str(self.file)!r}; say so with --yes")
        return ask(Phrase.RESTORE_QUESTION.in_language(terminal_language(), file=self.file, backup=chosen))


def _time_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
