"""Each sender's context in a chat: turns are only ever added."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select, update

from glmbot.events import MessageEvent
from glmbot.prompt import Turn
from glmbot.storage.database import Database
from glmbot.storage.tables import conversations, turns
from glmbot.storage.turn_state import VISIBLE
from glmbot.storage.upsert import insert


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

    async def turns(self, conversation_id: int, before: int | None = None, limit: int = 200) -> list[Turn]:
        """Return the turns since the last reset, newest first; only those before the turn `before`."""
        statement = _visible_turns(conversation_id).limit(limit)
        if before is not None:
            statement = statement.where(turns.c.turn_id < before)
        rows = await self._database.rows(statement)
        return [Turn(row.question, row.answer, row.num_tokens) for row in rows]

    async def last_turn(self, conversation_id: int) -> LastTurn | None:
        """Return the newest turn since the last reset."""
        statement = _visible_turns(conversation_id).limit(1)
        rows = await self._database.rows(statement)
        return LastTurn(rows[0].turn_id, rows[0].question) if rows else None

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
    found = select(conversations.c.conversation_id).where(
        *(conversations.c[name] == value for name, value in place.items())
    )
    conversation_id = connection.scalar(found)
    if conversation_id is None:
        connection.execute(insert(connection, conversations).values(**place).on_conflict_do_nothing())
        conversation_id = connection.scalar(found)
    assert conversation_id is not None
    return int(conversation_id)


def _visible_turns(conversation_id: int) -> Select[Any]:
    return (
        select(turns)
        .join(conversations, conversations.c.conversation_id == turns.c.conversation_id)
        .where(
            turns.c.conversation_id == conversation_id,
            turns.c.turn_id >= conversations.c.first_turn_id,
            turns.c.state.in_(VISIBLE),
            turns.c.answer != "",
        )
        .order_by(turns.c.turn_id.desc())
    )
