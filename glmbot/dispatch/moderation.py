"""What follows from a finding: the log, strikes, a word to the sender, and a report to the admins."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import date

from glmbot.delivery.delivery import Delivery
from glmbot.dispatch.access import Access
from glmbot.dispatch.report import new_code, report_rows
from glmbot.dispatch.roles import Roles
from glmbot.events import MessageEvent
from glmbot.phrases import Phrase, duration_in_words, language_of
from glmbot.plugin.schedule import Clock
from glmbot.reply import Reply
from glmbot.settings import ModerationSettings
from glmbot.storage.decisions import Consequences, Decisions, NewReport, StrikeRule
from glmbot.storage.inbox import ClaimedEvent
from glmbot.verdicts import FAILED_CHECK, Action, Direction, Finding, Place, Refusal, Verdict

HOUR = 3600.0
DAY = 24 * HOUR


class Moderation:
    """Writes down what safety found, and sees to what follows."""

    def __init__(
        self,
        settings: ModerationSettings,
        admin_chats: Sequence[str],
        decisions: Decisions,
        access: Access,
        roles: Roles,
        delivery: Delivery,
        clock: Clock,
    ) -> None:
        self._strike_rule = StrikeRule(settings.max_strikes, settings.strike_hours * HOUR, settings.mute_hours * HOUR)
        self._keep_log = settings.keep_log_days * DAY
        self._admin_chats = admin_chats
        self._decisions = decisions
        self._access = access
        self._roles = roles
        self._delivery = delivery
        self._clock = clock

    async def act(self, claimed: ClaimedEvent, verdict: Verdict, place: Place = Place.TEXT) -> Refusal | None:
        """Write down what was found in a message or its file, and do what follows; return why it is not handled.

        It is all durable before the sender hears of it. A message that is handled again leaves nothing twice.
        What an admin has approved is only written down.
        """
        if claimed.is_approved:
            await self._write_down(claimed.event, _findings(verdict, place))
            return None
        consequences = await self.record_verdict(claimed.event, verdict, Direction.IN, place)
        if not verdict.is_blocked:
            return None
        language = language_of(claimed.event)
        text = (Phrase.HELD if consequences.is_reported else Phrase.BLOCKED_IN).in_language(language)
        if consequences.muted_until is not None:
            wait = duration_in_words(consequences.muted_until - self._clock.now(), language)
            text = f"{text}\n\n{Phrase.MUTED_FOR_STRIKES.in_language(language, wait=wait)}"
        reason = f"safety rule {verdict.rule!r}" if verdict.rule else "safety"
        return Refusal(reason, text, is_kept=consequences.is_reported)

    async def lets_through(self, event: MessageEvent, verdict: Verdict) -> bool:
        """Tell whether a message may be given to a plugin that waits for it, and write down what was found if so.

        One that may not goes the ordinary way, where it is refused, and `act` sees to the rest.
        """
        if not verdict.is_blocked:
            await self.record(event, verdict.findings, Direction.IN)
        return not verdict.is_blocked

    def watch(self, claimed: ClaimedEvent, verdict: Verdict, reply: Reply) -> Reply:
        """Have what is found in the reply written down before it is stored; warn the sender where a rule says so."""
        reply.pieces = self._watched(claimed.event, verdict, reply, reply.pieces)
        return reply

    async def record(self, event: MessageEvent, findings: Sequence[Finding], direction: Direction) -> Consequences:
        """Write down what was found in a message or its answer, and do what follows."""
        if not findings:
            return Consequences()
        report, now = await self._report(event, findings, direction), self._clock.now()
        is_strike = direction is Direction.IN and any(map(_is_strike, findings)) and not self._roles.is_admin(event)
        rule = self._strike_rule if is_strike else None
        consequences = await self._decisions.record(event, findings, direction, now, rule, report)
        if consequences.muted_until is not None:
            await self._access.reload()
        if report:
            self._delivery.wake()
        return consequences

    async def record_verdict(
        self, event: MessageEvent, verdict: Verdict, direction: Direction, place: Place
    ) -> Consequences:
        """Do the same with a verdict: a plugin's check may block without saying what it found."""
        return await self.record(event, _findings(verdict, place), direction)

    async def run(self) -> None:
        """Forget what is old, each hour, until cancelled."""
        while True:
            now = self._clock.now()
            two_days_ago = date.fromtimestamp(now - 2 * DAY).isoformat()
            await self._decisions.forget(now, now - self._keep_log, now - self._strike_rule.window, two_days_ago)
            await self._clock.sleep(HOUR)

    async def _write_down(self, event: MessageEvent, findings: Sequence[Finding]) -> None:
        if findings:
            await self._decisions.record(event, findings, Direction.IN, self._clock.now(), None, None)

    async def _watched(
        self, event: MessageEvent, verdict: Verdict, reply: Reply, pieces: AsyncGenerator[str]
    ) -> AsyncGenerator[str]:
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece
        findings = list(reply.findings)
        if reply.blocked_by and not any(one.action.blocks for one in findings):
            findings.append(_finding_of(reply.blocked_by, Place.ANSWER))
        await self.record(event, findings, Direction.OUT)
        if any(one.action is Action.WARN for one in verdict.findings):
            warning = Phrase.WARNED.in_language(language_of(event))
            reply.notice = f"{reply.notice}\n\n{warning}" if reply.notice else warning

    async def _report(self, event: MessageEvent, findings: Sequence[Finding], direction: Direction) -> NewReport | None:
        escalated = next((one for one in findings if one.action is Action.ESCALATE), None)
        if escalated is None:
            return None
        code = new_code()
        rows = await report_rows(self._delivery, self._admin_chats, code, event, escalated, direction)
        return NewReport(code, escalated.rule, rows) if rows else None


def _findings(verdict: Verdict, place: Place) -> Sequence[Finding]:
    """Return what is to be written down."""
    if verdict.is_blocked and not any(one.action.blocks for one in verdict.findings):
        return [*verdict.findings, _finding_of(verdict.rule, place)]
    return verdict.findings


def _finding_of(rule: str | None, place: Place) -> Finding:
    return Finding(rule or "a plugin", "", Action.BLOCK, place, excerpt="", digest="")


def _is_strike(finding: Finding) -> bool:
    """What waits for an admin, or was blocked since a check failed, is no strike."""
    return finding.action is Action.BLOCK and finding.category != FAILED_CHECK
