"""A plugin in this very process, and its handlers ready to be called."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import NoneType, UnionType
from typing import Any

from pydantic import BaseModel

from glmbot.events import MessageEvent
from glmbot.hooks import CheckText, EditPrompt, Hooks, Lifecycle, Reacted, ReplySent, ScreenEvent
from glmbot.phrases import language_of
from glmbot.plugin.arguments import parse_arguments, parse_groups
from glmbot.plugin.context import BotContext, Context, ReplyValue, Surroundings
from glmbot.plugin.member import DescribedCommand, Job
from glmbot.plugin.plugin import AnyHandler, AnyHook, Plugin, ScheduledJob
from glmbot.plugin.state import PluginState
from glmbot.prompt import Prompt
from glmbot.reply import Answer, Reply
from glmbot.verdicts import Direction, Refusal, Verdict


@dataclass(frozen=True, slots=True)
class LocalPlugin:
    """A plugin with its checked settings, ready to join a bot in this process."""

    plugin: Plugin[BaseModel | None]
    config: BaseModel | None
    source: str

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.plugin.name

    @property
    def commands(self) -> Sequence[DescribedCommand]:
        """What the host knows of its commands."""
        return [command.described() for command in self.plugin.commands]

    def join(self, surroundings: Surroundings) -> "LocalMember":
        """Become a member of the bot that `surroundings` describes."""
        return LocalMember(self, surroundings)

    async def close(self) -> None:
        """Do nothing: it ends with this process."""


class LocalMember:
    """A loaded plugin together with the bot around it."""

    def __init__(self, loaded: LocalPlugin, surroundings: Surroundings) -> None:
        self.name = loaded.name
        self.plugin = loaded.plugin
        self.commands = loaded.commands
        self.state = PluginState()
        self.jobs: Sequence[Job] = [LocalJob(self, job) for job in loaded.plugin.jobs]
        self._config = loaded.config
        self._surroundings = surroundings

    @cached_property
    def hooks(self) -> Hooks:
        """Its hook functions, in the form in which the bot calls them."""
        own = self.plugin.hooks
        return Hooks(
            screen_event=[self._screen_event(hook) for hook in own.screen_event],
            edit_prompt=[self._edit_prompt(hook) for hook in own.edit_prompt],
            check_text=[self._check_text(hook) for hook in own.check_text],
            reacted=[self._reacted(hook) for hook in own.reacted],
            reply_sent=[self._reply_sent(hook) for hook in own.reply_sent],
            started=[self._lifecycle(hook) for hook in own.started],
            stopping=[self._lifecycle(hook) for hook in own.stopping],
        )

    async def answer_command(self, name: str, event: MessageEvent) -> ReplyValue:
        """Answer an event that holds the command. Raises UserError for wrong arguments."""
        command = next(one for one in self.plugin.commands if one.name == name)
        _, *after = event.text.split(maxsplit=1)
        arguments = parse_arguments(command.parameters, "".join(after), command.usage, language_of(event))
        return await _answer(
            f"command /{name} of plugin {self.name!r}", command.function, self._context(event), arguments
        )

    async def has_match(self, text: str) -> bool:
        """Tell whether one of its patterns is found in `text`."""
        return any(handler.pattern.search(text) for handler in self.plugin.message_handlers)

    async def answer_message(self, event: MessageEvent) -> ReplyValue:
        """Answer an event by the first handler whose pattern is found. Raises UserError for wrong groups."""
        for handler in self.plugin.message_handlers:
            if match := handler.pattern.search(event.text):
                arguments = parse_groups(handler.parameters, match.groupdict(), language_of(event))
                what = f"{handler.function.__name__}() of plugin {self.name!r}"
                return await _answer(what, handler.function, self._context(event), arguments)
        return None

    async def run(self, start_again: Lifecycle) -> None:
        """Wait: it lives as long as this process."""
        await asyncio.Event().wait()

    def bot_context(self) -> BotContext[object]:
        """Return the context of what happens without an event."""
        return BotContext(self.name, self._config, self._surroundings)

    def _context(self, event: MessageEvent) -> Context[object]:
        return Context(self.name, self._config, self._surroundings, event)

    def _screen_event(self, hook: AnyHook) -> ScreenEvent:
        async def screen_event(event: MessageEvent) -> Refusal | None:
            refusal: Refusal | None = await _checked(Refusal | NoneType, hook, self._context(event))
            return refusal

        return screen_event

    def _edit_prompt(self, hook: AnyHook) -> EditPrompt:
        async def edit_prompt(event: MessageEvent, prompt: Prompt) -> Prompt:
            edited: Prompt = await _checked(Prompt, hook, self._context(event), prompt)
            return edited

        return edit_prompt

    def _check_text(self, hook: AnyHook) -> CheckText:
        async def check_text(text: str, direction: Direction) -> Verdict:
            verdict: Verdict = await _checked(Verdict, hook, self.bot_context(), text, direction)
            return verdict

        return check_text

    def _reacted(self, hook: AnyHook) -> Reacted:
        async def reacted(event: MessageEvent) -> None:
            await hook(self._context(event))

        return reacted

    def _reply_sent(self, hook: AnyHook) -> ReplySent:
        async def reply_sent(event: MessageEvent, text: str) -> None:
            await hook(self._context(event), text)

        return reply_sent

    def _lifecycle(self, hook: AnyHook) -> Lifecycle:
        async def lifecycle() -> None:
            await hook(self.bot_context())

        return lifecycle


@dataclass(frozen=True, slots=True)
class LocalJob:
    """A function of a plugin that runs by itself."""

    member: LocalMember
    job: ScheduledJob

    @property
    def name(self) -> str:
        """The function's name."""
        return self.job.function.__name__

    async def next_after(self, moment: float) -> float:
        """Return the next time to run, which is later than `moment`."""
        return self.job.schedule.next_after(moment)

    async def run(self) -> None:
        """Run it once."""
        await self.job.function(self.member.bot_context())


@contextmanager
def exit_as_error(what: str) -> Iterator[None]:
    """Turn sys.exit() in a plugin into an ordinary error: it must not end the bot."""
    try:
        yield
    except SystemExit as error:
        raise RuntimeError(f"{what} called sys.exit(); a plugin cannot end the bot") from error


async def _answer(
    what: str, function: AnyHandler, context: Context[object], arguments: Mapping[str, object]
) -> ReplyValue:
    with exit_as_error(what):
        answer = function(context, **arguments)
        value = answer if isinstance(answer, AsyncIterator) else await answer
    if value is not None and not isinstance(value, str | Answer | AsyncIterator | Reply):
        raise TypeError(
            f"{what} returned a {type(value).__name__}; return a str, Answer, an async iterator of str, or None"
        )
    return value


async def _checked(expected: type | UnionType, hook: AnyHook, *arguments: object) -> Any:
    """Return what a hook returns. Raises TypeError when it is no `expected` value."""
    value = await hook(*arguments)
    if not isinstance(value, expected):
        raise TypeError(f"it returned a {type(value).__name__}; it must return a {expected}")
    return value
