"""The HTTP client of Telegram's library, with errors that say what happened and answers that have a bound."""

import json
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from telegram.error import NetworkError, TelegramError
from telegram.request import HTTPXRequest

from glmbot.adapters.bounded_http import HEAD, AnswerRefused, bounds

MAX_ANSWER = 32 << 20  # bytes; the 100 updates of an answer with the longest texts there are, all escaped, have 8 MB
OUTAGE_WAIT = 5.0


class AskedToWait(TelegramError):
    """Telegram answered 429: come back after `after` seconds."""

    __slots__ = ("after",)

    def __init__(self, after: float) -> None:
        super().__init__(f"Telegram asks to wait for {after:g} s (429)")
        self.after = after


class ServerError(NetworkError):
    """Telegram answered 5xx."""

    __slots__ = ("status",)

    def __init__(self, status: int) -> None:
        super().__init__(f"Telegram has trouble of its own ({status})")
        self.status = status


class UnreadableError(TelegramError):
    """Telegram's answer is no JSON, or nested too deep; `head` is how it begins."""

    __slots__ = ("head",)

    def __init__(self, head: bytes) -> None:
        super().__init__("an answer that cannot be read")
        self.head = head


class Request(HTTPXRequest):
    """The library's HTTP client, with errors of our own where its errors say too little.

    Its error for 429 gives a deprecation warning each time, its error for 5xx hides the status, and for what is
    no JSON it writes all of that to the log.
    """

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Read an answer."""
        try:
            try:
                return from_json(payload)  # takes half of the memory, but knows no halves of surrogate pairs
            except ValueError:
                return json.loads(payload.decode(errors="replace"))
        except (ValueError, RecursionError) as error:
            raise UnreadableError(payload[:HEAD]) from error

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make one request, and return status and payload."""
        status, payload = await super().do_request(*args, **kwargs)
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise AskedToWait(_retry_after(payload))
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise ServerError(status)
        return status, payload


class _WaitParameters(BaseModel):
    retry_after: float


class _WaitAnswer(BaseModel):
    parameters: _WaitParameters


def _retry_after(payload: bytes) -> float:
    try:
        return _WaitAnswer.model_validate_json(payload).parameters.retry_after
    except ValidationError:  # from a proxy in between: it says 429, but not for how long
        return OUTAGE_WAIT


def new_request(timeout: float) -> Request:
    """Return a client that waits `timeout` seconds for an answer, where a call says nothing else."""
    options = {"verify": httpx.create_ssl_context(), "event_hooks": bounds(MAX_ANSWER)}
    return Request(read_timeout=timeout, httpx_kwargs=options)


def head_of_unreadable(error: TelegramError) -> bytes | None:
    """Return how an answer begins that came but cannot be read; None where no answer came."""
    if isinstance(error, UnreadableError):
        return error.head
    return error.__cause__.head if isinstance(error.__cause__, AnswerRefused) else None
