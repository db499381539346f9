"""What the bot does for its plugins, behind their `Context`."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from importlib.metadata import version

from glmbot.conversation.conversation import Conversation
from glmbot.delivery.delivery import Delivery
from glmbot.dispatch.documents import Documents
from glmbot.dispatch.outgoing import Outgoing
from glmbot.dispatch.supervision import Supervision
from glmbot.events import Chat, MessageEvent
from glmbot.inference.client import InferenceClient
from glmbot.prompt import ChatMessage
from glmbot.reply import Reply
from glmbot.status import BotStatus
from glmbot.storage.conversations import Conversations
from glmbot.storage.database import Database
from glmbot.storage.inbox import Inbox
from glmbot.storage.plugin_store import PluginStore


class StatusReport:
    """Says how the bot is."""

    def __init__(self, inference: InferenceClient, inbox: Inbox, supervision: Supervision) -> None:
        self._inference = inference
        self._supervision = supervision
        self._inbox = inbox
        self._started_at = time.monotonic()

    async def now(self) -> BotStatus:
        """Return how the bot is now."""
        return BotStatus(
            version=version("glmbot"),
            uptime=time.monotonic() - self._started_at,
            model=await self._inference.state(),
            num_open=await self._inbox.num_open(),
            adapters=self._supervision.states(),
        )


class PluginServices:
    """Implements `glmbot.plugin.context.Services`."""

    def __init__(
        self,
        database: Database,
        inference: InferenceClient,
        conversations: Conversations,
        conversation: Conversation,
        delivery: Delivery,
        report: StatusReport,
        documents: Documents,
        outgoing: Outgoing,
        max_reply_tokens: int,
    ) -> None:
        self._database = database
        self._inference = inference
        self._conversations = conversations
        self._conversation = conversation
        self._delivery = delivery
        self._report = report
        self._documents = documents
        self._outgoing = outgoing
        self._max_reply_tokens = max_reply_tokens

    async def ask(self, messages: Sequence[ChatMessage]) -> str:
        """Return the model's whole answer to `messages`."""
        async with aclosing(self.stream(messages)) as pieces:
            return "".join([piece async for piece in pieces])

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        """Stream the model's answer to `messages`."""
        async with aclosing(self._inference.generate(messages, self._max_reply_tokens)) as pieces:
            async for piece in pieces:
                if piece.text:
                    yield piece.text

    async def send(self, chat: Chat, text: str) -> None:
        """Store a message for delivery."""
        await self._delivery.send(chat, await self._outgoing.message(chat, text))

    async def store_message(self, chat: Chat, text: str) -> None:
        """Store a message that is to leave a little later."""
        await self._delivery.store(chat, await self._outgoing.message(chat, text))

    async def deliver_stored(self) -> None:
        """Let stored messages leave."""
        self._delivery.wake()

    async def status(self) -> BotStatus:
        """Return how the bot is now."""
        return await self._report.now()

    async def read_attachment(self, event: MessageEvent, index: int, max_bytes: int) -> bytes:
        """Return a file that came with a message."""
        return await self._documents.content(event, index, max_bytes)

    async def react(self, event: MessageEvent, emoji: str) -> bool:
        """Put an emoji under a message; tell whether it is there."""
        return await self._outgoing.may_show(event, emoji) and await self._delivery.react(event, emoji)

    def store(self, plugin: str) -> PluginStore:
        """Return the plugin's own key-value store."""
        return PluginStore(self._database, plugin)

    async def reset_conversation(self, event: MessageEvent) -> None:
        """Begin the sender's conversation anew."""
        await self._conversation.reset(await self._conversations.id_of(event))

    async def stop_answer(self, event: MessageEvent) -> bool:
        """Stop the answer being written for the sender; tell whether there was one."""
        return self._delivery.stop_signs.stop(event)

    async def retry_question(self, event: MessageEvent) -> Reply | None:
        """Answer the sender's last question again, None where there is none."""
        return await self._conversation.retry(await self._conversations.id_of(event), event)
