"""What every request passes: one line in the log, and the check of the bearer token."""

import hmac
import logging
import time

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glmbot.serving.api.errors import ApiError, error_response

logger = logging.getLogger(__name__)

OPEN_PATH = "/health"


class RequestLog:
    """Logs method, path, status, tokens and duration of each request; never any text."""

    def __init__(self, app: ASGIApp, paths: frozenset[str]) -> None:
        self._app = app
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0
        started_at = time.monotonic()

        async def noting_status(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noting_status)
        finally:
            self._log(scope, status, time.monotonic() - started_at)

    def _log(self, scope: Scope, status: int, duration: float) -> None:
        path = scope["path"] if scope["path"] in self._paths else "(unknown path)"
        level = logging.DEBUG if path == OPEN_PATH else logging.INFO  # health is asked for many times a second
        note = scope.get("state", {}).get("note", "")
        logger.log(level, "%s %s %s %.2f s%s", scope["method"], path, status or "unanswered", duration, note)


class TokenCheck:
    """Lets only those in who know the token; without a token, everyone."""

    def __init__(self, app: ASGIApp, token: SecretStr | None) -> None:
        self._app = app
        self._expected = token.get_secret_value().encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == OPEN_PATH or self._is_allowed(scope):
            return await self._app(scope, receive, send)
        message = "the bearer token is missing or wrong; send it as 'Authorization: Bearer TOKEN'"
        error = ApiError(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})
        await error_response(error)(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        if self._expected is None:
            return True
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode("latin-1"), self._expected)
