"""Lets a command look into the bot's database."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from glmbot.cli.options import read_settings
from glmbot.errors import ConfigError

if TYPE_CHECKING:
    from glmbot.storage.database import Database

T = TypeVar("T")


def with_database(config: Path | None, work: "Callable[[Database], Awaitable[T]]") -> T:
    """Return what `work` makes of the database that the settings name. Raises ConfigError where it cannot be used."""
    from glmbot.storage.backend import backend_of
    from glmbot.storage.database import Database
    from glmbot.storage.migrate import migrations_folder, require_current

    settings = read_settings(config, log_level="WARNING")
    backend = backend_of(settings.database_url, settings.bot.data_dir)
    if not backend.exists():
        raise ConfigError(f"there is no database {backend.name!r} yet; the first start of the bot makes it")
    require_current(backend, migrations_folder())

    async def run() -> T:
        database = Database(backend)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
