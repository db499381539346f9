"""A message may have buttons, a list of [label, command], and any file: one that is no text is kept in base64."""

import sqlalchemy as sa
from alembic import op

revision = "0003_buttons_and_files"
down_revision = "0002_answer_files"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("file_base64", sa.Text))
    op.add_column("outbox", sa.Column("buttons", sa.JSON))


def downgrade() -> None:
    """What has not left yet leaves without its buttons; a file that is no text leaves as its name."""
    op.execute("UPDATE outbox SET file_name = NULL WHERE file_base64 IS NOT NULL")
    op.drop_column("outbox", "buttons")
    op.drop_column("outbox", "file_base64")
