"""The kit for tests of plugins: a bot in memory, around one plugin, with a clock that tests turn on."""

import asyncio
import itertools
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Self

from pydantic import JsonValue

from glmbot.errors import NotDelivered, UserError
from glmbot.events import Attachment, Chat, ChatKind, Language, MessageEvent, Reaction, Sender
from glmbot.hooks import Hooks
from glmbot.phrases import Phrase, language_of
from glmbot.plugin.context import ReplyValue
from glmbot.plugin.host import PluginHost, command_name
from glmbot.plugin.loading import checked_config
from glmbot.plugin.local_member import LocalPlugin
from glmbot.plugin.plugin import Plugin
from glmbot.prompt import ChatMessage, Prompt, Turn
from glmbot.reply import Answer, Reply, text_reply
from glmbot.status import AdapterState, BotStatus, ModelState
from glmbot.verdicts import Direction

SETTLE_DEADLINE = 10.0
"""Seconds that a handler or job may take in a test until it ends or waits for something."""
START = 1_767_225_600.0
"""Where the clock stands at first: the beginning of 2026, UTC."""

Model = Callable[[Sequence[ChatMessage]], str]


def echo(messages: Sequence[ChatMessage]) -> str:
    """Answer as the model of the kit does by default."""
    return f"answer to {messages[-1].content}"


class ManualClock:
    """A clock that stands still until it is set."""

    def __init__(self, now: float = START) -> None:
        self._now = now
        self._sleeping: list[tuple[float, asyncio.Future[None]]] = []

    @property
    def num_sleeping(self) -> int:
        """How many sleep by this clock."""
        return len(self._sleeping)

    @property
    def next_wake(self) -> float | None:
        """When the next sleeper wakes up, None where nobody sleeps."""
        return min((moment for moment, _ in self._sleeping), default=None)

    def now(self) -> float:
        """Return the clock's time."""
        return self._now

    def set(self, moment: float) -> None:
        """Turn the clock to `moment`, and wake all who sleep until then."""
        self._now = moment
        for sleeper in [one for one in self._sleeping if one[0] <= moment]:
            self._sleeping.remove(sleeper)
            sleeper[1].set_result(None)

    async def sleep(self, seconds: float) -> None:
        """Return once the clock was set forward by so many seconds."""
        await self.sleep_until(self._now + seconds)

    async def sleep_until(self, moment: float) -> bool:
        """Return True once the clock was set to `moment` or later."""
        sleeper = moment, asyncio.get_running_loop().create_future()
        self._sleeping.append(sleeper)
        try:
            self.set(self._now)
            await sleeper[1]
            return True
        finally:
            if sleeper in self._sleeping:
                self._sleeping.remove(sleeper)


class MemoryStore:
    """A plugin's store in memory. Values pass through JSON, as in the real one."""

    def __init__(self, rows: dict[str, str]) -> None:
        self._rows = rows

    async def get(self, key: str) -> JsonValue | None:
        """Return a value, None where there is none."""
        text = self._rows.get(key)
        return None if text is None else _from_json(text)

    async def set(self, key: str, value: JsonValue) -> None:
        """Store a value."""
        self._rows[key] = json.dumps(value)

    async def delete(self, key: str) -> bool:
        """Delete a value; tell whether there was one."""
        return self._rows.pop(key, None) is not None

    async def items(self, prefix: str = "") -> list[tuple[str, JsonValue]]:
        """Return all keys that begin with `prefix`, and their values, in the order of the keys."""
        return [(key, _from_json(text)) for key, text in sorted(self._rows.items()) if key.startswith(prefix)]


