"""An answer that grows on the platform while it is being written."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from glmbot.adapters.base import Adapter, OutgoingMessage
from glmbot.background import in_background
from glmbot.content import Rendered
from glmbot.crash_points import crash_point
from glmbot.delivery.pace import Pace, Paces
from glmbot.delivery.render import render_live
from glmbot.delivery.sending import Sending
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import MessageRef
from glmbot.storage.inbox import ClaimedEvent
from glmbot.storage.outbox import Outbox
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)

CALL_DEADLINE = 8.0
"""Seconds to let a call under way finish at the end, so that a message just sent gets its ref stored."""
LATE_AFTER = 2.0
"""Seconds without a text before anything is shown in its place."""


class LiveMessage:
    """Shows the text so far, at the platform's pace, in as many messages as it needs.

    Each message has its outbox row before it is first sent, so that after a crash the same message is found
    again. Whatever goes wrong here is mended by the final delivery, which edits or sends every part.
    """

    def __init__(
        self,
        claimed: ClaimedEvent,
        adapter: Adapter,
        outbox: Outbox,
        sending: Sending,
        paces: Paces,
        reply_to: str | None,
    ) -> None:
        self._claimed = claimed
        self._adapter = adapter
        self._outbox = outbox
        self._sending = sending
        self._paces = paces
        self._reply_to = reply_to
        self._text = ""
        self._is_text = False
        self._begun_at = asyncio.get_running_loop().time()
        self._changed = Wakeup()
        self._ending = asyncio.Event()
        self._shown: dict[int, tuple[MessageRef, Rendered | None]] = {}
        """Where each part is, and with which text: None where that is not known."""
        self._tried: set[int] = set()
        """Parts that a send was tried of: another one may bring back the message as it was first shown."""

    def show(self, text: str) -> None:
        """Show this text at the next occasion."""
        self._text, self._is_text = text, True
        self._changed.call()

    def show_instead(self, text: str) -> None:
        """Show this while there is no text, when none has come for some time; the answer takes its place."""
        if not self._is_text:
            self._text = text
            self._changed.call()

    def shown_parts(self, bodies: Sequence[Rendered]) -> list[int]:
        """Return which of these parts can be seen just so: they need no edit that changes nothing."""
        return [part for part, body in enumerate(bodies) if part in self._shown and self._shown[part][1] == body]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send and edit in the background while the body runs; a call under way is finished, never cut."""
        async with in_background(self._run, "live message") as background:
            try:
                yield
            finally:
                self._ending.set()
                self._changed.call()
                await background.wait(timeout=CALL_DEADLINE)

    async def _run(self) -> None:
        interval = self._adapter.capabilities.edit_interval
        if interval is None:
            return
        pace = self._paces.of(self._claimed.event.chat, interval)
        await self._recall()
        await self._pause(pace.interval)
        while not self._ending.is_set():
            await self._changed.wait()
            if self._is_early() or not await self._is_next():
                await self._pause(pace.interval)
                continue
            await self._pause(pace.reserve())
            if not self._ending.is_set():
                await self._update(pace)

    def _is_early(self) -> bool:
        """Tell whether the text may still come in time to need nothing in its place."""
        if self._is_text or asyncio.get_running_loop().time() >= self._begun_at + LATE_AFTER:
            return False
        self._changed.call()
        return True

    async def _is_next(self) -> bool:
        """Tell whether all earlier replies are shown: a new message must not overtake them."""
        claimed = self._claimed
        if self._shown or not await self._outbox.has_earlier(claimed.inbox_id, claimed.event.chat):
            return True
        self._changed.call()
        return False

    async def _recall(self) -> None:
        """Find what an earlier attempt has shown."""
        for row in await self._outbox.live_parts(self._claimed.inbox_id):
            self._tried.add(row.part)
            if row.ref:
                self._shown[row.part] = (row.ref, None)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the answer."""
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            return

    async def _update(self, pace: Pace) -> None:
        """Bring the platform up to date."""
        parts = await render_live(self._text, self._adapter.capabilities)
        try:
            num_calls = sum([await self._show_part(index, body) for index, body in enumerate(parts)])
            pace.note_success()
            pace.spend(max(0, num_calls - 1))  # the first had its turn
        except RetryLater as error:
            logger.info("live message waits %.1f s: %s", error.after, error)
            pace.note_wait(error.after)
            self._changed.call()
        except NotDelivered as error:
            # it may have been shown all the same: never try again here, the final delivery does it once
            logger.warning("live message given up: %s", error)
            self._ending.set()

    async def _show_part(self, index: int, body: Rendered) -> bool:
        """Show one part, if it is not shown like this already; return whether the platform was called."""
        ref, shown = self._shown.get(index, (None, None))
        if shown == body:
            return False
        if ref is not None:
            self._shown[index] = (ref, None)  # an edit that fails may be seen all the same
            await self._adapter.edit(ref, body)
            is_known = True
        else:
            is_known = index not in self._tried
            self._tried.add(index)
            ref = await self._send_part(index, body)
        self._shown[index] = (ref, body if is_known else None)
        return True

    async def _send_part(self, index: int, body: Rendered) -> MessageRef:
        chat = self._claimed.event.chat
        reply_to = self._reply_to if index == 0 else None
        row = await self._outbox.open_live(self._claimed.inbox_id, index, chat, reply_to)
        crash_point("live_sending")
        ref = await self._sending.send(OutgoingMessage(chat, body, row.key, reply_to), row.key)
        crash_point("live_sent")
        await self._outbox.set_ref(row.outbox_id, ref)
        self._sending.settle(row.key)
        return ref
