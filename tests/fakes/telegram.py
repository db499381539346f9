"""The Bot API on a port of this machine, as strict as Telegram's: it refuses what Telegram refuses.

Source: https://core.telegram.org/bots/api, read in 2026; error texts as the open Bot API server words them.
"""

import asyncio
import gzip
import io
import itertools
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tests.fakes.telegram_html import BadMarkupError, visible_text

MAX_LENGTH = 4096
REACTIONS = "👍👎❤🔥👏😁🤔👀"  # some of those that there are
MAX_PHOTO = 10 << 20
MAX_CAPTION = 1024
MAX_DOCUMENT = 50 << 20
MAX_DOWNLOAD = 20 << 20
DEADLINE = 20.0

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FakeUser:
    """Someone who writes to the bot."""

    id: int
    first_name: str = "Ann"
    language_code: str | None = "en"
    is_bot: bool = False

    def as_json(self) -> Params:
        """Return the Bot API's form of a user."""
        fields = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        return fields | ({"language_code": self.language_code} if self.language_code else {})


@dataclass(frozen=True, slots=True)
class FakeChat:
    """A place to write in; `topics` are the thread ids of a forum."""

    id: int
    type: str = "private"
    topics: tuple[int, ...] = ()

    def as_json(self) -> Params:
        """Return the Bot API's form of a chat."""
        return {"id": self.id, "type": self.type}


