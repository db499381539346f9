"""The end of an event's way: reply, turn and "done" in one transaction."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from glmbot.content import Rendered
from glmbot.storage.clean_text import clean_text
from glmbot.storage.database import Database
from glmbot.storage.inbox import ClaimedEvent, InboxState
from glmbot.storage.outbox import complete_parts
from glmbot.storage.tables import inbox, turns
from glmbot.storage.turn_state import TurnState


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A turn to be stored; it may take the place of an earlier one."""

    question: str
    answer: str
    num_tokens: int
    state: TurnState
    supersedes: int | None = None


class Replies:
    """Writes replies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def complete(
        self, claimed: ClaimedEvent, bodies: Sequence[Rendered], reply_to: str | None, turn: NewTurn | None
    ) -> None:
        """Store everything an answered event leaves behind, or nothing of it."""
        async with self._database.begin() as connection:
            await complete_parts(connection, claimed.inbox_id, claimed.event.chat, bodies, reply_to)
            if turn is not None:
                await _add_turn(connection, claimed, turn)
            done = update(inbox).where(inbox.c.inbox_id == claimed.inbox_id).values(state=InboxState.DONE)
            await connection.execute(done)


async def _add_turn(connection: AsyncConnection, claimed: ClaimedEvent, turn: NewTurn) -> None:
    await connection.execute(
        insert(turns).values(
            conversation_id=claimed.conversation_id,
            inbox_id=claimed.inbox_id,
            question=clean_text(turn.question),
            answer=clean_text(turn.answer),
            num_tokens=turn.num_tokens,
            state=turn.state,
            created_at=time.time(),
        )
    )
    if turn.supersedes is not None:
        superseded = update(turns).where(turns.c.turn_id == turn.supersedes)
        await connection.execute(superseded.values(state=TurnState.SUPERSEDED))
