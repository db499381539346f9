"""A very long answer leaves as a file: its name and text beside the caption."""

import sqlalchemy as sa
from alembic import op

revision = "0002_answer_files"
down_revision = "0001_initial"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("file_name", sa.String(255)))
    op.add_column("outbox", sa.Column("file_text", sa.Text))


def downgrade() -> None:
    """What has not left yet leaves as a message with the caption alone; the turn keeps the whole answer."""
    op.drop_column("outbox", "file_text")
    op.drop_column("outbox", "file_name")