ANN = FakeUser(1001)
PRIVATE = FakeChat(1001)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the bot, as it came in."""

    method: str
    params: Params
    headers: Mapping[str, str]


@dataclass(slots=True)
class Shown:
    """A message of the bot that can be seen; `text` is what is left of the markup."""

    chat_id: int
    message_id: int
    text: str
    source: str
    parse_mode: str | None
    reply_to: int | None = None
    thread_id: int | None = None
    file: tuple[str, bytes] | None = None
    """Name and content of a document; the text is its caption."""
    buttons: dict[str, str] = field(default_factory=dict)
    """What each button stands for, by its label."""


@dataclass(slots=True)
class _Fault:
    """What goes wrong: an answer with a status, or (status None) none at all."""

    status: int | None
    description: str = ""
    parameters: Params = field(default_factory=dict)
    is_accepted: bool = False
    is_silent: bool = False
    is_bomb: bool = False


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    content: bytes
    said_size: int | None


class _Refused(Exception):
    def __init__(self, status: int, description: str, **parameters: object) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


class FakeTelegram:
    """A Telegram for one bot; used as an async context manager. `base_url` goes into the settings."""

    def __init__(self, token: str = "123456:TEST-token-do-not-log", username: str = "glm_test_bot") -> None:
        self.token = token
        self.bot = {"id": 4242, "is_bot": True, "first_name": "GLM", "username": username}
        self.calls: list[Call] = []
        self.messages: list[Shown] = []
        self.commands: dict[str, list[Params]] = {}
        self.chat_actions: list[Params] = []
        self.unknown_methods: list[str] = []
        self.fetched: list[str] = []
        """Paths of the files that were read, oldest first."""
        self.webhook_url = ""
        self.webhook_statuses: list[int | None] = []
        """How the bot answered each delivery; None: not at all."""
        self.forward_to = 0
        """The port on loopback that a proxy in front of the bot passes deliveries on to."""
        self._webhook_secret = ""
        self._delivering: asyncio.Task[None] | None = None
        self.base_url = ""
        self._files: dict[str, _File] = {}  # by file id
        self._chats: dict[int, FakeChat] = {}
        self._blocked: set[int] = set()
        self._migrated: dict[int, int] = {}
        self._numbers: set[tuple[int, int]] = set()  # chat and number of every message there is
        self._updates: dict[int, str] = {}  # as JSON
        self.reactions: dict[tuple[int, int], str] = {}
        """The bot's emoji under messages, by chat and number."""
        self._wanted: Sequence[str] = ()
        """The kinds of updates that the bot has asked for; without it there are no reactions among them."""
        self._presses: dict[str, bool] = {}
        """The presses of buttons, and whether the bot has answered them."""
        self._faults: dict[str, list[_Fault]] = {}
        self._update_ids = itertools.count(900_001)
        self._message_ids = itertools.count(1)
        self._num_polls = 0
        self._is_closing = False
        self._is_held = False
        self._changed = asyncio.Condition()
        self._methods: dict[str, Callable[[Params], Awaitable[object]]] = {
            "getme": self._get_me,
            "getwebhookinfo": self._get_webhook_info,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "setmycommands": self._set_my_commands,
            "getupdates": self._get_updates,
            "sendmessage": self._send_message,
            "senddocument": partial(self._send_file, "document"),
            "sendphoto": partial(self._send_file, "photo"),
            "sendvoice": partial(self._send_file, "voice"),
            "editmessagetext": self._edit_message_text,
            "sendchataction": self._send_chat_action,
            "answercallbackquery": self._answer_callback_query,
            "setmessagereaction": self._set_message_reaction,
            "getfile": self._get_file,
        }

    # -- for tests: the other side of the chat

    async def __aenter__(self) -> "FakeTelegram":
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.+}", self._give_out)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/bot"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closing = True
        if self._delivering is not None:
            self._delivering.cancel()
        await self._notify()
        await self._runner.cleanup()

    async def receive(
        self,
        text: str,
        *,
        chat: FakeChat = PRIVATE,
        sender: FakeUser = ANN,
        message_id: int | None = None,
        times: int = 1,
        **fields: object,
    ) -> int:
        """Let someone write to the bot, `times` updates of one message; return the message's number."""
        self.add_chat(chat)
        number = next(self._message_ids) if message_id is None else message_id
        self._numbers.add((chat.id, number))
        message = {"message_id": number, "date": int(time.time()), "chat": chat.as_json(), "from": sender.as_json()}
        for _ in range(times):
            await self.push({"message": message | ({"text": text} if text else {}) | fields})
        return number

    async def press(
        self, label: str, *, chat: FakeChat = PRIVATE, sender: FakeUser = ANN, times: int = 1, **fields: object
    ) -> str:
        """Let someone press the newest button with this label in a chat; return the press's id. Raises LookupError."""
        shown = [one for one in self.messages if one.chat_id == chat.id and label in one.buttons][-1]
        query_id = str(next(self._message_ids) + 10**18)
        self._presses[query_id] = False
        message = self._message(shown, chat) | fields
        query = {"id": query_id, "from": sender.as_json(), "message": message, "chat_instance": "1"}
        for _ in range(times):
            await self.push({"callback_query": query | {"data": shown.buttons[label]}})
        return query_id

    async def react(
        self,
        number: int,
        old: Sequence[str],
        new: Sequence[str],
        *,
        chat: FakeChat = PRIVATE,
        sender: FakeUser = ANN,
    ) -> None:
        """Let someone change which emojis of theirs stand under a message. In a group the bot is an admin."""
        assert (chat.id, number) in self._numbers
        if "message_reaction" not in self._wanted:
            return
        change = {"chat": chat.as_json(), "message_id": number, "user": sender.as_json(), "date": int(time.time())}
        groups = {"old_reaction": old, "new_reaction": new}
        change |= {name: [{"type": "emoji", "emoji": one} for one in group] for name, group in groups.items()}
        await self.push({"message_reaction": change})

    def is_answered(self, query_id: str) -> bool:
        """Tell whether the bot has answered a press: until then the button shows a sign of waiting."""
        return self._presses[query_id]

    def add_file(
        self,
        name: str,
        content: bytes,
        mime_type: str | None = None,
        *,
        folder: str = "documents",
        path: str | None = None,
        said_size: int | None = None,
    ) -> Params:
        """Let there be a file; return what a message has of it: `receive("", document=add_file(...))`.

        `path` and `said_size` are what getFile says, where it shall not be the truth.
        """
        file_id = f"BQACAgIAAxkBAAI-{len(self._files)}_x"
        ending = f".{name.rpartition('.')[2]}" if "." in name else ""
        place = f"{folder}/file_{len(self._files)}{ending}" if path is None else path
        self._files[file_id] = _File(place, content, said_size)
        fields = {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_name": name, "file_size": len(content)}
        return fields | ({"mime_type": mime_type} if mime_type else {})

    def remove_files(self) -> None:
        """Let all files be gone."""
        self._files.clear()

    async def push(self, update: Params) -> int:
        """Give out an update as it is, well formed or not; return its number."""
        return await self.push_raw(json.dumps(update))

    async def push_raw(self, update: str) -> int:
        """Give out an update, whose JSON this is (an object); return its number."""
        update_id = next(self._update_ids)
        rest = update.removeprefix("{")
        self._updates[update_id] = f'{{"update_id": {update_id}{", " if rest != "}" else ""}{rest}'
        await self._notify()
        return update_id

    def add_chat(self, chat: FakeChat) -> None:
        """Let the bot know a chat; one that it does not know is "not found"."""
        self._chats[chat.id] = chat

    def block(self, chat_id: int) -> None:
        """Let the bot be blocked in a chat."""
        self._blocked.add(chat_id)

    def migrate(self, chat_id: int, new_chat: FakeChat) -> None:
        """Turn a group into a supergroup with an id of its own."""
        self.add_chat(new_chat)
        self._migrated[chat_id] = new_chat.id

    def fail(
        self,
        method: str,
        status: int,
        description: str = "",
        *,
        retry_after: int | None = None,
        times: int = 1,
        is_accepted: bool = False,
    ) -> None:
        """Answer the next calls of a method with an error; `is_accepted`: after doing what they ask."""
        parameters = {} if retry_after is None else {"retry_after": retry_after}
        self._add_faults(method, times, _Fault(status, description or f"Error {status}", parameters, is_accepted))

    def cut(self, method: str, *, times: int = 1, is_accepted: bool = True) -> None:
        """Cut the connection of the next calls of a method, after doing what they ask or before."""
        self._add_faults(method, times, _Fault(None, is_accepted=is_accepted))

    def hang(self, method: str, *, times: int = 1, is_accepted: bool = True) -> None:
        """Never answer the next calls of a method."""
        self._add_faults(method, times, _Fault(None, is_accepted=is_accepted, is_silent=True))

    def bomb(self, method: str, *, times: int = 1) -> None:
        """Answer the next calls of a method with a gigabyte that is sent as a megabyte."""
        self._add_faults(method, times, _Fault(200, is_bomb=True))

    def hold(self) -> None:
        """Take every call from now on, and never answer one."""
        self._is_held = True

    def release(self) -> None:
        """Answer calls again; those that were held are not answered any more."""
        self._is_held = False

    def visible(self, chat_id: int = PRIVATE.id) -> list[str]:
        """Return what the bot has written in a chat, as it is seen now, oldest first."""
        return [shown.text for shown in self.messages if shown.chat_id == chat_id]

    async def sent(self, number: int, chat_id: int = PRIVATE.id) -> list[str]:
        """Wait until the bot has at least so many messages in a chat, and return what is visible."""
        await self.until(lambda: len(self.visible(chat_id)) >= number, f"{number} messages in chat {chat_id}")
        return self.visible(chat_id)

    def calls_of(self, method: str) -> list[Params]:
        """Return the parameters of every call of a method, oldest first."""
        return [call.params for call in self.calls if call.method == method.lower()]

    @property
    def num_unconfirmed(self) -> int:
        """How many updates the bot has not confirmed yet."""
        return len(self._updates)

    async def until(self, is_so: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
        """Wait for something that the bot's calls bring about."""
        try:
            async with asyncio.timeout(deadline), self._changed:
                await self._changed.wait_for(is_so)
        except TimeoutError:
            raise AssertionError(f"not seen within {deadline:g} s: {what}; visible: {self.messages}") from None

    def _add_faults(self, method: str, times: int, fault: _Fault) -> None:
        if method.lower() not in self._methods:
            raise ValueError(f"no method {method!r}")
        self._faults.setdefault(method.lower(), []).extend([fault] * times)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    # -- the wire

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()  # "All methods in the Bot API are case-insensitive"
        try:
            if request.match_info["token"] != self.token:
                raise _Refused(401, "Unauthorized")
            if method not in self._methods:
                self.unknown_methods.append(method)
                raise _Refused(404, "Not Found: method not found")
            params = await _params(request)
            self.calls.append(Call(method, params, request.headers))
            if self._is_held:
                return await self._go_wrong(_Fault(None, is_silent=True), request, params, method)
            faults = self._faults.get(method)
            if faults:
                return await self._go_wrong(faults.pop(0), request, params, method)
            return web.json_response(text=f'{{"ok": true, "result": {_json(await self._methods[method](params))}}}')
        except _Refused as refusal:
            return _error(refusal.status, refusal.description, refusal.parameters)
        finally:
            await self._notify()

    async def _go_wrong(self, fault: _Fault, request: web.Request, params: Params, method: str) -> web.StreamResponse:
        if fault.is_accepted:
            await self._methods[method](params)
            await self._notify()
        if fault.is_bomb:
            bomb = gzip.compress(bytes(1 << 20), 1) * 1024
            return web.Response(body=bomb, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})
        if fault.status is not None:
            return _error(fault.status, fault.description, fault.parameters)
        if fault.is_silent:
            async with self._changed:
                await self._changed.wait_for(lambda: self._is_closing)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    # -- the methods

    async def _get_me(self, params: Params) -> Params:
        return self.bot

    async def _get_webhook_info(self, params: Params) -> Params:
        return {"url": self.webhook_url, "has_custom_certificate": False, "pending_update_count": len(self._updates)}

    async def _set_webhook(self, params: Params) -> bool:
        url, secret = params["url"], params.get("secret_token", "")
        if not url.startswith("https://") or "unreachable" in url:
            raise _Refused(400, "Bad Request: bad webhook: Failed to resolve host: Name or service not known")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise _Refused(400, "Bad Request: secret token contains unallowed characters")
        if int(params["max_connections"]) != 1:
            raise NotImplementedError("this fake delivers one after another")
        self._wanted = json.loads(params.get("allowed_updates", "[]"))
        self.webhook_url, self._webhook_secret = url, secret
        if self._delivering is None:
            self._delivering = asyncio.create_task(self._deliver())
        return True

    async def _deliver(self) -> None:
        """Post the oldest update until it is answered 200, and then the next, while there is a webhook."""
        headers = {"Content-Type": "application/json"}
        async with ClientSession(timeout=ClientTimeout(total=60)) as session:
            while True:
                async with self._changed:
                    await self._changed.wait_for(lambda: self._updates and self.webhook_url)
                update_id, update = next(iter(self._updates.items()))
                headers["X-Telegram-Bot-Api-Secret-Token"] = self._webhook_secret
                try:
                    address = f"http://127.0.0.1:{self.forward_to}/telegram"
                    async with session.post(address, data=io.BytesIO(update.encode()), headers=headers) as response:
                        self.webhook_statuses.append(response.status)
                except ClientError:
                    self.webhook_statuses.append(None)
                if self.webhook_statuses[-1] == 200:
                    self._updates.pop(update_id, None)
                else:
                    await asyncio.sleep(0.05)
                await self._notify()

    async def _delete_webhook(self, params: Params) -> bool:
        self.webhook_url = ""
        if params.get("drop_pending_updates") in (True, "true"):
            self._updates.clear()
        return True

    async def _set_my_commands(self, params: Params) -> bool:
        commands = json.loads(params["commands"])
        if len(commands) > 100:
            raise _Refused(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            name, text = command["command"], command["description"]
            if not (1 <= len(name) <= 32 and name.isascii() and name == name.lower()):
                raise _Refused(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(text) <= 256:
                raise _Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[params.get("language_code", "")] = commands
        return True

    async def _get_updates(self, params: Params) -> "_Updates":
        if self.webhook_url:
            raise _Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        self._wanted = json.loads(params.get("allowed_updates", "[]"))
        self._num_polls += 1
        poll = self._num_polls
        await self._notify()
        offset = int(params.get("offset", 0))
        for update_id in [number for number in self._updates if number < offset]:
            del self._updates[update_id]
        try:
            async with asyncio.timeout(float(params.get("timeout", 0))), self._changed:
                await self._changed.wait_for(lambda: self._updates or self._num_polls > poll or self._is_closing)
        except TimeoutError:
            return _Updates([])
        if self._num_polls > poll:
            raise _Refused(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            )
        return _Updates(list(self._updates.values())[: int(params.get("limit", 100))])

    async def _send_message(self, params: Params) -> Params:
        chat = self._chat(params)
        text = _visible(params)
        reply_to = self._reply_to(params, chat)
        thread_id = int(params["message_thread_id"]) if "message_thread_id" in params else None
        number = next(self._message_ids)
        shown = Shown(chat.id, number, text, params["text"], params.get("parse_mode"), reply_to, thread_id)
        shown.buttons = _buttons(params)
        self.messages.append(shown)
        self._numbers.add((chat.id, number))
        return self._message(shown, chat)

    async def _send_file(self, kind: str, params: Params) -> Params:
        name, content = params[kind]  # by "attach://", as a part of the form or as a file id: only the first here
        if not content:
            raise _Refused(400, "Bad Request: file must be non-empty")
        if len(content) > (MAX_PHOTO if kind == "photo" else MAX_DOCUMENT):
            raise _Refused(413, "Request Entity Too Large")
        chat = self._chat(params)
        caption = _visible({"text": params["caption"], "parse_mode": params.get("parse_mode")}, MAX_CAPTION)
        thread_id = int(params["message_thread_id"]) if "message_thread_id" in params else None
        number = next(self._message_ids)
        file, reply_to = (name, content), self._reply_to(params, chat)
        buttons, parse_mode = _buttons(params), params.get("parse_mode")
        self.messages.append(
            Shown(chat.id, number, caption, params["caption"], parse_mode, reply_to, thread_id, file, buttons)
        )
        self._numbers.add((chat.id, number))
        shown = self._message(self.messages[-1], chat)
        del shown["text"]
        ids = {"file_id": f"f{number}", "file_unique_id": f"u{number}"}
        forms: dict[str, object] = {
            "document": ids | {"file_name": name},
            "photo": [ids | {"width": 8, "height": 8}],
            "voice": ids | {"duration": 1},
        }
        return shown | {"caption": caption, kind: forms[kind]}

    async def _edit_message_text(self, params: Params) -> Params:
        chat = self._chat(params)
        text = _visible(params)
        wanted = (chat.id, int(params["message_id"]))
        shown = next((shown for shown in self.messages if (shown.chat_id, shown.message_id) == wanted), None)
        if shown is None:
            raise _Refused(400, "Bad Request: message to edit not found")
        buttons = _buttons(params)
        new = (params["text"], params.get("parse_mode"), buttons)
        if (shown.source, shown.parse_mode, shown.buttons) == new:
            raise _Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message",
            )
        shown.text, (shown.source, shown.parse_mode, shown.buttons) = text, new
        return self._message(shown, chat)

    async def _set_message_reaction(self, params: Params) -> bool:
        chat, number = self._chat(params), int(params["message_id"])
        (reaction,) = json.loads(params["reaction"])
        if (chat.id, number) not in self._numbers:
            raise _Refused(400, "Bad Request: message to react not found")
        if reaction["type"] != "emoji" or reaction["emoji"] not in REACTIONS:
            raise _Refused(400, "Bad Request: REACTION_INVALID")
        self.reactions[chat.id, number] = reaction["emoji"]
        return True

    async def _answer_callback_query(self, params: Params) -> bool:
        query_id = params["callback_query_id"]
        if self._presses.get(query_id) is not False:
            raise _Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self._presses[query_id] = True
        return True

    async def _send_chat_action(self, params: Params) -> bool:
        self._chat(params)
        if params.get("action") != "typing":
            raise _Refused(400, "Bad Request: wrong parameter action in request")
        self.chat_actions.append(params)
        return True

    async def _get_file(self, params: Params) -> Params:
        if params["file_id"] not in self._files:
            raise _Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        file = self._files[params["file_id"]]
        size = len(file.content) if file.said_size is None else file.said_size
        if size > MAX_DOWNLOAD:
            raise _Refused(400, "Bad Request: file is too big")
        return {"file_id": params["file_id"], "file_unique_id": "u", "file_size": size, "file_path": file.path}

    async def _give_out(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        self.fetched.append(path)
        content = next((file.content for file in self._files.values() if file.path == path), None)
        if request.match_info["token"] != self.token or content is None:
            return _error(404, "Not Found", {})
        return web.Response(body=content, content_type="application/octet-stream")

    def _chat(self, params: Params) -> FakeChat:
        chat_id = int(params["chat_id"])
        if chat_id in self._migrated:
            new_id = self._migrated[chat_id]
            raise _Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=new_id)
        if chat_id not in self._chats:
            raise _Refused(400, "Bad Request: chat not found")
        if chat_id in self._blocked:
            raise _Refused(403, "Forbidden: bot was blocked by the user")
        chat = self._chats[chat_id]
        if "message_thread_id" in params and int(params["message_thread_id"]) not in chat.topics:
            raise _Refused(400, "Bad Request: message thread not found")
        return chat

    def _reply_to(self, params: Params, chat: FakeChat) -> int | None:
        if "reply_parameters" not in params:
            return None
        reply = json.loads(params["reply_parameters"])
        if (chat.id, reply["message_id"]) in self._numbers:
            return int(reply["message_id"])
        if reply.get("allow_sending_without_reply"):
            return None
        raise _Refused(400, "Bad Request: message to be replied not found")

    def _message(self, shown: Shown, chat: FakeChat) -> Params:
        return {
            "message_id": shown.message_id,
            "from": self.bot,
            "chat": chat.as_json(),
            "date": int(time.time()),
            "text": shown.text,
        }


@dataclass(frozen=True, slots=True)
class _Updates:
    """Updates, each as its JSON."""

    texts: list[str]


def _json(value: object) -> str:
    return f"[{','.join(value.texts)}]" if isinstance(value, _Updates) else json.dumps(value)


async def _params(request: web.Request) -> Params:
    if request.content_type == "multipart/form-data":
        return await _parts(request)
    body = await request.text()
    try:
        fields = json.loads(body) if request.content_type == "application/json" else _form(body)
    except UnicodeDecodeError as error:
        raise _Refused(400, "Bad Request: strings must be encoded in UTF-8") from error
    return dict(request.query) | fields


async def _parts(request: web.Request) -> Params:
    """Read a form with files; "attach://NAME" stands for the part of that name."""
    form = await request.post()
    fields: Params = {}
    for key, value in form.items():
        fields[key] = (value.filename, value.file.read()) if isinstance(value, web.FileField) else value
    for key, value in fields.items():
        if isinstance(value, str) and value.startswith("attach://"):
            fields[key] = fields[value.removeprefix("attach://")]
    return fields


def _form(body: str) -> Params:
    return dict(parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body), errors="strict"))


