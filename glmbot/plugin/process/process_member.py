"""A plugin in a process of its own, as a member of the bot."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glmbot.errors import ConfigError, PluginAway
from glmbot.events import MessageEvent
from glmbot.hooks import CheckText, EditPrompt, Hooks, Lifecycle, Reacted, ReplySent, ScreenEvent
from glmbot.phrases import Phrase, language_of
from glmbot.plugin.context import ReplyValue, Surroundings
from glmbot.plugin.member import Job
from glmbot.plugin.process.bot_server import BotServer
from glmbot.plugin.process.codec import dumped
from glmbot.plugin.process.frames import encode_json
from glmbot.plugin.process.interfaces import JOIN, BotSide, Description, Join, PluginSide
from glmbot.plugin.process.limits import Limits
from glmbot.plugin.process.output import REST_DEADLINE
from glmbot.plugin.process.peer import Peer
from glmbot.plugin.process.spawn import Child
from glmbot.plugin.process.strikes import Strikes
from glmbot.plugin.process.watch import watch
from glmbot.plugin.state import Condition, PluginState
from glmbot.prompt import Prompt
from glmbot.verdicts import Direction, Refusal, Verdict

logger = logging.getLogger(__name__)


class ProcessMember:
    """Passes calls on to the process, and starts it again when it fails; after too many strikes it stays off."""

    def __init__(
        self,
        description: Description,
        child: Child,
        load_again: Callable[[], Awaitable[Child]],
        surroundings: Surroundings,
        limits: Limits,
    ) -> None:
        self.name = description.name
        self.commands = description.commands
        self.hooks = _hooks_of(self, description.num_hooks)
        self.jobs: Sequence[Job] = [RemoteJob(self, place, name) for place, name in enumerate(description.jobs)]
        self.state = PluginState()
        self._has_patterns = description.num_patterns > 0
        self._load_again = load_again
        self._surroundings = surroundings
        self._limits = limits
        self._strikes = Strikes(limits)
        self._renewed = asyncio.Event()
        self._child, self._peer = child, self._connect(child)

    @property
    def is_up(self) -> bool:
        """Whether it can be called."""
        return not self._peer.closed.is_set()

    @property
    def peer(self) -> Peer:
        """The connection to the process that runs, or ran last."""
        return self._peer

    async def until_up(self) -> None:
        """Wait until it can be called."""
        while not self.is_up:
            await self._renewed.wait()

    async def answer_command(self, name: str, event: MessageEvent) -> ReplyValue:
        """Have a command answered; say so politely when the plugin is away."""
        if not self.is_up:
            return self._excuse(event)
        return await self._peer.call(PluginSide.answer_command, name, event)

    async def has_match(self, text: str) -> bool:
        """Tell whether one of its patterns is found in `text`; none is while it is away."""
        return self._has_patterns and self.is_up and await self._peer.call(PluginSide.has_match, text)

    async def answer_message(self, event: MessageEvent) -> ReplyValue:
        """Have a message answered in which a pattern was found."""
        if not self.is_up:
            return self._excuse(event)
        return await self._peer.call(PluginSide.answer_message, event)

    async def run(self, start_again: Lifecycle) -> None:
        """Watch the process and start it again whenever it fails, until cancelled."""
        reason = await self._live([])
        while await self._may_go_on(reason):
            try:
                self._child = await self._load_again()
            except ConfigError as error:
                reason = f"it does not load any more: {error}"
            else:
                self._peer = self._connect(self._child)
                self.state = PluginState(Condition.RUNNING, self._strikes.number, reason)
                self._renewed.set()
                self._renewed = asyncio.Event()
                reason = await self._live([start_again])
        await asyncio.Event().wait()

    def _connect(self, child: Child) -> Peer:
        """Open the wire to a process that has loaded the plugin."""
        child.writer.write(encode_json(dumped(JOIN, Join(self._surroundings.commands))))
        return Peer(child.reader, child.writer, BotSide)

    async def _live(self, more: Sequence[Lifecycle]) -> str:
        """Run the connection until the process fails; return why it did."""
        async with asyncio.TaskGroup() as tasks:
            output = tasks.create_task(self._child.output.forward())
            talk = tasks.create_task(self._peer.run(BotServer(self.name, self._surroundings)))
            others = [talk, *(tasks.create_task(_run(work)) for work in more)]
            reason = await watch(self._child, self._peer, self._limits)
            self._peer.close()
            await self._child.end()
            await self._surroundings.services.deliver_stored()
            await asyncio.wait({output}, timeout=REST_DEADLINE)
            for task in (output, *others):
                task.cancel()
        return reason

    async def _may_go_on(self, reason: str) -> bool:
        """Count a strike; return after a while whether the process may be started again."""
        self._strikes.add()
        number, most = self._strikes.number, self._limits.max_strikes
        if self._strikes.is_out:
            self.state = PluginState(Condition.OFF, number, reason)
            logger.error(
                "plugin %s is switched off after %d strikes: %s; mend it and restart", self.name, number, reason
            )
            notice = Phrase.PLUGIN_SWITCHED_OFF.in_both_languages(plugin=self.name)
            self._surroundings.report.trouble(f"plugin {self.name}", notice)
            return False
        self.state = PluginState(Condition.RESTARTING, number, reason)
        logger.error("plugin %s: %s; strike %d of %d, starting it again", self.name, reason, number, most)
        await asyncio.sleep(self._strikes.back_off)
        return True

    def _excuse(self, event: MessageEvent) -> str:
        phrase = Phrase.PLUGIN_OFF if self.state.condition is Condition.OFF else Phrase.PLUGIN_RESTARTING
        return phrase.in_language(language_of(event), plugin=self.name)


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """A job of the plugin: the bot waits, the process runs it."""

    member: ProcessMember
    place: int
    name: str

    async def next_after(self, moment: float) -> float:
        """Return the next time to run, once the process can tell it."""
        while True:
            await self.member.until_up()
            with contextlib.suppress(PluginAway):  # then it is asked again once it is back
                return await self.member.peer.call(PluginSide.next_run, self.place, moment)

    async def run(self) -> None:
        """Run it once. Raises PluginAway while there is no process."""
        await self.member.peer.call(PluginSide.run_job, self.place)


def _hooks_of(member: ProcessMember, num_hooks: Mapping[str, int]) -> Hooks:
    """Return the hook functions of a plugin; while it is away they do nothing, but for its check, which fails."""

    def places(name: str) -> range:
        return range(num_hooks.get(name, 0))

    return Hooks(
        screen_event=[_screen_event(member, place) for place in places("screen_event")],
        edit_prompt=[_edit_prompt(member, place) for place in places("edit_prompt")],
        check_text=[_check_text(member, place) for place in places("check_text")],
        reacted=[_reacted(member, place) for place in places("reacted")],
        reply_sent=[_reply_sent(member, place) for place in places("reply_sent")],
        started=[_lifecycle(member, PluginSide.started, place) for place in places("started")],
        stopping=[_lifecycle(member, PluginSide.stopping, place) for place in places("stopping")],
    )


def _screen_event(member: ProcessMember, place: int) -> ScreenEvent:
    async def screen_event(event: MessageEvent) -> Refusal | None:
        return await member.peer.call(PluginSide.screen_event, place, event) if member.is_up else None

    return screen_event


def _edit_prompt(member: ProcessMember, place: int) -> EditPrompt:
    async def edit_prompt(event: MessageEvent, prompt: Prompt) -> Prompt:
        return await member.peer.call(PluginSide.edit_prompt, place, event, prompt) if member.is_up else prompt

    return edit_prompt


def _check_text(member: ProcessMember, place: int) -> CheckText:
    async def check_text(text: str, direction: Direction) -> Verdict:
        return await member.peer.call(PluginSide.check_text, place, text, direction)

    return check_text


def _reacted(member: ProcessMember, place: int) -> Reacted:
    async def reacted(event: MessageEvent) -> None:
        if member.is_up:
            await member.peer.call(PluginSide.reacted, place, event)

    return reacted


def _reply_sent(member: ProcessMember, place: int) -> ReplySent:
    async def reply_sent(event: MessageEvent, text: str) -> None:
        if member.is_up:
            await member.peer.call(PluginSide.reply_sent, place, event, text)

    return reply_sent


def _lifecycle(
    member: ProcessMember, method: Callable[[PluginSide, int], Coroutine[Any, Any, None]], place: int
) -> Lifecycle:
    async def lifecycle() -> None:
        if member.is_up:
            await member.peer.call(method, place)

    return lifecycle


async def _run(work: Lifecycle) -> None:
    await work()
