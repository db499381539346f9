"""Puts plugins' hooks into the bot's, each so that its failure harms nobody else."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from glmbot.events import MessageEvent
from glmbot.hooks import CheckText, EditPrompt, Hooks, Lifecycle, Reacted, ReplySent, ScreenEvent
from glmbot.plugin.member import Member
from glmbot.prompt import Prompt
from glmbot.verdicts import FAILED_CHECK, Action, Direction, Finding, Place, Refusal, Verdict

T = TypeVar("T")


class Attempt(Protocol):
    """Calls a function of a plugin. It never raises: what fails gives `otherwise`."""

    async def __call__(self, what: str, otherwise: T, call: Callable[[], Awaitable[T]]) -> T: ...


def guarded_hooks(member: Member, attempt: Attempt) -> Hooks:
    """Return a plugin's hooks as the bot calls them."""
    own = member.hooks
    return Hooks(
        screen_event=[_screen_event(member.name, hook, attempt) for hook in own.screen_event],
        edit_prompt=[_edit_prompt(member.name, hook, attempt) for hook in own.edit_prompt],
        check_text=[_check_text(member.name, hook, attempt) for hook in own.check_text],
        reacted=[_reacted(member.name, hook, attempt) for hook in own.reacted],
        reply_sent=[_reply_sent(member.name, hook, attempt) for hook in own.reply_sent],
        started=[_lifecycle(member.name, "started", hook, attempt) for hook in own.started],
        stopping=[_lifecycle(member.name, "stopping", hook, attempt) for hook in own.stopping],
    )


def add_hooks(more: Hooks, hooks: Hooks) -> None:
    """Put `more` behind the hooks that are there."""
    hooks.screen_event += more.screen_event
    hooks.edit_prompt += more.edit_prompt
    hooks.check_text += more.check_text
    hooks.reacted += more.reacted
    hooks.reply_sent += more.reply_sent
    hooks.started += more.started
    hooks.stopping += more.stopping


def _screen_event(plugin: str, hook: ScreenEvent, attempt: Attempt) -> ScreenEvent:
    async def screen_event(event: MessageEvent) -> Refusal | None:
        return await attempt(_name(plugin, "screen_event"), None, lambda: hook(event))

    return screen_event


def _edit_prompt(plugin: str, hook: EditPrompt, attempt: Attempt) -> EditPrompt:
    async def edit_prompt(event: MessageEvent, prompt: Prompt) -> Prompt:
        return await attempt(_name(plugin, "edit_prompt"), prompt, lambda: hook(event, prompt))

    return edit_prompt


def _check_text(plugin: str, hook: CheckText, attempt: Attempt) -> CheckText:
    async def check_text(text: str, direction: Direction) -> Verdict:
        # A check that does not work must not let pass what it is there to stop.
        rule = f"the check of plugin {plugin!r} failed"
        failed = Finding(rule, FAILED_CHECK, Action.BLOCK, Place.TEXT, excerpt="", digest="")
        blocked = Verdict(text, is_blocked=True, rule=rule, findings=(failed,))
        return await attempt(_name(plugin, "check_text"), blocked, lambda: hook(text, direction))

    return check_text


def _reacted(plugin: str, hook: Reacted, attempt: Attempt) -> Reacted:
    async def reacted(event: MessageEvent) -> None:
        await attempt(_name(plugin, "reacted"), None, lambda: hook(event))

    return reacted


def _reply_sent(plugin: str, hook: ReplySent, attempt: Attempt) -> ReplySent:
    async def reply_sent(event: MessageEvent, text: str) -> None:
        await attempt(_name(plugin, "reply_sent"), None, lambda: hook(event, text))

    return reply_sent


def _lifecycle(plugin: str, name: str, hook: Lifecycle, attempt: Attempt) -> Lifecycle:
    async def lifecycle() -> None:
        await attempt(_name(plugin, name), None, hook)

    return lifecycle


def _name(plugin: str, hook: str) -> str:
    return f"hook {hook} of plugin {plugin!r}"