def _buttons(params: Params) -> dict[str, str]:
    """Return what the inline buttons of a call stand for, by their labels."""
    rows = json.loads(params["reply_markup"])["inline_keyboard"] if "reply_markup" in params else []
    keys = [key for row in rows for key in row]
    for key in keys:
        if not 1 <= len(key["callback_data"].encode()) <= 64:
            raise _Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        if not key["text"].strip():
            raise _Refused(400, "Bad Request: text buttons are unallowed to be empty")
    if len(keys) > 100 or any(not 1 <= len(row) <= 8 for row in rows):
        raise _Refused(400, "Bad Request: reply markup is too long")
    return {key["text"]: key["callback_data"] for key in keys}


def _visible(params: Params, max_length: int = MAX_LENGTH) -> str:
    """Return the text that is left when the markup is read, or refuse it."""
    text: str = params.get("text", "")
    parse_mode = params.get("parse_mode")
    if parse_mode not in (None, "HTML"):
        raise _Refused(400, "Bad Request: unsupported parse_mode")
    if parse_mode == "HTML":
        try:
            text = visible_text(text)
        except BadMarkupError as error:
            raise _Refused(400, f"Bad Request: can't parse entities: {error}") from error
    text = text.strip()
    if not text:
        raise _Refused(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > max_length:
        raise _Refused(400, "Bad Request: message is too long")
    return text


def _error(status: int, description: str, parameters: Params) -> web.Response:
    body = {"ok": False, "error_code": status, "description": description}
    return web.json_response(body | ({"parameters": parameters} if parameters else {}), status=status)
