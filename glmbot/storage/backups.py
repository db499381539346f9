"""Backups of the database: made on a schedule while the bot runs, and put back by hand."""

import asyncio
import logging
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from glmbot.durable import sync_names
from glmbot.errors import ConfigError
from glmbot.storage import sqlite
from glmbot.storage.backend import Backend
from glmbot.storage.files import Backup, make_folder, timestamp
from glmbot.storage.migrate import schema_of
from glmbot.storage.portable import read_summary
from glmbot.storage.transfer import import_from

logger = logging.getLogger(__name__)

SCHEDULED = "scheduled"
BY_HAND = "by-hand"
BEFORE_RESTORE = "before-restore"
RETRY_AFTER = 3600.0
"""Seconds until a scheduled backup that failed is tried again."""
_SIDE_FILES = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `kept` is the copy of what was in the place before, None where nothing was."""

    backup: Path
    schema: str
    kept: Path | None


def restore(backend: Backend, migrations: Path, backup: Path) -> Restored:
    """Put a backup in the database's place; what was there is kept. No bot may run meanwhile. Raises ConfigError.

    The backup is verified before anything is touched, and an interruption leaves the one or the other.
    """
    if not backup.is_file():
        raise ConfigError(f"backup {str(backup)!r} does not exist; `glmbot db check` shows those that do")
    if isinstance(backend, sqlite.SqliteBackend):
        return _restore_file(backend.file, migrations, backup)
    read_summary(backup)
    kept = backend.back_up(BEFORE_RESTORE) if schema_of(backend, migrations) else None
    return Restored(backup, import_from(backend, migrations, backup, replaces=True).schema, kept)


def _restore_file(file: Path, migrations: Path, backup: Path) -> Restored:
    """Verify a copy of the backup, and put it in the place with one rename."""
    make_folder(file.parent)
    copy = file.with_name(f"{file.name}.restore.part")
    try:
        sqlite.copy(backup, copy)
        schema = schema_of(sqlite.SqliteBackend(copy, shown_as=backup), migrations)
        if schema is None:
            raise ConfigError(f"backup {str(backup)!r} is empty; take another one")
        kept = _set_aside(file) if file.exists() else None
        copy.replace(file)
        sync_names(file.parent)
    finally:
        for left in (copy, *_beside(copy)):
            left.unlink(missing_ok=True)
    return Restored(backup, schema, kept)


def _set_aside(file: Path) -> Path:
    """Keep a copy of a database that is about to be replaced: a backup, or its damaged pages as they are."""
    try:
        sqlite.close_log(file)
        return sqlite.back_up(file, BEFORE_RESTORE)
    except sqlite.DamagedError:
        return quarantine(file)


def quarantine(file: Path) -> Path:
    """Copy a damaged database and the files beside it, and take those away; return the copy of the database."""
    copy = file.with_name(f"{file.name}.damaged-{timestamp()}")
    shutil.copy2(file, copy)
    for part, side in zip(_beside(file), _beside(copy), strict=True):
        with suppress(FileNotFoundError):
            shutil.copy2(part, side)
        part.unlink(missing_ok=True)
    return copy


def _beside(file: Path) -> list[Path]:
    return [file.with_name(file.name + ending) for ending in _SIDE_FILES]


class BackupSchedule:
    """Backs a database up every so often, and keeps the newest ones."""

    def __init__(self, backend: Backend, interval_s: float, num_kept: int) -> None:
        self._backend = backend
        self._interval_s = interval_s
        self._num_kept = num_kept

    async def run(self) -> None:
        """Make backups until cancelled; what fails is logged and tried again."""
        while True:
            await asyncio.sleep(self._seconds_left(time.time()))
            try:
                await asyncio.to_thread(self._back_up)
            except (ConfigError, OSError) as error:
                logger.error("no backup was made: %s", error)
                await asyncio.sleep(RETRY_AFTER)

    def _seconds_left(self, now: float) -> float:
        """Return how long until the next is due; a clock that was set back does not put it off."""
        newest = max((backup.made_at for backup in self._scheduled()), default=0.0)
        return min(max(0.0, newest + self._interval_s - now), self._interval_s)

    def _back_up(self) -> None:
        self._backend.back_up(SCHEDULED)
        for backup in self._scheduled()[self._num_kept :]:
            backup.path.unlink(missing_ok=True)

    def _scheduled(self) -> list[Backup]:
        return [backup for backup in self._backend.backups() if backup.label == SCHEDULED]
