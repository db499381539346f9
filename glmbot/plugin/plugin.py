"""The object by which a plugin says what it does."""

import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any, Concatenate, Generic, cast, overload

from pydantic import BaseModel
from typing_extensions import ParamSpec, TypeVar

from glmbot.events import Language
from glmbot.plugin.arguments import Parameter, parameters_of, usage_of
from glmbot.plugin.context import BotContext, CommandHelp, Context, ReplyValue
from glmbot.plugin.languages import help_texts
from glmbot.plugin.member import DescribedCommand
from glmbot.plugin.schedule import Daily, Every, Schedule
from glmbot.prompt import Prompt
from glmbot.verdicts import Direction, Refusal, Verdict

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""Names of plugins and commands: what every platform's command menu takes."""

ConfigT = TypeVar("ConfigT", bound=BaseModel | None, default=None)
P = ParamSpec("P", default=...)
Answering = Awaitable[ReplyValue] | AsyncIterator[str]
Handler = Callable[Concatenate[Context[ConfigT], P], Answering]
Job = Callable[[BotContext[ConfigT]], Awaitable[None]]

# What the host calls: arguments are checked against the signature before, the context is the plugin's own.
AnyHandler = Callable[..., Answering]
AnyHook = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Command:
    """A function that answers `/name` and what follows it."""

    name: str
    aliases: tuple[str, ...]
    is_immediate: bool
    function: AnyHandler
    parameters: tuple[Parameter, ...]
    help: Mapping[Language, str]

    @property
    def usage(self) -> str:
        """The line that shows how the command is written."""
        return usage_of(self.name, self.parameters)

    def described(self) -> DescribedCommand:
        """Return what the host knows of the command."""
        help = CommandHelp(self.name, self.aliases, self.usage, self.help)
        return DescribedCommand(help, tuple(one.name for one in self.parameters), self.is_immediate)


@dataclass(frozen=True, slots=True)
class MessageHandler:
    """A function that answers messages in which a pattern is found."""

    pattern: re.Pattern[str]
    function: AnyHandler
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """A function that runs by itself."""

    schedule: Schedule
    function: AnyHook


@dataclass(slots=True)
class PluginHooks:
    """A plugin's hook functions, one list for each field of `glmbot.hooks.Hooks`."""

    screen_event: list[AnyHook] = field(default_factory=list)
    edit_prompt: list[AnyHook] = field(default_factory=list)
    check_text: list[AnyHook] = field(default_factory=list)
    reacted: list[AnyHook] = field(default_factory=list)
    reply_sent: list[AnyHook] = field(default_factory=list)
    started: list[AnyHook] = field(default_factory=list)
    stopping: list[AnyHook] = field(default_factory=list)


