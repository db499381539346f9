"""What the bot and a plugin process do for each other, and what they tell each other at the start."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from pydantic import JsonValue, TypeAdapter

from glmbot.events import Chat, MessageEvent
from glmbot.plugin.context import CommandHelp, ReplyValue
from glmbot.plugin.member import DescribedCommand
from glmbot.plugin.sources import Place
from glmbot.prompt import ChatMessage, Prompt
from glmbot.reply import Reply
from glmbot.status import BotStatus
from glmbot.verdicts import Direction, Refusal, Verdict


@dataclass(frozen=True, slots=True)
class Load:
    """The bot's first word: which plugin to load, where to find modules, and the least severe log lines to write."""

    place: Place
    import_path: list[str]
    log_level: int


@dataclass(frozen=True, slots=True)
class Description:
    """What a plugin has, so that the bot knows when to ask for it. Hooks are counted: each is called by its place."""

    name: str
    commands: tuple[DescribedCommand, ...]
    num_patterns: int
    num_hooks: dict[str, int]
    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The plugin process's first word: the plugin, or why there is none."""

    plugin: Description | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Configure:
    """The bot's second word: the plugin's own settings, as they stand in the settings file."""

    config: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Configured:
    """The plugin process's second word: what is wrong with the settings, if anything is."""

    problem: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """The bot's last word: all commands of the bot. From here on both sides call each other."""

    commands: tuple[CommandHelp, ...]


LOAD = TypeAdapter(Load)
LOADED = TypeAdapter(Loaded)
CONFIGURE = TypeAdapter(Configure)
CONFIGURED = TypeAdapter(Configured)
JOIN = TypeAdapter(Join)


class PluginSide(Protocol):
    """What a plugin process does for the bot."""

    async def answer_command(self, name: str, event: MessageEvent) -> ReplyValue: ...

    async def has_match(self, text: str) -> bool: ...

    async def answer_message(self, event: MessageEvent) -> ReplyValue: ...

    async def screen_event(self, place: int, event: MessageEvent) -> Refusal | None: ...

    async def edit_prompt(self, place: int, event: MessageEvent, prompt: Prompt) -> Prompt: ...

    async def check_text(self, place: int, text: str, direction: Direction) -> Verdict: ...

    async def reacted(self, place: int, event: MessageEvent) -> None: ...

    async def reply_sent(self, place: int, event: MessageEvent, text: str) -> None: ...

    async def started(self, place: int) -> None: ...

    async def stopping(self, place: int) -> None: ...

    async def next_run(self, job: int, moment: float) -> float: ...

    async def run_job(self, job: int) -> None: ...


class BotSide(Protocol):
    """What the bot does for a plugin process."""

    async def ask(self, messages: Sequence[ChatMessage]) -> str: ...

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncIterator[str]: ...

    async def store_message(self, chat: Chat, text: str) -> None: ...

    async def deliver_stored(self) -> None: ...

    async def status(self) -> BotStatus: ...

    async def read_attachment(self, event: MessageEvent, index: int, max_bytes: int) -> str:
        """Return a file in Base64: JSON has no bytes."""

    async def react(self, event: MessageEvent, emoji: str) -> bool: ...

    async def store_get(self, key: str) -> JsonValue: ...

    async def store_set(self, key: str, value: JsonValue) -> None: ...

    async def store_delete(self, key: str) -> bool: ...

    async def store_items(self, prefix: str) -> list[tuple[str, JsonValue]]: ...

    async def reset_conversation(self, event: MessageEvent) -> None: ...

    async def stop_answer(self, event: MessageEvent) -> bool: ...

    async def retry_question(self, event: MessageEvent) -> Reply | None: ...

    async def next_text(self, event: MessageEvent, timeout: timedelta) -> str | None: ...

    async def cancel_wait(self, event: MessageEvent) -> bool: ...
