"""Passes on to the bot's log what a plugin process prints and logs."""

import asyncio
import contextlib
import logging
import re

logger = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 1024
MAX_LINE = 2000
"""Characters of a line that are shown."""
MAX_LINES = 100
"""Lines of one chunk that are shown: a plugin that prints for ever must not keep the bot busy."""
REST_DEADLINE = 1.0
"""Seconds to wait for the last lines of a process that has ended: what it started may hold its output open."""
PAUSE = 0.01
"""Seconds between two chunks."""
LEVELS = logging.getLevelNamesMapping()
LOGGED = re.compile(r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)\t(?P<text>.*)", re.DOTALL)
"""A line of the log of the plugin process; `LineFormatter` writes it. All else was printed."""


class LineFormatter(logging.Formatter):
    """Writes each line of a log record with its level, so that the bot can log it again."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines."""
        return "\n".join(f"{record.levelname}\t{line}" for line in super().format(record).splitlines())


class Output:
    """The output of one plugin process."""

    def __init__(self, plugin: str, reader: asyncio.StreamReader) -> None:
        self._plugin = plugin
        self._reader = reader
        self._rest = b""

    async def forward(self) -> None:
        """Log all lines until the output ends; cancelled, it may be called again."""
        while chunk := await self._reader.read(CHUNK_BYTES):
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            _log(self._plugin, lines)
            if len(self._rest) > CHUNK_BYTES:
                self._log_rest()
            await asyncio.sleep(PAUSE)
        self._log_rest()

    async def forward_rest(self) -> None:
        """Log the last lines of a process that has ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REST_DEADLINE):
                await self.forward()

    def _log_rest(self) -> None:
        rest, self._rest = self._rest, b""
        _log(self._plugin, [rest])


def _log(plugin: str, lines: list[bytes]) -> None:
    for line in lines[:MAX_LINES]:
        _log_line(plugin, line.decode(errors="replace").rstrip())
    if len(lines) > MAX_LINES:
        logger.warning("plugin %s: %d more lines are left out", plugin, len(lines) - MAX_LINES)


def _log_line(plugin: str, line: str) -> None:
    logged = LOGGED.fullmatch(line)
    level, text = (LEVELS[logged["level"]], logged["text"]) if logged else (logging.INFO, line)
    cut = f"{text[:MAX_LINE]}…" if len(text) > MAX_LINE else text
    if cut:
        logger.log(level, "plugin %s: %s", plugin, cut)
