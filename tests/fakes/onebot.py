"""A QQ client that speaks OneBot v11, as strict as NapCat: it listens for bots, or connects to one.

Actions and events are those of github.com/botuniverse/onebot-11; `tests/adapters/test_onebot_reference.py` shows that
a bot which others wrote understands it.
"""

import asyncio
import base64
import itertools
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

DEADLINE = 20.0
SELF_ID = 10_000
ANN, BOB = 3_000_000_001, 3_000_000_002
"""QQ numbers do not fit into 32 bits."""
GROUP = 700_001
MAX_LENGTH = 4500
BAD_PARAMS, REFUSED = 1400, 1200


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot's; `place` is the action's kind and the id of group or user."""

    message_id: int
    place: tuple[str, int]
    segments: list[dict[str, Any]]
    via_group: int | None

    @property
    def text(self) -> str:
        return "".join(segment["data"]["text"] for segment in self.segments if segment["type"] == "text")

    @property
    def reply_to(self) -> int | None:
        return next((int(one["data"]["id"]) for one in self.segments if one["type"] == "reply"), None)


class FakeOneBot:
    """One account. `faults` strike the next sends: a return code, or "cut" and "silent" for one that is shown."""

    def __init__(self, token: str = "", self_id: int = SELF_ID) -> None:
        self.token = token
        self.self_id = self_id
        self.shown: list[Shown] = []
        self.faults: deque[int | str] = deque()
        self.refuses_all = False
        self.app_name = "FakeOneBot"
        self.files: list[tuple[tuple[str, int], str, bytes]] = []
        self.addresses: dict[str, str] = {}
        self.calls: list[str] = []
        self.port = 0
        self._ids = itertools.count(-2_000_000_000, 7)  # NapCat's are hashes, and may be negative
        self._known: dict[int, dict[str, Any]] = {}
        self._connection: Connection | None = None
        self._changed = asyncio.Condition()

    # -- the two directions

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Listen while the body runs (forward WebSocket); give the address."""
        async with serve(self._talk, "127.0.0.1", self.port, process_request=self._check_token) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield f"ws://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def connected_to(self, url: str, **headers: str) -> AsyncIterator[Connection]:
        """Be connected to a bot while the body runs (reverse WebSocket). More headers take the place of the usual."""
        usual = {"X-Self-ID": str(self.self_id), "X-Client-Role": "Universal", "User-Agent": "OneBot/11"}
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with connect(url, additional_headers=usual | token | headers, proxy=None) as connection:
            talking = asyncio.create_task(self._talk(connection))
            try:
                yield connection
            finally:
                talking.cancel()
                await asyncio.wait([talking])

    async def connected(self) -> None:
        """Wait until a bot is there."""
        await self.until(lambda: self._connection is not None, "a bot that connects")

    async def cut(self) -> None:
        """End the connection without a word."""
        assert self._connection is not None
        self._connection.transport.abort()
        self._connection = None

    def _check_token(self, connection: ServerConnection, request: Request) -> Response | None:
        given = request.headers.get("Authorization", "")
        if not self.token or given == f"Bearer {self.token}":
            return None
        return connection.respond(403 if given else 401, "no\n")

    # -- for the test

    async def receive(
        self,
        message: str | list[dict[str, Any]],
        *,
        user: int = ANN,
        group: int | None = None,
        message_id: int | None = None,
        **fields: object,
    ) -> int:
        """Let somebody write; return the message's id. One that was given before is the same message once more."""
        message_id = next(self._ids) if message_id is None else message_id
        if message_id not in self._known:
            segments = [text(message)] if isinstance(message, str) and "message_format" not in fields else message
            event = self._event(segments, user, group, message_id) | fields
            self._known[message_id] = event
        await self.emit(self._known[message_id])
        return message_id

    async def emit(self, payload: object) -> None:
        """Report anything."""
        assert self._connection is not None, "no bot is connected"
        await self._connection.send(payload if isinstance(payload, str) else json.dumps(payload))

    async def react(
        self,
        number: int,
        emoji: int,
        *,
        user: int = ANN,
        group: int = GROUP,
        is_removed: bool = False,
        is_lagrange: bool = False,
        **fields: object,
    ) -> None:
        """Let somebody put an emoji under a message of a group, or take it away, as NapCat or Lagrange reports it."""
        notice = {"time": int(time.time()), "self_id": self.self_id, "post_type": "notice", "group_id": group}
        notice |= {"message_id": number}
        if is_lagrange:
            kind = {"notice_type": "reaction", "sub_type": "remove" if is_removed else "add"}
            told = {"operator_id": user, "code": str(emoji), "count": int(not is_removed)}
        else:
            kind = {"notice_type": "group_msg_emoji_like", "is_add": not is_removed}
            told = {"user_id": user, "likes": [{"emoji_id": str(emoji), "count": 1}]}
        await self.emit(notice | kind | told | fields)

    async def heartbeat(self, is_online: bool) -> None:
        """Report how the client is."""
        status = {"online": is_online, "good": True}
        await self.emit(self._meta("heartbeat", status=status, interval=30_000))

    def texts(self, place: tuple[str, int]) -> list[str]:
        """Return what the bot has said in a place."""
        return [shown.text for shown in self.shown if shown.place == place]

    async def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(DEADLINE), self._changed:
                await self._changed.wait_for(is_so)
        except TimeoutError:
            raise AssertionError(f"expected {what}; shown: {self.shown}; calls: {self.calls}") from None

    # -- the protocol

    def _event(self, message: object, user: int, group: int | None, message_id: int) -> dict[str, Any]:
        place = {"message_type": "private", "sub_type": "friend"}
        if group is not None:
            place = {"message_type": "group", "sub_type": "normal"}
        sender = {"user_id": user, "nickname": f"user {user}", "card": "", "sex": "unknown", "age": 0}
        event = {"time": int(time.time()), "self_id": self.self_id, "post_type": "message", "message_id": message_id}
        event |= place | {"user_id": user, "message": message, "raw_message": "", "font": 0, "sender": sender}
        return event if group is None else event | {"group_id": group, "anonymous": None}

    def _meta(self, kind: str, **fields: object) -> dict[str, object]:
        return {
            "time": int(time.time()),
            "self_id": self.self_id,
            "post_type": "meta_event",
            "meta_event_type": kind,
        } | fields

    async def _talk(self, connection: Connection) -> None:
        try:
            await connection.send(json.dumps(self._meta("lifecycle", sub_type="connect")))
            self._connection = connection
            await self._notify()
            async for frame in connection:
                await self._answer(connection, json.loads(frame))
        except ConnectionClosed:
            pass
        finally:
            if self._connection is connection:
                self._connection = None
                await self._notify()

    async def _answer(self, connection: Connection, call: dict[str, Any]) -> None:
        assert set(call) == {"action", "params", "echo"}, f"not a call: {call}"
        action, params = call["action"], call["params"]
        self.calls.append(action)
        handler = getattr(self, f"_{action}", None)
        try:
            data = handler(params) if handler else _refuse(1404, f"unknown action {action}")
            fault = self.faults.popleft() if self.faults and action.startswith("send_") else None
            answer: dict[str, Any] = {"status": "ok", "retcode": 0, "data": data, "message": "", "wording": ""}
        except Refusal as refusal:
            fault = None
            answer = {"status": "failed", "retcode": refusal.code, "data": None, "message": str(refusal)}
        await self._notify()
        if fault == "cut":
            return await self.cut()
        if fault != "silent":
            await connection.send(json.dumps(answer | {"echo": call["echo"]}))
        return None

    def _get_status(self, _: dict[str, Any]) -> dict[str, object]:
        return {"online": True, "good": True}

    def _get_version_info(self, _: dict[str, Any]) -> dict[str, object]:
        return {"app_name": self.app_name, "app_version": "1", "protocol_version": "v11"}

    def _upload_group_file(self, params: dict[str, Any]) -> None:
        self._upload("group", params, "group_id")

    def _upload_private_file(self, params: dict[str, Any]) -> None:
        self._upload("private", params, "user_id")

    def _upload(self, kind: str, params: dict[str, Any], name: str) -> None:
        if self.refuses_all:
            _refuse(REFUSED, "the account is muted here")
        scheme, _, content = params["file"].partition("://")
        if set(params) != {name, "file", "name"} or type(params[name]) is not int or scheme != "base64":
            _refuse(BAD_PARAMS, f"bad parameters: {list(params)}")
        self.files.append(((kind, params[name]), params["name"], base64.b64decode(content, validate=True)))

    def _get_group_file_url(self, params: dict[str, Any]) -> dict[str, object]:
        return self._address("group_id", params)

    def _get_private_file_url(self, params: dict[str, Any]) -> dict[str, object]:
        return self._address("user_id", params)

    def _address(self, name: str, params: dict[str, Any]) -> dict[str, object]:
        if set(params) != {name, "file_id"} or params["file_id"] not in self.addresses:
            _refuse(REFUSED, "no such file")
        return {"url": self.addresses[params["file_id"]]}

    def _get_login_info(self, _: dict[str, Any]) -> dict[str, object]:
        return {"user_id": self.self_id, "nickname": "glmbot"}

    def _get_msg(self, params: dict[str, Any]) -> dict[str, object]:
        message_id = params["message_id"]
        if type(message_id) is not int or message_id not in self._known:
            _refuse(REFUSED, "no such message")
        known = self._known[message_id]
        wanted = ("time", "message_type", "message_id", "sender", "message")
        return {name: known[name] for name in wanted} | {"real_id": message_id}

    def _send_group_msg(self, params: dict[str, Any]) -> dict[str, object]:
        return self._show("group", params, "group_id", None)

    def _send_private_msg(self, params: dict[str, Any]) -> dict[str, object]:
        return self._show("private", params, "user_id", params.get("group_id"))

    def _send_msg(self, params: dict[str, Any]) -> dict[str, object]:
        is_group = params.get("message_type") == "group" or params.get("group_id")
        return self._send_group_msg(params) if is_group else self._send_private_msg(params)

    def _show(self, kind: str, params: dict[str, Any], name: str, via: int | None) -> dict[str, object]:
        if self.faults and isinstance(self.faults[0], int):
            _refuse(self.faults.popleft(), "sendMsg: rich media transfer failed")
        if self.refuses_all:
            _refuse(REFUSED, "the account is muted here")
        segments, target = params["message"], params[name]
        segments = [text(segments)] if isinstance(segments, str) else segments
        shown = Shown(next(self._ids), (kind, target), segments, via)
        if type(target) is not int or not all(one["type"] in ("text", "reply", "at") for one in segments):
            _refuse(BAD_PARAMS, f"bad parameters: {params}")
        if not shown.text.strip() or len(shown.text) > MAX_LENGTH:
            _refuse(BAD_PARAMS, "the text is empty or too long")
        if shown.reply_to is not None and shown.reply_to not in self._known:
            _refuse(BAD_PARAMS, "the answered message is not known")
        self.shown.append(shown)
        sender = {"user_id": self.self_id, "nickname": "glmbot"}
        known = self._event(segments, self.self_id, target if kind == "group" else None, shown.message_id)
        self._known[shown.message_id] = known | {"sender": sender}
        return {"message_id": shown.message_id}

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class Refusal(Exception):
    """A call that fails."""

    def __init__(self, code: Any, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def _refuse(code: Any, reason: str) -> dict[str, object]:
    raise Refusal(code, reason)


def text(value: str) -> dict[str, Any]:
    """Return a segment of text."""
    return {"type": "text", "data": {"text": value}}


def at(user: int | str) -> dict[str, Any]:
    """Return a segment that mentions somebody."""
    return {"type": "at", "data": {"qq": str(user)}}


def reply(message_id: int) -> dict[str, Any]:
    """Return the segment that begins a reply."""
    return {"type": "reply", "data": {"id": str(message_id)}}
