"""What follows from a finding: the moderation log, who may not write, strikes, reports to admins, and daily quotas."""

import sqlalchemy as sa
from alembic import op

revision = "0004_moderation"
down_revision = "0003_buttons_and_files"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("admitted_on", sa.String(10)))
    _make_log()
    _make_restrictions()
    _make_reports()
    op.create_table(
        "quota_uses",
        sa.Column("adapter", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("subject_id", sa.String(255), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("num_messages", sa.Integer, nullable=False),
        sa.Column("num_tokens", sa.Integer, nullable=False),
        sa.Column("told_for", sa.String(255)),
    )


def _make_log() -> None:
    op.create_table(
        "moderation_log",
        sa.Column("entry_id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("adapter", sa.String(64), nullable=False),
        sa.Column("chat_id", sa.String(255), nullable=False),
        sa.Column("thread_id", sa.String(255), nullable=False),
        sa.Column("sender_id", sa.String(255), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("place", sa.String(16), nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("excerpt", sa.Text, nullable=False),
        sa.Column("by", sa.Text),
    )
    op.create_index("moderation_log_at", "moderation_log", ["at"])
    op.create_index("moderation_log_sender", "moderation_log", ["adapter", "sender_id", "at"])


def _make_restrictions() -> None:
    op.create_table(
        "restrictions",
        sa.Column("adapter", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("subject_id", sa.String(255), primary_key=True),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("until", sa.Float),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("by", sa.Text),
        sa.Column("told_for", sa.String(255)),
    )
    op.create_table(
        "strikes",
        sa.Column("adapter", sa.String(64), primary_key=True),
        sa.Column("message_id", sa.String(255), primary_key=True),
        sa.Column("sender_id", sa.String(255), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("strikes_of_sender", "strikes", ["adapter", "sender_id", "at"])


def _make_reports() -> None:
    op.create_table(
        "reports",
        sa.Column("code", sa.String(16), primary_key=True),
        sa.Column("adapter", sa.String(64), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("chat_id", sa.String(255), nullable=False),
        sa.Column("thread_id", sa.String(255), nullable=False),
        sa.Column("sender_id", sa.String(255), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("decided_at", sa.Float),
        sa.Column("decided_by", sa.Text),
        sa.UniqueConstraint("adapter", "message_id", "direction", name="report_of_message"),
    )


def downgrade() -> None:
    """Nobody is muted or banned any more; what waits for an admin stays refused."""
    for table in ("reports", "strikes", "restrictions", "moderation_log", "quota_uses"):
        op.drop_table(table)
    op.drop_column("inbox", "admitted_on")
