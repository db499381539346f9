"""Keeps two bots from working on the same data folder or database."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from glmbot.errors import ConfigError

FILE_NAME = "glmbot.lock"


@contextmanager
def instance_lock(data_dir: Path, database: Path | None = None) -> Iterator[None]:
    """Own `data_dir`, and the database's file where it has one, while the body runs.

    The system frees them however the process ends. Raises ConfigError that names the process that has them.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"data folder {str(data_dir)!r} cannot be used: {error.strerror}; set bot.data_dir") from None
    with ExitStack() as stack:
        where = f"data folder {str(data_dir)!r}"
        stack.enter_context(_locked(data_dir / FILE_NAME, where, "stop it or set another bot.data_dir"))
        if database is not None and database.parent.is_dir():
            where, remedy = f"database {str(database)!r}", "stop it or set another storage.url"
            stack.enter_context(_locked(database.with_name(f"{database.name}.lock"), where, remedy))
        yield


@contextmanager
def _locked(path: Path, where: str, remedy: str) -> Iterator[None]:
    try:
        file = path.open("a+", encoding="ascii")
    except OSError as error:
        raise ConfigError(f"{where} cannot be used: {error.strerror}; check its rights, or {remedy}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise ConfigError(f"{where} is in use by another glmbot (process {holder}); {remedy}") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
