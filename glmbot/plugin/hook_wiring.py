"""Gives plugins' hooks the plain form in which the bot calls them."""

from types import NoneType, UnionType
from typing import Protocol

from glmbot.events import MessageEvent
from glmbot.hooks import CheckText, EditPrompt, Hooks, Lifecycle, ReplySent, ScreenEvent
from glmbot.plugin.member import Member
from glmbot.plugin.plugin import AnyHook
from glmbot.prompt import Prompt
from glmbot.verdicts import Direction, Refusal, Verdict

Expected = type | UnionType


class Attempt(Protocol):
    """Calls a function of a plugin. It never raises: what fails, or gives no `expected` value, gives None."""

    async def __call__(self, what: str, expected: Expected, function: AnyHook, *arguments: object) -> object: ...


def wire_hooks(member: Member, hooks: Hooks, attempt: Attempt) -> None:
    """Put all hooks of one plugin into `hooks`."""
    own = member.plugin.hooks
    hooks.screen_event += [_screen_event(member, hook, attempt) for hook in own.screen_event]
    hooks.edit_prompt += [_edit_prompt(member, hook, attempt) for hook in own.edit_prompt]
    hooks.check_text += [_check_text(member, hook, attempt) for hook in own.check_text]
    hooks.reply_sent += [_reply_sent(member, hook, attempt) for hook in own.reply_sent]
    hooks.started += [_lifecycle(member, "started", hook, attempt) for hook in own.started]
    hooks.stopping += [_lifecycle(member, "stopping", hook, attempt) for hook in own.stopping]


def _screen_event(member: Member, hook: AnyHook, attempt: Attempt) -> ScreenEvent:
    async def screen_event(event: MessageEvent) -> Refusal | None:
        refusal = await attempt(_name(member, "screen_event"), Refusal | NoneType, hook, member.context(event))
        return refusal if isinstance(refusal, Refusal) else None

    return screen_event


def _edit_prompt(member: Member, hook: AnyHook, attempt: Attempt) -> EditPrompt:
    async def edit_prompt(event: MessageEvent, prompt: Prompt) -> Prompt:
        edited = await attempt(_name(member, "edit_prompt"), Prompt, hook, member.context(event), prompt)
        return edited if isinstance(edited, Prompt) else prompt

    return edit_prompt


def _check_text(member: Member, hook: AnyHook, attempt: Attempt) -> CheckText:
    async def check_text(text: str, direction: Direction) -> Verdict:
        verdict = await attempt(_name(member, "check_text"), Verdict, hook, member.bot_context(), text, direction)
        if isinstance(verdict, Verdict):
            return verdict
        # A check that does not work must not let pass what it is there to stop.
        return Verdict(text, is_blocked=True, rule=f"the check of plugin {member.plugin.name!r} failed")

    return check_text


def _reply_sent(member: Member, hook: AnyHook, attempt: Attempt) -> ReplySent:
    async def reply_sent(event: MessageEvent, text: str) -> None:
        await attempt(_name(member, "reply_sent"), object, hook, member.context(event), text)

    return reply_sent


def _lifecycle(member: Member, name: str, hook: AnyHook, attempt: Attempt) -> Lifecycle:
    async def lifecycle() -> None:
        await attempt(_name(member, name), object, hook, member.bot_context())

    return lifecycle


def _name(member: Member, hook: str) -> str:
    return f"hook {hook} of plugin {member.plugin.name!r}"
