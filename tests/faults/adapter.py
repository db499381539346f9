"""The adapter of the fault harness's platform; it keeps the protocol of `glmbot.adapters.base` to the letter."""

import asyncio
import logging
from typing import Any

import httpx

from glmbot.adapters.base import Accept, Capabilities, OutgoingMessage
from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import Chat, ChatKind, MessageEvent, MessageRef, Sender
from tests.faults.spec import MAX_LENGTH, Mode

logger = logging.getLogger(__name__)

OUTAGE_WAIT = 0.3
"""Seconds until a call to a platform that is away is tried again."""
NOTHING_WAS_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class FaultsAdapter:
    """One account on the platform.

    Where the answer to a send was lost on the way, the message may be visible. With a key it is sent again;
    without one it is `NotDelivered`, as with Telegram. An update is confirmed by asking for the ones after it.
    """

    name = "faults"

    def __init__(self, url: str, mode: Mode, *, poll: float, answer: float, edit_interval: float | None) -> None:
        self._mode = mode
        self._poll = poll
        self._edit_interval = edit_interval
        timeout = httpx.Timeout(answer)
        self._poll_timeout = httpx.Timeout(answer, read=poll + answer)
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout, limits=limits, verify=False, trust_env=False)

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do; one without edits is a poor one, and has no typing sign either."""
        return Capabilities(
            form=TextForm(Markup.PLAIN, MAX_LENGTH, LengthUnit.CHARACTERS),
            edit_interval=self._edit_interval,
            typing_interval=None if self._edit_interval is None else 5.0,
            has_idempotent_send=self._mode is Mode.NONCE,
            send_interval=0.0 if self._mode is Mode.NONCE else 1 / 30,  # as Telegram has it
        )

    async def run(self, accept: Accept) -> None:
        """Receive messages until cancelled."""
        offset = 1
        while True:
            for update in await self._fetch(offset):
                await self._offer(_event(update), accept)
                offset = update["update_id"] + 1

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Send one message."""
        body = {"chat": message.chat.chat_id, "text": message.body.text, "reply_to": message.reply_to}
        if self._mode is Mode.NONCE:
            body["key"] = message.key
        answer = await self._call("/send", body, is_repeatable=self._mode is Mode.NONCE)
        return MessageRef(message.chat, answer["id"])

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Replace the text of a message."""
        request = {"chat": ref.chat.chat_id, "id": ref.message_id, "text": body.text}
        await self._call("/edit", request, is_repeatable=True)

    async def show_typing(self, chat: Chat) -> None:
        """Show the typing sign once."""
        await self._call("/typing", {"chat": chat.chat_id}, is_repeatable=True)

    async def _fetch(self, offset: int) -> list[dict[str, Any]]:
        """Wait for updates from `offset` on, which confirms all before it; return them by their numbers."""
        while True:
            try:
                params = {"offset": offset, "timeout": self._poll}
                response = await self._http.get("/updates", params=params, timeout=self._poll_timeout)
                response.raise_for_status()
                return sorted(response.json(), key=lambda update: int(update["update_id"]))
            except httpx.HTTPError as error:
                logger.warning("no updates: %s", type(error).__name__)
                await asyncio.sleep(OUTAGE_WAIT)

    async def _offer(self, event: MessageEvent, accept: Accept) -> None:
        while True:
            try:
                return await accept(event)
            except RetryLater as error:
                logger.warning("message %s waits at the platform: %s", event.message_id, error)
                await asyncio.sleep(min(error.after, OUTAGE_WAIT))

    async def _call(self, path: str, body: dict[str, Any], *, is_repeatable: bool) -> dict[str, Any]:
        try:
            response = await self._http.post(path, json=body)
        except NOTHING_WAS_SENT as error:
            raise RetryLater(f"the platform is out of reach: {type(error).__name__}", OUTAGE_WAIT) from error
        except httpx.TransportError as error:
            if is_repeatable:
                raise RetryLater(f"the answer was lost: {type(error).__name__}", OUTAGE_WAIT) from error
            raise NotDelivered("the answer was lost; the message may be visible") from error
        return _read(response)


def _read(response: httpx.Response) -> dict[str, Any]:
    match response.status_code:
        case httpx.codes.OK:
            answer: dict[str, Any] = response.json()
            return answer
        case httpx.codes.TOO_MANY_REQUESTS:
            raise RetryLater("the platform asks to wait", float(response.json()["retry_after"]))
        case status if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise RetryLater(f"the platform has trouble of its own ({status})", OUTAGE_WAIT)
        case _:
            raise NotDelivered(f"the platform refuses this: {response.text}")


def _event(update: dict[str, Any]) -> MessageEvent:
    return MessageEvent(
        message_id=update["message_id"],
        chat=Chat(FaultsAdapter.name, update["chat"], ChatKind.PRIVATE),
        sender=Sender(f"of {update['chat']}", "Ann"),
        text=update["text"],
        sent_at=update["sent_at"],
        is_addressed=True,
    )
