"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001_initial"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "senders",
        sa.Column("adapter", sa.String(64), primary_key=True),
        sa.Column("sender_id", sa.String(255), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("first_seen_at", sa.Float, nullable=False),
        sa.Column("last_seen_at", sa.Float, nullable=False),
    )
    op.create_table(
        "conversations",
        sa.Column("conversation_id", sa.Integer, primary_key=True),
        sa.Column("adapter", sa.String(64), nullable=False),
        sa.Column("chat_id", sa.String(255), nullable=False),
        sa.Column("thread_id", sa.String(255), nullable=False),
        sa.Column("sender_id", sa.String(255), nullable=False),
        sa.Column("first_turn_id", sa.Integer, nullable=False, server_default="0"),
        sa.Column("is_drop_told", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("adapter", "chat_id", "thread_id", "sender_id", name="conversations_place"),
    )
    op.create_table(
        "inbox",
        sa.Column("inbox_id", sa.Integer, primary_key=True),
        sa.Column("adapter", sa.String(64), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("conversation_id", sa.Integer, sa.ForeignKey("conversations.conversation_id"), nullable=False),
        sa.Column("event", sa.JSON, nullable=False),
        sa.Column("is_immediate", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("reason", sa.Text),
        sa.UniqueConstraint("adapter", "message_id", name="inbox_message"),
    )
    op.create_index("inbox_next", "inbox", ["state", sa.text("is_immediate DESC"), "inbox_id", "due_at"])
    op.create_index("inbox_queue", "inbox", ["state", "is_immediate", "conversation_id", "inbox_id"])
    op.create_table(
        "turns",
        sa.Column("turn_id", sa.Integer, primary_key=True),
        sa.Column("conversation_id", sa.Integer, sa.ForeignKey("conversations.conversation_id"), nullable=False),
        sa.Column("inbox_id", sa.Integer, sa.ForeignKey("inbox.inbox_id"), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("num_tokens", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_index("turns_of_conversation", "turns", ["conversation_id", "turn_id"])
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.Integer, primary_key=True),
        sa.Column("inbox_id", sa.Integer, sa.ForeignKey("inbox.inbox_id")),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("key", sa.String(25), nullable=False, unique=True),
        sa.Column("adapter", sa.String(64), nullable=False),
        sa.Column("chat_id", sa.String(255), nullable=False),
        sa.Column("thread_id", sa.String(255), nullable=False),
        sa.Column("chat_kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("plain", sa.Text, nullable=False),
        sa.Column("reply_to", sa.String(255)),
        sa.Column("platform_id", sa.String(255)),
        sa.Column("platform_chat_id", sa.String(255)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("reason", sa.Text),
        sa.UniqueConstraint("inbox_id", "part", name="outbox_part"),
    )
    op.create_index("outbox_open", "outbox", ["state", "adapter", "chat_id", "thread_id", "outbox_id"])
    op.create_table(
        "plugin_store",
        sa.Column("plugin", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    for table in ("plugin_store", "outbox", "turns", "inbox", "conversations", "senders"):
        op.drop_table(table)
