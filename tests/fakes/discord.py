"""Discord on a port of this machine, gateway and API, as strict as the real one: it refuses what Discord refuses.

Source: https://docs.discord.com/developers (API v10), read in 2026.
"""

import asyncio
import itertools
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

MAX_LENGTH = 2000
MAX_NONCE = 25
ACKNOWLEDGE_WITHIN = 3.0
DEADLINE = 20.0
EPOCH_MS = 1_420_070_400_000
MESSAGE_CONTENT = 1 << 15
GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 9, 1 << 12
JSON_TYPE = {"Content-Type": "application/json"}  # exactly: the library reads nothing else as JSON
TOO_MANY_ATTEMPTS = "You are being rate limited."

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FakeUser:
    """Someone who writes to the bot."""

    id: int
    username: str = "ann"
    global_name: str | None = "Ann"
    bot: bool = False

    def as_json(self) -> Fields:
        """Return Discord's form of a user."""
        fields = {"id": str(self.id), "username": self.username, "global_name": self.global_name}
        return fields | {"discriminator": "0", "avatar": None, "bot": self.bot}


@dataclass(frozen=True, slots=True)
class FakeChannel:
    """A place to write in: a private chat, a server's channel, or a thread of a channel."""

    id: int
    guild_id: int | None = None
    parent_id: int | None = None

    @property
    def is_thread(self) -> bool:
        """Whether it belongs to another channel."""
        return self.parent_id is not None

    def as_json(self) -> Fields:
        """Return Discord's form of a channel."""
        if self.guild_id is None:
            return {"id": str(self.id), "type": 1, "recipients": [ANN.as_json()], "last_message_id": None}
        fields: Fields = {"id": str(self.id), "guild_id": str(self.guild_id), "name": f"channel-{self.id}"}
        if not self.is_thread:
            return fields | {"type": 0, "position": 0, "permission_overwrites": [], "nsfw": False, "parent_id": None}
        metadata = {"archived": False, "auto_archive_duration": 60, "locked": False, "archive_timestamp": _iso(0)}
        fields |= {"type": 11, "parent_id": str(self.parent_id), "owner_id": str(ANN.id), "thread_metadata": metadata}
        return fields | {"message_count": 0, "member_count": 1}


