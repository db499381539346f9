"""What a plugin's functions are given, and what the bot does for them."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, Protocol

from pydantic import JsonValue
from typing_extensions import TypeVar

from glmbot.attachments.extracted import MAX_BYTES
from glmbot.errors import UserError
from glmbot.events import Chat, Language, MessageEvent
from glmbot.phrases import language_of
from glmbot.plugin.languages import localized
from glmbot.plugin.schedule import Clock
from glmbot.prompt import ChatMessage
from glmbot.reply import Answer, Reply
from glmbot.status import BotStatus
from glmbot.trouble import TroubleReport, Unreported

ReplyValue = str | Answer | AsyncIterator[str] | Reply | None
"""What a handler answers: a text, with or without buttons, its pieces, an answer of the conversation, or nothing."""

ConfigT_co = TypeVar("ConfigT_co", covariant=True, default=object)


class Store(Protocol):
    """A plugin's own lasting values, by key."""

    async def get(self, key: str) -> JsonValue | None:
        """Return a value, None where there is none."""

    async def set(self, key: str, value: JsonValue) -> None:
        """Store a value, in place of an earlier one."""

    async def delete(self, key: str) -> bool:
        """Delete a value; tell whether there was one."""

    async def items(self, prefix: str = "") -> list[tuple[str, JsonValue]]:
        """Return all keys that begin with `prefix`, and their values, in the order of the keys."""


class Services(Protocol):
    """What the bot does for its plugins."""

    async def ask(self, messages: Sequence[ChatMessage]) -> str:
        """Return the model's whole answer."""

    def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        """Return the model's answer in pieces."""

    async def send(self, chat: Chat, text: str) -> None:
        """Store a message for delivery; it is durable when this returns.

        Raises NotDelivered when the chat's platform is not connected in the settings.
        """

    async def store_message(self, chat: Chat, text: str) -> None:
        """Do the same, but let the message leave only when `deliver_stored` is called, or something else leaves."""

    async def deliver_stored(self) -> None:
        """Let stored messages leave."""

    async def status(self) -> BotStatus:
        """Return how the bot is now."""

    async def read_attachment(self, event: MessageEvent, index: int, max_bytes: int) -> bytes:
        """Return a file that came with a message. Raises UserError, and ValueError where it is none of the message."""

    async def react(self, event: MessageEvent, emoji: str) -> bool:
        """Put an emoji under a message; tell whether it is there."""

    def store(self, plugin: str) -> Store:
        """Return a plugin's own store."""

    async def reset_conversation(self, event: MessageEvent) -> None:
        """Begin the sender's conversation anew."""

    async def stop_answer(self, event: MessageEvent) -> bool:
        """Stop the answer that is being written for the sender; tell whether there was one."""

    async def retry_question(self, event: MessageEvent) -> Reply | None:
        """Return another answer to the sender's last question, None where there is none."""


class Waiting(Protocol):
    """How a handler waits for a sender's next message."""

    async def next_text(self, event: MessageEvent, timeout: timedelta) -> str | None:
        """Return the sender's next message in this chat, None when none comes in time or the wait is cancelled."""

    async def cancel(self, event: MessageEvent) -> bool:
        """End the wait for this sender without a message; tell whether there was one."""


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """A command as /help shows it: names without slash, a usage line, and the help in each language."""

    name: str
    aliases: tuple[str, ...]
    usage: str
    help: Mapping[Language, str]

    def summary(self, language: Language) -> str:
        """Return the first line of the help."""
        return self.help[language].partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for all contexts of one bot."""

    services: Services
    clock: Clock
    waits: Waiting
    commands: tuple[CommandHelp, ...]
    report: TroubleReport = field(default_factory=Unreported)


class BotContext(Generic[ConfigT_co]):
    """What a plugin has everywhere, also where no message came in: jobs, `started`, `check_text`."""

    def __init__(self, plugin: str, config: ConfigT_co, surroundings: Surroundings) -> None:
        self._config = config
        self._surroundings = surroundings
        self.store: Store = surroundings.services.store(plugin)

    @property
    def config(self) -> ConfigT_co:
        """The plugin's settings, an instance of its model; None where it has no model."""
        return self._config

    @property
    def commands(self) -> tuple[CommandHelp, ...]:
        """All commands of the bot, by name."""
        return self._surroundings.commands

    def now(self) -> float:
        """Return the time, in seconds since 1970, UTC."""
        return self._surroundings.clock.now()

    async def ask(self, text: str, system: str | None = None) -> str:
        """Return the model's answer to `text` alone; the sender's conversation is not part of it."""
        return await self._surroundings.services.ask(_messages(text, system))

    def stream(self, text: str, system: str | None = None) -> AsyncGenerator[str]:
        """Return the model's answer to `text` in pieces; return it from a handler to show it while it grows."""
        return self._surroundings.services.stream(_messages(text, system))

    async def status(self) -> BotStatus:
        """Return how the bot is now: its version, its model, its queue and its adapters."""
        return await self._surroundings.services.status()

    async def send_to(self, chat: Chat, text: str) -> None:
        """Send a message to any chat. It is stored when this returns, and delivered even after a crash.

        Raises NotDelivered when the chat's platform is not connected (any more).
        """
        await self._surroundings.services.send(chat, text)


