"""Who may not write, and who may although a list is closed; strikes are what leads there."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update

from glmbot.storage.changes import announce
from glmbot.storage.database import Database
from glmbot.storage.subjects import Subject, SubjectKind
from glmbot.storage.tables import restrictions, strikes
from glmbot.storage.upsert import insert


class Standing(StrEnum):
    """How a sender or chat stands."""

    ALLOWED = "allowed"
    MUTED = "muted"
    BANNED = "banned"


@dataclass(frozen=True, slots=True)
class Restriction:
    """How a subject stands, until a time, or for good. `told_for` is the message whose sender was told of it."""

    subject: Subject
    standing: Standing
    until: float | None
    told_for: str | None = None


class Restrictions:
    """The table of who stands how."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[Restriction]:
        """Return every restriction, also those that are over."""
        return [_restriction(row) for row in await self._database.rows(select(restrictions))]

    async def claim_notice(self, subject: Subject, message_id: str) -> bool:
        """Return True for one message: to its sender it falls to be told."""
        is_open = or_(restrictions.c.told_for.is_(None), restrictions.c.told_for == message_id)
        statement = update(restrictions).where(*_is(subject), is_open).values(told_for=message_id)
        return await self._database.execute(statement) == 1


def forget_restrictions(connection: Connection, now: float, strikes_before: float) -> None:
    """Delete what is over."""
    connection.execute(delete(restrictions).where(restrictions.c.until < now))
    connection.execute(delete(strikes).where(strikes.c.at < strikes_before))


def restrict(connection: Connection, restriction: Restriction, now: float, by: str | None) -> None:
    """Set how a subject stands, in place of how it stood, in the caller's transaction."""
    subject = restriction.subject
    changes = {
        "standing": restriction.standing,
        "until": restriction.until,
        "since": now,
        "by": by,
        "told_for": restriction.told_for,
    }
    row = {"adapter": subject.adapter, "kind": subject.kind, "subject_id": subject.subject_id, **changes}
    statement = insert(connection.dialect.name, restrictions).values(**row)
    connection.execute(statement.on_conflict_do_update(index_elements=["adapter", "kind", "subject_id"], set_=changes))
    announce(connection)


def pardon(connection: Connection, subject: Subject) -> bool:
    """Let a subject stand as everyone does, without strikes; tell whether it did not before."""
    num_lifted = connection.execute(delete(restrictions).where(*_is(subject))).rowcount
    if subject.kind is SubjectKind.SENDER:
        theirs = (strikes.c.adapter == subject.adapter, strikes.c.sender_id == subject.subject_id)
        num_lifted += connection.execute(delete(strikes).where(*theirs)).rowcount
    announce(connection)
    return num_lifted > 0


def add_strike(connection: Connection, sender: Subject, message_id: str, now: float, since: float) -> int:
    """Note that a message was blocked; return how many of the sender's were since then."""
    row = {"adapter": sender.adapter, "message_id": message_id, "sender_id": sender.subject_id, "at": now}
    connection.execute(insert(connection.dialect.name, strikes).on_conflict_do_nothing(), row)
    counted = and_(strikes.c.adapter == sender.adapter, strikes.c.sender_id == sender.subject_id, strikes.c.at >= since)
    return int(connection.scalar(select(func.count()).select_from(strikes).where(counted)) or 0)


def clear_strikes(connection: Connection, sender: Subject) -> None:
    """Let a sender begin at none again."""
    theirs = (strikes.c.adapter == sender.adapter, strikes.c.sender_id == sender.subject_id)
    connection.execute(delete(strikes).where(*theirs))


def standing_of(connection: Connection, subject: Subject) -> Restriction | None:
    """Return how a subject stands."""
    row = connection.execute(select(restrictions).where(*_is(subject))).one_or_none()
    return _restriction(row) if row else None


def _is(subject: Subject) -> tuple[Any, ...]:
    return (
        restrictions.c.adapter == subject.adapter,
        restrictions.c.kind == subject.kind,
        restrictions.c.subject_id == subject.subject_id,
    )


def _restriction(row: Row[Any]) -> Restriction:
    subject = Subject(row.adapter, SubjectKind(row.kind), row.subject_id)
    return Restriction(subject, Standing(row.standing), row.until, row.told_for)