class Plugin(Generic[ConfigT]):
    """A plugin: a name, perhaps a model of its settings, and the functions its decorators collect.

    Every decorator returns the function as it was, and raises TypeError or ValueError for what cannot work.
    """

    @overload
    def __init__(self: "Plugin[None]", name: str) -> None: ...
    @overload
    def __init__(self, name: str, config: type[ConfigT]) -> None: ...
    def __init__(self, name: str, config: type[ConfigT] | None = None) -> None:
        self.name = _checked_name(name, "plugin")
        self.config_model = cast(type[BaseModel] | None, config)
        self.commands: list[Command] = []
        self.message_handlers: list[MessageHandler] = []
        self.jobs: list[ScheduledJob] = []
        self.hooks = PluginHooks()

    def command(
        self, name: str, *, aliases: Sequence[str] = (), immediate: bool = False
    ) -> Callable[[Handler[ConfigT, P]], Handler[ConfigT, P]]:
        """Answer `/name`; an immediate command runs even while an answer to the same sender is being written."""

        def add(function: Handler[ConfigT, P]) -> Handler[ConfigT, P]:
            _check_is_async(function, f"command {name!r}", may_yield=True)
            parameters = parameters_of(function)
            names = [_checked_name(one, "command") for one in (name, *aliases)]
            taken = {one for command in self.commands for one in (command.name, *command.aliases)}
            if twice := taken.intersection(names):
                raise ValueError(f"command {min(twice)!r} is defined twice in plugin {self.name!r}")
            # A plugin with one command may say what it does once, at the top of its module.
            docstring = function.__doc__ or function.__globals__.get("__doc__")
            help = help_texts(docstring, fallback=usage_of(name, parameters))
            self.commands.append(Command(name, tuple(aliases), immediate, function, parameters, help))
            return function

        return add

    def message(self, pattern: str) -> Callable[[Handler[ConfigT, P]], Handler[ConfigT, P]]:
        """Answer messages in which the regular expression is found; its named groups are the arguments."""
        compiled = re.compile(pattern)

        def add(function: Handler[ConfigT, P]) -> Handler[ConfigT, P]:
            _check_is_async(function, f"handler of messages like {pattern!r}", may_yield=True)
            parameters = parameters_of(function)
            names, groups = {one.name for one in parameters}, set(compiled.groupindex)
            if names != groups:
                raise TypeError(
                    f"{function.__name__}() takes {sorted(names)} behind its context, but the pattern {pattern!r} "
                    f"has the named groups {sorted(groups)}; name each parameter after one group: (?P<name>...)"
                )
            self.message_handlers.append(MessageHandler(compiled, function, parameters))
            return function

        return add

    def every(self, interval: timedelta) -> Callable[[Job[ConfigT]], Job[ConfigT]]:
        """Run a function again and again, first when one interval has passed."""
        return self._job(Every(interval))

    def daily(self, at: time) -> Callable[[Job[ConfigT]], Job[ConfigT]]:
        """Run a function once a day, in the machine's time zone or that of `at`."""
        return self._job(Daily(at))

    def screen_event(
        self, function: Callable[[Context[ConfigT]], Awaitable[Refusal | None]]
    ) -> Callable[[Context[ConfigT]], Awaitable[Refusal | None]]:
        """Refuse events before anything else looks at them."""
        return _added(self.hooks.screen_event, function)

    def edit_prompt(
        self, function: Callable[[Context[ConfigT], Prompt], Awaitable[Prompt]]
    ) -> Callable[[Context[ConfigT], Prompt], Awaitable[Prompt]]:
        """Change what the model is given."""
        return _added(self.hooks.edit_prompt, function)

    def check_text(
        self, function: Callable[[BotContext[ConfigT], str, Direction], Awaitable[Verdict]]
    ) -> Callable[[BotContext[ConfigT], str, Direction], Awaitable[Verdict]]:
        """Judge every text, in and out; a check that fails or is late blocks the text."""
        return _added(self.hooks.check_text, function)

    def reacted(
        self, function: Callable[[Context[ConfigT]], Awaitable[None]]
    ) -> Callable[[Context[ConfigT]], Awaitable[None]]:
        """Be told each reaction to a message; `ctx.event.reaction` says which."""
        return _added(self.hooks.reacted, function)

    def reply_sent(
        self, function: Callable[[Context[ConfigT], str], Awaitable[None]]
    ) -> Callable[[Context[ConfigT], str], Awaitable[None]]:
        """Be told each complete reply, once it is stored for delivery."""
        return _added(self.hooks.reply_sent, function)

    def started(self, function: Job[ConfigT]) -> Job[ConfigT]:
        """Run a function once when the bot is up."""
        return _added(self.hooks.started, function)

    def stopping(self, function: Job[ConfigT]) -> Job[ConfigT]:
        """Run a function once before the bot goes down."""
        return _added(self.hooks.stopping, function)

    def _job(self, schedule: Schedule) -> Callable[[Job[ConfigT]], Job[ConfigT]]:
        def add(function: Job[ConfigT]) -> Job[ConfigT]:
            _check_is_async(function, "job")
            self.jobs.append(ScheduledJob(schedule, function))
            return function

        return add


HookT = TypeVar("HookT", bound=AnyHook)


def _added(hooks: list[AnyHook], function: HookT) -> HookT:
    _check_is_async(function, "hook")
    hooks.append(function)
    return function


def _checked_name(name: str, what: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(
            f"{what} name {name!r} must be 1 to 32 lower-case letters, digits and underscores, beginning with a letter"
        )
    return name


def _check_is_async(function: Callable[..., object], what: str, may_yield: bool = False) -> None:
    if inspect.iscoroutinefunction(function) or (may_yield and inspect.isasyncgenfunction(function)):
        return
    name = getattr(function, "__name__", repr(function))
    remedy = "must not yield" if inspect.isasyncgenfunction(function) else "must be an async function"
    raise TypeError(f"{what}: {name} {remedy}; write `async def {name}(...)` and return its result")
