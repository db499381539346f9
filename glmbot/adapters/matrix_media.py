"""Fetches files from a Matrix homeserver's media repository."""

import asyncio
import json
import ssl
from typing import Any

import httpx

from glmbot.adapters.bounded_http import AnswerRefused, bounds
from glmbot.adapters.matrix_files import Place
from glmbot.errors import FileTooLarge, NotDelivered, RetryLater
from glmbot.guarded_http.fetch import fetch

PATHS = ("/_matrix/client/v1/media/download", "/_matrix/media/v3/download")
"""The one for those who are logged in, and the one of homeservers before Matrix 1.11."""
DEADLINE = 60.0
"""Seconds for the whole of a file; the homeserver may have to fetch it from another one first."""
OUTAGE_WAIT = 5.0
MAX_REFUSAL = 10_000
"""Bytes of an answer that is no file."""
LATER = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS)


async def download(homeserver: str, token: str, place: Place, max_bytes: int) -> bytes:
    """Return a file as it is stored. Raises FileTooLarge, NotDelivered, RetryLater."""
    try:
        async with asyncio.timeout(DEADLINE):
            for path in PATHS:
                found = await _get(f"{homeserver}{path}/{place.server}/{place.media_id}", token, max_bytes)
                if found is not None:
                    return found
    except (TimeoutError, httpx.TransportError) as error:
        if isinstance(error, AnswerRefused) and error.head:
            raise FileTooLarge(f"a file of Matrix has more than {max_bytes} bytes") from error
        raise RetryLater(f"{homeserver} does not give out the file: {type(error).__name__}", OUTAGE_WAIT) from error
    raise NotDelivered(f"{homeserver} has no such file")


async def _get(url: str, token: str, max_bytes: int) -> bytes | None:
    """Return a file; None where the homeserver does not know the call, or the file."""
    headers = {"Authorization": f"Bearer {token}"}
    verify = ssl.create_default_context() if url.startswith("https:") else True
    limits = bounds(max(max_bytes, MAX_REFUSAL))
    async with httpx.AsyncClient(verify=verify, timeout=DEADLINE, event_hooks=limits) as http:
        response = await http.get(url, headers=headers, follow_redirects=False)
    if response.has_redirect_location:
        # where the files are kept is the homeserver's affair, but it is not to lead us into our own network
        return await fetch(str(response.url.join(response.headers["Location"])), max_bytes)
    if response.status_code == httpx.codes.NOT_FOUND:
        return None
    _check(response)
    if len(response.content) > max_bytes:
        raise FileTooLarge(f"a file of Matrix has {len(response.content)} bytes")
    return response.content


def _check(response: httpx.Response) -> None:
    status = response.status_code
    if status in LATER or status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.UNAUTHORIZED:
        raise RetryLater(f"the homeserver does not give out the file now ({status})", _wait(response))
    if status != httpx.codes.OK:
        raise NotDelivered(f"the homeserver does not give out the file ({status})")


def _wait(response: httpx.Response) -> float:
    try:
        answer: Any = json.loads(response.content)
        return min(max(float(answer["retry_after_ms"]) / 1000, 0.1), 60.0)
    except (ValueError, TypeError, KeyError, RecursionError):
        return OUTAGE_WAIT
