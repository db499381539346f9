"""Named moments at which a test can let the process die as by a loss of power to it alone."""

import os
import signal

VARIABLE = "GLMBOT_CRASH_AT"
"""The point to die at, "name", or "name:3" for its third passing."""
NAMES = ("fetched", "stored", "answering", "answered", "completed", "live_sending", "live_sent", "sending", "sent")
"""All points, in the order in which a message passes them."""


def crash_point(name: str) -> None:
    """Kill this process, if a test has armed this point in the environment."""
    if armed := os.environ.get(VARIABLE):
        _pass(name, armed)


def _pass(name: str, armed: str) -> None:
    """Count down in the environment itself: nothing is kept in modules."""
    armed_name, _, passing = armed.partition(":")
    if name != armed_name:
        return
    num_left = int(passing or 1) - 1
    if num_left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
    os.environ[VARIABLE] = f"{name}:{num_left}"
