"""Runs the loaded plugins: their commands, message handlers, hooks and jobs."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from glmbot.adapters.base import CommandInfo
from glmbot.errors import PluginAway
from glmbot.events import MessageEvent
from glmbot.hooks import Hooks, Lifecycle
from glmbot.plugin.context import ReplyValue, Services, Surroundings
from glmbot.plugin.hook_wiring import add_hooks, guarded_hooks
from glmbot.plugin.local_member import exit_as_error
from glmbot.plugin.member import DescribedCommand, Job, LoadedPlugin, Member
from glmbot.plugin.schedule import Clock, SystemClock
from glmbot.plugin.state import PluginState
from glmbot.plugin.waits import Waits
from glmbot.trouble import TroubleReport, Unreported

logger = logging.getLogger(__name__)

HOOK_DEADLINE = 5.0
"""Seconds a hook may take. It cuts a hook that awaits; one that blocks its thread ends with its process."""
MATCH_DEADLINE = 1.0
"""Seconds that a plugin's patterns get for one message: every message waits for them."""
COMMAND = re.compile(r"/(?P<name>[A-Za-z][A-Za-z0-9_]*)(?=\s|$)")
"""What can be a command; "/usr/bin is full" is a question like any other."""

ReportFailure = Callable[[str, Exception], None]
T = TypeVar("T")


def command_name(text: str) -> str | None:
    """Return the name of the command that `text` begins with, in lower case; None where it begins with none."""
    match = COMMAND.match(text)
    return match["name"].lower() if match else None


def log_failure(what: str, error: Exception) -> None:
    """Write to the log what a plugin failed in."""
    if isinstance(error, PluginAway):  # why is in the log already
        logger.warning("%s is skipped: %s", what, error)
    else:
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
        match_deadline: float = MATCH_DEADLINE,
        report: TroubleReport | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._waits = Waits(self._clock)
        self._hooks = hooks
        self._report_failure = report_failure
        self._hook_deadline = hook_deadline
        self._match_deadline = match_deadline
        self._is_started = False
        helps = sorted((command.help for one in loaded for command in one.commands), key=lambda help: help.name)
        surroundings = Surroundings(services, self._clock, self._waits, tuple(helps), report or Unreported())
        self._members = [one.join(surroundings) for one in loaded]
        self._jobs = [_BoundJob(member, job) for member in self._members for job in member.jobs]
        self._commands = _bound_commands(self._members)
        self._started: dict[str, list[Lifecycle]] = {}
        for member in self._members:
            guarded = guarded_hooks(member, self._attempt_in_time)
            self._started[member.name] = guarded.started
            add_hooks(guarded, hooks)

    def find_command(self, name: str) -> "BoundCommand | None":
        """Return the command of this name or alias, without the slash."""
        return self._commands.get(name)

    def is_immediate(self, text: str) -> bool:
        """Tell whether `text` is a command that may run while an answer to the same sender is being written."""
        name = command_name(text)
        bound = self.find_command(name) if name else None
        return bound is not None and bound.command.is_immediate

    @property
    def wants_reactions(self) -> bool:
        """Whether a plugin is told of reactions."""
        return bool(self._hooks.reacted)

    async def match_message(self, text: str) -> "MessageAnswer | None":
        """Return what answers messages like `text`: the first plugin that has a pattern which is found in it."""
        for member in self._members:
            what = f"the search for the patterns of plugin {member.name!r}"
            if await self.attempt(what, self._match_deadline, False, partial(member.has_match, text)):
                return member.answer_message
        return None

    def commands(self) -> list[CommandInfo]:
        """Return all commands, as platforms' menus show them."""
        return [
            CommandInfo(
                command.help.name,
                {language: text.partition("\n")[0] for language, text in command.help.help.items()},
                command.parameters,
            )
            for member in self._members
            for command in member.commands
        ]

    def states(self) -> dict[str, PluginState]:
        """Return how each plugin is, by name."""
        return {member.name: member.state for member in self._members}

    @property
    def num_waiting(self) -> int:
        """How many handlers wait for a message."""
        return len(self._waits)

    def is_waiting_for(self, event: MessageEvent) -> bool:
        """Tell whether a handler waits for this message; none ever waits for an immediate command, or for no words."""
        return bool(event.text) and self._waits.has(event) and not self.is_immediate(event.text)

    def offer_reply(self, event: MessageEvent) -> bool:
        """Give a message to the handler that waits for it; tell whether one took it."""
        return self.is_waiting_for(event) and self._waits.offer(event)

    async def start(self) -> None:
        """Run all `started` hooks, at the same time."""
        self._is_started = True
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

    async def run(self) -> None:
        """Keep the plugins alive until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for member in self._members:
                tasks.create_task(member.run(partial(self._start_again, member)))
            await asyncio.Event().wait()

    async def run_jobs(self) -> None:
        """Run every job at its times until cancelled; one that fails runs again at its next time."""
        async with asyncio.TaskGroup() as tasks:
            for job in self._jobs:
                tasks.create_task(self._run_job(job))
            await asyncio.Event().wait()

    async def _start_again(self, member: Member) -> None:
        """Run the `started` hooks of a plugin whose process had to be begun anew."""
        if self._is_started:
            await _run_all(self._started[member.name])

    async def _run_job(self, bound: "_BoundJob") -> None:
        what = f"job {bound.job.name}() of plugin {bound.member.name!r}"
        began = self._clock.now()
        while True:
            moment = await self.attempt(f"schedule of {what}", None, None, partial(bound.job.next_after, began))
            if moment is None:
                return
            is_time = await self._clock.sleep_until(moment)
            began = self._clock.now()
            if is_time:
                async with bound.turn:
                    await self.attempt(what, None, None, bound.job.run)

    async def _attempt_in_time(self, what: str, otherwise: T, call: Callable[[], Awaitable[T]]) -> T:
        return await self.attempt(what, self._hook_deadline, otherwise, call)

    async def attempt(self, what: str, deadline: float | None, otherwise: T, call: Callable[[], Awaitable[T]]) -> T:
        """Call a function of a plugin; report its failure and return `otherwise`, so that nobody else is harmed."""
        try:
            with exit_as_error(what):
                return await _in_time(deadline, call())
        except Exception as error:  # noqa: BLE001  plugins may raise anything
            self._report_failure(what, error)
            return otherwise


@dataclass(frozen=True, slots=True)
class BoundCommand:
    """A command, to be called with an event that holds it."""

    member: Member
    command: DescribedCommand

    async def __call__(self, event: MessageEvent) -> ReplyValue:
        """Answer the event. Raises UserError for wrong arguments, and what the plugin raises."""
        return await self.member.answer_command(self.command.help.name, event)


MessageAnswer = Callable[[MessageEvent], Awaitable[ReplyValue]]


@dataclass(frozen=True, slots=True)
class _BoundJob:
    """A job of a plugin. Its `turn` is held while it runs, and for good once the bot stops."""

    member: Member
    job: Job
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


def _bound_commands(members: Sequence[Member]) -> Mapping[str, BoundCommand]:
    return {
        name: BoundCommand(member, command)
        for member in members
        for command in member.commands
        for name in command.names
    }


async def _run_all(hooks: Sequence[Lifecycle]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for hook in hooks:
            tasks.create_task(_run_one(hook))


async def _run_one(hook: Lifecycle) -> None:
    await hook()


async def _in_time(deadline: float | None, result: Awaitable[T]) -> T:
    limit = asyncio.timeout(deadline)
    try:
        async with limit:
            return await result
    except TimeoutError as error:
        if limit.expired():
            raise TimeoutError(f"it took longer than {deadline:g} seconds") from error
        raise
