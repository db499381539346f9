"""Discord's gateway: sessions that outlive their connection, and what they dispatch."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from tests.fakes.discord_forms import Fields

MESSAGE_CONTENT = 1 << 15
SESSION_ENDS = (1000, 1001)  # a client that closes with these codes ends its session


@dataclass(slots=True)
class _Session:
    """A gateway session: it outlives its connection, and keeps what it has dispatched for a RESUME."""

    id: str
    intents: int
    sent: list[Fields] = field(default_factory=list)
    socket: web.WebSocketResponse | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What the gateway asks of the rest of Discord: READY without the session, the servers, and a knock at news."""

    is_token: Callable[[str], bool]
    ready: Callable[[], Fields]
    guilds: Callable[[], list[Fields]]
    changed: Callable[[], Awaitable[None]]


class FakeGateway:
    """The gateway for one bot; it keeps one session, the last."""

    def __init__(self, world: World) -> None:
        self.url = ""
        self.may_read_messages = True
        self.identifies: list[Fields] = []
        self.num_resumes = 0
        self.num_heartbeats = 0
        self.heartbeat_interval = 41.25
        self.is_deaf = False
        """Whether connections stay open without a word."""
        self._world = world
        self._session: _Session | None = None
        self._sockets: set[web.WebSocketResponse] = set()
        self._numbers = itertools.count(1)
        self._gate = asyncio.Event()
        self._gate.set()

    # -- for tests

    @property
    def is_connected(self) -> bool:
        """Whether the bot has a session and a connection for it."""
        return self._session is not None and self._session.socket is not None

    @property
    def intents(self) -> int:
        """What the bot wants to hear of; nothing while it has no session."""
        return self._session.intents if self._session else 0

    async def dispatch(self, event: str, payload: object) -> None:
        """Give an event out as it is, well formed or not; a session that is cut off gets it with its RESUME."""
        if session := self._session:
            session.sent.append({"op": 0, "t": event, "s": len(session.sent) + 1, "d": payload})
            if session.socket is not None:
                await _give(session.socket, session.sent[-1])
        await self._world.changed()

    async def push(self, text: str) -> None:
        """Send a text as it is."""
        await self._socket().send_str(text)

    async def close(self, code: int) -> None:
        """Close the connection with a code; 4000 lets the bot resume."""
        socket = self._socket()
        assert self._session is not None
        self._session.socket = None
        await socket.close(code=code)

    async def ask_to_reconnect(self) -> None:
        """Op 7: let the bot connect again and resume."""
        await _give(self._socket(), {"op": 7, "d": None})

    async def ask_for_heartbeat(self) -> None:
        """Op 1: let the bot send a heartbeat at once."""
        await _give(self._socket(), {"op": 1, "d": None})

    async def invalidate_session(self) -> None:
        """Op 9: the session is gone, and with it all that it was not told."""
        socket, self._session = self._socket(), None
        await _give(socket, {"op": 9, "d": False})

    def forget_session(self) -> None:
        """Let the session be unknown when the bot wants to resume it."""
        self._session = None

    @asynccontextmanager
    async def closed_gate(self) -> AsyncIterator[None]:
        """Keep new connections waiting for their HELLO while the body runs, or until `open_gate`."""
        self._gate.clear()
        try:
            yield
        finally:
            self._gate.set()

    def open_gate(self) -> None:
        """Let connections in again."""
        self._gate.set()

    async def shut_down(self) -> None:
        """Close all connections."""
        self._gate.set()
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    def _socket(self) -> web.WebSocketResponse:
        assert self._session is not None, "the bot has no session"
        assert self._session.socket is not None, "the bot is not connected"
        return self._session.socket

    # -- the wire

    async def answer(self, request: web.Request) -> web.WebSocketResponse:
        """Speak with the bot until the connection ends."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            if request.query.get("v") != "10" or request.query.get("encoding") != "json":
                await socket.close(code=4012)
                return socket
            await self._gate.wait()
            await _give(socket, {"op": 10, "d": {"heartbeat_interval": int(self.heartbeat_interval * 1000)}})
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._hear(socket, json.loads(message.data))
        finally:
            self._sockets.discard(socket)
            self._part(socket)
            await self._world.changed()
        return socket

    def _part(self, socket: web.WebSocketResponse) -> None:
        if self._session and self._session.socket is socket:
            self._session.socket = None
            if socket.close_code in SESSION_ENDS:
                self._session = None

    async def _hear(self, socket: web.WebSocketResponse, message: Fields) -> None:
        if self.is_deaf:
            return
        op, payload = message["op"], message["d"]
        if op == 1:
            self.num_heartbeats += 1
            await _give(socket, {"op": 11})
        elif op in (2, 6) and not self._world.is_token(payload["token"]):
            await socket.close(code=4004, message=b"Authentication failed.")
        elif op == 2:
            await self._identify(socket, payload)
        elif op == 6:
            await self._resume(socket, payload)
        else:
            await socket.close(code=4001, message=b"Unknown opcode.")
        await self._world.changed()

    async def _identify(self, socket: web.WebSocketResponse, payload: Fields) -> None:
        if payload["intents"] & MESSAGE_CONTENT and not self.may_read_messages:
            await socket.close(code=4014, message=b"Disallowed intent(s).")
            return
        self.identifies.append(payload)
        self._session = _Session(f"session-{next(self._numbers)}", payload["intents"], socket=socket)
        address = {"session_id": self._session.id, "resume_gateway_url": self.url}
        await self.dispatch("READY", self._world.ready() | address)
        for guild in self._world.guilds():
            await self.dispatch("GUILD_CREATE", guild)

    async def _resume(self, socket: web.WebSocketResponse, payload: Fields) -> None:
        session = self._session
        if session is None or session.id != payload["session_id"]:
            await _give(socket, {"op": 9, "d": False})
            return
        if payload["seq"] > len(session.sent):
            await socket.close(code=4007, message=b"Invalid seq.")
            return
        self.num_resumes += 1
        session.socket = socket
        for event in session.sent[payload["seq"] :]:
            await _give(socket, event)
        await self.dispatch("RESUMED", {})


async def _give(socket: web.WebSocketResponse, message: Fields) -> None:
    if not socket.closed:
        await socket.send_str(json.dumps(message))
