"""Streams answers through the bot's own delivery to strict platforms that now and then ask to wait."""

import asyncio
import itertools
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

from delivery_parts.platforms import Platform
from glmbot.adapters.base import Accept, Capabilities, OutgoingMessage
from glmbot.content import Rendered
from glmbot.delivery.delivery import Delivery
from glmbot.delivery.outbox_worker import OutboxWorker
from glmbot.delivery.pace import Paces
from glmbot.delivery.sending import Sending
from glmbot.delivery.sent_journal import SentJournal
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import Chat, ChatKind, MessageEvent, MessageRef, Sender
from glmbot.reply import Reply
from glmbot.storage.database import Database
from glmbot.storage.inbox import Inbox
from glmbot.storage.outbox import Outbox
from glmbot.storage.replies import Replies
from glmbot.text.rendering import render_parts
from glmbot.wakeup import Wakeup

REFUSALS = 0.15
"""The share of calls that a platform answers with 429."""
MAX_PIECES = 6
DEADLINE = 60.0
"""Seconds within which an answer must be complete on the platform."""


class StrictAdapter:
    """Shows messages as its platform would, and refuses what the platform refuses."""

    def __init__(self, platform: Platform, seed: int) -> None:
        self.name = platform.name
        self.capabilities = Capabilities(platform.form, 0.0 if platform.can_edit else None, None, True)
        self.num_refused = 0
        self._platform = platform
        self._random = random.Random(f"{seed} {platform.name}")
        self._ids = itertools.count()
        self._shown: dict[str, dict[str, str]] = defaultdict(dict)
        self._keys: dict[str, str] = {}
        self._bad: set[str] = set()
        self._changed = asyncio.Condition()

    async def run(self, accept: Accept) -> None:
        """Receive nothing."""

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Show a message; its key returns the one that was sent before."""
        self._check(message.chat, message.body)
        message_id = self._keys.setdefault(message.key, f"m{next(self._ids)}")
        self._shown[message.chat.chat_id].setdefault(message_id, message.body.text)
        await self._notify()
        return MessageRef(message.chat, message_id)

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Change a message."""
        self._check(ref.chat, body)
        if ref.message_id not in self._shown[ref.chat.chat_id]:
            raise NotDelivered("no such message")
        self._shown[ref.chat.chat_id][ref.message_id] = body.text
        await self._notify()

    async def show_typing(self, chat: Chat) -> None:
        """Show nothing."""

    def is_right(self, chat_id: str, texts: Sequence[str]) -> bool:
        """Tell whether exactly these messages are visible, and none was ever refused."""
        return list(self._shown[chat_id].values()) == list(texts) and chat_id not in self._bad

    async def until_right(self, chat_id: str, texts: Sequence[str]) -> bool:
        """Wait until the messages are right; return False where they never are."""
        try:
            async with asyncio.timeout(DEADLINE), self._changed:
                await self._changed.wait_for(lambda: chat_id in self._bad or self.is_right(chat_id, texts))
        except TimeoutError:
            return False
        return self.is_right(chat_id, texts)

    def _check(self, chat: Chat, body: Rendered) -> None:
        if self._random.random() < REFUSALS:
            raise RetryLater("429 Too Many Requests", after=0.001)
        reading = self._platform.read(body.text)
        if reading.errors or reading.num_open_fences or self._platform.is_over_limit(reading):
            self._bad.add(chat.chat_id)
            raise NotDelivered(f"{chat.chat_id}: {reading.errors}, length {reading.length}")

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class Case(Protocol):
    """An answer."""

    @property
    def id(self) -> str: ...

    @property
    def markdown(self) -> str: ...


async def streamed(cases: Sequence[Case], platforms: Sequence[Platform], seed: int) -> list[tuple[str, str]]:
    """Stream every answer to every platform; return platform and id of those that end otherwise than rendered."""
    waiting: list[tuple[StrictAdapter, str, list[str]]] = []
    with tempfile.TemporaryDirectory() as folder:
        adapters = {platform.name: StrictAdapter(platform, seed) for platform in platforms}
        async with _bot(Path(folder), adapters) as (inbox, delivery):
            for case, platform in itertools.product(cases, platforms):
                texts = [part.text for part in render_parts(case.markdown, platform.form)]
                if texts:  # an empty answer would be replaced by a sentence
                    await _stream(inbox, delivery, adapters[platform.name], case, seed)
                    waiting.append((adapters[platform.name], case.id, texts))
            return [
                (adapter.name, name) for adapter, name, texts in waiting if not await adapter.until_right(name, texts)
            ]


@asynccontextmanager
async def _bot(folder: Path, adapters: Mapping[str, StrictAdapter]) -> AsyncGenerator[tuple[Inbox, Delivery]]:
    """Run the part of the bot that delivers, on a database in the folder."""
    async with AsyncExitStack() as stack:
        database = await Database.open(f"sqlite:///{folder}/bot.db", folder)
        stack.push_async_callback(database.close)
        journal = SentJournal(folder)
        stack.callback(journal.close)
        ready, paces = Wakeup(), Paces()
        inbox, outbox, sending = Inbox(database), Outbox(database), Sending(adapters, journal)
        worker = OutboxWorker(adapters, list(adapters), outbox, sending, paces, ready, Wakeup())
        running = asyncio.create_task(worker.run())
        try:
            yield inbox, Delivery(adapters, inbox, outbox, sending, Replies(database), paces, ready)
        finally:
            running.cancel()
            await asyncio.wait([running])


async def _stream(inbox: Inbox, delivery: Delivery, adapter: StrictAdapter, case: Case, seed: int) -> None:
    """Let the answer to one question arrive in pieces."""
    chat = Chat(adapter.name, case.id, ChatKind.PRIVATE)
    question = MessageEvent(f"q{case.id}", chat, Sender("s", "s"), "question", time.time(), True)
    await inbox.add(question)
    (claimed,) = await inbox.claim([adapter.name])
    await delivery.deliver(claimed, Reply(_pieces(case.markdown, random.Random(f"{seed} {case.id}"))))


async def _pieces(text: str, chance: random.Random) -> AsyncGenerator[str]:
    """Yield the text cut anywhere, with time in between for the live message to follow."""
    cuts = sorted(chance.randrange(len(text) + 1) for _ in range(chance.randint(2, MAX_PIECES)))
    for start, end in itertools.pairwise([0, *cuts, len(text)]):
        yield text[start:end]
        await asyncio.sleep(0.003)
