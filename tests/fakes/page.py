"""A browser with the web chat's page open: speaks to it as the page does, and shares no code with the adapter."""

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
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
    """Keeps what is shown by its id, what was written until it is taken, and its own files by their ids.

    `is_mute` keeps it from acknowledging what is shown, and from giving files.
    """

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.cookies = cookies or {}
        self.shown: dict[str, str] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.buttons: dict[str, dict[str, str]] = {}
        self.own_files: dict[str, tuple[str, bytes]] = {}
        self.pending: dict[str, tuple[str, list[str]]] = {}
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
        for message_id, (text, files) in self.pending.items():
            await self._transmit(message_id, text, files)

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

    async def write(self, text: str, message_id: str | None = None, files: Mapping[str, bytes] | None = None) -> str:
        """Write a message, with files by their names; return its id."""
        message_id = message_id or str(uuid.uuid4())
        own = {str(uuid.uuid4()): file for file in (files or {}).items()}
        self.own_files |= own
        self.pending[message_id] = text, list(own)
        with suppress(ConnectionClosed):
            await self._transmit(message_id, text, list(own))
        return message_id

    async def press(self, label: str) -> str:
        """Press the button with a label: it says its command. LookupError where none can be seen."""
        for buttons in self.buttons.values():
            if label in buttons:
                return await self.write(buttons[label])
        raise LookupError(label)

    async def request(self, method: str, path: str, content: bytes = b"", **headers: str) -> httpx.Response:
        """Ask for something with the page's cookie."""
        async with httpx.AsyncClient(cookies=self.cookies, trust_env=False) as http:
            return await http.request(
                method, f"{self.origin}{path}", content=content, headers={"Origin": self.origin} | headers
            )

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

    async def _transmit(self, message_id: str, text: str, files: list[str]) -> None:
        assert self._socket is not None
        notes = [
            {"id": file_id, "name": self.own_files[file_id][0], "type": "", "size": len(self.own_files[file_id][1])}
            for file_id in files
        ]
        frame = {"type": "message", "id": message_id, "text": text, "files": notes}
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
            await self._show(frame)
            await connection.send(json.dumps({"type": "shown", "n": frame["n"]}))
        if frame["type"] == "wanted" and not self.is_mute:
            await self._give(connection, frame)
        async with self._changed:
            self._changed.notify_all()

    async def _show(self, frame: dict[str, Any]) -> None:
        message_id = frame["id"]
        if file := frame.get("file"):
            response = await self.request("GET", f"/files/{frame['n']}")
            assert response.headers["content-disposition"] == "attachment"
            assert len(response.raise_for_status().content) == file["size"]
            self.files[message_id] = (file["name"], response.content)
        self.buttons[message_id] = {button["label"]: button["command"] for button in frame.get("buttons", [])}
        self.shown[message_id] = frame["html"]

    async def _give(self, connection: ClientConnection, frame: dict[str, Any]) -> None:
        if file := self.own_files.get(frame["id"]):
            await self.request("POST", f"/files/{frame['n']}", file[1])
        else:
            await connection.send(json.dumps({"type": "gone", "n": frame["n"]}))


@asynccontextmanager
async def page_on(port: int, password: str = "") -> AsyncIterator[FakePage]:
    """Open a browser of its own."""
    page = FakePage(port)
    await page.open(password)
    try:
        yield page
    finally:
        await page.close()
