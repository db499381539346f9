"""One WebSocket connection to a OneBot v11 implementation: its events, and our calls with their answers."""

import asyncio
import itertools
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from glmbot.back_off import wait_after

logger = logging.getLogger(__name__)

MAX_FRAME = 1 << 24
"""Bytes of one frame."""
TOKEN_REFUSED = (1401, 1403)
"""Return codes that stand for HTTP's 401 and 403 (github.com/botuniverse/onebot-11, communication/ws.md)."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the adapter waits for what, in seconds."""

    connect: float = 15.0
    answer: float = 30.0
    """For the answer to a call."""
    upload: float = 120.0
    """For the answer to a call with a file."""
    lookup: float = 5.0
    """For the message that somebody replies to, until it counts as another's."""
    first: float = 1.0
    """After the first failure to connect; doubled with each further one."""
    longest: float = 60.0
    stable: float = 60.0
    """A connection that lasted so long was none of those failures."""

    def after(self, num_failures: int) -> float:
        """Return how long to wait after so many failures in a row."""
        return wait_after(num_failures, self.first, self.longest)


class NothingSent(Exception):
    """The connection had ended before the call was written."""


class AnswerLost(Exception):
    """A call was written, and what became of it is not known."""


class CallRefused(Exception):
    """The implementation answers that a call failed."""


class TokenRefused(Exception):
    """The implementation does not take our token."""


class Link:
    """Hands events to `hear` one after another, and calls actions; an answer finds its call by the echo."""

    def __init__(self, adapter: str, connection: Connection) -> None:
        self._adapter = adapter
        self._connection = connection
        self._calls: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._echoes = map(str, itertools.count(1))
        self.last_traffic_at = time.monotonic()

    async def listen(self, hear: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
        """Read until the connection ends. Raises TokenRefused."""
        try:
            async for frame in self._connection:
                self.last_traffic_at = time.monotonic()
                if (payload := self._read(frame)) is not None:
                    await self._take(payload, hear)
        except ConnectionClosed:
            pass  # the caller knows what that means
        finally:
            for call in self._calls.values():
                if not call.done():
                    call.set_exception(AnswerLost("the connection ended"))

    async def call(self, action: str, params: Mapping[str, object], wait: float) -> Mapping[str, Any]:
        """Call an action; return the data of the answer. Raises NothingSent, AnswerLost and CallRefused."""
        if self._connection.state is not State.OPEN:
            raise NothingSent
        echo = next(self._echoes)
        answer = self._calls[echo] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(wait):
                await self._connection.send(json.dumps({"action": action, "params": params, "echo": echo}))
                return _data(await answer)
        except TimeoutError:
            raise AnswerLost(f"no answer within {wait:g} s") from None
        except ConnectionClosed as error:
            raise AnswerLost("the connection ended") from error
        finally:
            del self._calls[echo]

    async def close(self, code: int, reason: str) -> None:
        """End the connection."""
        await self._connection.close(code, reason)

    async def _take(self, payload: Mapping[str, Any], hear: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
        if "post_type" in payload:
            return await hear(payload)
        call = self._calls.get(str(payload.get("echo")))
        if call is not None and not call.done():
            call.set_result(payload)
        elif payload.get("retcode") in TOKEN_REFUSED:
            raise TokenRefused(_wording(payload))
        return None

    def _read(self, frame: str | bytes) -> Mapping[str, Any] | None:
        try:
            payload = json.loads(frame)
        except (ValueError, RecursionError):
            payload = None
        if isinstance(payload, dict):
            return payload
        logger.warning("adapter %r: a frame of %d bytes is no JSON object", self._adapter, len(frame))
        return None


def _data(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    if answer.get("status") == "failed" or answer.get("retcode", 0) not in (0, 1):
        raise CallRefused(f"{_wording(answer)} (retcode {answer.get('retcode')})")
    data = answer.get("data")
    return data if isinstance(data, dict) else {}


def _wording(answer: Mapping[str, Any]) -> str:
    """Return how the implementation explains itself; the field's name is the implementation's own affair."""
    return str(answer.get("wording") or answer.get("message") or answer.get("msg") or "no reason given")[:300]
