"""The end of an event's way: reply, turn and "done" in one transaction."""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, update

from glmbot.content import Rendered
from glmbot.storage.database import Database
from glmbot.storage.inbox import ClaimedEvent, InboxState, end_event
from glmbot.storage.outbox import complete_parts
from glmbot.storage.quotas import add_tokens
from glmbot.storage.tables import turns
from glmbot.storage.turn_state import TurnState
from glmbot.storage.withheld import withhold_event

logger = logging.getLogger(__name__)


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

    def __init__(self, database: Database, today: Callable[[], str] | None = None) -> None:
        """Count the tokens of turns for `today`, where it is given."""
        self._database = database
        self._today = today

    async def complete(
        self,
        claimed: ClaimedEvent,
        bodies: Sequence[Rendered],
        reply_to: str | None,
        turn: NewTurn | None,
        parked: str | None = None,
        shown: Collection[int] = (),
        *,
        is_kept: bool = True,
    ) -> None:
        """Store everything an answered event leaves behind, or nothing of it. The parts in `shown` can be seen already.

        An event has one reply: when it has ended already, another one is dropped. With a reason in `parked` the
        reply is an apology, and the operator may have the event tried again. Of an event that is not kept only masked
        excerpts stay.
        """
        state = InboxState.DONE if parked is None else InboxState.PARKED
        day = self._today() if self._today else None

        def work(connection: Connection) -> bool:
            if not end_event(connection, claimed.inbox_id, state, parked):
                return False
            if not is_kept:
                withhold_event(connection, claimed.inbox_id)
            complete_parts(connection, claimed.inbox_id, claimed.event.chat, bodies, reply_to, shown)
            if turn is not None:
                _add_turn(connection, claimed, turn)
                if day is not None:
                    add_tokens(connection, claimed.event, turn.num_tokens, day)
            return True

        if not await self._database.run(work):
            logger.warning("event %d has had its reply; another one is dropped", claimed.inbox_id)


def _add_turn(connection: Connection, claimed: ClaimedEvent, turn: NewTurn) -> None:
    values = {
        "conversation_id": claimed.conversation_id,
        "inbox_id": claimed.inbox_id,
        "question": turn.question,
        "answer": turn.answer,
        "num_tokens": turn.num_tokens,
        "state": turn.state,
        "created_at": time.time(),
    }
    connection.execute(_ADD_TURN, values)
    if turn.supersedes is not None:
        superseded = update(turns).where(turns.c.turn_id == turn.supersedes)
        connection.execute(superseded.values(state=TurnState.SUPERSEDED))


_ADD_TURN = insert(turns)
