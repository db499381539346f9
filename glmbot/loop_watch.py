"""Watches the event loop from a thread: how late it runs what is due, and what holds it."""

import asyncio
import logging
import math
import sys
import sysconfig
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

logger = logging.getLogger(__name__)

INTERVAL = 0.05
"""Seconds between two looks."""
MAX_LAG = 0.25
"""Seconds of lag from which on the loop counts as held."""
NUM_SAMPLES = 12_000
"""Samples that are kept: those of the last ten minutes."""
STANDARD_LIBRARY = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))
INSTALLED = tuple(sysconfig.get_path(name) for name in ("purelib", "platlib"))


class LoopWatch:
    """The lag of one event loop. Have it watched by `running`, from a coroutine of that loop."""

    def __init__(self, interval: float = INTERVAL, max_lag: float = MAX_LAG) -> None:
        self._interval = interval
        self._max_lag = max_lag
        self._samples: deque[float] = deque(maxlen=NUM_SAMPLES)
        self._ended = threading.Event()

    def lag(self, share: float = 0.99) -> float:
        """Return the lag in seconds that this share of the looks did not exceed; 0 before the first look."""
        samples = sorted(self._samples)
        return samples[max(0, math.ceil(share * len(samples)) - 1)] if samples else 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch the running loop while the body runs."""
        loop, holder = asyncio.get_running_loop(), threading.get_ident()
        thread = threading.Thread(target=self._watch, args=(loop, holder), name="loop watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _watch(self, loop: asyncio.AbstractEventLoop, holder: int) -> None:
        while not self._ended.wait(self._interval):
            ran = threading.Event()
            asked_at = time.monotonic()
            loop.call_soon_threadsafe(ran.set)
            if not self._has_run(ran, self._max_lag):
                self._report(holder, asked_at, ran)
            self._add(time.monotonic() - asked_at)

    def _report(self, holder: int, asked_at: float, ran: threading.Event) -> None:
        """Log what holds the loop, and, once it runs again, for how long it was held."""
        frame = sys._current_frames().get(holder)
        logger.warning("the event loop is held: it has not run for %.2f s, %s", self._max_lag, describe(frame))
        del frame  # it would keep alive whatever its variables hold
        if self._has_run(ran, math.inf):
            logger.warning("the event loop runs again; it was held for %.2f s", time.monotonic() - asked_at)

    def _has_run(self, ran: threading.Event, within: float) -> bool:
        """Wait until the loop has run; tell whether it did before the time was over or the watch ended."""
        until = time.monotonic() + within
        while not self._ended.is_set() and (left := until - time.monotonic()) > 0:
            if ran.wait(min(left, self._interval)):
                return True
        return self._ended.is_set()

    def _add(self, lag: float) -> None:
        """Keep a sample, and those that the loop's stall kept from being taken meanwhile."""
        while lag >= 0:
            self._samples.append(lag)
            lag -= self._interval


def describe(frame: FrameType | None) -> str:
    """Return where a thread is: its innermost function, and the innermost that is not of the standard library."""
    if frame is None:
        return "and its thread has ended"
    ours: FrameType | None = frame
    while ours and _is_standard(ours.f_code.co_filename):
        ours = ours.f_back
    if ours is frame or ours is None:
        return f"in {_place(frame)}"
    return f"in {_place(frame)}, called by {_place(ours)}"


def _is_standard(file: str) -> bool:
    return file.startswith("<frozen") or (file.startswith(STANDARD_LIBRARY) and not file.startswith(INSTALLED))


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_qualname}() at {frame.f_code.co_filename}:{frame.f_lineno}"
