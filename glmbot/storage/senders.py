"""Who has ever written."""

import time

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from glmbot.events import Sender
from glmbot.storage.clean_text import clean_text
from glmbot.storage.tables import senders


async def note_sender(connection: AsyncConnection, adapter: str, sender: Sender) -> None:
    """Remember a sender, or that they wrote again."""
    now = time.time()
    facts = {"name": clean_text(sender.name), "language": sender.language, "last_seen_at": now}
    statement = insert(senders).values(adapter=adapter, sender_id=sender.sender_id, first_seen_at=now, **facts)
    await connection.execute(statement.on_conflict_do_update(index_elements=["adapter", "sender_id"], set_=facts))
