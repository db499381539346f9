"""What was put aside, in or out, with the reason; the operator may have it tried again."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Update, select, update

from glmbot.storage.changes import announce
from glmbot.storage.database import Database
from glmbot.storage.inbox import InboxState
from glmbot.storage.outbox import OutboxState
from glmbot.storage.tables import conversations, inbox, outbox

QUESTION, REPLY = "question", "reply"


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A message that could not be handled (a question) or not be delivered (a reply)."""

    kind: str
    number: int
    adapter: str
    chat_id: str
    text: str
    reason: str


class Parked:
    """Messages put aside, in both tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[ParkedMessage]:
        """Return all of them, questions first, the oldest first."""

        def work(connection: Connection) -> list[ParkedMessage]:
            questions = [
                ParkedMessage(QUESTION, row.inbox_id, row.adapter, row.chat_id, row.event["text"], row.reason or "")
                for row in connection.execute(_questions())
            ]
            replies = [
                ParkedMessage(REPLY, row.outbox_id, row.adapter, row.chat_id, row.plain, row.reason or "")
                for row in connection.execute(_replies())
            ]
            return questions + replies

        return await self._database.run(work)

    async def retry(self, kind: str, number: int | None = None) -> int:
        """Have one message, or all of a kind, tried again; return how many. A running bot notices by itself."""
        statement = _open_question(number) if kind == QUESTION else _open_reply(number)

        def work(connection: Connection) -> int:
            num_changed = connection.execute(statement).rowcount
            announce(connection)
            return num_changed

        return await self._database.run(work)


def _questions() -> Select[Any]:
    return (
        select(inbox, conversations.c.chat_id)
        .join(conversations, conversations.c.conversation_id == inbox.c.conversation_id)
        .where(inbox.c.state == InboxState.PARKED)
        .order_by(inbox.c.inbox_id)
    )


def _replies() -> Select[Any]:
    return select(outbox).where(outbox.c.state == OutboxState.FAILED).order_by(outbox.c.outbox_id)


def _open_question(number: int | None) -> Update:
    statement = update(inbox).where(inbox.c.state == InboxState.PARKED)
    if number is not None:
        statement = statement.where(inbox.c.inbox_id == number)
    return statement.values(state=InboxState.OPEN, attempts=0, due_at=0.0, reason=None)


def _open_reply(number: int | None) -> Update:
    statement = update(outbox).where(outbox.c.state == OutboxState.FAILED)
    if number is not None:
        statement = statement.where(outbox.c.outbox_id == number)
    return statement.values(state=OutboxState.READY, attempts=0, due_at=0.0, reason=None)
