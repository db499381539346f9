"""A chat platform over real HTTP, as strict as one can be: it refuses what a platform refuses, and forgets nothing.

GET /updates?offset=N&timeout=S   waits for updates from N on; asking so confirms all before N
POST /send {chat, text, key?, reply_to?} -> {id}    with keys, a repeated one returns the first message
POST /edit {chat, id, text}       POST /typing {chat}
"""

import asyncio
import itertools
import json
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.faults.spec import MAX_LENGTH, Mode

MAX_UPDATES = 100
"""Updates in one answer, as Telegram has it."""


class Fault(StrEnum):
    """What goes wrong with one call."""

    CUT_AFTER_ACCEPT = "cut after accept"
    CUT_BEFORE_ACCEPT = "cut before accept"
    TOO_MANY = "429"
    SERVER_ERROR = "503"
    HALF_OPEN = "half open"
    """The connection stays, the call is not carried out, and no answer ever comes."""


@dataclass(frozen=True, slots=True)
class Update:
    """A message to the bot, under the number by which it is confirmed."""

    update_id: int
    message_id: str
    chat: str
    text: str


@dataclass(slots=True)
class Shown:
    """A message of the bot's that is visible; `number` grows with each one shown."""

    number: int
    chat: str
    text: str
    key: str | None
    reply_to: str | None
    at: float
    """When it was first shown, in monotonic seconds."""

    @property
    def message_id(self) -> str:
        return f"m{self.number}"


@dataclass(frozen=True, slots=True)
class Call:
    """One line of the ledger. `at` is in monotonic seconds, `outcome` is the HTTP status or the fault."""

    at: float
    kind: str
    outcome: str
    body: dict[str, object] = field(default_factory=dict)


