"""Each sender's context in a chat: turns are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, or_, select, update

from glmbot.events import MessageEvent
from glmbot.prompt import Turn
from glmbot.storage.database import Database
from glmbot.storage.tables import conversations, turns
from glmbot.storage.turn_state import VISIBLE
from glmbot.storage.upsert import insert

NEWEST = 2**31 - 1
"""Above every turn's id."""
MANY = 200
"""Turns that are given to a model at most."""
FEW = 50
"""Turns that are read at first; in a long conversation they fill the context of a small model."""


@dataclass(frozen=True, slots=True)
class LastTurn:
    """The newest turn of a conversation."""

    turn_id: int
    question: str


class Conversations:
    """The tables of conversations and their turns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def id_of(self, event: MessageEvent) -> int:
        """Return the id of the conversation that an event belongs to."""
        return await self._database.run(lambda connection: conversation_of(connection, event))

    async def turns(self, conversation_id: int, before: int | None = None, max_tokens: int | None = None) -> list[Turn]:
        """Return the turns since the last reset, newest first, at most MANY; only those before the turn `before`.

        Turns beyond the first that hold `max_tokens` together may be left out.
        """
        rows = await self._visible_turns(conversation_id, before, MANY if max_tokens is None else FEW)
        if max_tokens is not None and len(rows) == FEW and sum(row.num_tokens for row in rows) <= max_tokens:
            rows = await self._visible_turns(conversation_id, before, MANY)
        return [Turn(row.question, row.answer, row.num_tokens) for row in rows]

    async def last_turn(self, conversation_id: int) -> LastTurn | None:
        """Return the newest turn since the last reset."""
        rows = await self._visible_turns(conversation_id, None, 1)
        return LastTurn(rows[0].turn_id, rows[0].question) if rows else None

    async def _visible_turns(self, conversation_id: int, before: int | None, limit: int) -> Sequence[Row[Any]]:
        values = {"conversation": conversation_id, "before": before or NEWEST, "most": limit}
        return await self._database.rows(_VISIBLE_TURNS, values)

    async def reset(self, conversation_id: int) -> None:
        """Let later prompts begin after what is stored so far; nothing is deleted."""
        newest = select(func.coalesce(func.max(turns.c.turn_id), 0)).where(turns.c.conversation_id == conversation_id)
        statement = (
            update(conversations)
            .where(conversations.c.conversation_id == conversation_id)
            .values(first_turn_id=newest.scalar_subquery() + 1, is_drop_told=0)
        )
        await self._database.execute(statement)

    async def claim_dropped_notice(self, conversation_id: int) -> bool:
        """Return True once until the next reset: to whom it does falls telling that older turns no longer fit."""
        statement = (
            update(conversations)
            .where(conversations.c.conversation_id == conversation_id, conversations.c.is_drop_told == 0)
            .values(is_drop_told=1)
        )
        return await self._database.execute(statement) == 1


def conversation_of(connection: Connection, event: MessageEvent) -> int:
    """Return the id of the event's conversation, which begins here if it is new."""
    place = {
        "adapter": event.chat.adapter,
        "chat_id": event.chat.chat_id,
        "thread_id": event.chat.thread_id or "",
        "sender_id": event.sender.sender_id,
    }
    conversation_id = connection.scalar(_FIND, place)
    if conversation_id is None:
        connection.execute(insert(connection.dialect.name, conversations).on_conflict_do_nothing(), place)
        conversation_id = connection.scalar(_FIND, place)
    assert conversation_id is not None
    return int(conversation_id)


_FIND = select(conversations.c.conversation_id).where(
    *(conversations.c[name] == bindparam(name) for name in ("adapter", "chat_id", "thread_id", "sender_id"))
)
_VISIBLE_TURNS = (
    select(turns.c.turn_id, turns.c.question, turns.c.answer, turns.c.num_tokens)
    .join(conversations, conversations.c.conversation_id == turns.c.conversation_id)
    .where(
        turns.c.conversation_id == bindparam("conversation"),
        turns.c.turn_id >= conversations.c.first_turn_id,
        turns.c.turn_id < bindparam("before"),
        or_(*(turns.c.state == state for state in VISIBLE)),
        turns.c.answer != "",
    )
    .order_by(turns.c.turn_id.desc())
    .limit(bindparam("most"))
)
