"""OneBot v11, the interface of QQ clients such as NapCat and Lagrange, over WebSocket in either direction.

Source: github.com/botuniverse/onebot-11. There are kept libraries, aiocqhttp and nonebot's adapter. Both are frameworks
that hand each event to a task of its own; an order that holds and a connection that is not read while nothing can be
stored are what this adapter is about, so it speaks the protocol itself, on `websockets`.
"""

import asyncio
import hmac
import http
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.http11 import Request, Response

from glmbot.adapters import onebot_files
from glmbot.adapters.base import Accept, Capabilities, CommandInfo, OutgoingMessage
from glmbot.adapters.news import News
from glmbot.adapters.onebot_events import Heard, heard_in, message_id_in, platform_id
from glmbot.adapters.onebot_link import MAX_FRAME, AnswerLost, CallRefused, Link, NothingSent, TokenRefused, Waits
from glmbot.adapters.onebot_message import as_id
from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.errors import ConfigError, NotDelivered, RetryLater
from glmbot.events import Attachment, Chat, ChatKind, MessageRef
from glmbot.guarded_http.fetch import fetch
from glmbot.guarded_http.guard import Guard
from glmbot.settings import OneBotSettings

logger = logging.getLogger(__name__)

NOT_CONNECTED_WAIT = 2.0
MAX_REMEMBERED = 1000
"""Messages of the bot's own whose ids are kept, to know a reply to them without asking."""
REPLACED = 1000
POLICY_VIOLATION = 1008
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class OneBotAdapter:
    """The bot on one QQ account.

    Incoming: events are pushed, unconfirmed, and never repeated; see `News`. Outgoing: a call whose answer is lost
    is not repeated, since there are no keys: `NotDelivered`. Where the connection had ended before, `RetryLater`.
    """

    def __init__(
        self, name: str, settings: OneBotSettings, *, waits: Waits | None = None, guard: Guard | None = None
    ) -> None:
        self.name = name
        self._settings = settings
        self._token = settings.access_token.get_secret_value()
        self._waits = waits or Waits()
        self._commands: frozenset[str] = frozenset()
        self._news: News[Heard] = News(name)
        self._sent: OrderedDict[str, None] = OrderedDict()
        self._guard = guard or Guard()
        self._link: Link | None = None
        self._known_link: Link | None = None
        self._has_files = False
        self._is_online = True
        _check(name, settings)

    @property
    def capabilities(self) -> Capabilities:
        """What QQ can do: plain text, no edits. Files, where its client takes them, which the first message tells."""
        return Capabilities(
            form=TextForm(Markup.PLAIN, 4000, LengthUnit.CHARACTERS),
            edit_interval=None,
            typing_interval=None,
            has_idempotent_send=False,
            can_send_files=self._has_files,
        )

    @property
    def account_key(self) -> str:
        """Where the QQ client is, or where it comes to."""
        return self._settings.url or f"{self._settings.host}:{self._settings.port}"

    @property
    def last_traffic_at(self) -> float:
        """When the QQ client was last heard (its heartbeats count), or a message offered."""
        return max(self._news.offered_at, self._link.last_traffic_at if self._link else 0.0)

    def set_commands(self, commands: Sequence[CommandInfo]) -> None:
        """Remember which words are commands; QQ has no menu."""
        self._commands = frozenset(command.name.lower() for command in commands)

    async def probe(self) -> bool:
        """Ask the QQ client how it is; it keeps no news back."""
        await self._connected().call("get_status", {}, self._waits.answer)
        return False

    async def run(self, accept: Accept) -> None:
        """Receive messages until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._serve() if self._settings.port else self._stay_connected())
                tasks.create_task(self._news.take_in(partial(self._accept, accept)))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Send a message; in a group it shows which one it answers."""
        if self._news.is_full:
            raise RetryLater("nothing is read while messages wait to be stored", NOT_CONNECTED_WAIT)
        answer = await self._call(*_call_of(message), wait=self._waits.upload if message.body.file else None)
        message_id = as_id(answer.get("message_id"))
        if message_id is not None:
            self._remember(message_id)
        return MessageRef(message.chat, message_id or message.key)

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Refuse: QQ has no edits."""
        raise NotDelivered("QQ cannot change what was sent")

    async def show_typing(self, chat: Chat) -> None:
        """Show nothing: OneBot v11 has no such sign."""

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Return a file of a message, from the address that the QQ client tells."""
        if (address := onebot_files.address_in(attachment)) is None:
            address = str((await self._call(*onebot_files.address_call(attachment))).get("url") or "")
        return await fetch(address, max_bytes, self._guard)

    async def _call(self, action: str, params: Mapping[str, object], wait: float | None = None) -> Mapping[str, Any]:
        try:
            return await self._connected().call(action, params, wait or self._waits.answer)
        except NothingSent:
            raise RetryLater(f"adapter {self.name!r} was cut off", NOT_CONNECTED_WAIT) from None
        except AnswerLost as error:
            raise NotDelivered(f"the answer was lost, so what was sent may be visible: {error}") from error
        except CallRefused as error:
            raise NotDelivered(f"the QQ client refuses {action}: {error}") from error

    def _connected(self) -> Link:
        if self._link is None:
            raise RetryLater(f"adapter {self.name!r}: no QQ client is connected", NOT_CONNECTED_WAIT)
        return self._link

    def _remember(self, message_id: str) -> None:
        self._sent[message_id] = None
        if len(self._sent) > MAX_REMEMBERED:
            self._sent.popitem(last=False)

    # -- receiving

    async def _hear(self, payload: Mapping[str, Any]) -> None:
        """Put news behind those that wait, and note whether QQ itself can be reached."""
        self._note_status(payload.get("status"))
        try:
            news = heard_in(payload, self.name, self._commands)
        except ValueError as error:
            logger.warning("adapter %r: a message cannot be read: %s", self.name, error)
            return
        for heard in news:
            await self._news.put(heard)

    def _note_status(self, status: object) -> None:
        is_online = not isinstance(status, dict) or status.get("online") is not False
        if self._is_online and not is_online:
            logger.error("adapter %r: the QQ client has lost QQ; log in there again", self.name)
        self._is_online = is_online

    async def _accept(self, accept: Accept, heard: Heard) -> None:
        event = heard.event
        await self._get_to_know()
        if event.reaction is not None:
            message_id = await self._name_of(event.reaction.message_id, heard.self_id)
            event = replace(event, reaction=replace(event.reaction, message_id=message_id))
        elif not event.is_addressed and await self._is_reply_to_us(heard):
            event = replace(event, is_addressed=True)
        await accept(event)

    async def _get_to_know(self) -> None:
        """Learn whether a client that is new takes files, before anything is answered by it."""
        if (link := self._link) is None or link is self._known_link:
            return
        try:
            version = await link.call("get_version_info", {}, self._waits.lookup)
        except (NothingSent, AnswerLost, CallRefused) as error:
            logger.info("adapter %r: the QQ client does not tell what it is: %s", self.name, error)
            version = {}
        self._has_files = onebot_files.has_files(version.get("app_name"))
        self._known_link = link

    async def _is_reply_to_us(self, heard: Heard) -> bool:
        """Tell whether the message answers one of ours. Where nobody can say, it counts as another's."""
        replied_to = heard.replied_to
        if replied_to is None or replied_to in self._sent:
            return replied_to is not None
        message = await self._look_up(replied_to)
        return message is not None and _is_by(heard.self_id, message)

    async def _name_of(self, number: str, self_id: str) -> str:
        """Return what the bot calls a message of this number: its own ones by it, others by their time as well."""
        message = None if number in self._sent else await self._look_up(number)
        return (
            number if message is None or _is_by(self_id, message) else message_id_in({**message, "message_id": number})
        )

    async def _look_up(self, number: str) -> Mapping[str, Any] | None:
        try:
            return await self._connected().call("get_msg", {"message_id": int(number)}, self._waits.lookup)
        except (RetryLater, NothingSent, AnswerLost, CallRefused) as error:
            logger.info("adapter %r: the message %s is not known: %s", self.name, number, error)
            return None

    async def _listen(self, link: Link) -> None:
        """Use a connection until it ends; a newer one takes its place."""
        if self._link is not None:
            await self._link.close(REPLACED, "another connection has taken over")
        self._link = link
        try:
            await link.listen(self._hear)
        finally:
            if self._link is link:
                self._link = None

    # -- we connect

    async def _stay_connected(self) -> None:
        num_failures = 0
        while True:
            began = time.monotonic()
            cause = await self._connect()
            num_failures = 1 if time.monotonic() - began > self._waits.stable else num_failures + 1
            wait = self._waits.after(num_failures)
            logger.warning("adapter %r: %s; connecting again in %.1f s", self.name, cause, wait)
            await asyncio.sleep(wait)

    async def _connect(self) -> str:
        """Connect and stay until the connection ends; return why it did. Raises ConfigError for a refused token."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        waits, url = self._waits, self._settings.url
        try:
            async with connect(
                url, additional_headers=headers, max_size=MAX_FRAME, open_timeout=waits.connect
            ) as connection:
                logger.info("adapter %r: connected", self.name)
                await self._listen(Link(self.name, connection))
                return f"the QQ client ended the connection ({connection.close_code})"
        except (InvalidStatus, TokenRefused) as error:
            status = error.response.status_code if isinstance(error, InvalidStatus) else http.HTTPStatus.FORBIDDEN
            if status in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
                raise ConfigError(self._token_advice()) from None
            return f"the QQ client answers {status}"
        except (OSError, InvalidHandshake) as error:
            return str(error) or f"{url} does not answer in time"

    def _token_advice(self) -> str:
        variable = f"GLMBOT_ADAPTERS__{self.name.upper()}__ACCESS_TOKEN"
        return f"adapter {self.name!r}: the QQ client refuses the token; set {variable} to the one in its own settings"

    # -- the QQ client connects

    async def _serve(self) -> None:
        host, port = self._settings.host, self._settings.port
        try:
            server = await serve(self._welcome, host, port, process_request=self._check_request, max_size=MAX_FRAME)
        except OSError as error:
            raise ConfigError(
                f"adapter {self.name!r}: cannot listen on {host}:{port} ({error.strerror}); "
                f"set adapters.{self.name}.host and port to an address that is free"
            ) from error
        async with server:
            logger.info("adapter %r: waiting for the QQ client at ws://%s:%s", self.name, host, port)
            await server.serve_forever()

    async def _welcome(self, connection: ServerConnection) -> None:
        logger.info("adapter %r: the QQ client is here", self.name)
        await self._listen(Link(self.name, connection))
        logger.warning("adapter %r: the QQ client has gone (%s)", self.name, connection.close_code)

    def _check_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse who does not know the token, and connections for half of the work."""
        given = _given_token(request)
        if self._token and not hmac.compare_digest(given.encode(), self._token.encode()):
            logger.warning("adapter %r: a client with a wrong token was refused", self.name)
            status = http.HTTPStatus.FORBIDDEN if given else http.HTTPStatus.UNAUTHORIZED
            return connection.respond(status, "the access token is wrong or missing\n")
        role = request.headers.get("X-Client-Role", "Universal")
        if role.lower() != "universal":
            logger.error("adapter %r: a client offers only %r; let it connect as Universal", self.name, role)
            return connection.respond(http.HTTPStatus.BAD_REQUEST, "connect once, as Universal\n")
        return None


