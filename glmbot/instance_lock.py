"""Keeps two bots from working on the same data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glmbot.errors import ConfigError

FILE_NAME = "glmbot.lock"


@contextmanager
def instance_lock(data_dir: Path) -> Iterator[None]:
    """Own `data_dir` while the body runs; the system frees it however the process ends.

    Raises ConfigError that names the process that has it.
    """
    path = data_dir / FILE_NAME
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="ascii")
    except OSError as error:
        raise ConfigError(f"data folder {str(data_dir)!r} cannot be used: {error.strerror}; set bot.data_dir") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise ConfigError(
                f"data folder {str(data_dir)!r} is in use by another glmbot (process {holder}); "
                "stop it or set another bot.data_dir"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
