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
from glmbot.storage.backend import backend_of
from glmbot.storage.backups import BY_HAND, restore
from glmbot.storage.migrate import migrations_folder, schema_of, upgrade
from glmbot.storage.transfer import export_to, import_from

if TYPE_CHECKING:
    from glmbot.storage.backend import Backend
    from glmbot.storage.portable import Summary


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command found or did; `error` ends it with exit code 2."""

    facts: dict[str, object]
    text: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The database of the settings."""

    backend: "Backend"
    data_dir: Path

    @classmethod
    def of(cls, settings: Settings) -> "Upkeep":
        """Return the database of the settings, which need not exist yet. Raises ConfigError."""
        return cls(backend_of(settings.database_url, settings.bot.data_dir), settings.bot.data_dir)

    def upgrade(self) -> Outcome:
        """Bring the schema up to date. Raises ConfigError."""
        with instance_lock(self.data_dir, self.backend.file):
            before = schema_of(self.backend, migrations_folder()) if self.backend.exists() else None
            upgrade(self.backend, migrations_folder())
            after = schema_of(self.backend, migrations_folder())
        change = "as it was" if before == after else f"and was {before or 'none'} before"
        facts: dict[str, object] = {"database": self.backend.name, "before": before, "after": after}
        return Outcome(facts, f"{self.backend.name}: the schema is {after}, {change}")

    def back_up(self) -> Outcome:
        """Write a verified copy. Raises ConfigError."""
        self._must_exist()
        made = self.backend.back_up(BY_HAND)
        size_bytes = made.stat().st_size
        return Outcome({"path": str(made), "size_bytes": size_bytes}, f"backed up to {made} ({size_text(size_bytes)})")

    def restore(self, source: Path | None, *, is_sure: bool) -> Outcome:
        """Put a backup in the database's place. Raises ConfigError; typer.Exit where the answer is no."""
        chosen = source or self._newest_backup()
        with instance_lock(self.data_dir, self.backend.file):
            if not is_sure and self.backend.exists() and not self._is_sure(chosen):
                raise typer.Exit(1)
            done = restore(self.backend, migrations_folder(), chosen)
        facts: dict[str, object] = {"database": self.backend.name, "backup": str(done.backup), "schema": done.schema}
        facts["kept"] = str(done.kept) if done.kept else None
        kept = f"; what was there is kept in {done.kept}" if done.kept else ""
        return Outcome(facts, f"{self.backend.name} holds {done.backup} now{kept}")

    def check(self) -> Outcome:
        """Look through the whole database. Raises ConfigError where it cannot even be opened."""
        self._must_exist()
        shown = [
            {"path": str(one.path), "why": one.label, "made_at": _time_text(one.made_at)}
            for one in self.backend.backups()
        ]
        problems = self.backend.problems()
        schema = None if problems else schema_of(self.backend, migrations_folder())
        size_bytes = self.backend.size_bytes()
        facts = {"database": self.backend.name, "schema": schema, "size_bytes": size_bytes, "is_whole": not problems}
        lines = problems or [f"{self.backend.name} is whole: schema {schema}, {size_text(size_bytes)}"]
        listed = [f"backup {row['path']} ({row['why']}, {row['made_at']})" for row in shown]
        error = f"database {self.backend.name!r} is damaged; {self._remedy()}" if problems else None
        text = "\n".join([*lines, *(listed or ["there are no backups"])])
        return Outcome(facts | {"problems": problems, "backups": shown}, text, error)

    def vacuum(self) -> Outcome:
        """Write the database anew, smaller. Raises ConfigError."""
        self._must_exist()
        with instance_lock(self.data_dir, self.backend.file):
            before = self.backend.size_bytes()
            self.backend.vacuum()
            after = self.backend.size_bytes()
        facts: dict[str, object] = {"database": self.backend.name, "before_bytes": before, "after_bytes": after}
        return Outcome(facts, f"{self.backend.name}: {size_text(before)} before, {size_text(after)} now")

    def export(self, target: Path) -> Outcome:
        """Write everything into a portable file. Raises ConfigError."""
        self._must_exist()
        with instance_lock(self.data_dir, self.backend.file):
            summary = export_to(self.backend, migrations_folder(), target)
        return Outcome(_facts_of(target, summary), f"{target} holds {_rows_text(summary)}, schema {summary.schema}")

    def import_(self, source: Path) -> Outcome:
        """Fill an empty database from a portable file. Raises ConfigError."""
        with instance_lock(self.data_dir, self.backend.file):
            summary = import_from(self.backend, migrations_folder(), source)
        return Outcome(_facts_of(source, summary), f"{self.backend.name} holds {_rows_text(summary)} of {source} now")

    def _must_exist(self) -> None:
        if not self.backend.exists():
            raise ConfigError(f"there is no database {self.backend.name!r} yet; the first start of the bot makes it")

    def _newest_backup(self) -> Path:
        backups = self.backend.backups()
        if not backups:
            raise ConfigError(f"there is no backup of {self.backend.name!r} here; name one: glmbot db restore FILE")
        return backups[0].path

    def _remedy(self) -> str:
        return "`glmbot db restore` puts back the newest backup" if self.backend.backups() else "restore a backup"

    def _is_sure(self, chosen: Path) -> bool:
        if not sys.stdin.isatty():
            raise ConfigError(f"nobody to ask whether to replace {self.backend.name!r}; say so with --yes")
        return ask(Phrase.RESTORE_QUESTION.in_language(terminal_language(), file=self.backend.name, backup=chosen))


def _time_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _facts_of(file: Path, summary: "Summary") -> dict[str, object]:
    return {"path": str(file), "schema": summary.schema, "num_rows": summary.num_rows}


def _rows_text(summary: "Summary") -> str:
    return ", ".join(f"{count} {name}" for name, count in summary.num_rows.items() if count) or "no rows"