class Platform:
    """One bot's platform. `faults[kind]` strike the next calls of that kind, one each."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.ledger: deque[Call] = deque(maxlen=500_000)
        self.faults: dict[str, deque[Fault]] = {kind: deque() for kind in ("updates", "send", "edit", "typing")}
        self.retry_after = 0.2
        self.updates: list[Update] = []
        self.shown: dict[str, Shown] = {}
        self.confirmed = 0
        """All updates below this number are confirmed."""
        self.shuffle: random.Random | None = None
        """Mixes the updates of each answer, where given."""
        self._keys: dict[str, Shown] = {}
        self._numbers = itertools.count(1)
        self._chats: set[str] = set()
        self._changed = asyncio.Condition()
        self._stopped = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Where the platform listens, also while it is down."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> "Platform":
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.down()

    async def up(self) -> None:
        """Listen, after `down` at the same port again."""
        self._stopped.clear()
        app = web.Application(middlewares=[self._note_refusals])
        app.router.add_get("/updates", self._updates)
        app.router.add_post("/send", self._send)
        app.router.add_post("/edit", self._edit)
        app.router.add_post("/typing", self._typing)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]

    async def down(self) -> None:
        """Be out of reach: no connection is taken, and those that are open end."""
        self._stopped.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # -- for the test

    async def receive(self, chat: str, text: str, *, message_id: str | None = None, times: int = 1) -> str:
        """Let a user write; return the message's id. More `times` make more updates of the same message."""
        self._chats.add(chat)
        message_id = message_id or f"in{len(self.updates) + 1}"
        for _ in range(times):
            self.updates.append(Update(len(self.updates) + 1, message_id, chat, text))
        await self._notify()
        return message_id

    @property
    def num_unconfirmed(self) -> int:
        """How many updates the bot has not confirmed yet."""
        return len(self.updates) - max(0, self.confirmed - 1)

    def texts(self, chat: str) -> list[str]:
        """Return what is visible in a chat, oldest first."""
        return [shown.text for shown in self.shown.values() if shown.chat == chat]

    def calls(self, kind: str, since: float = 0.0) -> Iterator[Call]:
        """Return the calls of one kind since a time, newest first."""
        recent = takewhile(lambda call: call.at >= since, reversed(self.ledger))
        return (call for call in recent if call.kind == kind)

    async def until(self, condition: "Callable[[Platform], bool]", what: str, deadline: float = 30.0) -> None:
        """Wait until `condition(self)` holds."""
        try:
            async with asyncio.timeout(deadline), self._changed:
                await self._changed.wait_for(lambda: condition(self))
        except TimeoutError:
            newest = [shown.text for shown in self.shown.values()][-5:]
            raise AssertionError(f"waited in vain for {what}; shown last: {newest}") from None

    # -- for the bot

    async def _updates(self, request: web.Request) -> web.StreamResponse:
        offset, timeout = int(request.query["offset"]), float(request.query["timeout"])
        if fault := self._next_fault("updates"):
            return await self._strike(request, "updates", fault, {"offset": offset})
        self.confirmed = max(self.confirmed, offset)
        self._note("updates", "200", {"offset": offset})
        await self._notify()
        first = max(self.confirmed, offset, 1)  # what was confirmed once does not come again
        await self._wait_for_update(first, timeout)
        batch = self.updates[first - 1 :][:MAX_UPDATES]
        if self.shuffle:
            self.shuffle.shuffle(batch)
        return web.json_response([_json(update) for update in batch])

    async def _wait_for_update(self, offset: int, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout), self._changed:
                await self._changed.wait_for(lambda: len(self.updates) >= offset or self._stopped.is_set())
        except TimeoutError:
            return

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        fault = self._next_fault("send")
        if fault and fault is not Fault.CUT_AFTER_ACCEPT:
            return await self._strike(request, "send", fault, body)
        key = _key(body) if self.mode is Mode.NONCE else None
        shown = self._keys.get(key) if key else None
        if shown is None:
            self._check(body)
            shown = self._show(body, key)
        if fault:
            return await self._strike(request, "send", fault, body | {"id": shown.message_id})
        self._note("send", "200", body | {"id": shown.message_id})
        await self._notify()
        return web.json_response({"id": shown.message_id})

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        if fault := self._next_fault("edit"):
            return await self._strike(request, "edit", fault, body)
        self._check(body)
        shown = self.shown.get(str(body.get("id")))
        if shown is None or shown.chat != body["chat"]:
            raise _refusal(f"there is no message {body.get('id')!r} in this chat")
        shown.text = str(body["text"])
        self._note("edit", "200", body)
        await self._notify()
        return web.json_response({})

    async def _typing(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        if fault := self._next_fault("typing"):
            return await self._strike(request, "typing", fault, body)
        if body.get("chat") not in self._chats:
            raise _refusal("unknown chat")
        self._note("typing", "200", body)
        return web.json_response({})

    @web.middleware
    async def _note_refusals(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ConnectionResetError:
            return web.Response()  # the bot has gone
        except web.HTTPBadRequest as error:
            self._note(request.path.strip("/"), "400", {"reason": error.text})
            raise

    def _show(self, body: dict[str, object], key: str | None) -> Shown:
        reply_to = body.get("reply_to")
        shown = Shown(
            next(self._numbers),
            str(body["chat"]),
            str(body["text"]),
            key,
            reply_to and str(reply_to),
            at=time.monotonic(),
        )
        self.shown[shown.message_id] = shown
        if key:
            self._keys[key] = shown
        return shown

    def _check(self, body: dict[str, object]) -> None:
        text = body.get("text")
        if body.get("chat") not in self._chats:
            raise _refusal("unknown chat")
        if not isinstance(text, str) or not text.strip():
            raise _refusal("text is empty")
        if len(text) > MAX_LENGTH:
            raise _refusal(f"text has {len(text)} characters, the most is {MAX_LENGTH}")

    def _next_fault(self, kind: str) -> Fault | None:
        return self.faults[kind].popleft() if self.faults[kind] else None

    async def _strike(
        self, request: web.Request, kind: str, fault: Fault, body: dict[str, object]
    ) -> web.StreamResponse:
        self._note(kind, fault, body)
        await self._notify()
        match fault:
            case Fault.TOO_MANY:
                return web.json_response({"retry_after": self.retry_after}, status=429)
            case Fault.SERVER_ERROR:
                return web.json_response({}, status=503)
            case Fault.HALF_OPEN:
                await self._stopped.wait()
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def _note(self, kind: str, outcome: str, body: dict[str, object]) -> None:
        self.ledger.append(Call(time.monotonic(), kind, outcome, body))

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _json(update: Update) -> dict[str, object]:
    return {
        "update_id": update.update_id,
        "message_id": update.message_id,
        "chat": update.chat,
        "text": update.text,
        "sent_at": time.time(),
    }


def _key(body: dict[str, object]) -> str:
    key = body.get("key")
    if not isinstance(key, str) or not 0 < len(key) <= 25:  # as Discord's nonce
        raise _refusal("key has no or more than 25 characters")
    return key


async def _body(request: web.Request) -> dict[str, object]:
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise _refusal("this is no JSON") from None
    if not isinstance(body, dict):
        raise _refusal("this is no JSON object")
    return body


def _refusal(reason: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": reason}), content_type="application/json")
