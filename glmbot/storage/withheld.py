"""What stays of a message that was blocked: what the moderation log may have of it, and no word of its own."""

from sqlalchemy import ColumnElement, Connection, select, update

from glmbot.storage.tables import inbox, moderation_log, reports
from glmbot.verdicts import Direction


def withhold_event(connection: Connection, inbox_id: int) -> None:
    """Put the masked excerpts and digests of what was found in the place of an event's text, and drop its files."""
    _withhold(connection, inbox.c.inbox_id == inbox_id)


def withhold_message(connection: Connection, adapter: str, message_id: str) -> None:
    """Do the same with the event of a message, if it is still there."""
    _withhold(connection, (inbox.c.adapter == adapter) & (inbox.c.message_id == message_id))


def withhold_reported(connection: Connection, *which: ColumnElement[bool]) -> None:
    """Do the same with all messages of some reports."""
    wanted = select(reports.c.adapter, reports.c.message_id).where(*which, reports.c.direction == Direction.IN)
    for adapter, message_id in connection.execute(wanted).all():
        withhold_message(connection, adapter, message_id)


def _withhold(connection: Connection, row: ColumnElement[bool]) -> None:
    event = connection.execute(select(inbox.c.event).where(row)).scalar()
    if event is None:
        return
    found = (
        select(moderation_log.c.rule, moderation_log.c.excerpt, moderation_log.c.digest)
        .where(
            moderation_log.c.adapter == event["chat"]["adapter"],
            moderation_log.c.message_id == event["message_id"],
            moderation_log.c.direction == Direction.IN,
        )
        .order_by(moderation_log.c.entry_id)
    )
    text = "\n".join(" ".join(filter(None, line)) for line in connection.execute(found).all())
    connection.execute(update(inbox).where(row).values(event=event | {"text": text, "attachments": []}))
