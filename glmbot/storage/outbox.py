"""What goes out: each message is a row before it is sent, and keeps its key at every attempt."""

import base64
import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Row, Update, bindparam, case, func, select, update

from glmbot.content import Button, File, Rendered
from glmbot.events import Chat, ChatKind, MessageRef
from glmbot.storage.database import Database
from glmbot.storage.tables import outbox
from glmbot.storage.upsert import insert


class OutboxState(StrEnum):
    """How far a message is; a live one is still being written, a dropped one was never needed."""

    LIVE = "live"
    READY = "ready"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


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
    """The table of messages. Times at which one is due are seconds of `time.monotonic()`, as in the inbox."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looked_at = 0.0

    async def open_live(self, inbox_id: int, part: int, chat: Chat, reply_to: str | None) -> OutboxMessage:
        """Return the row of one part of a reply that is being written, made now if it is new."""
        values = new_row(chat, Rendered("", ""), OutboxState.LIVE, inbox_id=inbox_id, part=part, reply_to=reply_to)

        def work(connection: Connection) -> Row[Any]:
            connection.execute(insert(connection.dialect.name, outbox).values(**values).on_conflict_do_nothing())
            return connection.execute(select(outbox).where(outbox.c.inbox_id == inbox_id, outbox.c.part == part)).one()

        return _message(await self._database.run(work))

    async def live_parts(self, inbox_id: int) -> list[OutboxMessage]:
        """Return the rows of a reply that was begun."""
        statement = select(outbox).where(outbox.c.inbox_id == inbox_id).order_by(outbox.c.part)
        return [_message(row) for row in await self._database.rows(statement)]

    async def has_earlier(self, inbox_id: int, chat: Chat) -> bool:
        """Tell whether a reply to another event still waits to be shown in the chat."""
        statement = select(outbox.c.outbox_id).where(
            outbox.c.state == OutboxState.READY,
            outbox.c.adapter == chat.adapter,
            outbox.c.chat_id == chat.chat_id,
            outbox.c.thread_id == (chat.thread_id or ""),
            outbox.c.inbox_id != inbox_id,
        )
        return await self._database.scalar(statement.limit(1)) is not None

    async def add(self, chat: Chat, bodies: Sequence[Rendered]) -> None:
        """Store messages that answer no event."""
        rows = new_rows(chat, bodies)
        await self._database.run(lambda connection: add_rows(connection, rows))

    async def due(self, adapters: Collection[str] | None = None) -> list[OutboxMessage]:
        """Return each chat's oldest message that is ready, if its time has come: it holds up its own chat only.

        Only of these adapters, where they are given.
        """
        self._looked_at = time.monotonic()
        rows = await self._database.rows(_DUE, {"now": self._looked_at})
        return [_message(row) for row in rows if adapters is None or row.adapter in adapters]

    async def set_ref(self, outbox_id: int, ref: MessageRef) -> None:
        """Note where a message is shown."""
        place = {"id": ref.message_id, "chat": ref.chat.chat_id}
        await self._database.execute(_SET_PLACE, {"row": outbox_id, **place})

    async def note_places(self, places: Sequence[tuple[str, MessageRef]]) -> None:
        """Note where the messages with these keys are shown, unless a place is known."""
        rows = [{"of": key, "id": ref.message_id, "chat": ref.chat.chat_id} for key, ref in places]
        if rows:
            await self._database.run(lambda connection: connection.execute(_NOTE_PLACE, rows).close())

    async def mark_sent(self, outbox_id: int, ref: MessageRef) -> None:
        """End a message: it is shown in full."""
        place = {"id": ref.message_id, "chat": ref.chat.chat_id}
        await self._database.execute(_MARK_SENT, {"row": outbox_id, **place})

    async def wait(self, outbox_id: int, until: float) -> None:
        """Let a message wait until a time, as its platform asked."""
        await self._database.execute(_one(outbox_id).values(due_at=until))

    async def retry(self, outbox_id: int, at: float) -> None:
        """Let a message be tried again after an error."""
        await self._database.execute(_one(outbox_id).values(due_at=at, attempts=outbox.c.attempts + 1))

    async def fail(self, outbox_id: int, reason: str) -> None:
        """Give a message up."""
        await self._database.execute(_one(outbox_id).values(state=OutboxState.FAILED, reason=reason))

    async def num_open(self, adapter: str | None = None) -> int:
        """Return how many messages are still to be shown in full."""
        statement = select(func.count()).select_from(outbox).where(outbox.c.state.in_(UNFINISHED))
        if adapter is not None:
            statement = statement.where(outbox.c.adapter == adapter)
        return int(await self._database.scalar(statement) or 0)

    async def next_due(self) -> float | None:
        """Return when the next message is due that was not yet at the last look, None where there is none."""
        due_at: float | None = await self._database.scalar(_NEXT_DUE, {"seen": self._looked_at})
        return due_at

    async def take_over(self, adapter: str) -> None:
        """Let nothing of an adapter wait for a time that another process meant."""
        waiting = (outbox.c.adapter == adapter, outbox.c.state == OutboxState.READY, outbox.c.due_at > 0)
        await self._database.execute(update(outbox).where(*waiting).values(due_at=0.0))


def new_rows(chat: Chat, bodies: Sequence[Rendered]) -> list[dict[str, Any]]:
    """Return the rows of messages that answer no event, for `add_rows`."""
    return [new_row(chat, body, OutboxState.READY, part=part) for part, body in enumerate(bodies)]


def add_rows(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Store rows in the caller's transaction; their keys see to it that a second time changes nothing."""
    if rows:
        connection.execute(insert(connection.dialect.name, outbox).on_conflict_do_nothing(), list(rows))


