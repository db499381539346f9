"""Tells the bot's operators of trouble, in their chats, without the database: it may be what the trouble is."""

import asyncio
import logging
import secrets
import threading
from collections import deque
from collections.abc import Mapping, Sequence

from glmbot.adapters.base import Adapter, OutgoingMessage
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import Chat, ChatKind
from glmbot.phrases import Phrase
from glmbot.text.rendering import render_parts
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)

MAX_WAITING = 50
"""Notices kept for a chat that cannot be reached; the oldest are dropped."""
LONGEST_WAIT = 60.0


class Admins:
    """The operators' chats ("adapter:chat id"); each gets every notice, at the pace of its platform."""

    def __init__(self, chats: Sequence[str], adapters: Mapping[str, Adapter]) -> None:
        self._mailboxes = [_Mailbox(chat, adapters) for chat in chats]
        self._open: dict[str, str] = {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def trouble(self, kind: str, text: str) -> None:
        """Tell of trouble, once until it is over."""
        with self._lock:
            if kind in self._open:
                return
            self._open[kind] = text
        self._tell(text)

    def over(self, kind: str) -> None:
        """Tell that trouble has passed, where it was told of."""
        with self._lock:
            text = self._open.pop(kind, None)
        if text is not None:
            self._tell(f"{Phrase.TROUBLE_OVER.in_both_languages()}\n\n{text}")

    async def run(self) -> None:
        """Send until cancelled."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            for mailbox in self._mailboxes:
                tasks.create_task(mailbox.run())

    def _tell(self, text: str) -> None:
        for mailbox in self._mailboxes:
            mailbox.waiting.append(text)
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(mailbox.arrived.call)


class _Mailbox:
    """What is still to be said in one chat."""

    def __init__(self, chat: str, adapters: Mapping[str, Adapter]) -> None:
        adapter, _, chat_id = chat.partition(":")
        self.waiting: deque[str] = deque(maxlen=MAX_WAITING)
        self.arrived = Wakeup()
        self._chat = Chat(adapter, chat_id, ChatKind.PRIVATE)
        self._adapters = adapters

    async def run(self) -> None:
        while True:
            while self.waiting:
                await self._send(self.waiting.popleft())
            await self.arrived.wait()

    async def _send(self, text: str) -> None:
        adapter = self._adapters.get(self._chat.adapter)
        if adapter is None:
            return logger.error("bot.admin_chats names adapter %r, which is not configured", self._chat.adapter)
        try:
            for body in render_parts(text, adapter.capabilities.form):
                await _deliver(adapter, OutgoingMessage(self._chat, body, secrets.token_urlsafe(15)))
        except NotDelivered as error:
            logger.error("a notice cannot be delivered to an admin: %s", error)
        except Exception:
            logger.exception("a notice to an admin is lost")


async def _deliver(adapter: Adapter, message: OutgoingMessage) -> None:
    while True:
        try:
            await adapter.send(message)
            return
        except RetryLater as error:
            await asyncio.sleep(min(error.after, LONGEST_WAIT))
