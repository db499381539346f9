"""The connection to an IRC server, as lines: opening, reading with a look whether it is still there, writing."""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

from glmbot.adapters.irc_line import Line, LineReader, line_of, parse
from glmbot.adapters.irc_waits import Waits

logger = logging.getLogger(__name__)

CHUNK = 65_536


class Wire:
    """An open connection. What goes wrong with it is an OSError, a time-out included."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, waits: Waits) -> None:
        self._reader = reader
        self._writer = writer
        self._waits = waits
        self.last_traffic_at = time.monotonic()

    @property
    def is_open(self) -> bool:
        """Whether what is written now still leaves."""
        return not self._writer.is_closing()

    async def lines(self) -> AsyncGenerator[Line, None]:
        """Yield what the server says, and answer its PINGs; raises ConnectionError at the end.

        While the caller does not ask for the next line nothing is read, and no silence is held against the server.
        """
        lines = LineReader()
        while chunk := await self._read():
            self.last_traffic_at = time.monotonic()
            for raw in lines.feed(chunk):
                line = parse(raw)
                if line is None:
                    continue
                if line.command == "PING":
                    await self.write(line_of("PONG", line.parameter(0)))
                else:
                    yield line
        raise ConnectionError("the server has closed the connection")

    async def write(self, *lines: bytes) -> None:
        """Write lines, and wait until they have left."""
        self._writer.write(b"".join(lines))
        async with asyncio.timeout(self._waits.answer):
            await self._writer.drain()

    async def _read(self) -> bytes:
        try:
            async with asyncio.timeout(self._waits.quiet):
                return await self._reader.read(CHUNK)
        except TimeoutError:
            await self.write(line_of("PING", "still-there"))
        try:
            async with asyncio.timeout(self._waits.answer):
                return await self._reader.read(CHUNK)
        except TimeoutError:
            raise ConnectionError("the server says nothing any more") from None

    def cut(self) -> None:
        """Give the connection up at once."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Say good-bye, where anybody listens."""
        with suppress(OSError):  # it ends anyway; TimeoutError is one
            async with asyncio.timeout(self._waits.farewell):
                if self.is_open:
                    await self.write(line_of("QUIT", "good-bye"))
                self._writer.close()
                await self._writer.wait_closed()
        self.cut()


@asynccontextmanager
async def open_wire(host: str, port: int, is_encrypted: bool, waits: Waits) -> AsyncIterator[Wire]:
    """Connect; disconnect at the end. Raises OSError, of which ssl.SSLError is one."""
    async with asyncio.timeout(waits.connect):
        # reading the machine's certificates takes longer than the loop may be held
        context = await asyncio.to_thread(ssl.create_default_context) if is_encrypted else None
        reader, writer = await asyncio.open_connection(host, port, ssl=context)
    # A line counts as written when the system has it. With 0, a TLS transport pauses though nothing is left to write.
    writer.transport.set_write_buffer_limits(high=1)
    wire = Wire(reader, writer, waits)
    try:
        yield wire
    finally:
        await wire.close()