def complete_parts(
    connection: Connection,
    inbox_id: int,
    chat: Chat,
    bodies: Sequence[Rendered],
    reply_to: str | None,
    shown: Collection[int],
) -> None:
    """Make the parts of a reply ready, in the caller's transaction; live rows keep their key and place.

    Those in `shown` can be seen as they are to be: they are done.
    """
    statement = _complete_part(connection.dialect.name)
    for part, body in enumerate(bodies):
        answered = reply_to if part == 0 else None
        state = OutboxState.SENT if part in shown else OutboxState.READY
        row = new_row(chat, body, state, inbox_id=inbox_id, part=part, reply_to=answered)
        connection.execute(statement, row)
    close_live(connection, inbox_id)


@cache
def _complete_part(dialect: str) -> Insert:
    statement = insert(dialect, outbox)
    new = statement.excluded
    renewed = ("state", "text", "plain", "file_name", "file_text", "file_base64", "buttons", "due_at")
    changes = {name: new[name] for name in renewed} | {"attempts": 0, "reason": None}
    return statement.on_conflict_do_update(index_elements=["inbox_id", "part"], set_=changes)


def close_live(connection: Connection, inbox_id: int) -> None:
    """End the live messages that a reply does not need, in the caller's transaction.

    One that is shown becomes a dash: a platform may not let us delete it.
    """
    connection.execute(_CLOSE_LIVE, {"event": inbox_id})


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
        **_file_columns(body.file),
        "buttons": [[button.label, button.command] for button in body.buttons],
        "reply_to": reply_to,
        "state": state,
        "due_at": 0.0,
    }


def _message(row: Row[Any]) -> OutboxMessage:
    chat = Chat(row.adapter, row.chat_id, ChatKind(row.chat_kind), row.thread_id or None)
    shown_in = Chat(row.adapter, row.platform_chat_id or row.chat_id, chat.kind, chat.thread_id)
    return OutboxMessage(
        outbox_id=row.outbox_id,
        inbox_id=row.inbox_id,
        part=row.part,
        chat=chat,
        body=_body(row),
        key=row.key,
        reply_to=row.reply_to,
        ref=MessageRef(shown_in, row.platform_id) if row.platform_id else None,
        attempts=row.attempts,
    )


def _file_columns(file: File | None) -> dict[str, str | None]:
    """Return a file as the table keeps it: a text as it is, anything else in base64."""
    columns = dict.fromkeys(("file_name", "file_text", "file_base64"))
    if file is not None:
        columns["file_name"] = file.name
        try:
            text = file.data.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:  # PostgreSQL has no place for it
            columns["file_base64"] = base64.b64encode(file.data).decode()
        else:
            columns["file_text"] = text
    return columns


def _file_data(row: Row[Any]) -> bytes:
    return base64.b64decode(row.file_base64) if row.file_base64 is not None else str(row.file_text).encode()


def _body(row: Row[Any]) -> Rendered:
    file = File(row.file_name, _file_data(row)) if row.file_name else None
    return Rendered(row.text, row.plain, file, tuple(Button(*button) for button in row.buttons or ()))


def _one(outbox_id: int) -> Update:
    return update(outbox).where(outbox.c.outbox_id == outbox_id)


_OLDEST_OF_EACH = (
    select(func.min(outbox.c.outbox_id))
    .where(outbox.c.state == OutboxState.READY)
    .group_by(outbox.c.adapter, outbox.c.chat_id, outbox.c.thread_id)
)
_DUE = (
    select(outbox)
    .where(outbox.c.outbox_id.in_(_OLDEST_OF_EACH), outbox.c.due_at <= bindparam("now"))
    .order_by(outbox.c.outbox_id)
)
_NEXT_DUE = select(func.min(outbox.c.due_at)).where(
    outbox.c.state == OutboxState.READY, outbox.c.due_at > bindparam("seen")
)
_SET_PLACE = (
    update(outbox)
    .where(outbox.c.outbox_id == bindparam("row"))
    .values(platform_id=bindparam("id"), platform_chat_id=bindparam("chat"))
)
_NOTE_PLACE = (
    update(outbox)
    .where(outbox.c.key == bindparam("of"), outbox.c.platform_id.is_(None))
    .values(platform_id=bindparam("id"), platform_chat_id=bindparam("chat"))
)
_MARK_SENT = _SET_PLACE.values(state=OutboxState.SENT)
_IS_SHOWN = outbox.c.platform_id.is_not(None)
_CLOSE_LIVE = (
    update(outbox)
    .where(outbox.c.inbox_id == bindparam("event"), outbox.c.state == OutboxState.LIVE)
    .values(
        state=case((_IS_SHOWN, OutboxState.READY), else_=OutboxState.DROPPED),
        text=case((_IS_SHOWN, "—"), else_=outbox.c.text),
        plain=case((_IS_SHOWN, "—"), else_=outbox.c.plain),
    )
)
