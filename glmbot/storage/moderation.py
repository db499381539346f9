"""The moderation log: every decision about a text or a sender. Rows are only added, and deleted when they are old."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Row, delete, func, select

from glmbot.events import MessageEvent
from glmbot.storage.database import Database
from glmbot.storage.subjects import SubjectKind
from glmbot.storage.tables import moderation_log, quota_uses, reports, strikes
from glmbot.storage.upsert import insert
from glmbot.storage.withheld import withhold_reported
from glmbot.verdicts import Direction, Finding

ADMIN = "admin"
"""Rule of the entries that say what an admin did."""
STRIKES = "strikes"
"""Rule of the entries that say who was muted after too many blocked messages."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. It holds no text: `excerpt` is masked, `digest` a keyed hash. `by` names the admin."""

    entry_id: int
    at: float
    adapter: str
    chat_id: str
    thread_id: str
    sender_id: str
    message_id: str
    direction: str
    place: str
    rule: str
    category: str
    action: str
    digest: str
    excerpt: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries to look at; what is None does not matter. `sender` is "adapter:sender id"."""

    sender: str | None = None
    rule: str | None = None
    since: float | None = None


class ModerationLog:
    """The table of entries, for those who read it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def entries(self, wanted: Filter, limit: int | None = None) -> list[Entry]:
        """Return entries, the oldest first; with a limit the newest of them."""
        newest = select(moderation_log).where(*_conditions(wanted)).order_by(moderation_log.c.entry_id.desc())
        rows = await self._database.rows(newest if limit is None else newest.limit(limit))
        return [_entry(row) for row in reversed(rows)]

    async def entry(self, entry_id: int) -> Entry | None:
        """Return one entry."""
        rows = await self._database.rows(select(moderation_log).where(moderation_log.c.entry_id == entry_id))
        return _entry(rows[0]) if rows else None

    async def same_digest(self, digest: str) -> int:
        """Return how often the very same was found."""
        return await self._count(moderation_log.c.digest == digest)

    async def counts(self, wanted: Filter) -> list[tuple[str, str, str, int]]:
        """Return how many entries there are of each rule, action and direction, the most frequent first."""
        by = (moderation_log.c.rule, moderation_log.c.action, moderation_log.c.direction)
        number = func.count().label("number")
        statement = select(*by, number).where(*_conditions(wanted)).group_by(*by).order_by(number.desc(), *by)
        return [(row.rule, row.action, row.direction, row.number) for row in await self._database.rows(statement)]

    async def erase(self, sender: str) -> int:
        """Delete all that is about a sender ("adapter:sender id"), but how it stands; return how many entries were."""
        adapter, _, sender_id = sender.partition(":")

        def work(connection: Connection) -> int:
            withhold_reported(connection, reports.c.adapter == adapter, reports.c.sender_id == sender_id)
            for table in (reports, strikes):
                connection.execute(delete(table).where(table.c.adapter == adapter, table.c.sender_id == sender_id))
            used = (quota_uses.c.adapter == adapter, quota_uses.c.subject_id == sender_id)
            connection.execute(delete(quota_uses).where(*used, quota_uses.c.kind == SubjectKind.SENDER))
            return connection.execute(delete(moderation_log).where(*_conditions(Filter(sender=sender)))).rowcount

        return await self._database.run(work)

    async def _count(self, condition: ColumnElement[bool]) -> int:
        statement = select(func.count()).select_from(moderation_log).where(condition)
        return int(await self._database.scalar(statement) or 0)


def add_findings(
    connection: Connection, event: MessageEvent, findings: Sequence[Finding], direction: Direction, at: float
) -> None:
    """Add what was found in a message or its answer; what was written before is not written again."""
    rows = {
        row["key"]: row
        for one in findings
        for row in [
            _about(event)
            | {
                "key": _key(
                    event.chat.adapter, event.message_id, direction, one.place, one.rule, one.action, one.digest
                ),
                "at": at,
                "direction": direction,
                "place": one.place,
                "rule": one.rule,
                "category": one.category,
                "action": one.action,
                "digest": one.digest,
                "excerpt": one.excerpt,
            }
        ]
    }
    connection.execute(_add(connection.dialect.name), list(rows.values()))


def add_decision(
    connection: Connection, about: MessageEvent, rule: str, action: str, at: float, note: str, by: str | None = None
) -> None:
    """Add what was done about a sender or a chat. `about` has their ids, and the id of the message that caused it."""
    sender = about.sender.sender_id or about.chat.chat_id
    key = _key(about.chat.adapter, about.message_id, rule, action, sender, by or "")
    row = _about(about) | {
        "key": key,
        "at": at,
        "direction": "",
        "place": "",
        "rule": rule,
        "category": "",
        "action": action,
        "digest": "",
        "excerpt": note,
        "by": by,
    }
    connection.execute(_add(connection.dialect.name), row)


def forget_entries(connection: Connection, before: float) -> None:
    """Delete what is older."""
    connection.execute(delete(moderation_log).where(moderation_log.c.at < before))


@cache
def _add(dialect: str) -> Insert:
    return insert(dialect, moderation_log).on_conflict_do_nothing()


def _about(event: MessageEvent) -> dict[str, Any]:
    return {
        "adapter": event.chat.adapter,
        "chat_id": event.chat.chat_id,
        "thread_id": event.chat.thread_id or "",
        "sender_id": event.sender.sender_id,
        "message_id": event.message_id,
        "by": None,
    }


def _key(*parts: str) -> str:
    """Return what two entries have in common that say the same of one message."""
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.sender is not None:
        adapter, _, sender_id = wanted.sender.partition(":")
        conditions += [moderation_log.c.adapter == adapter, moderation_log.c.sender_id == sender_id]
    if wanted.rule is not None:
        conditions.append(moderation_log.c.rule == wanted.rule)
    if wanted.since is not None:
        conditions.append(moderation_log.c.at >= wanted.since)
    return conditions


def _entry(row: Row[Any]) -> Entry:
    return Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__})