class MemoryServices:
    """What the bot does for plugins, in memory. `sent`, `asked` and `turns` are there to look at."""

    def __init__(self, hooks: Hooks, answer: Model, rows: dict[str, str]) -> None:
        self.sent: list[tuple[Chat, str]] = []
        self.asked: list[Sequence[ChatMessage]] = []
        self.reactions: list[tuple[str, str]] = []
        """Message id and emoji of each reaction."""
        self.turns: dict[tuple[Chat, str], list[Turn]] = {}
        self.files: dict[str, bytes] = {}
        """What is read of attachments, by their `file_id`."""
        self.is_answering = False
        """Set it to have an answer that /stop can stop."""
        self.unreachable: set[str] = set()
        """Ids of chats whose platform is not connected."""
        self.bot_status = BotStatus("0.0", 60.0, ModelState.READY, 1, {"test": AdapterState.RUNNING})
        """What `ctx.status()` returns."""
        self._hooks = hooks
        self._answer = answer
        self._rows = rows

    async def ask(self, messages: Sequence[ChatMessage]) -> str:
        """Answer by the test's function."""
        self.asked.append(messages)
        return self._answer(messages)

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        """Answer word by word."""
        for piece in re.findall(r"\s*\S+", await self.ask(messages)):
            yield piece

    async def send(self, chat: Chat, text: str) -> None:
        """Show a message in the chat."""
        if chat.chat_id in self.unreachable:
            raise NotDelivered(f"chat {chat.chat_id!r} is in the test's `unreachable`")
        self.sent.append((chat, text))

    async def store_message(self, chat: Chat, text: str) -> None:
        """Show a message in the chat."""
        await self.send(chat, text)

    async def deliver_stored(self) -> None:
        """Do nothing: all is shown already."""

    async def status(self) -> BotStatus:
        """Return `bot_status`."""
        return self.bot_status

    async def read_attachment(self, event: MessageEvent, index: int, max_bytes: int) -> bytes:
        """Return one of `files`."""
        content = self.files[event.attachments[index].file_id]
        if len(content) > max_bytes:
            raise UserError(f"{event.attachments[index].name} is too large")
        return content

    async def react(self, event: MessageEvent, emoji: str) -> bool:
        """Keep the emoji in `reactions`, by the message's id."""
        self.reactions.append((event.message_id, emoji))
        return True

    def store(self, plugin: str) -> MemoryStore:
        """Return the store of the plugin under test."""
        return MemoryStore(self._rows)

    async def reset_conversation(self, event: MessageEvent) -> None:
        """Forget the sender's turns."""
        self.turns.pop(_conversation(event), None)

    async def stop_answer(self, event: MessageEvent) -> bool:
        """Stop the answer, if the test said that there is one."""
        was_answering, self.is_answering = self.is_answering, False
        return was_answering

    async def retry_question(self, event: MessageEvent) -> Reply | None:
        """Answer the last question again."""
        turns = self.turns.get(_conversation(event))
        return text_reply(await self.converse(event, turns.pop().question)) if turns else None

    async def converse(self, event: MessageEvent, question: str) -> str:
        """Answer in the sender's conversation."""
        turns = self.turns.setdefault(_conversation(event), [])
        prompt = Prompt(question, tuple(turns))
        for edit_prompt in self._hooks.edit_prompt:
            prompt = await edit_prompt(event, prompt)
        answer = await self.ask(prompt.messages())
        turns.append(Turn(question, answer))
        return answer


