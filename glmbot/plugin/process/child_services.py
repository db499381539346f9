"""What the bot does for its plugins, asked for over the wire."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta

from pydantic import JsonValue

from glmbot.events import Chat, MessageEvent
from glmbot.plugin.process.interfaces import BotSide
from glmbot.plugin.process.peer import Peer
from glmbot.plugin.process.stream import RemoteStream
from glmbot.prompt import ChatMessage
from glmbot.reply import Reply
from glmbot.status import BotStatus


class RemoteServices:
    """Implements `glmbot.plugin.context.Services` in a plugin process."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def ask(self, messages: Sequence[ChatMessage]) -> str:
        """Return the model's whole answer."""
        return await self._peer.call(BotSide.ask, messages)

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        """Return the model's answer in pieces."""
        pieces = await self._peer.call(BotSide.stream, messages)
        assert isinstance(pieces, RemoteStream)
        try:
            async for piece in pieces:
                yield piece
        finally:
            await pieces.aclose()

    async def send(self, chat: Chat, text: str) -> None:
        """Store a message for delivery; it is durable when this returns.

        It leaves when the handler has taken its next step. That may be to wait for a reply, and in this process the
        bot would not know of it yet when a quick one comes.
        """
        await self.store_message(chat, text)
        asyncio.get_running_loop().call_soon(self._peer.tell, BotSide.deliver_stored)

    async def store_message(self, chat: Chat, text: str) -> None:
        """Store a message that is to leave a little later."""
        await self._peer.call(BotSide.store_message, chat, text)

    async def deliver_stored(self) -> None:
        """Let stored messages leave."""
        await self._peer.call(BotSide.deliver_stored)

    async def status(self) -> BotStatus:
        """Return how the bot is now."""
        return await self._peer.call(BotSide.status)

    async def read_attachment(self, event: MessageEvent, index: int, max_bytes: int) -> bytes:
        """Return a file that came with a message."""
        return base64.b64decode(await self._peer.call(BotSide.read_attachment, event, index, max_bytes))

    async def react(self, event: MessageEvent, emoji: str) -> bool:
        """Put an emoji under a message."""
        return await self._peer.call(BotSide.react, event, emoji)

    def store(self, plugin: str) -> "RemoteStore":
        """Return the plugin's store; the bot knows whose it is."""
        return RemoteStore(self._peer, plugin)

    async def reset_conversation(self, event: MessageEvent) -> None:
        """Begin the sender's conversation anew."""
        await self._peer.call(BotSide.reset_conversation, event)

    async def stop_answer(self, event: MessageEvent) -> bool:
        """Stop the answer that is being written for the sender; tell whether there was one."""
        return await self._peer.call(BotSide.stop_answer, event)

    async def retry_question(self, event: MessageEvent) -> Reply | None:
        """Return another answer to the sender's last question: returned by a handler, it is the bot's own again."""
        pieces = await self._peer.call(BotSide.retry_question, event)
        return Reply(pieces) if isinstance(pieces, RemoteStream) else None


class RemoteStore:
    """A plugin's store. Values are checked here: what JSON has no form for is the plugin's mistake."""

    def __init__(self, peer: Peer, plugin: str) -> None:
        self._peer = peer
        self._plugin = plugin

    async def get(self, key: str) -> JsonValue:
        """Return a value, None where there is none."""
        return await self._peer.call(BotSide.store_get, key)

    async def set(self, key: str, value: JsonValue) -> None:
        """Store a value. Raises TypeError when JSON has no form for it."""
        try:
            json.dumps(value)
        except (TypeError, ValueError) as error:
            raise TypeError(f"plugin {self._plugin!r}: the value of {key!r} cannot be stored: {error}") from error
        await self._peer.call(BotSide.store_set, key, value)

    async def delete(self, key: str) -> bool:
        """Delete a value; tell whether there was one."""
        return await self._peer.call(BotSide.store_delete, key)

    async def items(self, prefix: str = "") -> list[tuple[str, JsonValue]]:
        """Return all keys that begin with `prefix`, and their values, in the order of the keys."""
        return await self._peer.call(BotSide.store_items, prefix)


class RemoteWaits:
    """Implements `glmbot.plugin.context.Waiting` in a plugin process."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def next_text(self, event: MessageEvent, timeout: timedelta) -> str | None:
        """Return the sender's next message in this chat, None when none comes in time or the wait is cancelled."""
        return await self._peer.call(BotSide.next_text, event, timeout)

    async def cancel(self, event: MessageEvent) -> bool:
        """End the wait for this sender without a message; tell whether there was one."""
        return await self._peer.call(BotSide.cancel_wait, event)
