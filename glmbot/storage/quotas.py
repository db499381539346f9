"""How much each sender and chat has used on each day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from glmbot.events import MessageEvent
from glmbot.storage.database import Database
from glmbot.storage.subjects import Subject, subjects_of
from glmbot.storage.tables import inbox, quota_uses
from glmbot.storage.upsert import insert


@dataclass(frozen=True, slots=True)
class Quota:
    """What a subject may use on a day; 0 is no limit."""

    subject: Subject
    max_messages: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Exceeded:
    """Whose quota is used up; `is_first` for the one message whose sender is to be told."""

    subject: Subject
    is_first: bool


class Quotas:
    """The table of what was used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, inbox_id: int, message_id: str, quotas: Sequence[Quota], day: str) -> Exceeded | None:
        """Count a message, once however often it is handled, unless a quota is used up."""

        def work(connection: Connection) -> Exceeded | None:
            new = (inbox.c.inbox_id == inbox_id, inbox.c.admitted_on.is_(None))
            if connection.execute(select(inbox.c.inbox_id).where(*new)).first() is None:
                return None
            for quota in quotas:
                if _is_used_up(connection, quota, day):
                    return Exceeded(quota.subject, _claim_notice(connection, quota.subject, day, message_id))
            connection.execute(update(inbox).where(*new).values(admitted_on=day))
            for quota in quotas:
                _use(connection, quota.subject, day, num_messages=1)
            return None

        return await self._database.run(work)


def forget_quotas(connection: Connection, before_day: str) -> None:
    """Delete what earlier days used."""
    connection.execute(delete(quota_uses).where(quota_uses.c.day < before_day))


def add_tokens(connection: Connection, event: MessageEvent, num_tokens: int, day: str) -> None:
    """Count the tokens of a turn, in the transaction that stores it."""
    for subject in subjects_of(event):
        _use(connection, subject, day, num_tokens=num_tokens)


def _is_used_up(connection: Connection, quota: Quota, day: str) -> bool:
    row = connection.execute(select(quota_uses).where(*_of(quota.subject, day))).one_or_none()
    if row is None:
        return False
    return bool(
        (quota.max_messages and row.num_messages >= quota.max_messages)
        or (quota.max_tokens and row.num_tokens >= quota.max_tokens)
    )


def _claim_notice(connection: Connection, subject: Subject, day: str, message_id: str) -> bool:
    is_open = or_(quota_uses.c.told_for.is_(None), quota_uses.c.told_for == message_id)
    told = update(quota_uses).where(*_of(subject, day), is_open).values(told_for=message_id)
    return connection.execute(told).rowcount == 1


def _use(connection: Connection, subject: Subject, day: str, num_messages: int = 0, num_tokens: int = 0) -> None:
    row = {
        "adapter": subject.adapter,
        "kind": subject.kind,
        "subject_id": subject.subject_id,
        "day": day,
        "num_messages": num_messages,
        "num_tokens": num_tokens,
    }
    more = {
        "num_messages": quota_uses.c.num_messages + num_messages,
        "num_tokens": quota_uses.c.num_tokens + num_tokens,
    }
    statement = insert(connection.dialect.name, quota_uses).values(**row)
    keys = ["adapter", "kind", "subject_id", "day"]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=more))


def _of(subject: Subject, day: str) -> tuple[Any, ...]:
    return (
        quota_uses.c.adapter == subject.adapter,
        quota_uses.c.kind == subject.kind,
        quota_uses.c.subject_id == subject.subject_id,
        quota_uses.c.day == day,
    )
