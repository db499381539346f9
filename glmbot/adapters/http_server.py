"""A small HTTP server in the bot's own process: it serves until it is cancelled, and leaves at once."""

import asyncio
import contextlib
import errno
import ipaddress
import logging
import socket
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glmbot.errors import ConfigError

BACKLOG = 2048
MAX_CONNECTIONS = 1200
"""More are answered 503; a WebSocket counts, too."""
LEAVE_TIME = 1
GOING_AWAY = 1001  # the code of RFC 6455 for a server that ends
MAX_BODY = 1 << 20
"""Bytes of a WebSocket's frame and of a request's body."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an adapter listens. Raises ConfigError for what is no address."""

    adapter: str
    host: str
    port: int

    def _resolved(self) -> tuple[socket.AddressFamily, Any]:
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (socket.gaierror, UnicodeError) as error:
            raise ConfigError(
                f"setting 'adapters.{self.adapter}.host': {self.host!r} is no address of this machine; use 127.0.0.1"
            ) from error
        return found[0][0], found[0][4]

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine reaches it."""
        return ipaddress.ip_address(str(self._resolved()[1][0]).partition("%")[0]).is_loopback

    def listen(self) -> socket.socket:
        """Bind and listen. Raises ConfigError that names the setting to change."""
        family, address = self._resolved()
        # with the protocol named, or asyncio would leave Nagle's algorithm on
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            raise ConfigError(self._explain(error)) from error
        return listener

    def _explain(self, error: OSError) -> str:
        setting = f"setting 'adapters.{self.adapter}"
        if error.errno == errno.EADDRINUSE:
            return f"{setting}.port': port {self.port} is in use; stop the program that has it, or choose another"
        if isinstance(error, PermissionError):
            return f"{setting}.port': this user may not use port {self.port}; choose one from 1024 on"
        return f"{setting}.host': cannot listen on {self.host!r} ({error.strerror}); choose an address of this machine"


async def serve(app: ASGIApp, address: Address, *, has_websockets: bool) -> None:
    """Serve until cancelled. Then requests under way are answered 503, and WebSockets closed with 1001."""
    endable = _Endable(app)
    server = _Server(_config(endable, has_websockets))
    quiet = _NoTraceback()
    logging.getLogger("uvicorn.error").addFilter(quiet)
    serving = asyncio.create_task(server.serve([address.listen()]), name=f"HTTP server of {address.adapter}")
    try:
        await asyncio.shield(serving)
    finally:
        endable.end()
        server.should_exit = True
        await serving
        logging.getLogger("uvicorn.error").removeFilter(quiet)


def _config(app: ASGIApp, has_websockets: bool) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="websockets-sansio" if has_websockets else "none",
        ws_max_size=MAX_BODY,
        ws_per_message_deflate=False,  # a compressed frame grows a thousandfold before anybody can count it
        lifespan="off",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=LEAVE_TIME,
    )


class _Server(uvicorn.Server):
    """uvicorn, without its own handlers of signals: the bot has those."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class _Endable:
    """Ends what is under way with an answer, where uvicorn would cut it and log a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_over = False

    def end(self) -> None:
        """End all requests and WebSockets, and take no more."""
        self._is_over = True
        for task in self._tasks:
            task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        last: Message = {"type": "nothing"}

        async def noting(message: Message) -> None:
            nonlocal last
            last = message
            await send(message)

        if not self._is_over:
            task = asyncio.ensure_future(self._app(scope, receive, noting))
            self._tasks.add(task)
            try:
                await asyncio.wait({task})
            finally:
                task.cancel()
                self._tasks.discard(task)
            if not task.cancelled():
                return task.result()
        with contextlib.suppress(TimeoutError):  # who reads nothing will not hear it
            async with asyncio.timeout(LEAVE_TIME / 2):
                await _say_good_bye(scope, last, send)


async def _say_good_bye(scope: Scope, last: Message, send: Send) -> None:
    if scope["type"] == "websocket" and last["type"] != "websocket.close":
        await send({"type": "websocket.close", "code": GOING_AWAY})
    elif scope["type"] == "http" and last["type"] == "nothing":
        headers = [(b"retry-after", b"5"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body"})


class _NoTraceback(logging.Filter):
    """Keeps what a stranger sends from filling the log: uvicorn writes a traceback for bad UTF-8."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, that one without its traceback."""
        if record.msg == "Invalid UTF-8 sequence received from client.":
            record.exc_info = None
        return True
