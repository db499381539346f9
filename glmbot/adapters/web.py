"""The web chat: a page of our own, served by the bot itself."""

import asyncio
import logging
import math
from contextlib import suppress
from functools import partial
from importlib.resources import files

import websockets  # noqa: F401  uvicorn asks for it when it serves already, when no good word can be said of it
from pydantic import BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from glmbot.adapters.base import Accept, Capabilities, OutgoingMessage
from glmbot.adapters.http_body import BodyRefused, read_body
from glmbot.adapters.http_server import Address, serve
from glmbot.adapters.web_browsers import Browsers, Demand, TooManyTabs
from glmbot.adapters.web_connection import TRY_AGAIN_LATER, Connection
from glmbot.adapters.web_guard import Guard
from glmbot.adapters.web_sessions import MAX_AGE, Logins, Sessions
from glmbot.adapters.web_waits import Waits
from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.errors import ConfigError, FileTooLarge
from glmbot.events import Attachment, Chat, ChatKind, MessageRef
from glmbot.settings import WebSettings

logger = logging.getLogger(__name__)

MAX_LOGIN = 4096  # bytes
CLOSE_TIME = 2.0
TOO_LARGE = 413
AS_A_FILE = {"Content-Disposition": "attachment"}
FILES = {
    "/": ("index.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}


class _Login(BaseModel):
    password: str = Field("", max_length=1000)


class WebAdapter:
    """A page to chat on; each browser is a private chat.

    The page is the platform's memory. Incoming: a page sends a message again, under the same id, until the bot has
    confirmed it, and it does so only after `accept` has stored it. Outgoing: a message counts as sent when a page has
    stored it; pages know messages by their ids, so a repetition changes nothing. While no page of a browser is open,
    messages wait in the bot. Files stay in the browser, too: the bot asks for one when it is to be read.
    """

    def __init__(self, name: str, settings: WebSettings, *, waits: Waits | None = None) -> None:
        self.name = name
        self._waits = waits or Waits()
        self._settings = settings
        self._address = Address(name, settings.host, settings.port)
        password = settings.password.get_secret_value()
        if not password and (settings.public_url or not self._address.is_loopback):
            raise ConfigError(
                f"adapter {name!r}: other machines reach the page at {self._url}: set a password as setting "
                f"'adapters.{name}.password' (GLMBOT_ADAPTERS__{name.upper()}__PASSWORD), or host to 127.0.0.1 "
                "and no public_url"
            )
        self._is_secure = (settings.public_url or "").startswith("https:")
        self._sessions = Sessions(password, settings.port, self._is_secure)
        self._logins = Logins(password, self._waits.per_login)
        self._browsers = Browsers(self._waits)

    @property
    def capabilities(self) -> Capabilities:
        """What the page can do."""
        return Capabilities(
            form=TextForm(Markup.MATRIX_HTML, 20_000, LengthUnit.CHARACTERS),
            edit_interval=0.3,
            typing_interval=1.0,  # the page ends the sign, and its stop button, soon after the last one
            has_idempotent_send=True,
            can_send_files=True,
            can_show_buttons=True,
        )

    async def run(self, accept: Accept) -> None:
        """Serve the page until cancelled."""
        logger.info("adapter %r: the page is at %s", self.name, self._url)
        with self._browsers.open():
            await serve(self._app(accept), self._address, has_websockets=True)

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Show a message; its id is its key."""
        await self._browsers.show(message.chat.chat_id, message.key, message.body)
        return MessageRef(message.chat, message.key)

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Show a new text of a message."""
        await self._browsers.show(ref.chat.chat_id, ref.message_id, body)

    async def show_typing(self, chat: Chat) -> None:
        """Show the sign, where a page is open."""
        self._browsers.show_typing(chat.chat_id)

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Return a file of a message, as soon as a page of its browser is open."""
        chat_id, _, file_id = attachment.file_id.partition("/")
        return await self._browsers.fetch(chat_id, file_id, max_bytes)

    @property
    def _url(self) -> str:
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        return self._settings.public_url or f"http://{host}:{self._settings.port}"

    # -- what the server answers

    def _app(self, accept: Accept) -> ASGIApp:
        folder = files("glmbot.adapters") / "web_page"
        pages = [
            Route(path, partial(_answer_file, (folder / name).read_bytes(), kind))
            for path, (name, kind) in FILES.items()
        ]
        session = Route("/session", self._open_session, methods=["POST"])
        socket = WebSocketRoute("/ws", partial(self._connect, accept=accept))
        leaving = Route("/files/{number:int}", self._give_file, methods=["GET"])
        coming = Route("/files/{number:int}", self._take_file, methods=["POST"])
        app = Starlette(routes=[*pages, session, socket, leaving, coming])
        return Guard(app, self._settings.public_url, self._address.is_loopback)

    async def _open_session(self, request: Request) -> Response:
        """Give a browser its cookie; where there is a password, after it was given."""
        try:
            login = _Login.model_validate_json(await read_body(request, MAX_LOGIN))
        except BodyRefused as error:
            return Response(status_code=error.status)
        except ValidationError:
            return Response(status_code=422)
        if self._must_log_in(request) and (refusal := await self._refusal_of(login.password)):
            return refusal
        response = Response(status_code=204)
        response.set_cookie(
            self._sessions.cookie_name,
            self._sessions.renewed(request.cookies),
            max_age=MAX_AGE,
            secure=self._is_secure,
            httponly=True,
            samesite="strict",
        )
        return response

    def _must_log_in(self, request: Request) -> bool:
        return bool(self._settings.password.get_secret_value()) and self._sessions.chat_id(request.cookies) is None

    async def _refusal_of(self, password: str) -> Response | None:
        """Check a password; the answer to a wrong one comes late, and to many none."""
        if not password:
            return Response(status_code=401)
        if wait := self._logins.wait:
            return Response(status_code=429, headers={"Retry-After": str(math.ceil(wait))})
        if self._logins.is_right(password):
            return None
        logger.warning("adapter %r: somebody gave a wrong password", self.name)
        await asyncio.sleep(self._waits.wrong_password)
        return Response(status_code=403)

    async def _give_file(self, request: Request) -> Response:
        """Answer the file of a message that is being shown, to its own browser."""
        demand = self._demand(request)
        if demand is None or demand.file is None:
            return Response(status_code=404)
        return Response(demand.file.data, media_type="application/octet-stream", headers=AS_A_FILE)

    async def _take_file(self, request: Request) -> Response:
        """Take a file that the bot has asked for."""
        demand = self._demand(request)
        if demand is None or not demand.max_bytes:
            return Response(status_code=404)
        try:
            demand.fulfil(await read_body(request, demand.max_bytes))
        except BodyRefused as error:
            if error.status == TOO_LARGE:
                demand.refuse(FileTooLarge(f"the file has more than {demand.max_bytes} bytes"))
            return Response(status_code=error.status)
        return Response(status_code=204)

    def _demand(self, request: Request) -> Demand | None:
        chat_id = self._sessions.chat_id(request.cookies)
        return self._browsers.demand(chat_id, request.path_params["number"]) if chat_id else None

    async def _connect(self, socket: WebSocket, *, accept: Accept) -> None:
        chat_id = self._sessions.chat_id(socket.cookies)
        if chat_id is None:
            return await socket.close()  # before it is accepted: 403
        await socket.accept()
        chat = Chat(self.name, chat_id, ChatKind.PRIVATE)
        try:
            with self._browsers.tab(chat_id) as tab:
                code = await Connection(socket, chat, self._browsers, tab, self._waits.alive).run(accept)
        except TooManyTabs:
            code = TRY_AGAIN_LATER
        if code is not None:
            logger.info("web chat %s: a connection is closed with %d", chat_id, code)
            with suppress(WebSocketDisconnect, TimeoutError):  # who reads nothing will not hear this either
                async with asyncio.timeout(CLOSE_TIME):
                    await socket.close(code)


async def _answer_file(content: bytes, kind: str, request: Request) -> Response:
    return Response(content, media_type=kind)
