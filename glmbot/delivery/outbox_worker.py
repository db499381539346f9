"""Takes outbox rows to their platforms, with retries at the platform's own pace."""

import asyncio
import logging
import time
from collections.abc import Collection, Mapping

from glmbot.adapters.base import Adapter, OutgoingMessage
from glmbot.crash_points import crash_point
from glmbot.delivery.pace import Paces
from glmbot.delivery.sending import Sending
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import MessageRef
from glmbot.storage.outbox import Outbox, OutboxMessage
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 20
"""Unexpected errors after which a message is given up; waiting as a platform asks is not counted."""
MAX_BACK_OFF = 300.0
LOOK_EVERY = 5.0
"""Seconds between two looks without news: what waited for room on a full disk was announced before it was stored."""
ANEW = "n"
"""Makes another key: the platform would answer the old one with the message that was deleted."""


class OutboxWorker:
    """Sends what is ready: chats in parallel, the messages of one chat one after another."""

    def __init__(
        self,
        adapters: Mapping[str, Adapter],
        owned: Collection[str],
        outbox: Outbox,
        sending: Sending,
        paces: Paces,
        ready: Wakeup,
        progress: Wakeup,
    ) -> None:
        self._adapters = adapters
        self._owned = owned
        self._outbox = outbox
        self._sending = sending
        self._paces = paces
        self._ready = ready
        self._progress = progress
        self._busy: set[int] = set()

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                for row in await self._outbox.due(self._owned):
                    if row.outbox_id not in self._busy:
                        self._busy.add(row.outbox_id)
                        tasks.create_task(self._deliver(row))
                await self._ready.wait(LOOK_EVERY)

    def look(self) -> None:
        """Look for messages now: there may be some that nobody announced."""
        self._ready.call()

    async def _deliver(self, row: OutboxMessage) -> None:
        try:
            crash_point("sending")
            if pace := self._paces.find(row.chat):
                pace.spend()
            ref = await self._send(row)
            crash_point("sent")
            self._ready.call()  # the look for the chat's next message shares the commit
            await self._outbox.mark_sent(row.outbox_id, ref)
            self._sending.settle(row.key)
        except RetryLater as error:
            logger.info("delivery waits %.1f s: %s", error.after, error)
            await self._wait(row, error.after)
        except NotDelivered as error:
            logger.warning("message %s not delivered: %s", row.key, error)
            self._ready.call()
            await self._outbox.fail(row.outbox_id, str(error))
        except Exception:
            logger.exception("delivery of message %s failed, attempt %d", row.key, row.attempts + 1)
            await self._back_off(row)
        finally:
            self._busy.discard(row.outbox_id)
            self._progress.call()

    async def _send(self, row: OutboxMessage) -> MessageRef:
        """Send a message, or bring the live one to its final text."""
        adapter = self._adapters[row.chat.adapter]
        ref = row.ref
        if ref is None:
            ref = await self._sending.send(OutgoingMessage(row.chat, row.body, row.key, row.reply_to), row.key)
            if not (row.began_live and adapter.capabilities.has_idempotent_send):
                return ref
        try:
            # a message whose place was lost in a crash comes back by its key as it was first shown
            await adapter.edit(ref, row.body)
        except NotDelivered as error:
            logger.info("live message %s is gone, sending it anew: %s", row.key, error)
            anew = OutgoingMessage(row.chat, row.body, f"{row.key}{ANEW}", row.reply_to)
            return await self._sending.send(anew, row.key)
        return ref

    async def _wait(self, row: OutboxMessage, seconds: float) -> None:
        if pace := self._paces.find(row.chat):
            pace.note_wait(seconds)
        until = time.monotonic() + seconds
        await self._outbox.wait(row.outbox_id, until)
        self._ready.call_at(until)

    async def _back_off(self, row: OutboxMessage) -> None:
        """Deal with an error the adapter did not foresee: later again, but not for ever."""
        if row.attempts + 1 >= MAX_ATTEMPTS:
            self._ready.call()
            await self._outbox.fail(row.outbox_id, "too many unexpected errors; the log has them")
        else:
            at = time.monotonic() + min(2.0**row.attempts, MAX_BACK_OFF)
            await self._outbox.retry(row.outbox_id, at)
            self._ready.call_at(at)
