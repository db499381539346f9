"""The files of a database: its folder, its backups and what their names say."""

import itertools
import re
import time
from calendar import timegm
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from glmbot.errors import ConfigError

_TIME_FORMAT = "%Y%m%dT%H%M%S"
_BACKUP_NAME = re.compile(r"\.(?P<label>[\w-]+)-(?P<time>\d{8}T\d{6})(?:_\d+)?\.backup")


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup as its file name tells: why it was made, and when (seconds since 1970)."""

    path: Path
    label: str
    made_at: float


def backup_path(file: Path, label: str) -> Path:
    """Return the path of a backup of `file` that is made now, which no other has: not even one of the same second."""
    stem = f"{file.name}.{label}-{timestamp()}"
    names = (f"{stem}{f'_{number}' if number else ''}.backup" for number in itertools.count())
    return next(path for name in names if not (path := file.with_name(name)).exists())


def backups_of(file: Path) -> list[Backup]:
    """Return the backups beside a database, the newest first."""
    found = []
    for path in file.parent.glob(f"{escape(file.name)}.*.backup"):
        if match := _BACKUP_NAME.fullmatch(path.name, len(file.name)):
            found.append(Backup(path, match["label"], timegm(time.strptime(match["time"], _TIME_FORMAT))))
    return sorted(found, key=lambda backup: backup.made_at, reverse=True)


def timestamp() -> str:
    """Return the time as the names of backups have it: UTC, to the second."""
    return time.strftime(_TIME_FORMAT, time.gmtime())


def make_folder(folder: Path) -> None:
    """Make the folder of a database or its backups. Raises ConfigError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the database's folder {str(folder)!r} cannot be made: {error.strerror}; set bot.data_dir or storage.url"
        ) from error