ANN = FakeUser(1001)
BOB = FakeUser(1002, "bob", "Bob")
DM = FakeChannel(2001)
SERVER = 9001
GENERAL = FakeChannel(3001, SERVER)
THREAD = FakeChannel(3101, SERVER, parent_id=3001)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API, as it came in; `route` is its name in the table of routes."""

    route: str
    path: str
    body: Any


@dataclass(slots=True)
class Shown:
    """A message that can be seen."""

    id: int
    channel: FakeChannel
    author: FakeUser
    text: str
    nonce: str | None = None
    reply_to: int | None = None
    flags: int = 0
    type: int = 0
    mentions: list[FakeUser] = field(default_factory=list)
    mention_roles: list[int] = field(default_factory=list)
    edited: bool = False
    allowed_mentions: Fields | None = None


@dataclass(slots=True)
class _Interaction:
    token: str
    channel: FakeChannel
    until: float
    is_answered: bool = False


@dataclass(slots=True)
class _Session:
    """A gateway session: it outlives its connection, and keeps what it has dispatched for a RESUME."""

    id: str
    intents: int
    sent: list[Fields] = field(default_factory=list)
    socket: web.WebSocketResponse | None = None


@dataclass(frozen=True, slots=True)
class _Fault:
    """What goes wrong: an answer with a status, or (status None) none at all."""

    status: int | None
    body: Fields = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    is_accepted: bool = False
    is_silent: bool = False


class _Refused(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class FakeDiscord:
    """A Discord for one bot; used as an async context manager. `api_url` goes into the settings.

    It outlives the bot: messages, nonces, commands and the last session stay, whatever becomes of the bot.
    """

    def __init__(self, token: str = "TEST.discord.token-do-not-log") -> None:
        self.token = token
        self.bot = FakeUser(4242, "glm_test_bot", None, bot=True)
        self.bot_role = 4343
        self.calls: list[Call] = []
        self.messages: list[Shown] = []
        self.commands: list[Fields] = []
        self.identifies: list[Fields] = []
        self.num_resumes = 0
        self.may_read_messages = True
        self.gate = asyncio.Event()  # closed, it keeps new connections waiting for their HELLO
        self.gate.set()
        self.api_url = ""
        self._channels: dict[int, FakeChannel] = {channel.id: channel for channel in (DM, GENERAL, THREAD)}
        self._forbidden: set[int] = set()
        self._nonces: dict[tuple[int, str], Shown] = {}
        self._interactions: dict[int, _Interaction] = {}
        self._faults: dict[str, list[_Fault]] = {}
        self._session: _Session | None = None
        self._sockets: set[web.WebSocketResponse] = set()
        self._counter = itertools.count(1)
        self._last_id = 0
        self._is_closing = False
        self._changed = asyncio.Condition()
        self._routes: list[tuple[str, str, str, _Handler]] = [
            ("me", "GET", r"/users/@me", self._me),
            ("application", "GET", r"/oauth2/applications/@me", self._application),
            ("gateway", "GET", r"/gateway/bot", self._gateway_address),
            ("channel", "GET", r"/channels/(\d+)", self._show_channel),
            ("send", "POST", r"/channels/(\d+)/messages", self._send),
            ("history", "GET", r"/channels/(\d+)/messages", self._history),
            ("edit", "PATCH", r"/channels/(\d+)/messages/(\d+)", self._edit),
            ("typing", "POST", r"/channels/(\d+)/typing", self._typing),
            ("list commands", "GET", r"/applications/(\d+)/commands", self._list_commands),
            ("set commands", "PUT", r"/applications/(\d+)/commands", self._set_commands),
            ("acknowledge", "POST", r"/interactions/(\d+)/([^/]+)/callback", self._acknowledge),
        ]

    async def __aenter__(self) -> "FakeDiscord":
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/gateway{slash:/?}", self._gateway)
        app.router.add_route("*", "/api/v10{path:/.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._address = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.api_url = f"http://{self._address}/api/v10"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closing = True
        self.gate.set()
        await self._notify()
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)
        await self._runner.cleanup()

    # -- for tests: the other side of the chat

    async def receive(
        self,
        text: str,
        *,
        channel: FakeChannel = DM,
        author: FakeUser = ANN,
        message_id: int | None = None,
        times: int = 1,
        mention_bot: bool = False,
        reply_to: int | None = None,
        **fields: object,
    ) -> int:
        """Let someone write, and let the bot hear of it `times` times; return the message's id."""
        if mention_bot and not re.search(rf"<@!?{self.bot.id}>", text):
            text = f"<@{self.bot.id}> {text}"
        mentions = [self.bot] if mention_bot or f"<@{self.bot.id}>" in text else []
        roles = [self.bot_role] if f"<@&{self.bot_role}>" in text else []
        number = self._new_id() if message_id is None else message_id
        shown = Shown(number, channel, author, text, None, reply_to, 0, 19 if reply_to else 0, mentions, roles)
        self.add_channel(channel)
        if self._find(number) is None:
            self._add(shown)
        for _ in range(times):
            await self._announce(shown, **fields)
        return number

    async def interact(
        self,
        name: str,
        values: dict[str, str] | None = None,
        *,
        channel: FakeChannel = DM,
        author: FakeUser = ANN,
        locale: str = "en-US",
        times: int = 1,
    ) -> int:
        """Let someone use a slash command; return the interaction's id."""
        self.add_channel(channel)
        number, token = self._new_id(), f"interaction-token-{next(self._counter)}"
        deadline = time.monotonic() + ACKNOWLEDGE_WITHIN
        self._interactions[number] = _Interaction(token, channel, deadline)
        options = [{"name": key, "type": 3, "value": value} for key, value in (values or {}).items()]
        call = {"id": str(self._new_id()), "name": name, "type": 1} | ({"options": options} if options else {})
        payload: Fields = {
            "id": str(number),
            "application_id": str(self.bot.id),
            "type": 2,
            "token": token,
            "version": 1,
            "data": call,
            "channel_id": str(channel.id),
            "channel": channel.as_json(),
            "locale": locale,
            "entitlements": [],
            "attachment_size_limit": 10_000_000,
            "authorizing_integration_owners": {},
            "context": 1 if channel.guild_id is None else 0,
        }
        if channel.guild_id is None:
            payload["user"] = author.as_json()
        else:
            payload |= {"guild_id": str(channel.guild_id), "member": _member() | {"user": author.as_json()}}
        for _ in range(times):
            await self.dispatch("INTERACTION_CREATE", payload)
        return number

    async def dispatch(self, event: str, payload: object) -> None:
        """Give an event out over the gateway as it is, well formed or not."""
        if session := self._session:
            session.sent.append({"op": 0, "t": event, "s": len(session.sent) + 1, "d": payload})
            if session.socket is not None:
                await _give(session.socket, session.sent[-1])
        await self._notify()

    async def push(self, text: str) -> None:
        """Send a text over the gateway as it is."""
        assert self._socket is not None
        await self._socket.send_str(text)

    async def close_gateway(self, code: int) -> None:
        """Close the gateway connection with a code; 4000 lets the bot resume."""
        assert self._session is not None
        assert self._session.socket is not None
        socket, self._session.socket = self._session.socket, None
        await socket.close(code=code)

    async def ask_to_reconnect(self) -> None:
        """Op 7: let the bot connect again and resume."""
        await self._send_op(7, None)

    async def invalidate_session(self) -> None:
        """Op 9: the session is gone, and with it all that it was not told."""
        socket, self._session = self._socket, None
        assert socket is not None
        await _give(socket, {"op": 9, "d": False})

    def forget_session(self) -> None:
        """Let the session be unknown when the bot wants to resume it."""
        self._session = None

    async def ask_for_heartbeat(self) -> None:
        """Op 1: let the bot send a heartbeat at once."""
        await self._send_op(1, None)

    def add_channel(self, channel: FakeChannel) -> None:
        """Let a channel exist; one that does not is "Unknown Channel"."""
        self._channels[channel.id] = channel

    def remove_channel(self, channel: FakeChannel) -> None:
        """Delete a channel."""
        del self._channels[channel.id]

    def forbid(self, channel: FakeChannel) -> None:
        """Take the bot's permissions in a channel away."""
        self._forbidden.add(channel.id)

    def delete(self, message_id: int) -> None:
        """Delete a message."""
        self.messages = [shown for shown in self.messages if shown.id != message_id]

    def fail(
        self,
        route: str,
        status: int,
        *,
        retry_after: float | None = None,
        is_global: bool = False,
        has_via: bool = True,
        times: int = 1,
        is_accepted: bool = False,
    ) -> None:
        """Answer the next calls of a route with an error; `is_accepted`: after doing what they ask."""
        body: Fields = {"message": f"{status}: Error", "code": 0}
        headers: dict[str, str] = {}
        if retry_after is not None:
            body = {"message": TOO_MANY_ATTEMPTS, "retry_after": retry_after, "global": is_global}
            headers = {"Retry-After": str(int(-(-retry_after // 1)))} | ({"Via": "1.1 google"} if has_via else {})
        self._add_faults(route, times, _Fault(status, body, headers, is_accepted))

    def cut(self, route: str, *, times: int = 1, is_accepted: bool = True) -> None:
        """Cut the connection of the next calls of a route, after doing what they ask or before."""
        self._add_faults(route, times, _Fault(None, is_accepted=is_accepted))

    def hang(self, route: str, *, times: int = 1, is_accepted: bool = True) -> None:
        """Never answer the next calls of a route."""
        self._add_faults(route, times, _Fault(None, is_accepted=is_accepted, is_silent=True))

    def visible(self, channel_id: int = DM.id) -> list[str]:
        """Return what the bot has written in a channel, as it is seen now, oldest first."""
        return [shown.text for shown in self.messages if shown.channel.id == channel_id and shown.author == self.bot]

    async def sent(self, number: int, channel_id: int = DM.id) -> list[str]:
        """Wait until the bot has at least so many messages in a channel, and return what is visible."""
        await self.until(lambda: len(self.visible(channel_id)) >= number, f"{number} messages in channel {channel_id}")
        return self.visible(channel_id)

    def calls_of(self, route: str) -> list[Call]:
        """Return every call of a route, oldest first."""
        return [call for call in self.calls if call.route == route]

    @property
    def is_connected(self) -> bool:
        """Whether the bot has a session and a connection for it."""
        return self._socket is not None and not self._socket.closed

    async def connected(self) -> None:
        """Wait until the bot listens."""
        await self.until(lambda: self.is_connected, "the bot to connect")

    async def until(self, is_so: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
        """Wait for something that the bot's calls bring about."""
        try:
            async with asyncio.timeout(deadline), self._changed:
                await self._changed.wait_for(is_so)
        except TimeoutError:
            raise AssertionError(f"not seen within {deadline:g} s: {what}; messages: {self.messages}") from None

    @asynccontextmanager
    async def closed_gate(self) -> AsyncIterator[None]:
        """Keep the bot from connecting again while the body runs."""
        self.gate.clear()
        try:
            yield
        finally:
            self.gate.set()

    def _add_faults(self, route: str, times: int, fault: _Fault) -> None:
        if route not in {name for name, *_ in self._routes}:
            raise ValueError(f"no route {route!r}")
        self._faults.setdefault(route, []).extend([fault] * times)

    @property
    def _socket(self) -> web.WebSocketResponse | None:
        return self._session.socket if self._session else None

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _new_id(self) -> int:
        now = int(time.time() * 1000) - EPOCH_MS
        self._last_id = max(self._last_id + 1, now << 22)
        return self._last_id

    # -- the gateway

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            if request.query.get("v") != "10" or request.query.get("encoding") != "json":
                await socket.close(code=4012)
                return socket
            await self.gate.wait()
            await _give(socket, {"op": 10, "d": {"heartbeat_interval": 41_250}})
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._hear(socket, json.loads(message.data))
        finally:
            self._sockets.discard(socket)
            if self._session and self._session.socket is socket:
                self._session.socket = None
                if socket.close_code in (1000, 1001):
                    self._session = None  # a client that closes with these codes ends its session
            await self._notify()
        return socket

    async def _hear(self, socket: web.WebSocketResponse, message: Fields) -> None:
        op, payload = message["op"], message["d"]
        if op == 1:
            self.calls.append(Call("heartbeat", "gateway", payload))
            await _give(socket, {"op": 11})
        elif op in (2, 6) and payload["token"] != self.token:
            await socket.close(code=4004, message=b"Authentication failed.")
        elif op == 2:
            await self._identify(socket, payload)
        elif op == 6:
            await self._resume(socket, payload)
        else:
            await socket.close(code=4001, message=b"Unknown opcode.")
        await self._notify()

    async def _identify(self, socket: web.WebSocketResponse, payload: Fields) -> None:
        if payload["intents"] & MESSAGE_CONTENT and not self.may_read_messages:
            await socket.close(code=4014, message=b"Disallowed intent(s).")
            return
        self.identifies.append(payload)
        self._session = _Session(f"session-{next(self._counter)}", payload["intents"], socket=socket)
        ready = {
            "v": 10,
            "user": self.bot.as_json(),
            "guilds": [{"id": str(SERVER), "unavailable": True}],
            "session_id": self._session.id,
            "resume_gateway_url": f"ws://{self._address}/gateway",
            "application": {"id": str(self.bot.id), "flags": 0},
        }
        await self.dispatch("READY", ready)
        await self.dispatch("GUILD_CREATE", self._guild())

    async def _resume(self, socket: web.WebSocketResponse, payload: Fields) -> None:
        session = self._session
        if session is None or session.id != payload["session_id"]:
            await _give(socket, {"op": 9, "d": False})
            return
        self.num_resumes += 1
        session.socket = socket
        for event in session.sent[payload["seq"] :]:
            await _give(socket, event)
        await self.dispatch("RESUMED", {})

    async def _send_op(self, op: int, payload: object) -> None:
        assert self._socket is not None
        await _give(self._socket, {"op": op, "d": payload})

    def _guild(self) -> Fields:
        channels = [channel for channel in self._channels.values() if channel.guild_id == SERVER]
        as_json = {channel: channel.as_json() | {"last_message_id": self._last_of(channel)} for channel in channels}
        role = {"color": 0, "hoist": False, "position": 0, "permissions": "0", "managed": False, "mentionable": False}
        bot_tags = {"managed": True, "tags": {"bot_id": str(self.bot.id)}}
        return {
            "id": str(SERVER),
            "name": "Server",
            "unavailable": False,
            "owner_id": str(ANN.id),
            "roles": [
                role | {"id": str(SERVER), "name": "@everyone"},
                role | {"id": str(self.bot_role), "name": "GLM"} | bot_tags,
            ],
            "emojis": [],
            "features": [],
            "stickers": [],
            "members": [_member() | {"user": self.bot.as_json()}],
            "member_count": 3,
            "channels": [fields for channel, fields in as_json.items() if not channel.is_thread],
            "threads": [fields for channel, fields in as_json.items() if channel.is_thread],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
            "afk_channel_id": None,
            "afk_timeout": 300,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "safety_alerts_channel_id": None,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "premium_progress_bar_enabled": False,
            "preferred_locale": "en-US",
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "banner": None,
            "description": None,
            "vanity_url_code": None,
            "application_id": None,
            "joined_at": _iso(0),
            "large": False,
        }

    def _last_of(self, channel: FakeChannel) -> str | None:
        return next((str(shown.id) for shown in reversed(self.messages) if shown.channel == channel), None)

    async def _announce(self, shown: Shown, event: str = "MESSAGE_CREATE", **fields: object) -> None:
        if self._session is None:
            return
        is_private = shown.channel.guild_id is None
        if not self._session.intents & (DIRECT_MESSAGES if is_private else GUILD_MESSAGES):
            return
        payload = self._message(shown)
        if not is_private:
            payload |= {"guild_id": str(shown.channel.guild_id), "member": _member()}
            if not self._session.intents & MESSAGE_CONTENT and shown.author != self.bot and not shown.mentions:
                payload["content"] = ""
        await self.dispatch(event, payload | fields)

    def _message(self, shown: Shown, with_reference: bool = True) -> Fields:
        fields: Fields = {
            "id": str(shown.id),
            "channel_id": str(shown.channel.id),
            "author": shown.author.as_json(),
            "content": shown.text,
            "timestamp": _iso((shown.id >> 22) + EPOCH_MS),
            "edited_timestamp": _iso(int(time.time() * 1000)) if shown.edited else None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [user.as_json() for user in shown.mentions],
            "mention_roles": [str(role) for role in shown.mention_roles],
            "attachments": [],
            "embeds": [],
            "pinned": False,
            "type": shown.type,
            "flags": shown.flags,
            "components": [],
        }
        if shown.nonce is not None:
            fields["nonce"] = shown.nonce
        if shown.reply_to is not None and with_reference:
            target = self._find(shown.reply_to)
            fields["message_reference"] = {"channel_id": str(shown.channel.id), "message_id": str(shown.reply_to)}
            fields["referenced_message"] = self._message(target, with_reference=False) if target else None
        return fields

    # -- the API

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        try:
            name, handler, groups = self._route(request.method, path)
            self._check(request, name)
            body = _body(await request.text(), request.headers.get("Content-Type"))
            self.calls.append(Call(name, path, body))
            asked = _Asked(groups, dict(request.query), body)
            if faults := self._faults.get(name):
                return await self._go_wrong(faults.pop(0), request, handler, asked)
            return _json(200, await handler(asked))
        except _Refused as refusal:
            return _json(refusal.status, {"message": refusal.message, "code": refusal.code})
        finally:
            await self._notify()

    def _route(self, method: str, path: str) -> tuple[str, "_Handler", tuple[str, ...]]:
        for name, route_method, pattern, handler in self._routes:
            match = re.fullmatch(pattern, path)
            if match and method == route_method:
                return name, handler, match.groups()
        raise _Refused(404, 0, "404: Not Found")

    def _check(self, request: web.Request, name: str) -> None:
        if not request.headers.get("User-Agent", "").startswith("DiscordBot ("):
            raise _Refused(400, 40333, "internal network error")
        if name != "acknowledge" and request.headers.get("Authorization") != f"Bot {self.token}":
            raise _Refused(401, 0, "401: Unauthorized")

    async def _go_wrong(
        self, fault: _Fault, request: web.Request, handler: "_Handler", asked: "_Asked"
    ) -> web.StreamResponse:
        if fault.is_accepted:
            await handler(asked)
            await self._notify()
        if fault.status is not None:
            return _json(fault.status, fault.body, fault.headers)
        if fault.is_silent:
            async with self._changed:
                await self._changed.wait_for(lambda: self._is_closing)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _me(self, asked: "_Asked") -> Fields:
        return self.bot.as_json()

    async def _application(self, asked: "_Asked") -> Fields:
        named = {"id": str(self.bot.id), "name": "GLM", "icon": None, "description": "", "flags": 0}
        fields = {"rpc_origins": [], "bot_public": True, "bot_require_code_grant": False, "verify_key": "00"}
        return named | fields | {"owner": ANN.as_json(), "team": None}

    async def _gateway_address(self, asked: "_Asked") -> Fields:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        return {"url": f"ws://{self._address}/gateway", "shards": 1, "session_start_limit": limit}

    async def _show_channel(self, asked: "_Asked") -> Fields:
        return self._channel(asked).as_json()

    async def _typing(self, asked: "_Asked") -> None:
        self._channel(asked)

    async def _send(self, asked: "_Asked") -> Fields:
        channel, nonce = self._channel(asked), asked.body.get("nonce")
        text = _checked_text(asked.body)
        if nonce is not None and len(str(nonce)) > MAX_NONCE:
            raise _Refused(400, 50035, "Invalid Form Body: nonce must be 25 or fewer in length.")
        if asked.body.get("enforce_nonce") and (channel.id, str(nonce)) in self._nonces:
            first = self._nonces[channel.id, str(nonce)]
            if self._find(first.id) is None:
                raise _Refused(404, 10008, "Unknown Message")
            return self._message(first)
        shown = Shown(self._new_id(), channel, self.bot, text, nonce, self._reply_to(asked.body))
        shown.flags, shown.allowed_mentions = asked.body.get("flags", 0), asked.body.get("allowed_mentions")
        self._add(shown)
        if nonce is not None:
            self._nonces[channel.id, str(nonce)] = shown
        await self._announce(shown)
        return self._message(shown)

    def _reply_to(self, body: Fields) -> int | None:
        if (reference := body.get("message_reference")) is None:
            return None
        message_id = int(reference["message_id"])
        if self._find(message_id) is not None:
            return message_id
        if reference.get("fail_if_not_exists", True):
            raise _Refused(400, 50035, "Invalid Form Body: message_reference: Unknown message")
        return None

    async def _edit(self, asked: "_Asked") -> Fields:
        channel, shown = self._channel(asked), self._find(int(asked.groups[1]))
        if shown is None or shown.channel != channel:
            raise _Refused(404, 10008, "Unknown Message")
        if shown.author != self.bot:
            raise _Refused(403, 50005, "Cannot edit a message authored by another user")
        shown.text, shown.edited = _checked_text(asked.body), True
        shown.allowed_mentions = asked.body.get("allowed_mentions")
        await self._announce(shown, "MESSAGE_UPDATE")
        return self._message(shown)

    async def _history(self, asked: "_Asked") -> list[Fields]:
        channel, limit = self._channel(asked), int(asked.query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise _Refused(400, 50035, "Invalid Form Body: limit must be between 1 and 100.")
        after = int(asked.query.get("after", 0))
        found = [shown for shown in self.messages if shown.channel == channel and shown.id > after]
        page = found[:limit] if "after" in asked.query else found[-limit:]
        return [self._message(shown) for shown in reversed(page)]

    async def _list_commands(self, asked: "_Asked") -> list[Fields]:
        hidden = () if asked.query.get("with_localizations") == "true" else ("description_localizations",)
        return [{key: value for key, value in entry.items() if key not in hidden} for entry in self.commands]

    async def _set_commands(self, asked: "_Asked") -> list[Fields]:
        if len(asked.body) > 100 or len({entry["name"] for entry in asked.body}) < len(asked.body):
            raise _Refused(400, 50035, "Invalid Form Body")
        for entry in asked.body:
            _check_command(entry)
        added = {"application_id": str(self.bot.id), "version": "1", "name_localizations": None, "nsfw": False}
        self.commands = []
        for entry in asked.body:
            kept = {key: value for key, value in entry.items() if key != "options" or value}
            self.commands.append({"id": str(self._new_id())} | added | kept)
        return self.commands

    async def _acknowledge(self, asked: "_Asked") -> None:
        number, token = int(asked.groups[0]), asked.groups[1]
        interaction = self._interactions.get(number)
        if interaction is None or interaction.token != token or time.monotonic() > interaction.until:
            raise _Refused(404, 10062, "Unknown interaction")
        if interaction.is_answered:
            raise _Refused(400, 40060, "Interaction has already been acknowledged.")
        interaction.is_answered = True
        if asked.body["type"] == 4:
            shown = Shown(self._new_id(), interaction.channel, self.bot, _checked_text(asked.body["data"]), type=20)
            shown.allowed_mentions = asked.body["data"].get("allowed_mentions")
            self._add(shown)
            await self._announce(shown)

    def _channel(self, asked: "_Asked") -> FakeChannel:
        channel = self._channels.get(int(asked.groups[0]))
        if channel is None:
            raise _Refused(404, 10003, "Unknown Channel")
        if channel.id in self._forbidden:
            raise _Refused(403, 50001, "Missing Access")
        return channel

    def _find(self, message_id: int) -> Shown | None:
        return next((shown for shown in self.messages if shown.id == message_id), None)

    def _add(self, shown: Shown) -> None:
        self._last_id = max(self._last_id, shown.id)
        self.messages.append(shown)
        self.messages.sort(key=lambda one: one.id)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call: the variable parts of its path, its query and its body."""

    groups: tuple[str, ...]
    query: dict[str, str]
    body: Any


_Handler = Callable[[_Asked], Awaitable[object]]


async def _give(socket: web.WebSocketResponse, message: Fields) -> None:
    if not socket.closed:
        await socket.send_str(json.dumps(message))


def _json(status: int, body: object, headers: dict[str, str] | None = None) -> web.Response:
    if body is None:
        return web.Response(status=204, headers=headers)
    return web.Response(status=status, body=json.dumps(body).encode(), headers=JSON_TYPE | (headers or {}))


def _body(text: str, content_type: str | None) -> Any:
    if not text:
        return {}
    if content_type != "application/json":
        raise _Refused(400, 50035, "Invalid Form Body: Content-Type must be application/json")
    try:
        return json.loads(text)
    except ValueError:
        raise _Refused(400, 50109, "The request body contains invalid JSON.") from None


def _checked_text(body: Fields) -> str:
    text = body.get("content")
    if not isinstance(text, str) or not text.strip():
        raise _Refused(400, 50006, "Cannot send an empty message")
    if len(text) > MAX_LENGTH:
        raise _Refused(400, 50035, "Invalid Form Body: content: Must be 2000 or fewer in length.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _Refused(400, 50109, "The request body contains invalid JSON.") from None
    return text.strip()


def _check_command(entry: Fields) -> None:
    texts = [entry, *entry.get("options", [])]
    for named in texts:
        name, text = named["name"], named["description"]
        if not re.fullmatch(r"[-_'\w]{1,32}", name) or name != name.lower() or not 1 <= len(text) <= 100:
            raise _Refused(400, 50035, f"Invalid Form Body: name or description of {name!r}")
    if any(not 1 <= len(text) <= 100 for text in entry.get("description_localizations", {}).values()):
        raise _Refused(400, 50035, "Invalid Form Body: description_localizations")
    if len(entry.get("options", [])) > 25:
        raise _Refused(400, 50035, "Invalid Form Body: options")


def _member() -> Fields:
    return {"roles": [], "joined_at": _iso(0), "deaf": False, "mute": False, "flags": 0, "nick": None}


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
