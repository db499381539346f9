"""Somebody on IRC, through a raw connection that shares no code with the adapter; and a server that does as told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

DEADLINE = 30.0
ENDS = (376, 422)  # of a greeting: with a message of the day, and without


class Human:
    """Somebody on a server: writes raw lines, and keeps every line that comes."""

    def __init__(self, nick: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.nick = nick
        self.heard: list[str] = []
        self._reader = reader
        self._writer = writer
        self._changed = asyncio.Condition()

    async def listen(self) -> None:
        """Keep what comes, and answer PINGs, until the connection ends."""
        while raw := await self._reader.readline():
            line = raw.decode(errors="replace").rstrip("\r\n")
            if line.startswith("PING "):
                await self.write("PONG " + line[5:])
            self.heard.append(line)
            async with self._changed:
                self._changed.notify_all()

    async def write(self, *lines: str) -> None:
        """Write raw lines."""
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()

    async def say(self, target: str, text: str) -> None:
        """Say something to a channel or somebody."""
        await self.write(f"PRIVMSG {target} :{text}")

    def said_by(self, nick: str, target: str) -> list[str]:
        """Return what somebody has said to `target`, as far as it was heard."""
        words = [line.split(" ", 3) for line in self.heard if line.startswith(f":{nick}!")]
        return [line[3][1:] for line in words if line[1] == "PRIVMSG" and line[2].lower() == target.lower()]

    async def until_said(self, nick: str, target: str, *texts: str) -> None:
        """Wait until somebody has said exactly these texts."""
        await self.until(lambda: self.said_by(nick, target) == list(texts), f"{nick} saying {texts}")

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(DEADLINE), self._changed:
                await self._changed.wait_for(condition)
        except TimeoutError:
            raise AssertionError(f"expected {what}, heard: {self.heard[-30:]}") from None

    async def until_heard(self, part: str) -> None:
        """Wait until a line with this part has come."""
        await self.until(lambda: any(part in line for line in self.heard), repr(part))

    async def join(self, channel: str) -> None:
        """Go into a channel; who is the first in it may put others out."""
        await self.write(f"JOIN {channel}")
        await self.until_heard(f" 366 {self.nick} {channel} ")

    async def until_joined(self, nick: str, channel: str) -> None:
        """Wait until somebody is in a channel that this human is in."""
        await self.write(f"NAMES {channel}")
        await self.until(lambda: self._sees(nick, channel), f"{nick} in {channel}")

    def num_joins(self, nick: str) -> int:
        """Return how often somebody was seen coming into a channel."""
        return sum(line.startswith(f":{nick}!") and " JOIN " in line for line in self.heard)

    def _sees(self, nick: str, channel: str) -> bool:
        listed = [line.split(":")[-1].split() for line in self.heard if " 353 " in line and f" {channel} :" in line]
        joins = [line.replace(":", "") for line in self.heard if " JOIN " in line]
        is_listed = any(nick in (name.lstrip("~&@%+") for name in names) for names in listed)
        return is_listed or any(line.startswith(f"{nick}!") and line.endswith(f" JOIN {channel}") for line in joins)


@asynccontextmanager
async def human(nick: str, port: int) -> AsyncIterator[Human]:
    """Be on a server while the body runs."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    somebody = Human(nick, reader, writer)
    listening = asyncio.create_task(somebody.listen())
    try:
        await somebody.write(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        await somebody.until(
            lambda: any(f" {end} {nick} " in line for end in (376, 422) for line in somebody.heard), "welcome"
        )
        yield somebody
    finally:
        listening.cancel()
        await asyncio.wait([listening])
        writer.close()


class ScriptedServer:
    """Lets one client after another in, and says what the test tells it to; `heard` is what they said."""

    def __init__(self, offers: str = "") -> None:
        self.offers = offers
        self.heard: list[str] = []
        self.answers: dict[str, list[str]] = {}
        """What it answers to a line that begins with this; without an entry it is an ordinary server."""
        self.port = 0
        self._writer: asyncio.StreamWriter | None = None
        self._changed = asyncio.Condition()

    async def say(self, *lines: str | bytes) -> None:
        """Send raw lines to the client."""
        assert self._writer is not None
        self._writer.write(b"".join((line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines))
        await self._writer.drain()

    def cut(self) -> None:
        """Cut the client off."""
        assert self._writer is not None
        self._writer.transport.abort()

    async def until_heard(self, start: str, times: int = 1) -> None:
        """Wait until a line that begins so has come so many times."""
        try:
            async with asyncio.timeout(DEADLINE), self._changed:
                await self._changed.wait_for(lambda: self.count(start) >= times)
        except TimeoutError:
            raise AssertionError(f"expected {start!r} {times} times, heard: {self.heard[-30:]}") from None

    def count(self, start: str) -> int:
        """Return how many lines have come that begin so."""
        return sum(line.startswith(start) for line in self.heard)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client."""
        self._writer = writer
        try:
            while raw := await reader.readline():
                line = raw.decode().removesuffix("\r\n")
                assert not set("\r\n\0") & set(line), "a line with an end in it"
                assert len(raw) <= 512, "a line longer than the protocol allows"
                self.heard.append(line)
                await self.say(*self._answers_to(line))
                async with self._changed:
                    self._changed.notify_all()
        except ConnectionError:
            return
        finally:
            writer.close()

    def _answers_to(self, line: str) -> list[str]:
        for start, answers in self.answers.items():
            if line.startswith(start):
                return answers
        match line.split(" "):
            case ["CAP", "LS", *_]:
                return [f":s CAP * LS :{self.offers}"]
            case ["CAP", "REQ", *_]:
                return [f":s CAP * ACK {line[8:]}"]
            case ["CAP", "END"]:
                return [":s 001 glmbot :Welcome", ":s 005 glmbot CASEMAPPING=ascii :are supported", ":s 422 glmbot :No"]
            case ["JOIN", channel]:
                return [f":glmbot!glmbot@host JOIN {channel}"]
            case ["PING", token]:
                return [f":s PONG s {token}"]
        return []


@asynccontextmanager
async def scripted_server(offers: str = "") -> AsyncIterator[ScriptedServer]:
    """Run a scripted server on loopback while the body runs."""
    scripted = ScriptedServer(offers)
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    scripted.port = server.sockets[0].getsockname()[1]
    try:
        yield scripted
    finally:
        server.close()
        if scripted._writer is not None:
            scripted.cut()
        await server.wait_closed()
