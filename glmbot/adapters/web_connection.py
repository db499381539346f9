"""One page's connection: takes what is written there to the bot, and what the bot shows to the page."""

import asyncio
import logging
import time
from dataclasses import dataclass

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from glmbot.adapters import web_frames
from glmbot.adapters.attachment_forms import attachment
from glmbot.adapters.base import Accept
from glmbot.adapters.web_browsers import Browsers, Tab
from glmbot.adapters.web_frames import Gone, Written, read_frame
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import MAX_TEXT, Chat, Language, MessageEvent, Sender

logger = logging.getLogger(__name__)

MAX_WAITING = 100
"""Messages of one page that could not be stored yet; with more it is cut off, and sends them again later."""
SENDER_NAME = "Guest"
UNSUPPORTED_DATA, INVALID_DATA, TRY_AGAIN_LATER = 1003, 1007, 1013  # RFC 6455 section 7.4.1, and IANA


class _Cut(Exception):
    """The connection must be closed by us, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Connection:
    """A page that is connected."""

    socket: WebSocket
    chat: Chat
    browsers: Browsers
    tab: Tab
    alive_every: float

    async def run(self, accept: Accept) -> int | None:
        """Serve the page until it goes. Return a code to close it with, where it did what no page of ours does."""
        written: asyncio.Queue[Written] = asyncio.Queue(MAX_WAITING)
        cuts: list[int] = []
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(written))
                tasks.create_task(self._take(written, accept))
                tasks.create_task(self._write())
                tasks.create_task(self._watch())
        except* _Cut as group:
            cuts += [error.code for error in group.exceptions if isinstance(error, _Cut)]
        except* WebSocketDisconnect:
            pass  # the page was closed
        return cuts[0] if cuts else None

    async def _read(self, written: asyncio.Queue[Written]) -> None:
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            if (text := message.get("text")) is None:
                raise _Cut(UNSUPPORTED_DATA)
            try:
                frame = read_frame(text)
            except ValidationError:
                raise _Cut(INVALID_DATA) from None
            if isinstance(frame, Written):
                _put(written, frame)
            elif demand := self.browsers.demand(self.chat.chat_id, frame.n):
                if isinstance(frame, Gone):
                    demand.refuse(NotDelivered("the browser does not have the file any more"))
                elif not demand.max_bytes:
                    demand.fulfil()

    async def _take(self, written: asyncio.Queue[Written], accept: Accept) -> None:
        """Hand messages to the bot in their order, and confirm each when it is durable."""
        while True:
            frame = await written.get()
            await _offer(self._event(frame), accept)
            self.tab.put(web_frames.taken(frame.id))

    async def _write(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self.alive_every):
                    frame = await self.tab.frames.get()
            except TimeoutError:
                frame = web_frames.ALIVE
            await self.socket.send_text(frame)

    async def _watch(self) -> None:
        await self.tab.is_too_slow.wait()
        raise _Cut(TRY_AGAIN_LATER)

    def _event(self, frame: Written) -> MessageEvent:
        chat_id = self.chat.chat_id
        return MessageEvent(
            message_id=f"{chat_id}:{frame.id}",
            chat=self.chat,
            sender=Sender(chat_id, SENDER_NAME, _language(self.socket.headers.get("accept-language", ""))),
            text=frame.text[: MAX_TEXT + 1],
            sent_at=time.time(),
            is_addressed=True,
            attachments=tuple(
                attachment(f"{chat_id}/{file.id}", file.name, file.type, file.size) for file in frame.files
            ),
        )


def _put(written: asyncio.Queue[Written], frame: Written) -> None:
    try:
        written.put_nowait(frame)
    except asyncio.QueueFull:
        raise _Cut(TRY_AGAIN_LATER) from None


async def _offer(event: MessageEvent, accept: Accept) -> None:
    while True:
        try:
            return await accept(event)
        except RetryLater as error:
            logger.warning("web chat: a message waits %.1f s: %s", error.after, error)
            await asyncio.sleep(error.after)


def _language(accepted: str) -> Language | None:
    """Return the first language that a browser prefers, where we speak it."""
    try:
        return Language(accepted.lower()[:2])
    except ValueError:
        return None
