"""Telegram's webhook: updates come in by POST, one after another."""

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glmbot.adapters.http_body import BodyRefused, read_body
from glmbot.adapters.http_server import Address, serve

logger = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  https://core.telegram.org/bots/api#setwebhook
MAX_UPDATE = 8 << 20
HOLD = 45.0
"""Seconds for one update to be stored; Telegram waits for a minute, and repeats what was not answered 200."""

Take = Callable[[object], Awaitable[None]]
"""Takes an update in; it counts as confirmed when that returns."""


WebhookServer = Callable[[Address, str, Take], Coroutine[None, None, None]]


async def serve_updates(address: Address, secret: str, take: Take) -> None:
    """Take updates until cancelled.

    Only who knows the secret is heard. An update that cannot be read is confirmed and left out, since Telegram would
    repeat it for a day and hold all others back.
    """

    async def receive(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return Response(status_code=401)
        try:
            update = json.loads(await read_body(request, MAX_UPDATE))
        except BodyRefused as error:
            if error.status != 413:
                return Response(status_code=error.status)
            logger.error("adapter %r: an update of more than %d bytes is left out", address.adapter, MAX_UPDATE)
            return Response()
        except (ValueError, RecursionError):
            logger.error("adapter %r: an update that is no JSON is left out", address.adapter)
            return Response()
        try:
            async with asyncio.timeout(HOLD):
                await take(update)
        except TimeoutError:
            return Response(status_code=503)
        return Response()

    app = Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])
    await serve(app, address, has_websockets=False)
