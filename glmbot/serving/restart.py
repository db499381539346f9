"""Starts a model server again whose engine has failed, where nobody else would."""

import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from glmbot.back_off import wait_after

logger = logging.getLogger(__name__)

MOST_RESTARTS = 5
WITHIN = 3600.0
"""Seconds in which there are no more restarts than that: a machine or a model that fails so often wants a person."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
RESTARTS_VARIABLE = "GLMBOT_SERVE_RESTARTS"
"""When this server was started again, in seconds since 1970: all that one process leaves to the next."""


@dataclass(frozen=True, slots=True)
class Restart:
    """The next start: after how many seconds, and when the recent ones were, this one included."""

    wait: float
    times: tuple[float, ...]


def restarts_so_far() -> tuple[float, ...]:
    """Return when this server was started again."""
    return tuple(float(word) for word in os.environ.get(RESTARTS_VARIABLE, "").split())


def next_restart(times: Sequence[float], now: float) -> Restart | None:
    """Return how to start again, or None where that has been done too often."""
    recent = [time for time in times if now - WITHIN < time <= now]
    if len(recent) >= MOST_RESTARTS:
        return None
    return Restart(wait_after(len(recent) + 1, FIRST_WAIT, LONGEST_WAIT), (*recent, now))


def start_again(restart: Restart, failure: Exception, port: int) -> NoReturn:
    """Become a new server on the same port, after a while.

    The process stays the same to whoever watches it, and all its threads end, also one that is stuck. Files and the
    GPU's devices are closed first, or the new server would find their memory taken.
    """
    number = len(restart.times)
    logger.critical(
        "the engine failed; the server starts again in %.1f s (restart %d of at most %d an hour)",
        restart.wait,
        number,
        MOST_RESTARTS,
        exc_info=failure,
    )
    time.sleep(restart.wait)
    os.environ[RESTARTS_VARIABLE] = " ".join(f"{time:.0f}" for time in restart.times)
    sys.stdout.flush()
    sys.stderr.flush()
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.execv(sys.executable, [*sys.orig_argv, "--port", str(port)])  # noqa: S606  the very command we came by
