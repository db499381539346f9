"""Discord on a port of this machine, gateway and API, as strict as the real one: it refuses what Discord refuses.

Source: https://docs.discord.com/developers (API v10), read in 2026.
"""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from tests.fakes.discord_forms import (
    ANN,
    DM,
    EPOCH_MS,
    GENERAL,
    SERVER,
    THREAD,
    FakeChannel,
    FakeUser,
    Fields,
    Refused,
    Shown,
    check_command,
    checked_components,
    checked_text,
    guild_form,
    member_form,
    message_form,
)
from tests.fakes.discord_gateway import MESSAGE_CONTENT, FakeGateway, World

MAX_NONCE = 25
ACKNOWLEDGE_WITHIN = 3.0
DEADLINE = 20.0
SIGNATURE = "5f1e"
"""By which Discord's own addresses of files are known; without it they are refused."""
GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 9, 1 << 12
GUILD_REACTIONS, DIRECT_REACTIONS = 1 << 10, 1 << 13
JSON_TYPE = {"Content-Type": "application/json"}  # exactly: the library reads nothing else as JSON


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API, as it came in; `route` is its name in the table of routes."""

    route: str
    path: str
    body: Any


@dataclass(slots=True)
class _Interaction:
    token: str
    channel: FakeChannel
    until: float
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class _Fault:
    """What goes wrong: an answer with a status, or (status None) none at all."""

    status: int | None
    body: Fields = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    is_accepted: bool = False
    is_silent: bool = False


class FakeDiscord:
    """A Discord for one bot; used as an async context manager. `api_url` goes into the settings.

    It outlives the bot: messages, nonces, commands and the last session stay, whatever becomes of the bot. What
    happens to the connection is in `gateway`.
    """

    def __init__(self, token: str = "TEST.discord.token-do-not-log") -> None:
        self.token = token
        self.bot = FakeUser(4242, "glm_test_bot", None, bot=True)
        self.bot_role = 4343
        self.reactions: dict[int, str] = {}
        """The bot's emoji under messages, by their ids."""
        self.calls: list[Call] = []
        self.messages: list[Shown] = []
        self.commands: list[Fields] = []
        self.fetched: list[str] = []
        """Names of the files that were read, oldest first."""
        self.api_url = ""
        self._files: dict[str, bytes] = {}
        self.gateway = FakeGateway(World(lambda token: token == self.token, self._ready, self._guilds, self._notify))
        self._channels: dict[int, FakeChannel] = {channel.id: channel for channel in (DM, GENERAL, THREAD)}
        self._forbidden: set[int] = set()
        self._nonces: dict[tuple[int, str], Shown] = {}
        self._interactions: dict[int, _Interaction] = {}
        self._faults: dict[str, list[_Fault]] = {}
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
            ("react", "PUT", r"/channels/(\d+)/messages/(\d+)/reactions/([^/]+)/@me", self._react),
            ("typing", "POST", r"/channels/(\d+)/typing", self._typing),
            ("list commands", "GET", r"/applications/(\d+)/commands", self._list_commands),
            ("set commands", "PUT", r"/applications/(\d+)/commands", self._set_commands),
            ("acknowledge", "POST", r"/interactions/(\d+)/([^/]+)/callback", self._acknowledge),
        ]

    async def __aenter__(self) -> "FakeDiscord":
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/gateway{slash:/?}", self.gateway.answer)
        app.router.add_route("*", "/api/v10{path:/.*}", self._answer)
        app.router.add_get("/attachments/{channel}/{number}/{name}", self._give_out)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        address = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.api_url, self.gateway.url = f"http://{address}/api/v10", f"ws://{address}/gateway"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closing = True
        await self._notify()
        await self.gateway.shut_down()
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
            await self._announce(shown, fields=fields)
        return number

    async def react_as(
        self, message_id: int, emoji: str, *, author: FakeUser = ANN, is_removed: bool = False, **fields: object
    ) -> None:
        """Let someone put an emoji under a message, or take it away."""
        shown = self._find(message_id)
        assert shown is not None
        is_private = shown.channel.guild_id is None
        if not self.gateway.intents & (DIRECT_REACTIONS if is_private else GUILD_REACTIONS):
            return
        payload: Fields = {
            "user_id": str(author.id),
            "channel_id": str(shown.channel.id),
            "message_id": str(shown.id),
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
        }
        if not is_private:
            payload["guild_id"] = str(shown.channel.guild_id)
            if not is_removed:
                payload["member"] = member_form() | {"user": author.as_json()}
        await self.gateway.dispatch(f"MESSAGE_REACTION_{'REMOVE' if is_removed else 'ADD'}", payload | fields)

    async def change(self, message_id: int, text: str, *, is_edit: bool = True) -> None:
        """Let somebody change their message; where it is no edit, Discord does, to show a preview."""
        shown = self._find(message_id)
        assert shown is not None
        shown.text, shown.edited_at = text, int(time.time() * 1000) if is_edit else None
        await self._announce(shown, "MESSAGE_UPDATE")

    def add_file(self, name: str, content: bytes, content_type: str | None = None) -> Fields:
        """Let there be a file; return what a message has of it: `receive("", attachments=[add_file(...)])`."""
        number = self._new_id()
        path = f"/attachments/{DM.id}/{number}/{name}"
        self._files[path] = content
        url = f"{self.api_url.removesuffix('/api/v10')}{path}?ex=66&is=65&hm={SIGNATURE}&"
        fields: Fields = {"id": str(number), "filename": name, "size": len(content), "url": url, "proxy_url": url}
        return fields | ({"content_type": content_type} if content_type else {})

    def remove_files(self) -> None:
        """Let all files be gone."""
        self._files.clear()

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
        options = [{"name": key, "type": 3, "value": value} for key, value in (values or {}).items()]
        call = {"id": str(self._new_id()), "name": name, "type": 1} | ({"options": options} if options else {})
        return await self._interact({"type": 2, "data": call}, channel, author, locale, times)

    def buttons(self, channel_id: int = DM.id) -> dict[str, tuple[Shown, str]]:
        """Return the buttons in a channel by their labels: with the message above, and their ids."""
        rows = [(shown, row) for shown in self.messages if shown.channel.id == channel_id for row in shown.components]
        return {key["label"]: (shown, key["custom_id"]) for shown, row in rows for key in row["components"]}

    async def press(self, label: str, *, channel: FakeChannel = DM, author: FakeUser = ANN, times: int = 1) -> int:
        """Let someone press a button; return the interaction's id."""
        shown, custom_id = self.buttons(channel.id)[label]
        fields = {"type": 3, "data": {"component_type": 2, "custom_id": custom_id}, "message": self._form(shown)}
        return await self._interact(fields, channel, author, "en-US", times)

    async def _interact(self, fields: Fields, channel: FakeChannel, author: FakeUser, locale: str, times: int) -> int:
        self.add_channel(channel)
        number, token = self._new_id(), f"interaction-token-{next(self._counter)}"
        deadline = time.monotonic() + ACKNOWLEDGE_WITHIN
        self._interactions[number] = _Interaction(token, channel, deadline)
        payload: Fields = fields | {
            "id": str(number),
            "application_id": str(self.bot.id),
            "token": token,
            "version": 1,
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
            payload |= {"guild_id": str(channel.guild_id), "member": member_form() | {"user": author.as_json()}}
        for _ in range(times):
            await self.gateway.dispatch("INTERACTION_CREATE", payload)
        return number

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
            body = {"message": "You are being rate limited.", "retry_after": retry_after, "global": is_global}
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

    async def connected(self) -> None:
        """Wait until the bot listens."""
        await self.until(lambda: self.gateway.is_connected, "the bot to connect")

    async def until(self, is_so: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
        """Wait for something that the bot's calls bring about."""
        try:
            async with asyncio.timeout(deadline), self._changed:
                await self._changed.wait_for(is_so)
        except TimeoutError:
            raise AssertionError(f"not seen within {deadline:g} s: {what}; messages: {self.messages}") from None

    def _add_faults(self, route: str, times: int, fault: _Fault) -> None:
        if route not in {name for name, *_ in self._routes}:
            raise ValueError(f"no route {route!r}")
        self._faults.setdefault(route, []).extend([fault] * times)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _new_id(self) -> int:
        now = int(time.time() * 1000) - EPOCH_MS
        self._last_id = max(self._last_id + 1, now << 22)
        return self._last_id

    # -- what the gateway tells

    def _ready(self) -> Fields:
        application = {"id": str(self.bot.id), "flags": 0}
        guilds = [{"id": str(SERVER), "unavailable": True}]
        return {"v": 10, "user": self.bot.as_json(), "guilds": guilds, "application": application}

    def _guilds(self) -> list[Fields]:
        channels = [channel for channel in self._channels.values() if channel.guild_id == SERVER]
        last = {channel: str(shown.id) for channel in channels for shown in self.messages if shown.channel == channel}
        return [guild_form(self.bot, self.bot_role, {channel: last.get(channel) for channel in channels})]

    async def _announce(self, shown: Shown, event: str = "MESSAGE_CREATE", fields: Fields | None = None) -> None:
        is_private, intents = shown.channel.guild_id is None, self.gateway.intents
        if not intents & (DIRECT_MESSAGES if is_private else GUILD_MESSAGES):
            return
        payload = self._form(shown)
        if not is_private:
            payload |= {"guild_id": str(shown.channel.guild_id), "member": member_form()}
            if not intents & MESSAGE_CONTENT and shown.author != self.bot and not shown.mentions:
                payload["content"] = ""
        await self.gateway.dispatch(event, payload | (fields or {}))

    def _form(self, shown: Shown) -> Fields:
        return message_form(shown, None if shown.reply_to is None else self._find(shown.reply_to))

    # -- the API

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        try:
            name, handler, groups = self._route(request.method, path)
            self._check(request, name)
            if request.content_type == "multipart/form-data":
                body = await _form(request)
            else:
                body = _body(await request.text(), request.headers.get("Content-Type"))
            self.calls.append(Call(name, path, body))
            asked = _Asked(groups, dict(request.query), body)
            if faults := self._faults.get(name):
                return await self._go_wrong(faults.pop(0), request, handler, asked)
            return _json(200, await handler(asked))
        except Refused as refusal:
            return _json(refusal.status, {"message": refusal.message, "code": refusal.code})
        finally:
            await self._notify()

    async def _give_out(self, request: web.Request) -> web.Response:
        self.fetched.append(request.match_info["name"])
        content = self._files.get(request.path)
        if content is None or request.query.get("hm") != SIGNATURE:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=content, content_type="application/octet-stream")

    def _route(self, method: str, path: str) -> tuple[str, "_Handler", tuple[str, ...]]:
        for name, route_method, pattern, handler in self._routes:
            match = re.fullmatch(pattern, path)
            if match and method == route_method:
                return name, handler, match.groups()
        raise Refused(404, 0, "404: Not Found")

    def _check(self, request: web.Request, name: str) -> None:
        if not request.headers.get("User-Agent", "").startswith("DiscordBot ("):
            raise Refused(400, 40333, "internal network error")
        if name != "acknowledge" and request.headers.get("Authorization") != f"Bot {self.token}":
            raise Refused(401, 0, "401: Unauthorized")

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
        return {"url": self.gateway.url, "shards": 1, "session_start_limit": limit}

    async def _show_channel(self, asked: "_Asked") -> Fields:
        return self._channel(asked).as_json()

    async def _typing(self, asked: "_Asked") -> None:
        self._channel(asked)

    async def _send(self, asked: "_Asked") -> Fields:
        channel, nonce = self._channel(asked), asked.body.get("nonce")
        text = checked_text(asked.body)
        if nonce is not None and len(str(nonce)) > MAX_NONCE:
            raise Refused(400, 50035, "Invalid Form Body: nonce must be 25 or fewer in length.")
        if asked.body.get("enforce_nonce") and (channel.id, str(nonce)) in self._nonces:
            first = self._nonces[channel.id, str(nonce)]
            if self._find(first.id) is None:
                raise Refused(404, 10008, "Unknown Message")
            return self._form(first)
        shown = Shown(self._new_id(), channel, self.bot, text, nonce, self._reply_to(asked.body))
        shown.flags, shown.allowed_mentions = asked.body.get("flags", 0), asked.body.get("allowed_mentions")
        shown.file = asked.body.get("files[0]")
        shown.components = checked_components(asked.body)
        self._add(shown)
        if nonce is not None:
            self._nonces[channel.id, str(nonce)] = shown
        await self._announce(shown)
        return self._form(shown)

    def _reply_to(self, body: Fields) -> int | None:
        if (reference := body.get("message_reference")) is None:
            return None
        message_id = int(reference["message_id"])
        if self._find(message_id) is not None:
            return message_id
        if reference.get("fail_if_not_exists", True):
            raise Refused(400, 50035, "Invalid Form Body: message_reference: Unknown message")
        return None

    async def _edit(self, asked: "_Asked") -> Fields:
        channel, shown = self._channel(asked), self._find(int(asked.groups[1]))
        if shown is None or shown.channel != channel:
            raise Refused(404, 10008, "Unknown Message")
        if shown.author != self.bot:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
        shown.text, shown.edited_at = checked_text(asked.body), int(time.time() * 1000)
        shown.allowed_mentions = asked.body.get("allowed_mentions")
        if "components" in asked.body:
            shown.components = checked_components(asked.body)
        await self._announce(shown, "MESSAGE_UPDATE")
        return self._form(shown)

    async def _react(self, asked: "_Asked") -> None:
        channel, shown, emoji = self._channel(asked), self._find(int(asked.groups[1])), unquote(asked.groups[2])
        if shown is None or shown.channel != channel:
            raise Refused(404, 10008, "Unknown Message")
        if emoji.isascii():
            raise Refused(400, 10014, "Unknown Emoji")
        self.reactions[shown.id] = emoji

    async def _history(self, asked: "_Asked") -> list[Fields]:
        channel, limit = self._channel(asked), int(asked.query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise Refused(400, 50035, "Invalid Form Body: limit must be between 1 and 100.")
        after = int(asked.query.get("after", 0))
        found = [shown for shown in self.messages if shown.channel == channel and shown.id > after]
        page = found[:limit] if "after" in asked.query else found[-limit:]
        return [self._form(shown) for shown in reversed(page)]

    async def _list_commands(self, asked: "_Asked") -> list[Fields]:
        hidden = () if asked.query.get("with_localizations") == "true" else ("description_localizations",)
        return [{key: value for key, value in entry.items() if key not in hidden} for entry in self.commands]

    async def _set_commands(self, asked: "_Asked") -> list[Fields]:
        if len(asked.body) > 100 or len({entry["name"] for entry in asked.body}) < len(asked.body):
            raise Refused(400, 50035, "Invalid Form Body")
        for entry in asked.body:
            check_command(entry)
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
            raise Refused(404, 10062, "Unknown interaction")
        if interaction.is_answered:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        interaction.is_answered = True
        if asked.body["type"] == 4:
            shown = Shown(self._new_id(), interaction.channel, self.bot, checked_text(asked.body["data"]), type=20)
            shown.allowed_mentions = asked.body["data"].get("allowed_mentions")
            self._add(shown)
            await self._announce(shown)

    def _channel(self, asked: "_Asked") -> FakeChannel:
        channel = self._channels.get(int(asked.groups[0]))
        if channel is None:
            raise Refused(404, 10003, "Unknown Channel")
        if channel.id in self._forbidden:
            raise Refused(403, 50001, "Missing Access")
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


def _json(status: int, body: object, headers: dict[str, str] | None = None) -> web.Response:
    if body is None:
        return web.Response(status=204, headers=headers)
    return web.Response(status=status, body=json.dumps(body).encode(), headers=JSON_TYPE | (headers or {}))


async def _form(request: web.Request) -> Any:
    """Read a form with one file: it comes beside "payload_json", which describes it under "attachments"."""
    form = await request.post()
    payload, file = form.get("payload_json"), form.get("files[0]")
    if not isinstance(payload, str) or not isinstance(file, web.FileField):
        raise Refused(400, 50035, "Invalid Form Body: payload_json and files[0] belong together")
    body = _body(payload, "application/json")
    if [attachment["id"] for attachment in body["attachments"]] != [0]:
        raise Refused(400, 50035, "Invalid Form Body: attachments: unknown file")
    return body | {"files[0]": (file.filename, file.file.read())}


def _body(text: str, content_type: str | None) -> Any:
    if not text:
        return {}
    if content_type != "application/json":
        raise Refused(400, 50035, "Invalid Form Body: Content-Type must be application/json")
    try:
        return json.loads(text)
    except ValueError:
        raise Refused(400, 50109, "The request body contains invalid JSON.") from None
