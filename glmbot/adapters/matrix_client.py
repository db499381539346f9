"""The connection to a Matrix homeserver, with glmbot's errors.

It takes matrix-nio's client and calls, but reads the answers itself: nio leaves out what it cannot read without a word.
"""

import io
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import aiohttp
from nio import Api, AsyncClient, MessageDirection

from glmbot.adapters.matrix_content import Content
from glmbot.adapters.matrix_files import Place
from glmbot.adapters.matrix_media import download
from glmbot.adapters.matrix_rooms import ENCRYPTION
from glmbot.adapters.matrix_sync import FILTER, HISTORY_FILTER, Page, Sync, read_page, read_sync
from glmbot.adapters.matrix_text import mended
from glmbot.adapters.matrix_waits import Waits
from glmbot.errors import NotDelivered, RetryLater

MAX_ANSWER = 100_000_000  # bytes
MAX_NUMBER = 18  # digits; what is longer no field of ours has
PAGE = 250
OUTAGE_WAIT = 2.0
MIN_WAIT, MAX_WAIT = 0.1, 3600.0  # of what a homeserver asks for
UNSAID_WAIT = 5.0  # where the homeserver asks to wait and does not say how long
BAD_TOKEN_WAIT = 60.0  # until a send is tried again, while the operator mends the token
TYPING_MS = 25_000
OUT_OF_REACH = (aiohttp.ClientError, OSError)  # TimeoutError is an OSError
# https://spec.matrix.org/v1.11/client-server-api/#common-error-codes
BAD_TOKEN_CODES = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"})
LIMIT_CODES = frozenset({"M_LIMIT_EXCEEDED", "M_RESOURCE_LIMIT_EXCEEDED"})

Answer = dict[str, Any]


class AskedToWait(RetryLater):
    """The homeserver limits how often we may call it."""


class ServerError(RetryLater):
    """The homeserver, or what stands before it, is in trouble."""


class NotMatrix(RetryLater):
    """What answers at the address is no homeserver that we can speak with, for now at least."""


class BadToken(RetryLater):
    """The homeserver does not know our token, or not any more."""


class Refused(NotDelivered):
    """The homeserver refuses a call for good."""


class NotFound(Refused):
    """What was asked for is not there."""


