"""The tables, as the newest migration leaves them. Times are seconds since 1970, UTC."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, MetaData, Table, UniqueConstraint

from glmbot.storage.column_types import CleanJson, CleanText

metadata = MetaData()

senders = Table(
    "senders",
    metadata,
    Column("adapter", CleanText(64), primary_key=True),
    Column("sender_id", CleanText(255), primary_key=True),
    Column("name", CleanText, nullable=False),
    Column("language", CleanText(8)),
    Column("first_seen_at", Float, nullable=False),
    Column("last_seen_at", Float, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("conversation_id", Integer, primary_key=True),
    Column("adapter", CleanText(64), nullable=False),
    Column("chat_id", CleanText(255), nullable=False),
    Column("thread_id", CleanText(255), nullable=False),  # '' where there is none: NULLs are never equal
    Column("sender_id", CleanText(255), nullable=False),
    Column("first_turn_id", Integer, nullable=False, server_default="0"),  # turns before it are not seen any more
    Column("is_drop_told", Integer, nullable=False, server_default="0"),
    UniqueConstraint("adapter", "chat_id", "thread_id", "sender_id", name="conversations_place"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("inbox_id", Integer, primary_key=True),
    Column("adapter", CleanText(64), nullable=False),
    Column("message_id", CleanText(255), nullable=False),
    Column("conversation_id", Integer, ForeignKey("conversations.conversation_id"), nullable=False),
    Column("event", CleanJson, nullable=False),
    Column("is_immediate", Integer, nullable=False),
    Column("state", CleanText(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Float, nullable=False),
    Column("reason", CleanText),
    Column("admitted_on", CleanText(10)),  # the day whose quotas it was counted for
    UniqueConstraint("adapter", "message_id", name="inbox_message"),
)
Index("inbox_next", inbox.c.state, inbox.c.is_immediate.desc(), inbox.c.inbox_id, inbox.c.due_at)
Index("inbox_queue", inbox.c.state, inbox.c.is_immediate, inbox.c.conversation_id, inbox.c.inbox_id)

turns = Table(
    "turns",
    metadata,
    Column("turn_id", Integer, primary_key=True),
    Column("conversation_id", Integer, ForeignKey("conversations.conversation_id"), nullable=False),
    Column("inbox_id", Integer, ForeignKey("inbox.inbox_id"), nullable=False),
    Column("question", CleanText, nullable=False),
    Column("answer", CleanText, nullable=False),
    Column("num_tokens", Integer, nullable=False),
    Column("state", CleanText(16), nullable=False),
    Column("created_at", Float, nullable=False),
    Index("turns_of_conversation", "conversation_id", "turn_id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", Integer, primary_key=True),
    Column("inbox_id", Integer, ForeignKey("inbox.inbox_id")),
    Column("part", Integer, nullable=False),
    Column("key", CleanText(25), nullable=False, unique=True),
    Column("adapter", CleanText(64), nullable=False),
    Column("chat_id", CleanText(255), nullable=False),
    Column("thread_id", CleanText(255), nullable=False),
    Column("chat_kind", CleanText(16), nullable=False),
    Column("text", CleanText, nullable=False),
    Column("plain", CleanText, nullable=False),
    Column("file_name", CleanText(255)),
    Column("file_text", CleanText),
    Column("file_base64", CleanText),  # of a file that is no text
    Column("buttons", CleanJson),
    Column("reply_to", CleanText(255)),
    Column("platform_id", CleanText(255)),
    Column("platform_chat_id", CleanText(255)),  # a platform may move a chat: where the message really is
    Column("state", CleanText(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Float, nullable=False),
    Column("reason", CleanText),
    UniqueConstraint("inbox_id", "part", name="outbox_part"),
    Index("outbox_open", "state", "adapter", "chat_id", "thread_id", "outbox_id"),
)

plugin_store = Table(
    "plugin_store",
    metadata,
    Column("plugin", CleanText(64), primary_key=True),
    Column("key", CleanText(255), primary_key=True),
    Column("value", CleanJson, nullable=False),
)

moderation_log = Table(
    "moderation_log",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    Column("key", CleanText(64), nullable=False, unique=True),  # what is written twice is there once
    Column("at", Float, nullable=False),
    Column("adapter", CleanText(64), nullable=False),
    Column("chat_id", CleanText(255), nullable=False),
    Column("thread_id", CleanText(255), nullable=False),
    Column("sender_id", CleanText(255), nullable=False),
    Column("message_id", CleanText(255), nullable=False),
    Column("direction", CleanText(8), nullable=False),
    Column("place", CleanText(16), nullable=False),
    Column("rule", CleanText, nullable=False),
    Column("category", CleanText, nullable=False),
    Column("action", CleanText(16), nullable=False),
    Column("digest", CleanText, nullable=False),
    Column("excerpt", CleanText, nullable=False),
    Column("by", CleanText),  # the admin, where one did it
    Index("moderation_log_at", "at"),
    Index("moderation_log_sender", "adapter", "sender_id", "at"),
)

restrictions = Table(
    "restrictions",
    metadata,
    Column("adapter", CleanText(64), primary_key=True),
    Column("kind", CleanText(8), primary_key=True),
    Column("subject_id", CleanText(255), primary_key=True),
    Column("standing", CleanText(16), nullable=False),
    Column("until", Float),  # NULL: for good
    Column("since", Float, nullable=False),
    Column("by", CleanText),
    Column("told_for", CleanText(255)),  # the message that was answered with the notice of it
)

strikes = Table(
    "strikes",
    metadata,
    Column("adapter", CleanText(64), primary_key=True),
    Column("message_id", CleanText(255), primary_key=True),
    Column("sender_id", CleanText(255), nullable=False),
    Column("at", Float, nullable=False),
    Index("strikes_of_sender", "adapter", "sender_id", "at"),
)

reports = Table(
    "reports",
    metadata,
    Column("code", CleanText(16), primary_key=True),
    Column("adapter", CleanText(64), nullable=False),
    Column("message_id", CleanText(255), nullable=False),
    Column("chat_id", CleanText(255), nullable=False),
    Column("thread_id", CleanText(255), nullable=False),
    Column("sender_id", CleanText(255), nullable=False),
    Column("direction", CleanText(8), nullable=False),
    Column("rule", CleanText, nullable=False),
    Column("state", CleanText(16), nullable=False),
    Column("opened_at", Float, nullable=False),
    Column("decided_at", Float),
    Column("decided_by", CleanText),
    UniqueConstraint("adapter", "message_id", "direction", name="report_of_message"),
)

quota_uses = Table(
    "quota_uses",
    metadata,
    Column("adapter", CleanText(64), primary_key=True),
    Column("kind", CleanText(8), primary_key=True),
    Column("subject_id", CleanText(255), primary_key=True),
    Column("day", CleanText(10), primary_key=True),  # as in 2026-11-26, in the zone of the bot
    Column("num_messages", Integer, nullable=False),
    Column("num_tokens", Integer, nullable=False),
    Column("told_for", CleanText(255)),
)
