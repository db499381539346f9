"""A loaded plugin in its bot, and its handlers ready to be called."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import BaseModel

from glmbot.events import MessageEvent
from glmbot.phrases import language_of
from glmbot.plugin.arguments import parse_arguments, parse_groups
from glmbot.plugin.context import BotContext, Context, ReplyValue, Surroundings
from glmbot.plugin.loader import LoadedPlugin
from glmbot.plugin.plugin import AnyHandler, Command, MessageHandler, Plugin
from glmbot.reply import Reply


@dataclass(frozen=True, slots=True)
class Member:
    """A loaded plugin together with the bot around it."""

    loaded: LoadedPlugin
    surroundings: Surroundings

    @property
    def plugin(self) -> Plugin[BaseModel | None]:
        """The plugin itself."""
        return self.loaded.plugin

    def context(self, event: MessageEvent) -> Context[object]:
        """Return the context to handle an event in."""
        return Context(self.plugin.name, self.loaded.config, self.surroundings, event)

    def bot_context(self) -> BotContext[object]:
        """Return the context of what happens without an event."""
        return BotContext(self.plugin.name, self.loaded.config, self.surroundings)


@dataclass(frozen=True, slots=True)
class BoundCommand:
    """A command, to be called with an event that holds it."""

    member: Member
    command: Command

    async def __call__(self, event: MessageEvent) -> ReplyValue:
        """Answer the event. Raises UserError for wrong arguments, and what the plugin raises."""
        command = self.command
        _, *after = event.text.split(maxsplit=1)
        arguments = parse_arguments(command.parameters, "".join(after), command.usage, language_of(event))
        what = f"command /{command.name} of plugin {self.member.plugin.name!r}"
        return await _answer(what, command.function, self.member.context(event), arguments)


@dataclass(frozen=True, slots=True)
class BoundMessageHandler:
    """A message handler, to be called with the event in whose text its pattern was found."""

    member: Member
    handler: MessageHandler
    match: re.Match[str]

    async def __call__(self, event: MessageEvent) -> ReplyValue:
        """Answer the event. Raises UserError for groups of the wrong type, and what the plugin raises."""
        arguments = parse_groups(self.handler.parameters, self.match.groupdict(), language_of(event))
        what = f"{self.handler.function.__name__}() of plugin {self.member.plugin.name!r}"
        return await _answer(what, self.handler.function, self.member.context(event), arguments)


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
    if value is not None and not isinstance(value, str | AsyncIterator | Reply):
        raise TypeError(f"{what} returned a {type(value).__name__}; return a str, an async iterator of str, or None")
    return value
