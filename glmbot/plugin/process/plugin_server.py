"""What the bot may ask a plugin process for."""

from glmbot.events import MessageEvent
from glmbot.plugin.context import ReplyValue
from glmbot.plugin.local_member import LocalMember
from glmbot.prompt import Prompt
from glmbot.verdicts import Direction, Refusal, Verdict


class PluginServer:
    """Implements `PluginSide` by a plugin in this process."""

    def __init__(self, member: LocalMember) -> None:
        self._member = member

    async def answer_command(self, name: str, event: MessageEvent) -> ReplyValue:
        """Answer an event that holds the command."""
        return await self._member.answer_command(name, event)

    async def has_match(self, text: str) -> bool:
        """Tell whether a pattern is found in `text`."""
        return await self._member.has_match(text)

    async def answer_message(self, event: MessageEvent) -> ReplyValue:
        """Answer an event in whose text a pattern is found."""
        return await self._member.answer_message(event)

    async def screen_event(self, place: int, event: MessageEvent) -> Refusal | None:
        """Call a hook."""
        return await self._member.hooks.screen_event[place](event)

    async def edit_prompt(self, place: int, event: MessageEvent, prompt: Prompt) -> Prompt:
        """Call a hook."""
        return await self._member.hooks.edit_prompt[place](event, prompt)

    async def check_text(self, place: int, text: str, direction: Direction) -> Verdict:
        """Call a hook."""
        return await self._member.hooks.check_text[place](text, direction)

    async def reacted(self, place: int, event: MessageEvent) -> None:
        """Call a hook."""
        await self._member.hooks.reacted[place](event)

    async def reply_sent(self, place: int, event: MessageEvent, text: str) -> None:
        """Call a hook."""
        await self._member.hooks.reply_sent[place](event, text)

    async def started(self, place: int) -> None:
        """Call a hook."""
        await self._member.hooks.started[place]()

    async def stopping(self, place: int) -> None:
        """Call a hook."""
        await self._member.hooks.stopping[place]()

    async def next_run(self, job: int, moment: float) -> float:
        """Return when a job is to run next."""
        return await self._member.jobs[job].next_after(moment)

    async def run_job(self, job: int) -> None:
        """Run a job once."""
        await self._member.jobs[job].run()
