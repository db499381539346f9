"""Keeps two bots from working on the same data folder or database, or for the same account of a platform."""

import fcntl
import hashlib
import logging
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from platformdirs import user_state_path

from glmbot.errors import ConfigError

logger = logging.getLogger(__name__)

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
        file = _opened(path)
    except OSError as error:
        raise ConfigError(f"{where} cannot be used: {error.strerror}; check its rights, or {remedy}") from None
    with file:
        if holder := _lock(file, str(os.getpid())):
            raise ConfigError(f"{where} is in use by another glmbot (process {holder}); {remedy}")
        yield


@contextmanager
def account_lock(adapter: str, account_key: str, data_dir: Path) -> Iterator[None]:
    """Own an account of a platform while the body runs, among all bots that this user runs on this machine.

    Raises ConfigError that names the process that has it, and that bot's data folder. The file's name has a hash
    of `account_key`, which is secret. Where no such file can be kept, the log says so and the bot runs.
    """
    digest = hashlib.sha256(account_key.encode()).hexdigest()[:16]
    path = user_state_path("glmbot") / "accounts" / f"{re.sub(r'[^a-z0-9]', '_', adapter.lower())}-{digest}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = _opened(path)
    except OSError as error:
        logger.warning("adapter %s: cannot see whether another bot uses its token: %s", adapter, error)
        yield
        return
    with file:
        if holder := _lock(file, f"{os.getpid()}, data folder {str(data_dir.resolve())!r}"):
            raise ConfigError(
                f"adapter {adapter!r}: another glmbot receives messages with this token (process {holder}); "
                "stop it, or give this bot a token of its own"
            )
        yield


def _opened(path: Path) -> IO[str]:
    return path.open("a+", encoding="utf-8")


def _lock(file: IO[str], note: str) -> str | None:
    """Lock a file and write a note into it; return the note of whoever has it instead."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        return file.read().strip() or "unknown"
    file.truncate(0)
    file.write(note)
    file.flush()
    return None
