"""What goes out: each message is a row before it is sent, and keeps its key at every attempt."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from glmbot.content import Rendered
from glmbot.events import Chat, ChatKind, MessageRef
from glmbot.storage.database import Database
from glmbot.storage.tables import outbox
from glmbot.storage.upsert import insert


class OutboxState(StrEnum):
    """How far a message is; a live one is still being written."""

    LIVE = "live"
    READY = "ready"
    SENT = "sent"
    FAILED = "failed"


UNFINISHED = (OutboxState.LIVE, OutboxState.READY)
LIVE_MARK = "~"
"""Ends the key of a message that began live; no other key has this character."""


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message to a platform. `key` never changes and belongs to no other message; `ref` is where it is shown."""

    outbox_id: int
    inbox_id: int | None
    part: int
    chat: Chat
    body: Rendered
    key: str
    reply_to: str | None
    ref: MessageRef | None
    attempts: int

    @property
    def began_live(self) -> bool:
        """Tell whether it may have been shown before its text was final."""
        return self.key.endswith(LIVE_MARK)


class Outbox:
    """The table of messages."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looked_at = 0.0

    async def open_live(self, inbox_id: int, part: int, chat: Chat, reply_to: str | None) -> OutboxMessage:
        """Return the row of one part of a reply that is being written, made now if it is new."""
        async with self._database.begin() as connection:
            values = new_row(chat, Rendered("", ""), OutboxState.LIVE, inbox_id=inbox_id, part=part, reply_to=reply_to)
            await connection.execute(insert(connection, outbox).values(**values).on_conflict_do_nothing())
            statement = select(outbox).where(outbox.c.inbox_id == inbox_id, outbox.c.part == part)
            return _message((await connection.execute(statement)).one())

    async def live_parts(self, inbox_id: int) -> list[OutboxMessage]:
        """Return the rows of a reply that was begun."""
        statement = select(outbox).where(outbox.c.inbox_id == inbox_id).order_by(outbox.c.part)
        async with self._database.begin() as connection:
            return [_message(row) for row in await connection.execute(statement)]

    async def has_earlier(self, inbox_id: int, chat: Chat) -> bool:
        """Tell whether a reply to another event still waits to be shown in the chat."""
        statement = select(outbox.c.outbox_id).where(
            outbox.c.state == OutboxState.READY,
            outbox.c.adapter == chat.adapter,
            outbox.c.chat_id == chat.chat_id,
            outbox.c.thread_id == (chat.thread_id or ""),
            outbox.c.inbox_id != inbox_id,
        )
        async with self._database.begin() as connection:
            return await connection.scalar(statement.limit(1)) is not None

    async def add(self, chat: Chat, bodies: Sequence[Rendered]) -> None:
        """Store messages that answer no event."""
        async with self._database.begin() as connection:
            for part, body in enumerate(bodies):
                await connection.execute(
                    insert(connection, outbox).values(**new_row(chat, body, OutboxState.READY, part=part))
                )

    async def due(self) -> list[OutboxMessage]:
        """Return each chat's oldest message that is ready, if its time has come: it holds up its own chat only."""
        self._looked_at = time.time()
        oldest = (
            select(func.min(outbox.c.outbox_id))
            .where(outbox.c.state == OutboxState.READY)
            .group_by(outbox.c.adapter, outbox.c.chat_id, outbox.c.thread_id)
        )
        statement = (
            select(outbox)
            .where(outbox.c.outbox_id.in_(oldest), outbox.c.due_at <= self._looked_at)
            .order_by(outbox.c.outbox_id)
        )
        async with self._database.begin() as connection:
            return [_message(row) for row in await connection.execute(statement)]

    async def set_ref(self, outbox_id: int, ref: MessageRef) -> None:
        """Note where a message is shown."""
        await self._set(outbox_id, **_place_of(ref))

    async def place(self, key: str, ref: MessageRef) -> None:
        """Note where the message with this key is shown, unless a place is known."""
        statement = update(outbox).where(outbox.c.key == key, outbox.c.platform_id.is_(None))
        async with self._database.begin() as connection:
            await connection.execute(statement.values(**_place_of(ref)))

    async def mark_sent(self, outbox_id: int, ref: MessageRef) -> None:
        """End a message: it is shown in full."""
        await self._set(outbox_id, state=OutboxState.SENT, **_place_of(ref))

    async def wait(self, outbox_id: int, until: float) -> None:
        """Let a message wait until a time (seconds since 1970), as its platform asked."""
        await self._set(outbox_id, due_at=until)

    async def retry(self, outbox_id: int, at: float) -> None:
        """Let a message be tried again after an error."""
        await self._set(outbox_id, due_at=at, attempts=outbox.c.attempts + 1)

    async def fail(self, outbox_id: int, reason: str) -> None:
        """Give a message up."""
        await self._set(outbox_id, state=OutboxState.FAILED, reason=reason)

    async def num_open(self, adapter: str | None = None) -> int:
        """Return how many messages are still to be shown in full."""
        statement = select(func.count()).select_from(outbox).where(outbox.c.state.in_(UNFINISHED))
        if adapter is not None:
            statement = statement.where(outbox.c.adapter == adapter)
        async with self._database.begin() as connection:
            return int(await connection.scalar(statement) or 0)

    async def next_due(self) -> float | None:
        """Return when the next message is due that was not yet at the last look, None where there is none."""
        statement = select(func.min(outbox.c.due_at)).where(
            outbox.c.state == OutboxState.READY, outbox.c.due_at > self._looked_at
        )
        async with self._database.begin() as connection:
            due_at: float | None = await connection.scalar(statement)
            return due_at

    async def _set(self, outbox_id: int, **values: Any) -> None:
        async with self._database.begin() as connection:
            await connection.execute(update(outbox).where(outbox.c.outbox_id == outbox_id).values(**values))