class Client:
    """One account at one homeserver. Every method raises RetryLater and Refused."""

    def __init__(self, homeserver: str, user_id: str, token: str, waits: Waits) -> None:
        self._homeserver = homeserver.rstrip("/")
        self._user_id = user_id
        self._waits = waits
        self._nio = AsyncClient(self._homeserver, user_id)
        self._num_users = 0
        self.token = token

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Keep the connections open while anyone needs them: replies are still sent when `run` has ended."""
        self._num_users += 1
        try:
            yield
        finally:
            self._num_users -= 1
            if not self._num_users:
                await self._nio.close()

    async def log_in(self, password: str, device_id: str) -> None:
        """Get a token. The device is the same each time: by it the homeserver knows what was sent before."""
        answer = await self._call(*Api.login(self._user_id, password, "glmbot", device_id))
        self.token = _text_in(answer, "access_token")

    async def who_am_i(self) -> tuple[str, str]:
        """Return whose the token is, and of which device: of none where there is no device."""
        answer = await self._call(*Api.whoami(""))
        device_id = answer.get("device_id")
        return _text_in(answer, "user_id"), device_id if isinstance(device_id, str) else ""

    async def display_name(self) -> str:
        """Return what our account calls itself; nothing where it does not."""
        try:
            name = (await self._call(*Api.profile_get_displayname(self._user_id))).get("displayname")
        except Refused:
            return ""
        return name if isinstance(name, str) else ""

    async def sync(self, since: str | None) -> Sync:
        """Wait for news after `since`, or return how all rooms are now."""
        if since is None:
            # Synapse keeps an answer for two minutes, and gives it again to who asks the same. A number of our own in
            # the question, for which nobody waits here, gets a fresh one, however short ago the bot was started last.
            poll_ms, wait = random.randrange(1, 60_000), self._waits.first_sync  # noqa: S311
        else:
            poll_ms, wait = round(self._waits.poll * 1000), self._waits.poll + self._waits.answer
        request = Api.sync("", since=since, timeout=poll_ms, filter=FILTER)
        sync = read_sync(await self._call(*request, wait=wait), self._user_id)
        if sync is None:
            raise NotMatrix("the homeserver's news cannot be read", OUTAGE_WAIT)
        return sync

    async def history(self, room_id: str, start: str) -> Page:
        """Return what was before `start` in a room."""
        request = Api.room_messages("", room_id, start, None, MessageDirection.back, PAGE, HISTORY_FILTER)
        return read_page(await self._call(*request))

    async def sender_of(self, room_id: str, event_id: str) -> str:
        """Return who sent an event."""
        return _text_in(await self._call(*Api.room_get_event("", room_id, event_id)), "sender")

    async def join(self, room_id: str) -> None:
        """Enter a room that we are invited to."""
        await self._call(*Api.join("", room_id), wait=self._waits.join)

    async def send(self, room_id: str, content: Content, key: str, kind: str = "m.room.message") -> str:
        """Send an event; the same key gives the same one each time. Return its id."""
        return _text_in(await self._call(*Api.room_send("", room_id, kind, content, key)), "event_id")

    async def upload(self, data: bytes, media_type: str, name: str | None) -> str:
        """Store a file; return its address, by which an event names it."""
        method, path = Api.upload("", name)
        return _text_in(await self._call(method, path, io.BytesIO(data), media_type=media_type), "content_uri")

    async def download(self, place: Place, max_bytes: int) -> bytes:
        """Return a file as it is stored. Raises FileTooLarge, too."""
        return await download(self._homeserver, self.token, place, max_bytes)

    # -- for encryption

    async def is_encrypted(self, room_id: str) -> bool:
        """Tell whether a room is encrypted."""
        try:
            await self._call(*Api.room_get_state_event("", room_id, ENCRYPTION))
        except NotFound:
            return False
        return True

    async def members(self, room_id: str) -> set[str]:
        """Return who is in a room."""
        joined = (await self._call(*Api.joined_members("", room_id))).get("joined")
        if not isinstance(joined, dict):
            raise NotMatrix("the homeserver does not say who is in a room", OUTAGE_WAIT)
        return set(joined)

    async def upload_keys(self, keys: Mapping[str, Any]) -> None:
        """Give the homeserver keys of this device."""
        await self._call(*Api.keys_upload("", dict(keys)))

    async def query_keys(self, users: Sequence[str]) -> Answer:
        """Return the keys of people's devices."""
        return await self._call(*Api.keys_query("", users))

    async def claim_keys(self, devices: Mapping[str, Sequence[str]]) -> Answer:
        """Return a one-time key of each device."""
        return await self._call(*Api.keys_claim("", devices))

    async def send_to_device(self, kind: str, messages: Mapping[str, Mapping[str, Any]], key: str) -> None:
        """Send each device its message."""
        await self._call(*Api.to_device("", kind, {"messages": messages}, key))

    async def show_typing(self, room_id: str) -> None:
        """Show that we write, for a while."""
        await self._call(*Api.room_typing("", room_id, self._user_id, timeout=TYPING_MS))

    async def _call(
        self,
        method: str,
        path: str,
        data: str | io.BytesIO | None = None,
        *,
        wait: float | None = None,
        media_type: str = "application/json",
    ) -> Answer:
        timeout = aiohttp.ClientTimeout(total=wait or self._waits.answer, connect=self._waits.answer)
        headers = {"Content-Type": media_type}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            async with await self._nio.send(method, _without_token(path), data, headers, None, timeout) as response:
                status, raw = response.status, await _whole(response)
        except aiohttp.ClientConnectorCertificateError as error:
            reason = f"{self._homeserver} has no certificate that is trusted here: {error.certificate_error}"
            raise NotMatrix(reason, OUTAGE_WAIT) from error
        except OUT_OF_REACH as error:
            raise RetryLater(f"{self._homeserver} is out of reach: {_cause(error)}", OUTAGE_WAIT) from error
        return self._read(status, raw)

    def _read(self, status: int, raw: bytes) -> Answer:
        try:
            answer = json.loads(raw, parse_int=_number)
        except (ValueError, RecursionError):
            answer = None
        if status >= 500:
            raise ServerError(f"{self._homeserver} answers {status}", OUTAGE_WAIT)
        if not isinstance(answer, dict):
            raise NotMatrix(f"{self._homeserver} answers {status} and no Matrix", OUTAGE_WAIT)
        if status >= 400:
            _raise_refusal(self._homeserver, status, answer)
        return answer


def _raise_refusal(homeserver: str, status: int, answer: Answer) -> NoReturn:
    code = answer.get("errcode")
    error = mended(f"{code}: {answer.get('error')}")
    reason = f"{homeserver} answers {status} {error[:200]!r}"
    if status == 429 or code in LIMIT_CODES:
        wait = answer.get("retry_after_ms")
        raise AskedToWait(reason, min(max(wait / 1000, MIN_WAIT), MAX_WAIT) if isinstance(wait, int) else UNSAID_WAIT)
    if status == 401 or code in BAD_TOKEN_CODES:
        raise BadToken(reason, BAD_TOKEN_WAIT)
    if not isinstance(code, str):
        raise NotMatrix(reason, OUTAGE_WAIT)
    raise NotFound(reason) if code == "M_NOT_FOUND" else Refused(reason)


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """Return an answer's content, unless it is larger than any that we can use."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER:
            raise aiohttp.ClientPayloadError(f"the answer has more than {MAX_ANSWER} bytes")
    return b"".join(parts)


def _without_token(path: str) -> str:
    """Return a path of nio's without the token in it, which goes into a header: addresses are logged on the way."""
    parts = urlsplit(path)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != "access_token"]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _text_in(answer: Mapping[str, object], key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str) or not value:
        raise NotMatrix(f"the homeserver's answer has no {key}", OUTAGE_WAIT)
    return value


def _number(digits: str) -> int:
    return int(digits) if len(digits) <= MAX_NUMBER else 0


def _cause(error: BaseException) -> str:
    return str(error) or type(error).__name__
