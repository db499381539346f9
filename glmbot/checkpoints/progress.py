"""Shows how far a fetch is: one line that is rewritten on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable
from typing import Protocol, TextIO

TERMINAL_INTERVAL = 0.2
LOG_INTERVAL = 15.0
"""Seconds between two lines."""


class Progress(Protocol):
    """Hears how a fetch goes on."""

    def add(self, num_bytes: int) -> None:
        """Bytes came."""

    def add_kept(self, num_bytes: int) -> None:
        """Bytes were there already; a negative number: they have to come again."""

    def note(self, text: str) -> None:
        """Something happened that takes time."""


class ProgressLine:
    """Progress as text."""

    def __init__(
        self, total_bytes: int, stream: TextIO, is_terminal: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total = total_bytes
        self._stream = stream
        self._is_terminal = is_terminal
        self._clock = clock
        self._started_at = self._shown_at = clock()
        self._kept = 0
        self._received = 0
        self._width = 0

    def add(self, num_bytes: int) -> None:
        """Bytes came."""
        self._received += num_bytes
        self._show_now_and_then()

    def add_kept(self, num_bytes: int) -> None:
        """Bytes were there already; a negative number: they have to come again."""
        self._kept += num_bytes
        self._show_now_and_then()

    def note(self, text: str) -> None:
        """Something happened that takes time."""
        self._write(text)
        self._end_line()

    def finish(self) -> None:
        """Show the last state."""
        self._show()
        self._end_line()

    @property
    def received_bytes(self) -> int:
        """How many bytes came over the network."""
        return self._received

    def _show_now_and_then(self) -> None:
        if self._clock() - self._shown_at >= (TERMINAL_INTERVAL if self._is_terminal else LOG_INTERVAL):
            self._show()

    def _show(self) -> None:
        self._shown_at = self._clock()
        self._write(self._text())
        if not self._is_terminal:
            self._end_line()

    def _text(self) -> str:
        done = self._kept + self._received
        speed = self._received / max(self._clock() - self._started_at, 0.001)
        share = 100 * done // self._total if self._total else 100
        text = f"{size_text(done)} of {size_text(self._total)}, {share} %, {size_text(speed)}/s"
        return text + (f", {_duration((self._total - done) / speed)} left" if speed and done < self._total else "")

    def _write(self, text: str) -> None:
        if self._is_terminal:
            self._stream.write(f"\r{text.ljust(self._width)}")
            self._width = len(text)
        else:
            self._stream.write(text)
        self._stream.flush()

    def _end_line(self) -> None:
        self._stream.write("\n")
        self._stream.flush()
        self._width = 0


def size_text(num_bytes: float) -> str:
    """Return a size as people read it, in powers of 1,000."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if num_bytes >= size:
            return f"{num_bytes / size:.1f} {unit}"
    return f"{num_bytes:.0f} B"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"
