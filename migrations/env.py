"""Runs migrations on the connection that glmbot hands over (glmbot/storage/migrate.py)."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None)
context.run_migrations()
