"""Judges every text on its way in, and every stream on its way out before anything of it is shown."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from glmbot.events import MessageEvent
from glmbot.hooks import CheckText
from glmbot.reply import Reply
from glmbot.safety.judging import LONG, judge
from glmbot.safety.policies import Policies
from glmbot.safety.reply_guard import ReplyGuard
from glmbot.safety.rule import ANYWHERE, Scope
from glmbot.verdicts import FAILED_CHECK, Action, Direction, Finding, Place, Verdict


class HasPolicies(Protocol):
    """Where the policies are taken from, for each text anew: they may be reloaded."""

    @property
    def current(self) -> Policies: ...


class Classifies(Protocol):
    """Knows how probable it is that a text is an injection."""

    async def probability(self, text: str) -> float | None:
        """Return it, None where that cannot be told: then the text is not let through."""


def no_roles(event: MessageEvent) -> frozenset[str]:
    """Return the roles of a sender where none are given."""
    return frozenset()


class Safety:
    """The policies, then the plugins' checks; the strictest wins."""

    def __init__(
        self,
        policies: HasPolicies,
        checks: Sequence[CheckText],
        roles: Callable[[MessageEvent], frozenset[str]] = no_roles,
        classifier: Classifies | None = None,
    ) -> None:
        self._policies = policies
        self._checks = checks
        self._roles = roles
        self._classifier = classifier

    def scope_of(self, event: MessageEvent) -> Scope:
        """Return whose text an event brings."""
        chat = event.chat
        return Scope(chat.adapter, f"{chat.adapter}:{chat.chat_id}", self._roles(event))

    async def check(
        self, text: str, direction: Direction, place: Place = Place.TEXT, scope: Scope = ANYWHERE
    ) -> Verdict:
        """Judge a whole text."""
        policies = self._policies.current
        verdict = await judge(policies, self._checks, text, direction, place, scope)
        is_asked = self._classifier and direction is Direction.IN and verdict.text and not verdict.is_blocked
        if self._classifier and is_asked and policies.asks_for_injection(place, scope):
            probability = await self._classifier.probability(verdict.text)
            if probability is None:
                return _failed(verdict, place)
            return policies.classified(verdict, probability, place, scope)
        return verdict

    async def received(self, event: MessageEvent) -> tuple[MessageEvent, tuple[Finding, ...]]:
        """Return an event as it may be stored, and what was taken out of it: text that is redacted is never kept.

        What is blocked is left as it is: that is for `check`, which comes before the answer.
        """
        scope = self.scope_of(event)
        text, findings = await self.redacted(event.text, Place.TEXT, scope)
        name, more = await self.redacted(event.sender.name, Place.SENDER_NAME, scope)
        sender, findings = replace(event.sender, name=name), findings + more
        attachments = []
        for attachment in event.attachments:
            name, more = await self.redacted(attachment.name, Place.FILE_NAME, scope)
            attachments.append(replace(attachment, name=name))
            findings += more
        cleaned = replace(event, text=text, sender=sender, attachments=tuple(attachments))
        return cleaned if findings else event, findings

    def guard(self, reply: Reply, scope: Scope = ANYWHERE) -> Reply:
        """Check the reply's pieces before they are shown; what is found is added to its `findings`.

        A block ends them and sets `blocked_by`; a model's answer that goes wrong is ended and has its `fault` set.
        """
        guard = ReplyGuard(self._policies.current, self._checks, reply, scope)
        reply.pieces = guard.guarded(reply.pieces)
        return reply

    async def redacted(self, text: str, place: Place, scope: Scope) -> tuple[str, tuple[Finding, ...]]:
        """Return a text as it may be stored, and what was taken out of it."""
        policies = self._policies.current
        kinds = policies.changing(Direction.IN, scope)
        if not text or not kinds:
            return text, ()
        if len(text) > LONG:
            verdict = await asyncio.to_thread(policies.check, text, Direction.IN, place, scope, kinds)
        else:
            verdict = policies.check(text, Direction.IN, place, scope, kinds)
        if verdict.text == text:
            return text, ()
        return verdict.text, tuple(one for one in verdict.findings if one.action.changes)


def _failed(verdict: Verdict, place: Place) -> Verdict:
    rule = "the classifier failed"
    finding = Finding(rule, FAILED_CHECK, Action.BLOCK, place, excerpt="", digest="")
    return replace(verdict, is_blocked=True, rule=rule, findings=(*verdict.findings, finding))
