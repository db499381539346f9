"""What may be wrong with a database while the bot runs."""

from glmbot.errors import GlmbotError


class DatabaseAway(GlmbotError):
    """The database server cannot be reached, or another program holds the file: later again."""


class DiskFull(GlmbotError):
    """The database has no room on its disk for what was to be written; nothing of it was."""
