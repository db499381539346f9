"""A message may have buttons: a list of [label, command]."""

import sqlalchemy as sa
from alembic import op

revision = "0003_buttons"
down_revision = "0002_answer_files"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("buttons", sa.JSON))


def downgrade() -> None:
    """What has not left yet leaves without its buttons."""
    op.drop_column("outbox", "buttons")
