"""What admins are asked to decide: messages and answers that a rule escalated."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from glmbot.events import MessageEvent
from glmbot.storage.tables import reports
from glmbot.storage.upsert import insert
from glmbot.storage.withheld import withhold_reported
from glmbot.verdicts import Direction


class ReportState(StrEnum):
    """What became of a report."""

    OPEN = "open"
    APPROVED = "approved"
    MUTED = "muted"
    BANNED = "banned"


@dataclass(frozen=True, slots=True)
class Report:
    """A report, and who decided it."""

    code: str
    adapter: str
    message_id: str
    chat_id: str
    thread_id: str
    sender_id: str
    direction: Direction
    state: ReportState
    decided_by: str | None


def open_report(
    connection: Connection, code: str, event: MessageEvent, direction: Direction, rule: str, at: float
) -> bool:
    """Open a report in the caller's transaction; return False where the message has one."""
    row = {
        "code": code,
        "adapter": event.chat.adapter,
        "message_id": event.message_id,
        "chat_id": event.chat.chat_id,
        "thread_id": event.chat.thread_id or "",
        "sender_id": event.sender.sender_id,
        "direction": direction,
        "rule": rule,
        "state": ReportState.OPEN,
        "opened_at": at,
    }
    statement = insert(connection.dialect.name, reports).on_conflict_do_nothing().returning(reports.c.code)
    return connection.execute(statement, row).first() is not None


def find_report(connection: Connection, code: str) -> Report | None:
    """Return the report of this code."""
    row = connection.execute(select(reports).where(reports.c.code == code)).one_or_none()
    return _report(row) if row else None


def decide(connection: Connection, code: str, state: ReportState, by: str, at: float) -> bool:
    """Decide a report, once; tell whether this did."""
    is_open = (reports.c.code == code, reports.c.state == ReportState.OPEN)
    changed = update(reports).where(*is_open).values(state=state, decided_by=by, decided_at=at)
    return connection.execute(changed).rowcount == 1


def forget_reports(connection: Connection, before: float) -> None:
    """Delete what is older, and withhold the messages that were kept for it."""
    withhold_reported(connection, reports.c.opened_at < before)
    connection.execute(delete(reports).where(reports.c.opened_at < before))


def _report(row: Row[Any]) -> Report:
    return Report(
        row.code,
        row.adapter,
        row.message_id,
        row.chat_id,
        row.thread_id,
        row.sender_id,
        Direction(row.direction),
        ReportState(row.state),
        row.decided_by,
    )