class PluginTester:
    """A bot around one plugin: `async with PluginTester(plugin) as bot: assert await bot.say("/ping") == "pong"`.

    What the plugin raises comes out of `say`, `pass_time` and the end of the `async with`. `answer` is the model.
    `rows` is what the store holds, as JSON texts: hand it to a second tester to test a restart.
    """

    def __init__(
        self,
        plugin: Plugin[Any],
        config: Mapping[str, Any] | None = None,
        *,
        answer: Model = echo,
        rows: dict[str, str] | None = None,
        now: float = START,
        hook_deadline: float = 5.0,
    ) -> None:
        self.clock = ManualClock(now)
        self.rows: dict[str, str] = {} if rows is None else rows
        self._hooks = Hooks()
        self.services = MemoryServices(self._hooks, answer, self.rows)
        self._failures: list[Exception] = []
        self._num_jobs = len(plugin.jobs)
        self._num_handling = 0
        self._message_ids = itertools.count(1)
        self._tasks = asyncio.TaskGroup()
        self._running: set[asyncio.Task[None]] = set()
        loaded = LocalPlugin(plugin, checked_config(plugin, config or {}), "test")
        self.host = PluginHost(
            [loaded],
            self.services,
            self._hooks,
            self.clock,
            lambda what, error: self._failures.append(error),
            hook_deadline,
        )

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._run(self.host.run())
        self._run(self.host.run_jobs())
        await self.host.start()
        await self._settle()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.host.stop()
        for task in self._running:
            task.cancel()
        await self._tasks.__aexit__(None, None, None)  # an error of the test comes out as it is, not in a group
        if error[0] is None:
            self._raise_failure()

    async def say(
        self,
        text: str,
        *,
        sender: str = "ann",
        chat: str = "chat",
        kind: ChatKind = ChatKind.PRIVATE,
        language: Language | None = None,
        attachments: Sequence[Attachment] = (),
    ) -> str | None:
        """Send a message to the bot; return what is then said in the chat, None when it is silent.

        `services.files` is what its attachments hold.

        Returns as soon as the handler has ended or waits for a reply, which is the next message of the sender.
        """
        where = Chat("test", chat, kind)
        num_before = len(self.messages(chat))
        message_id = f"m{next(self._message_ids)}"
        who, moment = Sender(sender, sender.title(), language), self.clock.now()
        event = MessageEvent(message_id, where, who, text, moment, True, tuple(attachments))
        if not self.host.offer_reply(event):
            self._num_handling += 1
            self._run(self._handle(event))
        await self._settle()
        return "\n".join(self.messages(chat)[num_before:]) or None

    async def react(self, emoji: str, message_id: str = "m1", *, sender: str = "ann", is_removed: bool = False) -> None:
        """Put an emoji under a message of the chat, or take it away; return when the plugin has been told."""
        where, who = Chat("test", "chat", ChatKind.PRIVATE), Sender(sender, sender.title())
        reaction = Reaction(message_id, emoji, is_removed)
        event_id = f"r{next(self._message_ids)}"
        event = MessageEvent(event_id, where, who, "", self.clock.now(), True, reaction=reaction)
        for reacted in self._hooks.reacted:
            await reacted(event)
        self._raise_failure()

    async def pass_time(self, duration: timedelta) -> None:
        """Turn the clock on, and run every job that falls due on the way."""
        end = self.clock.now() + duration.total_seconds()
        while (moment := self.clock.next_wake) is not None and moment <= end:
            self.clock.set(moment)
            await self._settle()
        self.clock.set(end)

    def messages(self, chat: str = "chat") -> list[str]:
        """Return all that the bot has said in a chat."""
        return [text for where, text in self.services.sent if where.chat_id == chat]

    def prompts(self) -> list[Sequence[ChatMessage]]:
        """Return all that the model was asked."""
        return self.services.asked

    def _run(self, work: Any) -> None:
        task = self._tasks.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _handle(self, event: MessageEvent) -> None:
        try:
            await self.host.attempt("handler", None, None, lambda: self._go_the_way(event))
        finally:
            self._num_handling -= 1

    async def _go_the_way(self, event: MessageEvent) -> None:
        """Take the event the way that the bot takes it: screen, check, route, check, send."""
        for screen_event in self._hooks.screen_event:
            if refusal := await screen_event(event):
                return await self._show(event, refusal.text)
        text = await self._check(event.text, Direction.IN)
        if text is None:
            return await self._show(event, Phrase.BLOCKED_IN.in_language(language_of(event)))
        try:
            answer = await _whole(await self._answer(event.with_text(text)))
        except UserError as error:
            return await self._show(event, str(error))
        if answer is not None:
            await self._reply(event, answer)

    async def _answer(self, event: MessageEvent) -> ReplyValue:
        if name := command_name(event.text):
            command = self.host.find_command(name)
            if command is None:
                return Phrase.UNKNOWN_COMMAND.in_language(language_of(event), command=name)
            return await command(event)
        if handler := await self.host.match_message(event.text):
            return await handler(event)
        return await self.services.converse(event, event.text)

    async def _reply(self, event: MessageEvent, answer: str) -> None:
        text = await self._check(answer, Direction.OUT)
        if text is None:
            text = Phrase.BLOCKED_OUT.in_language(language_of(event))
        await self._show(event, text)
        for reply_sent in self._hooks.reply_sent:
            await reply_sent(event, text)

    async def _check(self, text: str, direction: Direction) -> str | None:
        """Return the text that the checks let pass, None when they block it."""
        for check_text in self._hooks.check_text:
            verdict = await check_text(text, direction)
            if verdict.is_blocked:
                return None
            text = verdict.text
        return text

    async def _show(self, event: MessageEvent, text: str | None) -> None:
        if text:
            await self.services.send(event.chat, text)

    async def _settle(self) -> None:
        """Wait until every handler has ended or waits, and every job sleeps."""
        try:
            async with asyncio.timeout(SETTLE_DEADLINE):
                while not self._is_settled() and not self._failures:
                    await asyncio.sleep(0.001)
        except TimeoutError:
            raise TimeoutError(f"the plugin did not come to rest within {SETTLE_DEADLINE:g} seconds") from None
        self._raise_failure()

    def _is_settled(self) -> bool:
        is_handled = self._num_handling == self.host.num_waiting
        return is_handled and self.clock.num_sleeping == self._num_jobs + self.host.num_waiting

    def _raise_failure(self) -> None:
        if self._failures:
            raise self._failures.pop(0)


def _conversation(event: MessageEvent) -> tuple[Chat, str]:
    return event.chat, event.sender.sender_id


def _from_json(text: str) -> JsonValue:
    value: JsonValue = json.loads(text)
    return value


async def _whole(value: ReplyValue) -> str | None:
    if isinstance(value, Answer):
        return value.text
    if isinstance(value, AsyncIterator | Reply):
        return "".join([piece async for piece in value])
    return value
