"""Checks one reply while it grows."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing

from glmbot.hooks import CheckText
from glmbot.reply import Reply
from glmbot.safety.enclosures import check_enclosures
from glmbot.safety.filter import Match
from glmbot.safety.found import Found, finding_of, shown_instead
from glmbot.safety.judging import ask_plugins, judge
from glmbot.safety.pii.spans import PiiKind
from glmbot.safety.pii.stream import StreamRedactor
from glmbot.safety.policies import Policies
from glmbot.safety.quality.guard import QualityGuard
from glmbot.safety.rule import STRICTNESS, Kind, Rule, Scope
from glmbot.safety.stream import StreamGuard
from glmbot.verdicts import Action, Direction, Place, Verdict

SENTENCE_END = re.compile(r"(?<=[。！？\n])|(?<=[.!?])(?=\s)")


class ReplyGuard:
    """The stages that the pieces of a reply pass: the model's quality, words, personal data, the plugins."""

    def __init__(self, policies: Policies, checks: Sequence[CheckText], reply: Reply, scope: Scope) -> None:
        self._policies = policies
        self._checks = checks
        self._reply = reply
        self._scope = scope
        self._place = Place.REPLY if reply.question is None else Place.ANSWER

    async def guarded(self, pieces: AsyncGenerator[str]) -> AsyncGenerator[str]:
        """Yield what may be shown."""
        stages = pieces if self._reply.question is None else self._sound(pieces)
        stages = self._noted(self._redacted(self._filtered(stages)))
        if self._checks:
            stages = self._checked(stages)
        async with aclosing(pieces), aclosing(stages):
            await check_enclosures(self._reply, self._judge)
            if not self._reply.blocked_by:
                async for piece in stages:
                    yield piece

    async def _judge(self, text: str, place: Place) -> Verdict:
        return await judge(self._policies, self._checks, text, Direction.OUT, place, self._scope)

    async def _sound(self, pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
        """Pass on a model's answer as long as nothing is wrong with it."""
        guard: QualityGuard | None = None
        async for piece in pieces:
            guard = guard or QualityGuard(self._reply.question or "", self._reply.system)
            if shown := guard.add(piece):
                yield shown
            if guard.fault:
                break
        if guard and (shown := guard.finish()):
            yield shown
        if guard and guard.fault:
            self._note_fault(guard.fault.value)

    def _note_fault(self, fault: str) -> None:
        self._reply.fault = fault
        for rule in self._policies.holding(Kind.QUALITY, Direction.OUT, self._scope):
            self._note(Found(rule, 0, 0, fault))
            if rule.action.blocks:
                self._reply.blocked_by = rule.id

    async def _filtered(self, pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
        """Hold back the tail that may be the beginning of a forbidden term."""
        rules = self._policies.holding(Kind.WORDS, Direction.OUT, self._scope)
        ids = {rule.id for rule in rules if _acts_at_once(rule)}
        if not ids:
            async for piece in pieces:
                yield piece
            return

        def judge(matches: Collection[Match]) -> Mapping[Match, str | None]:
            judged = self._policies.words.judged(matches, ids)
            return {match: None if rule.action.blocks else shown_instead(Found(rule, 0, 0)) for match, rule in judged}

        guard = StreamGuard(self._policies.words.filter, judge)
        async for piece in pieces:
            if shown := guard.add(piece):
                yield shown
            if guard.match:
                break
        if shown := guard.finish():
            yield shown
        for term in guard.replaced:
            self._note_term(term, ids, may_block=False)
        if guard.match:
            self._note_term(guard.match.term, ids, may_block=True)

    def _note_term(self, term: str, ids: Collection[str], may_block: bool) -> None:
        whole = Match(0, len(term), term)
        for _, rule in self._policies.words.judged([whole], ids):
            self._note(Found(rule, 0, len(term)), term)
            if may_block and rule.action.blocks:
                self._reply.blocked_by = rule.id

    async def _redacted(self, pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
        """Replace personal data; where a rule blocks it, the reply ends there."""
        owners = _owners(self._policies.holding(Kind.PII, Direction.OUT, self._scope))
        if not owners:
            async for piece in pieces:
                yield piece
            return
        instead = {kind: shown_instead(Found(rule, 0, 0, kind.placeholder)) for kind, rule in owners.items()}
        redactor = StreamRedactor(instead)
        num_noted = 0
        async for piece in pieces:
            shown = redactor.add(piece)
            num_noted = self._note_kinds(redactor, owners, num_noted)
            if self._reply.blocked_by:
                return
            if shown:
                yield shown
        shown = redactor.finish()
        self._note_kinds(redactor, owners, num_noted)
        if shown and not self._reply.blocked_by:
            yield shown

    def _note_kinds(self, redactor: StreamRedactor, owners: Mapping[PiiKind, Rule], num_noted: int) -> int:
        for kind in redactor.found[num_noted:]:
            rule = owners[kind]
            self._note(Found(rule, 0, 0, kind.placeholder))
            if rule.action.blocks:
                self._reply.blocked_by = rule.id
        return len(redactor.found)

    async def _noted(self, pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
        """Pass on all, and look for what is only to be written down when the reply is whole."""
        text: list[str] = []
        async for piece in pieces:
            text.append(piece)
            yield piece
        verdict = self._policies.check("".join(text), Direction.OUT, self._place, self._scope)
        quiet = (Action.LOG, Action.WARN)
        self._reply.findings += [one for one in verdict.findings if one.action in quiet]

    async def _checked(self, pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
        """Hold back each sentence until the plugins have judged it."""
        held = ""
        async for piece in pieces:
            *sentences, held = SENTENCE_END.split(held + piece)
            for sentence in sentences:
                if (passed := await self._passed(sentence)) is None:
                    return
                yield passed
        if held and (passed := await self._passed(held)) is not None:
            yield passed

    async def _passed(self, sentence: str) -> str | None:
        verdict = await ask_plugins(self._checks, Verdict(sentence), Direction.OUT)
        self._take(verdict)
        return None if verdict.is_blocked else verdict.text

    def _take(self, verdict: Verdict) -> None:
        self._reply.findings += verdict.findings
        if verdict.is_blocked:
            self._reply.blocked_by = verdict.rule or "a plugin"

    def _note(self, found: Found, text: str = "") -> None:
        self._reply.findings.append(finding_of(found, text, self._place, self._policies.key))


def _acts_at_once(rule: Rule) -> bool:
    return rule.action.blocks or rule.action.changes


def _owners(rules: Sequence[Rule]) -> dict[PiiKind, Rule]:
    """Return the strictest rule for each kind of personal data that is not to be shown."""
    owners: dict[PiiKind, Rule] = {}
    for rule in sorted(filter(_acts_at_once, rules), key=lambda rule: STRICTNESS[rule.action]):
        owners.update(dict.fromkeys(rule.pii, rule))
    return owners
