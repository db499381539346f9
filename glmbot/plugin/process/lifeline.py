"""Ends a plugin process together with the bot, however the bot ends and whatever the plugin does."""

import contextlib
import ctypes
import os
import select
import signal
import socket
import sys
import threading

PR_SET_PDEATHSIG = 1
"""See prctl(2)."""


def end_with(connection: socket.socket) -> None:
    """End this process as soon as the other side of the connection is closed.

    A thread waits for that: the event loop may be blocked. A C function that never lets go of the interpreter blocks
    that thread, too, so that where the system can, it is asked to end this process when its parent has ended.
    """
    _end_with_parent()
    threading.Thread(target=_wait_for_end, args=(connection.fileno(),), name="lifeline", daemon=True).start()


def _wait_for_end(number: int) -> None:
    poller = select.poll()
    poller.register(number, 0)  # no events but the one that is always told: the other side has hung up
    poller.poll()
    os.killpg(0, signal.SIGKILL)  # the process is the first of its group


def _end_with_parent() -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
