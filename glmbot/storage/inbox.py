"""What came in: durable before it is confirmed, handled in order, one at a time per conversation."""

import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from glmbot.events import Chat, ChatKind, Language, MessageEvent, Sender
from glmbot.storage.clean_text import clean_text
from glmbot.storage.conversations import conversation_of
from glmbot.storage.database import Database
from glmbot.storage.senders import note_sender
from glmbot.storage.tables import inbox


class InboxState(StrEnum):
    """How far an event is."""

    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    PARKED = "parked"


UNFINISHED = (InboxState.OPEN, InboxState.CLAIMED)


@dataclass(frozen=True, slots=True)
class ClaimedEvent:
    """An event that is being handled; `attempts` counts this one, so it is 1 at first."""

    inbox_id: int
    conversation_id: int
    attempts: int
    event: MessageEvent


class Inbox:
    """The table of events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, event: MessageEvent, *, is_immediate: bool = False, is_done: bool = False) -> bool:
        """Store an event; return False when it is a repeat.

        An immediate one may be claimed while its conversation is busy; one that is done is kept only so that
        repeats of it are seen.
        """
        event = event.with_text(clean_text(event.text))
        async with self._database.begin() as connection:
            await note_sender(connection, event.chat.adapter, event.sender)
            statement = insert(inbox).values(
                adapter=event.chat.adapter,
                message_id=event.message_id,
                conversation_id=await conversation_of(connection, event),
                event=_to_json(event),
                is_immediate=int(is_immediate),
                state=InboxState.DONE if is_done else InboxState.OPEN,
                due_at=0.0,
            )
            result = await connection.execute(statement.on_conflict_do_nothing().returning(inbox.c.inbox_id))
            return result.first() is not None

    async def claim(self) -> ClaimedEvent | None:
        """Take the oldest event that is due and whose conversation is idle, None where there is none."""
        earlier = inbox.alias("earlier")
        is_blocked = (
            select(earlier.c.inbox_id)
            .where(
                earlier.c.conversation_id == inbox.c.conversation_id,
                earlier.c.is_immediate == 0,
                or_(
                    earlier.c.state == InboxState.CLAIMED,
                    and_(earlier.c.state == InboxState.OPEN, earlier.c.inbox_id < inbox.c.inbox_id),
                ),
            )
            .exists()
        )
        chosen = (
            select(inbox.c.inbox_id)
            .where(
                inbox.c.state == InboxState.OPEN,
                inbox.c.due_at <= time.time(),
                or_(inbox.c.is_immediate == 1, ~is_blocked),
            )
            .order_by(inbox.c.is_immediate.desc(), inbox.c.inbox_id)
            .limit(1)
        )
        statement = (
            update(inbox)
            .where(inbox.c.inbox_id == chosen.scalar_subquery())
            .values(state=InboxState.CLAIMED, attempts=inbox.c.attempts + 1)
            .returning(inbox)
        )
        async with self._database.begin() as connection:
            row = (await connection.execute(statement)).first()
        return _claimed(row) if row else None

    async def release(self, inbox_id: int, retry_at: float) -> None:
        """Give an event back, to be claimed again at `retry_at` (seconds since 1970)."""
        await self._set(inbox_id, state=InboxState.OPEN, due_at=retry_at)

    async def finish(self, inbox_id: int) -> None:
        """End an event without a reply."""
        await self._set(inbox_id, state=InboxState.DONE)

    async def park(self, inbox_id: int, reason: str) -> None:
        """Put an event aside that cannot be handled."""
        await self._set(inbox_id, state=InboxState.PARKED, reason=clean_text(reason))

    async def reopen_claimed(self) -> int:
        """Open again what a process that died was handling; return how many."""
        statement = update(inbox).where(inbox.c.state == InboxState.CLAIMED).values(state=InboxState.OPEN)
        async with self._database.begin() as connection:
            return (await connection.execute(statement)).rowcount

    async def num_open(self, adapter: str | None = None) -> int:
        """Return how many events have not been answered yet."""
        statement = select(func.count()).select_from(inbox).where(inbox.c.state.in_(UNFINISHED))
        if adapter is not None:
            statement = statement.where(inbox.c.adapter == adapter)
        async with self._database.begin() as connection:
            return int(await connection.scalar(statement) or 0)

    async def next_due(self) -> float | None:
        """Return when the next event that was given back is due, None where none is waiting."""
        statement = select(func.min(inbox.c.due_at)).where(
            inbox.c.state == InboxState.OPEN, inbox.c.due_at > time.time()
        )
        async with self._database.begin() as connection:
            due_at: float | None = await connection.scalar(statement)
            return due_at

    async def _set(self, inbox_id: int, **values: Any) -> None:
        async with self._database.begin() as connection:
            await connection.execute(update(inbox).where(inbox.c.inbox_id == inbox_id).values(**values))


def _to_json(event: MessageEvent) -> dict[str, Any]:
    fields = asdict(event)
    fields["sender"]["name"] = clean_text(event.sender.name)
    return fields


def _claimed(row: Row[Any]) -> ClaimedEvent:
    fields = row.event
    chat, sender = fields["chat"], fields["sender"]
    event = MessageEvent(
        message_id=fields["message_id"],
        chat=Chat(chat["adapter"], chat["chat_id"], ChatKind(chat["kind"]), chat["thread_id"]),
        sender=Sender(
            sender["sender_id"], sender["name"], Language(sender["language"]) if sender["language"] else None
        ),
        text=fields["text"],
        sent_at=fields["sent_at"],
        is_addressed=fields["is_addressed"],
    )
    return ClaimedEvent(row.inbox_id, row.conversation_id, row.attempts, event)
