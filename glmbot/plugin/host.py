"""Runs the loaded plugins: their commands, message handlers, hooks and jobs."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from glmbot.adapters.base import CommandInfo
from glmbot.events import MessageEvent
from glmbot.hooks import Hooks, Lifecycle
from glmbot.plugin.context import Services, Surroundings
from glmbot.plugin.hook_wiring import Expected, wire_hooks
from glmbot.plugin.loader import LoadedPlugin
from glmbot.plugin.member import BoundCommand, BoundMessageHandler, Member, exit_as_error
from glmbot.plugin.plugin import AnyHook, ScheduledJob
from glmbot.plugin.schedule import Clock, SystemClock
from glmbot.plugin.waits import Waits

logger = logging.getLogger(__name__)

HOOK_DEADLINE = 5.0
"""Seconds a hook may take. It cuts a hook that awaits; one that blocks the thread cannot be cut."""
COMMAND = re.compile(r"/(?P<name>[A-Za-z][A-Za-z0-9_]*)(?=\s|$)")
"""What can be a command; "/usr/bin is full" is a question like any other."""

ReportFailure = Callable[[str, Exception], None]


def command_name(text: str) -> str | None:
    """Return the name of the command that `text` begins with, in lower case; None where it begins with none."""
    match = COMMAND.match(text)
    return match["name"].lower() if match else None


def log_failure(what: str, error: Exception) -> None:
    """Write to the log what a plugin failed in."""
    logger.error("%s failed; the bot goes on without it", what, exc_info=error)


class PluginHost:
    """All plugins of one bot. It puts their hooks into `hooks`, and answers the router's questions."""

    def __init__(
        self,
        loaded: Sequence[LoadedPlugin],
        services: Services,
        hooks: Hooks,
        clock: Clock | None = None,
        report_failure: ReportFailure = log_failure,
        hook_deadline: float = HOOK_DEADLINE,
    ) -> None:
        self._clock = clock or SystemClock()
        self._waits = Waits(self._clock)
        self._hooks = hooks
        self._report_failure = report_failure
        self._hook_deadline = hook_deadline
        described = [command.described() for one in loaded for command in one.plugin.commands]
        described.sort(key=lambda command: command.name)
        surroundings = Surroundings(services, self._clock, self._waits, tuple(described))
        self._members = [Member(one, surroundings) for one in loaded]
        self._jobs = [_BoundJob(member, job) for member in self._members for job in member.plugin.jobs]
        self._commands = dict(_bound_commands(self._members))
        for member in self._members:
            wire_hooks(member, hooks, self._attempt_in_time)

    def find_command(self, name: str) -> BoundCommand | None:
        """Return the command of this name or alias, without the slash."""
        return self._commands.get(name)

    def is_immediate(self, text: str) -> bool:
        """Tell whether `text` is a command that may run while an answer to the same sender is being written."""
        name = command_name(text)
        bound = self.find_command(name) if name else None
        return bound is not None and bound.command.is_immediate

    def match_message(self, text: str) -> BoundMessageHandler | None:
        """Return the first message handler whose pattern is found in `text`."""
        for member in self._members:
            for handler in member.plugin.message_handlers:
                if match := handler.pattern.search(text):
                    return BoundMessageHandler(member, handler, match)
        return None

    def commands(self) -> list[CommandInfo]:
        """Return all commands, as platforms' menus show them."""
        return [
            CommandInfo(
                command.name,
                {language: text.partition("\n")[0] for language, text in command.help.items()},
                tuple(parameter.name for parameter in command.parameters),
            )
            for member in self._members
            for command in member.plugin.commands
        ]

    @property
    def num_waiting(self) -> int:
        """How many handlers wait for a message."""
        return len(self._waits)

    def is_waiting_for(self, event: MessageEvent) -> bool:
        """Tell whether a handler waits for this message; none ever waits for an immediate command."""
        return self._waits.has(event) and not self.is_immediate(event.text)

    def offer_reply(self, event: MessageEvent) -> bool:
        """Give a message to the handler that waits for it; tell whether one took it."""
        return self.is_waiting_for(event) and self._waits.offer(event)

    async def start(self) -> None:
        """Run all `started` hooks, at the same time."""
        await _run_all(self._hooks.started)

    async def stop(self) -> None:
        """Let jobs that are running come to their end, begin no more, and run all `stopping` hooks."""
        try:
            async with asyncio.timeout(self._hook_deadline):
                for job in self._jobs:
                    await job.turn.acquire()
        except TimeoutError:
            logger.warning("a plugin's job is still running; it is cut off")
        await _run_all(self._hooks.stopping)

    async def run_jobs(self) -> None:
        """Run every job at its times until cancelled; one that fails runs again at its next time."""
        async with asyncio.TaskGroup() as tasks:
            for job in self._jobs:
                tasks.create_task(self._run_job(job))
            await asyncio.Event().wait()

    async def _run_job(self, bound: "_BoundJob") -> None:
        job, member = bound.job, bound.member
        what = f"job {job.function.__name__}() of plugin {member.plugin.name!r}"
        began = self._clock.now()
        while True:
            await self._clock.sleep_until(job.schedule.next_after(began))
            began = self._clock.now()
            async with bound.turn:
                await self.attempt(what, None, object, job.function, member.bot_context())

    async def _attempt_in_time(self, what: str, expected: Expected, function: AnyHook, *arguments: object) -> object:
        return await self.attempt(what, self._hook_deadline, expected, function, *arguments)

    async def attempt(
        self, what: str, deadline: float | None, expected: Expected, function: AnyHook, *arguments: object
    ) -> object:
        """Call a plugin's function; report its failure and return None, so that nobody else is harmed."""
        try:
            with exit_as_error(what):
                return _checked(expected, await _in_time(deadline, function(*arguments)))
        except Exception as error:  # noqa: BLE001  plugins may raise anything
            self._report_failure(what, error)
            return None


@dataclass(frozen=True, slots=True)
class _BoundJob:
    """A job of a plugin. Its `turn` is held while it runs, and for good once the bot stops."""

    member: Member
    job: ScheduledJob
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


def _bound_commands(members: Sequence[Member]) -> Iterator[tuple[str, BoundCommand]]:
    for member in members:
        for command in member.plugin.commands:
            for name in (command.name, *command.aliases):
                yield name, BoundCommand(member, command)


async def _run_all(hooks: Sequence[Lifecycle]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for hook in hooks:
            tasks.create_task(_run_one(hook))


async def _run_one(hook: Lifecycle) -> None:
    await hook()


async def _in_time(deadline: float | None, result: Awaitable[object]) -> object:
    limit = asyncio.timeout(deadline)
    try:
        async with limit:
            return await result
    except TimeoutError as error:
        if limit.expired():
            raise TimeoutError(f"it took longer than {deadline:g} seconds") from error
        raise


def _checked(expected: Expected, value: object) -> object:
    if not isinstance(value, expected):
        raise TypeError(f"it returned a {type(value).__name__}; it must return a {expected}")
    return value
