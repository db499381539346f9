"""The tables, as the newest migration leaves them. Times are seconds since 1970, UTC."""

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

senders = Table(
    "senders",
    metadata,
    Column("adapter", String(64), primary_key=True),
    Column("sender_id", String(255), primary_key=True),
    Column("name", Text, nullable=False),
    Column("language", String(8)),
    Column("first_seen_at", Float, nullable=False),
    Column("last_seen_at", Float, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("conversation_id", Integer, primary_key=True),
    Column("adapter", String(64), nullable=False),
    Column("chat_id", String(255), nullable=False),
    Column("thread_id", String(255), nullable=False),  # '' where there is none: NULLs are never equal
    Column("sender_id", String(255), nullable=False),
    Column("first_turn_id", Integer, nullable=False, server_default="0"),  # turns before it are not seen any more
    Column("is_drop_told", Integer, nullable=False, server_default="0"),
    UniqueConstraint("adapter", "chat_id", "thread_id", "sender_id", name="conversations_place"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("inbox_id", Integer, primary_key=True),
    Column("adapter", String(64), nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("conversation_id", Integer, ForeignKey("conversations.conversation_id"), nullable=False),
    Column("event", JSON, nullable=False),
    Column("is_immediate", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Float, nullable=False),
    Column("reason", Text),
    UniqueConstraint("adapter", "message_id", name="inbox_message"),
    Index("inbox_open", "state", "conversation_id", "inbox_id"),
)

turns = Table(
    "turns",
    metadata,
    Column("turn_id", Integer, primary_key=True),
    Column("conversation_id", Integer, ForeignKey("conversations.conversation_id"), nullable=False),
    Column("inbox_id", Integer, ForeignKey("inbox.inbox_id"), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("num_tokens", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Float, nullable=False),
    Index("turns_of_conversation", "conversation_id", "turn_id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", Integer, primary_key=True),
    Column("inbox_id", Integer, ForeignKey("inbox.inbox_id")),
    Column("part", Integer, nullable=False),
    Column("key", String(25), nullable=False, unique=True),
    Column("adapter", String(64), nullable=False),
    Column("chat_id", String(255), nullable=False),
    Column("thread_id", String(255), nullable=False),
    Column("chat_kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("plain", Text, nullable=False),
    Column("reply_to", String(255)),
    Column("platform_id", String(255)),
    Column("platform_chat_id", String(255)),  # a platform may move a chat: where the message really is
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Float, nullable=False),
    Column("reason", Text),
    UniqueConstraint("inbox_id", "part", name="outbox_part"),
    Index("outbox_open", "state", "adapter", "chat_id", "thread_id", "outbox_id"),
)

plugin_store = Table(
    "plugin_store",
    metadata,
    Column("plugin", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("value", JSON, nullable=False),
)
