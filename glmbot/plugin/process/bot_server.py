"""What a plugin process may ask the bot for."""

import base64
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from pydantic import JsonValue

from glmbot.events import Chat, MessageEvent
from glmbot.plugin.context import Surroundings
from glmbot.prompt import ChatMessage
from glmbot.reply import Reply
from glmbot.status import BotStatus


class BotServer:
    """Implements `BotSide` for one plugin."""

    def __init__(self, plugin: str, surroundings: Surroundings) -> None:
        self._services = surroundings.services
        self._waits = surroundings.waits
        self._store = surroundings.services.store(plugin)

    async def ask(self, messages: Sequence[ChatMessage]) -> str:
        """Return the model's whole answer."""
        return await self._services.ask(messages)

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncIterator[str]:
        """Return the model's answer in pieces."""
        return self._services.stream(messages)

    async def store_message(self, chat: Chat, text: str) -> None:
        """Store a message that is to leave a little later."""
        await self._services.store_message(chat, text)

    async def deliver_stored(self) -> None:
        """Let stored messages leave."""
        await self._services.deliver_stored()

    async def store_get(self, key: str) -> JsonValue:
        """Return a value of the plugin's store, None where there is none."""
        return await self._store.get(key)

    async def store_set(self, key: str, value: JsonValue) -> None:
        """Store a value."""
        await self._store.set(key, value)

    async def store_delete(self, key: str) -> bool:
        """Delete a value; tell whether there was one."""
        return await self._store.delete(key)

    async def store_items(self, prefix: str) -> list[tuple[str, JsonValue]]:
        """Return all keys that begin with `prefix`, and their values."""
        return await self._store.items(prefix)

    async def read_attachment(self, event: MessageEvent, index: int, max_bytes: int) -> str:
        """Return a file that came with a message, in Base64."""
        return base64.b64encode(await self._services.read_attachment(event, index, max_bytes)).decode("ascii")

    async def status(self) -> BotStatus:
        """Return how the bot is now."""
        return await self._services.status()

    async def react(self, event: MessageEvent, emoji: str) -> bool:
        """Put an emoji under a message."""
        return await self._services.react(event, emoji)

    async def reset_conversation(self, event: MessageEvent) -> None:
        """Begin the sender's conversation anew."""
        await self._services.reset_conversation(event)

    async def stop_answer(self, event: MessageEvent) -> bool:
        """Stop the answer that is being written for the sender."""
        return await self._services.stop_answer(event)

    async def retry_question(self, event: MessageEvent) -> Reply | None:
        """Return another answer to the sender's last question."""
        return await self._services.retry_question(event)

    async def next_text(self, event: MessageEvent, timeout: timedelta) -> str | None:
        """Return the sender's next message."""
        return await self._waits.next_text(event, timeout)

    async def cancel_wait(self, event: MessageEvent) -> bool:
        """End the wait for the sender."""
        return await self._waits.cancel(event)
