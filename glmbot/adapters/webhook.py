"""A signed HTTP channel, for systems that have no adapter of their own: messages come in and go out by POST."""

import json
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import quote

import httpx
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from glmbot.adapters.base import Accept, Capabilities, OutgoingMessage
from glmbot.adapters.bounded_http import bounds
from glmbot.adapters.http_body import BodyRefused, read_body
from glmbot.adapters.http_server import MAX_BODY, Address, serve
from glmbot.adapters.webhook_message import IncomingMessage, explain
from glmbot.adapters.webhook_signature import Signature
from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.errors import ConfigError, NotDelivered, RetryLater
from glmbot.events import Chat, MessageRef
from glmbot.settings import WebhookSettings

logger = logging.getLogger(__name__)

PATH = "/messages"
TIMEOUT = 15.0
MAX_ANSWER = 1 << 16  # bytes; nothing in an answer is read but its status
OUTAGE_WAIT = 10.0
MISTAKE_WAIT = 60.0  # seconds until a send is tried again, while the operator mends the address
LONGEST_WAIT = 3600.0
NOT_NOW = frozenset({408, 425, 429})


class WebhookAdapter:
    """Another system, which posts messages to us and takes ours at `deliver_to`.

    Incoming: a message is answered 202 only after `accept` has stored it; until then the sender repeats it, under the
    same id. Outgoing: each message has its key as `webhook-id`, by which the receiver drops repetitions; so whatever
    goes wrong on the way is `RetryLater`, and only a 4xx is `NotDelivered`.
    """

    def __init__(self, name: str, settings: WebhookSettings) -> None:
        self.name = name
        self._address = Address(name, settings.host, settings.port)
        self._signature = Signature(settings.secret.get_secret_value(), name)
        if settings.deliver_to is None:
            raise ConfigError(f"setting 'adapters.{name}.deliver_to' is missing: the URL that the bot's answers go to")
        self._deliver_to = settings.deliver_to
        self._client: httpx.AsyncClient | None = None
        self._num_users = 0

    @property
    def capabilities(self) -> Capabilities:
        """What the channel can do: whole messages, as the model writes them."""
        return Capabilities(
            form=TextForm(Markup.MARKDOWN, 100_000, LengthUnit.CHARACTERS),
            edit_interval=None,
            typing_interval=None,
            has_idempotent_send=True,
        )

    async def run(self, accept: Accept) -> None:
        """Take messages until cancelled."""
        logger.info("adapter %r: takes messages at %s, port %d", self.name, PATH, self._address.port)
        async with self._connection():
            app = Starlette(routes=[Route(PATH, partial(self._receive, accept=accept), methods=["POST"])])
            await serve(app, self._address, has_websockets=False)

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Post a message; its id is its key."""
        body = json.dumps(_fields(message), ensure_ascii=False).encode(errors="replace")
        headers = {"Content-Type": "application/json"} | self._signature.headers(_id_of(message), body)
        async with self._connection() as client:
            try:
                response = await client.post(self._deliver_to, content=body, headers=headers)
            except httpx.TransportError as error:
                raise RetryLater(f"deliver_to does not answer: {error!r}", OUTAGE_WAIT) from error
        _check(response, message.chat)
        return MessageRef(message.chat, _id_of(message))

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Refuse: what was posted stays as it is."""
        raise NotDelivered("the webhook channel has no edits")

    async def show_typing(self, chat: Chat) -> None:
        """Show nothing: the channel has no such sign."""

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[httpx.AsyncClient]:
        """Keep the HTTP client open while anyone needs it: replies are still sent when `run` has ended."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, event_hooks=bounds(MAX_ANSWER))
        self._num_users += 1
        try:
            yield self._client
        finally:
            self._num_users -= 1
            if not self._num_users:
                client, self._client = self._client, None
                await client.aclose()

    async def _receive(self, request: Request, *, accept: Accept) -> Response:
        try:
            body = await read_body(request, MAX_BODY)
            if not self._signature.is_right(request.headers, body):
                return _refusal(401, "the signature is wrong, or older than five minutes")
            await accept(IncomingMessage.model_validate_json(body).event(self.name))
        except BodyRefused as error:
            return _refusal(error.status, f"a message has at most {MAX_BODY} bytes")
        except ValidationError as error:
            return _refusal(422, explain(error))
        except RetryLater as error:
            logger.warning("adapter %r: a message waits %.1f s: %s", self.name, error.after, error)
            response = _refusal(503, "the message could not be stored; send it again")
            response.headers["Retry-After"] = str(math.ceil(error.after))
            return response
        return Response(status_code=202)


def _id_of(message: OutgoingMessage) -> str:
    return quote(message.key, safe="")  # it goes into a header, which has room for ASCII only


def _fields(message: OutgoingMessage) -> dict[str, str | None]:
    return {
        "type": "message",
        "id": _id_of(message),
        "chat": message.chat.chat_id,
        "thread": message.chat.thread_id,
        "text": message.body.text,
        "plain": message.body.plain,
        "reply_to": message.reply_to,
    }


def _check(response: httpx.Response, chat: Chat) -> None:
    """Raise what a refusal means to the caller."""
    status = response.status_code
    if response.is_success:
        return
    if response.is_redirect:
        raise RetryLater(f"deliver_to redirects ({status}), which is not followed; name its new address", MISTAKE_WAIT)
    if response.is_client_error and status not in NOT_NOW:
        raise NotDelivered(f"deliver_to refuses the message for chat {chat.chat_id}: {status}")
    raise RetryLater(f"deliver_to asks to wait ({status})", _wait_of(response))


def _wait_of(response: httpx.Response) -> float:
    try:
        return min(max(float(response.headers.get("Retry-After", OUTAGE_WAIT)), 0.0), LONGEST_WAIT)
    except ValueError:  # a date, which proxies send
        return OUTAGE_WAIT


def _refusal(status: int, reason: str) -> JSONResponse:
    return JSONResponse({"error": reason}, status_code=status)