def _is_by(self_id: str, message: Mapping[str, Any]) -> bool:
    sender = message.get("sender")
    return isinstance(sender, dict) and as_id(sender.get("user_id")) == self_id


def _check(name: str, settings: OneBotSettings) -> None:
    """Raise ConfigError for settings that contradict each other."""
    if bool(settings.url) == bool(settings.port):
        raise ConfigError(
            f"adapter {name!r}: set adapters.{name}.url to connect to the QQ client, or adapters.{name}.port "
            "to let it connect to the bot: one of the two"
        )
    if settings.port and settings.host not in LOOPBACK and not settings.access_token.get_secret_value():
        raise ConfigError(
            f"adapter {name!r}: whoever reaches {settings.host!r} could speak as QQ; "
            f"set GLMBOT_ADAPTERS__{name.upper()}__ACCESS_TOKEN, or adapters.{name}.host to 127.0.0.1"
        )


def _given_token(request: Request) -> str:
    """Return the token of a request, from the header or, as some clients have it, from the address."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "token"):
        return token.strip()
    return parse_qs(urlsplit(request.path).query).get("access_token", [""])[0]


def _call_of(message: OutgoingMessage) -> tuple[str, dict[str, object]]:
    """Return the action that sends a message, and its parameters; a file's caption is its name, which QQ shows."""
    chat = message.chat
    if as_id(chat.chat_id) is None:
        raise NotDelivered(f"{chat.chat_id[:100]!r} is no QQ number")
    if message.body.file is not None:
        return onebot_files.upload_call(message.body.file, chat)
    segments: list[dict[str, object]] = [{"type": "text", "data": {"text": message.body.text}}]
    if message.reply_to is not None:
        segments.insert(0, {"type": "reply", "data": {"id": platform_id(message.reply_to)}})
    if chat.kind is ChatKind.GROUP:
        return "send_group_msg", {"group_id": int(chat.chat_id), "message": segments}
    params: dict[str, object] = {"user_id": int(chat.chat_id), "message": segments}
    if chat.thread_id is not None:
        params["group_id"] = int(chat.thread_id)
    return "send_private_msg", params
