"""Everything that follows from findings, and from what admins say: each in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from glmbot.events import MessageEvent
from glmbot.storage.changes import announce
from glmbot.storage.database import Database
from glmbot.storage.inbox import add_approved
from glmbot.storage.moderation import ADMIN, STRIKES, add_decision, add_findings, forget_entries
from glmbot.storage.outbox import add_rows
from glmbot.storage.quotas import forget_quotas
from glmbot.storage.reports import Report, ReportState, decide, find_report, forget_reports, open_report
from glmbot.storage.restrictions import (
    Restriction,
    Standing,
    add_strike,
    clear_strikes,
    forget_restrictions,
    pardon,
    restrict,
    standing_of,
)
from glmbot.storage.subjects import Subject, subjects_of
from glmbot.storage.tables import reports
from glmbot.storage.withheld import withhold_reported
from glmbot.verdicts import Direction, Finding

logger = logging.getLogger(__name__)


_STATES = {Standing.MUTED: ReportState.MUTED, Standing.BANNED: ReportState.BANNED}


@dataclass(frozen=True, slots=True)
class StrikeRule:
    """So many blocked messages within a window of seconds mute their sender for other seconds; 0: never."""

    max_strikes: int
    window: float
    mute_for: float


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report to be opened, and the outbox rows that show it to admins."""

    code: str
    rule: str
    rows: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Consequences:
    """What followed: until when the sender is muted, by this very message, and whether admins are asked."""

    muted_until: float | None = None
    is_reported: bool = False


class Decisions:
    """Writes decisions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self,
        event: MessageEvent,
        findings: Sequence[Finding],
        direction: Direction,
        now: float,
        strike_rule: StrikeRule | None,
        report: NewReport | None,
    ) -> Consequences:
        """Log findings, and do what follows. Where that fails, it never keeps the bot from its answer."""

        def work(connection: Connection) -> Consequences:
            add_findings(connection, event, findings, direction, now)
            muted_until = _strike(connection, event, now, strike_rule) if strike_rule else None
            if report and open_report(connection, report.code, event, direction, report.rule, now):
                add_rows(connection, report.rows)
                announce(connection)
            return Consequences(muted_until, report is not None)

        try:
            return await self._database.run(work)
        except SQLAlchemyError:
            logger.exception("what safety found is not in the moderation log")
            return Consequences()

    async def decide(self, about: MessageEvent, code: str, state: ReportState, by: str, now: float) -> Report | None:
        """Decide a report, unless it is; return it as it is then, None where there is none.

        The text of the blocked message was kept for this, and is withheld now.
        An approved message comes in once more; what cannot, leaves the report open.
        """

        def work(connection: Connection) -> Report | None:
            report = find_report(connection, code)
            if report is None or report.state is not ReportState.OPEN:
                return report
            if state is ReportState.APPROVED and not _let_through(connection, report):
                return report
            if _decide(connection, report, state, by, now):
                add_decision(connection, about, ADMIN, state, now, f"report {code}", by)
                announce(connection)
            return find_report(connection, code)

        return await self._database.run(work)

    async def find_report(self, code: str) -> Report | None:
        """Return the report of this code."""
        return await self._database.run(lambda connection: find_report(connection, code))

    async def restrict(
        self, about: MessageEvent, restriction: Restriction, by: str, now: float, report: Report | None = None
    ) -> None:
        """Set how a subject stands; that decides the report that was the reason for it."""
        state = _STATES.get(restriction.standing)

        def work(connection: Connection) -> None:
            if report and state:
                _decide(connection, report, state, by, now)
            restrict(connection, restriction, now, by)
            add_decision(connection, about, ADMIN, restriction.standing, now, restriction.subject.kind, by)

        await self._database.run(work)

    async def pardon(self, about: MessageEvent, subject: Subject, by: str, now: float) -> None:
        """Let a subject stand as everyone does."""

        def work(connection: Connection) -> None:
            pardon(connection, subject)
            add_decision(connection, about, ADMIN, "pardoned", now, subject.kind, by)

        await self._database.run(work)

    async def forget(self, now: float, log_before: float, strikes_before: float, quotas_before: str) -> None:
        """Delete what is old: entries of the log, reports, strikes, used quotas, restrictions that are over."""

        def work(connection: Connection) -> None:
            forget_reports(connection, log_before)  # before the entries, which say what stays of their messages
            forget_entries(connection, log_before)
            forget_restrictions(connection, now, strikes_before)
            forget_quotas(connection, quotas_before)

        try:
            await self._database.run(work)
        except SQLAlchemyError:
            logger.exception("old entries of the moderation log are not deleted; the next hour tries again")


def _strike(connection: Connection, event: MessageEvent, now: float, rule: StrikeRule) -> float | None:
    """Count a blocked message; return until when its sender is muted by it."""
    sender, _ = subjects_of(event)
    standing = standing_of(connection, sender)
    if standing and standing.told_for == event.message_id:
        return standing.until  # this was done before
    num_strikes = add_strike(connection, sender, event.message_id, now, now - rule.window)
    is_banned = standing is not None and standing.standing is Standing.BANNED
    if not rule.max_strikes or num_strikes < rule.max_strikes or is_banned:
        return None
    until = now + rule.mute_for
    restrict(connection, Restriction(sender, Standing.MUTED, until, event.message_id), now, by=None)
    clear_strikes(connection, sender)
    add_decision(connection, event, STRIKES, Standing.MUTED, now, f"{num_strikes} strikes")
    return until


def _decide(connection: Connection, report: Report, state: ReportState, by: str, now: float) -> bool:
    if not decide(connection, report.code, state, by, now):
        return False
    withhold_reported(connection, reports.c.code == report.code)
    return True


def _let_through(connection: Connection, report: Report) -> bool:
    return report.direction is Direction.IN and add_approved(connection, report.adapter, report.message_id)
