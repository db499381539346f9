"""Takes messages to their platforms so that a crash shows at most one of them twice."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping

from glmbot.adapters.base import Adapter, OutgoingMessage
from glmbot.delivery.sent_journal import SentJournal
from glmbot.events import MessageRef


class Sending:
    """The one way by which new messages leave.

    A message that is on its way when the bot dies is sent again. Where the platform knows no key, that shows it
    twice, so there one message at a time is on its way: the next waits until the first one's place is noted, and until
    the platform wants to hear of it.
    """

    def __init__(self, adapters: Mapping[str, Adapter], journal: SentJournal) -> None:
        self._adapters = adapters
        self._journal = journal
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._next_at: defaultdict[str, float] = defaultdict(float)

    async def send(self, message: OutgoingMessage, row_key: str) -> MessageRef:
        """Send the message of an outbox row, and remember where it is shown. Raises what `Adapter.send` raises."""
        adapter = self._adapters[message.chat.adapter]
        if adapter.capabilities.has_idempotent_send:
            return await self._send(adapter, message, row_key)
        async with self._turns[message.chat.adapter]:
            return await self._send(adapter, message, row_key)

    def settle(self, row_key: str) -> None:
        """Forget a message whose place is in the database."""
        self._journal.settle(row_key)

    async def _send(self, adapter: Adapter, message: OutgoingMessage, row_key: str) -> MessageRef:
        await self._pause(message.chat.adapter, adapter.capabilities.send_interval)
        ref = await adapter.send(message)
        self._journal.note(row_key, ref)
        return ref

    async def _pause(self, name: str, interval: float) -> None:
        """Wait for the account's next turn."""
        if interval:
            now = time.monotonic()
            turn = max(now, self._next_at[name])
            self._next_at[name] = turn + interval
            await asyncio.sleep(turn - now)
