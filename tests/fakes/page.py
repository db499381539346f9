"""A browser with the web chat's page open: speaks to it as the page does, and shares no code with the adapter."""

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

DEADLINE = 20.0


def free_port() -> int:
    """Return a port of this machine that nobody has at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class FakePage:
    """Keeps what is shown by its id, and what was written until it is taken.

    `is_mute` keeps it from acknowledging what is shown.
    """

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.cookies = cookies or {}
        self.shown: dict[str, str] = {}
        self.pending: dict[str, str] = {}
        self.frames: list[dict[str, Any]] = []
        self.is_mute = False
        self.close_code: int | None = None
        self._socket: ClientConnection | None = None
        self._listening: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    async def open_session(self, password: str = "") -> httpx.Response:
        """Ask for the cookie, as the page does before it connects."""
        async with httpx.AsyncClient(cookies=self.cookies) as http:
            response = await http.post(
                f"{self.origin}/session", json={"password": password}, headers={"Origin": self.origin}
            )
        self.cookies |= dict(response.cookies)
        return response

    async def open(self, password: str = "") -> None:
        """Open the page; wait for a server that is starting."""
        async with asyncio.timeout(DEADLINE):
            while True:
                with suppress(OSError, httpx.TransportError):
                    (await self.open_session(password)).raise_for_status()
                    return await self.reconnect()
                await asyncio.sleep(0.02)

    async def reconnect(self) -> None:
        """Connect the WebSocket, and send again what was not taken."""
        await self.close()
        self._socket = await self.connect()
        self._listening = asyncio.create_task(self._listen(self._socket))
        await self.until(lambda: any(frame["type"] == "welcome" for frame in self.frames), "a welcome")
        for message_id, text in self.pending.items():
            await self._transmit(message_id, text)

    async def connect(self, **headers: str) -> ClientConnection:
        """Open a WebSocket with the page's cookie; headers of a test's own replace the page's."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        origin = headers.pop("Origin", self.origin)
        return await connect(
            f"{self.origin.replace('http', 'ws')}/ws",
            origin=origin,  # type: ignore[arg-type]  # a NewType of str
            additional_headers={"Cookie": cookie, "Accept-Language": "zh-CN,zh;q=0.9"} | headers,
            max_size=None,
            proxy=None,
        )

    async def close(self) -> None:
        """Close the tab; the browser stays the same."""
        if self._socket and self._listening:
            await self._socket.close()
            await self._listening
            self._socket = None
        self.frames.clear()

    async def write(self, text: str, message_id: str | None = None) -> str:
        """Write a message; return its id."""
        message_id = message_id or str(uuid.uuid4())
        self.pending[message_id] = text
        with suppress(ConnectionClosed):
            await self._transmit(message_id, text)
        return message_id

    async def send_raw(self, frame: str | bytes) -> None:
        """Send any frame."""
        assert self._socket is not None
        await self._socket.send(frame)

    async def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(DEADLINE), self._changed:
                await self._changed.wait_for(is_so)
        except TimeoutError:
            raise AssertionError(f"expected {what}; shown: {self.shown}, frames: {self.frames}") from None

    async def until_shown(self, *texts: str) -> None:
        """Wait until exactly these can be seen."""
        await self.until(lambda: list(self.shown.values()) == list(texts), str(texts))

    async def until_taken(self) -> None:
        """Wait until the bot has all that was written."""
        await self.until(lambda: not self.pending, "all to be taken")

    async def until_closed(self) -> int | None:
        """Wait until the server closes the connection; return its code."""
        assert self._listening is not None
        async with asyncio.timeout(DEADLINE):
            await self._listening
        return self.close_code

    async def _transmit(self, message_id: str, text: str) -> None:
        assert self._socket is not None
        frame = {"type": "message", "id": message_id, "text": text}
        await self._socket.send(json.dumps(frame, ensure_ascii=False))

    async def _listen(self, connection: ClientConnection) -> None:
        try:
            async for raw in connection:
                await self._take(connection, json.loads(raw))
        except ConnectionClosed:
            pass  # the code tells why
        self.close_code = connection.close_code

    async def _take(self, connection: ClientConnection, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        if frame["type"] == "taken":
            self.pending.pop(frame["id"], None)
        if frame["type"] == "show" and not self.is_mute:
            self.shown[frame["id"]] = frame["html"]
            await connection.send(json.dumps({"type": "shown", "n": frame["n"]}))
        async with self._changed:
            self._changed.notify_all()


@asynccontextmanager
async def page_on(port: int, password: str = "") -> AsyncIterator[FakePage]:
    """Open a browser of its own."""
    page = FakePage(port)
    await page.open(password)
    try:
        yield page
    finally:
        await page.close()