async def complete_parts(
    connection: AsyncConnection, inbox_id: int, chat: Chat, bodies: Sequence[Rendered], reply_to: str | None
) -> None:
    """Make the parts of a reply ready, in the caller's transaction; live rows keep their key and place."""
    for part, body in enumerate(bodies):
        answered = reply_to if part == 0 else None
        row = new_row(chat, body, OutboxState.READY, inbox_id=inbox_id, part=part, reply_to=answered)
        statement = insert(connection, outbox).values(**row)
        new = statement.excluded
        changes = {"state": new.state, "text": new.text, "plain": new.plain}
        await connection.execute(statement.on_conflict_do_update(index_elements=["inbox_id", "part"], set_=changes))
    await close_live(connection, inbox_id)


async def close_live(connection: AsyncConnection, inbox_id: int) -> None:
    """End the live messages that a reply does not need, in the caller's transaction.

    One that is shown becomes a dash: a platform may not let us delete it.
    """
    surplus = update(outbox).where(outbox.c.inbox_id == inbox_id, outbox.c.state == OutboxState.LIVE)
    is_shown = outbox.c.platform_id.is_not(None)
    await connection.execute(surplus.where(is_shown).values(state=OutboxState.READY, text="—", plain="—"))
    await connection.execute(surplus.where(~is_shown).values(state=OutboxState.FAILED, reason="surplus"))


def new_row(
    chat: Chat,
    body: Rendered,
    state: OutboxState,
    *,
    part: int,
    inbox_id: int | None = None,
    reply_to: str | None = None,
) -> dict[str, Any]:
    """Return the values of a new row, with a key of its own."""
    return {
        "inbox_id": inbox_id,
        "part": part,
        "key": secrets.token_urlsafe(15) + LIVE_MARK * (state is OutboxState.LIVE),  # Discord takes 25 characters
        "adapter": chat.adapter,
        "chat_id": chat.chat_id,
        "thread_id": chat.thread_id or "",
        "chat_kind": chat.kind,
        "text": body.text,
        "plain": body.plain,
        "reply_to": reply_to,
        "state": state,
        "due_at": 0.0,
    }


def _place_of(ref: MessageRef) -> dict[str, str]:
    return {"platform_id": ref.message_id, "platform_chat_id": ref.chat.chat_id}


def _message(row: Row[Any]) -> OutboxMessage:
    chat = Chat(row.adapter, row.chat_id, ChatKind(row.chat_kind), row.thread_id or None)
    shown_in = Chat(row.adapter, row.platform_chat_id or row.chat_id, chat.kind, chat.thread_id)
    return OutboxMessage(
        outbox_id=row.outbox_id,
        inbox_id=row.inbox_id,
        part=row.part,
        chat=chat,
        body=Rendered(row.text, row.plain),
        key=row.key,
        reply_to=row.reply_to,
        ref=MessageRef(shown_in, row.platform_id) if row.platform_id else None,
        attempts=row.attempts,
    )
