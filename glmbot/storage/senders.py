"""Who has ever written."""

import time
from functools import cache

from sqlalchemy import Connection, Insert, case, func

from glmbot.events import Sender
from glmbot.storage.tables import senders
from glmbot.storage.upsert import insert


def note_sender(connection: Connection, adapter: str, sender: Sender) -> None:
    """Remember a sender, or that they wrote again."""
    now = time.time()
    values = {
        "adapter": adapter,
        "sender_id": sender.sender_id,
        "name": sender.name,
        "language": sender.language,
        "first_seen_at": now,
        "last_seen_at": now,
    }
    connection.execute(_note(connection.dialect.name), values)


@cache
def _note(dialect: str) -> Insert:
    statement = insert(dialect, senders)
    new = statement.excluded
    language = func.coalesce(new.language, senders.c.language)  # not every event has the platform's hint
    name = case((new.name == new.sender_id, senders.c.name), else_=new.name)  # an id stands for a name that is not told
    changes = {"name": name, "language": language, "last_seen_at": new.last_seen_at}
    return statement.on_conflict_do_update(index_elements=["adapter", "sender_id"], set_=changes)