class Context(BotContext[ConfigT_co]):
    """What a plugin has while a message is handled."""

    def __init__(self, plugin: str, config: ConfigT_co, surroundings: Surroundings, event: MessageEvent) -> None:
        super().__init__(plugin, config, surroundings)
        self.event = event
        self.language = language_of(event)
        self.conversation = ConversationControl(surroundings, event)

    @property
    def chat_key(self) -> str:
        """A key for what belongs to this chat; no other chat's key begins with it."""
        chat = self.event.chat
        return f"{chat.adapter}/{chat.chat_id}/{chat.thread_id or ''}/"

    @property
    def sender_key(self) -> str:
        """A key for what belongs to this sender, in whatever chat; no other sender's key begins with it."""
        return f"{self.event.chat.adapter}/{self.event.sender.sender_id}/"

    @property
    def conversation_key(self) -> str:
        """A key for what belongs to this sender in this chat; no other conversation's key begins with it."""
        return f"{self.chat_key}{self.event.sender.sender_id}/"

    def localized(self, english: str, chinese: str) -> str:
        """Return the text that is in the sender's language."""
        return localized(self.language, english, chinese)

    def user_error(self, english: str, chinese: str) -> UserError:
        """Return an error to raise, whose text is told to the sender in their language."""
        return UserError(self.localized(english, chinese))

    async def send(self, text: str) -> None:
        """Send a message to the chat, besides the reply."""
        await self.send_to(self.event.chat, text)

    async def read_attachment(self, index: int, max_bytes: int = MAX_BYTES) -> bytes:
        """Return the file `event.attachments[index]`, of up to `max_bytes` and never more than 10 MB.

        Raises UserError, which tells the sender that the file is too large or cannot be fetched.
        """
        return await self._surroundings.services.read_attachment(self.event, index, max_bytes)

    async def react(self, emoji: str) -> bool:
        """Put an emoji under the message; tell whether it is there: not every platform has them, or this one."""
        return await self._surroundings.services.react(self.event, emoji)

    async def wait_for_reply(self, timeout: timedelta = timedelta(minutes=5)) -> str | None:
        """Return the sender's next message in this chat; None when none came in time, or the sender sent /stop.

        The sender's other messages wait meanwhile, only immediate commands run. After a restart of the bot the
        handler begins again from its start.
        """
        return await self._surroundings.waits.next_text(self.event, timeout)


class ConversationControl:
    """The sender's conversation with the model."""

    def __init__(self, surroundings: Surroundings, event: MessageEvent) -> None:
        self._services = surroundings.services
        self._waits = surroundings.waits
        self._event = event

    async def reset(self) -> None:
        """Begin the conversation anew."""
        await self._services.reset_conversation(self._event)

    async def stop(self) -> bool:
        """End the answer that is being written, or the wait for a reply; tell whether there was one."""
        was_waiting = await self._waits.cancel(self._event)
        return await self._services.stop_answer(self._event) or was_waiting

    async def retry(self) -> Reply | None:
        """Return another answer to the last question, to be returned as the reply; None without a question."""
        return await self._services.retry_question(self._event)


def _messages(text: str, system: str | None) -> Sequence[ChatMessage]:
    question = ChatMessage("user", text)
    return [ChatMessage("system", system), question] if system else [question]
