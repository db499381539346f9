"""A connection to PostgreSQL of its own, for what belongs to a connection: locks and notifications."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from glmbot.storage.postgresql import PostgresBackend, connect_options

if TYPE_CHECKING:
    from psycopg import AsyncConnection

CHANNEL = "glmbot"

try:
    from psycopg import Error as _Error

    LOST: tuple[type[Exception], ...] = (_Error, OSError, TimeoutError)
except ImportError:  # an optional package; without it no PostgreSQL database can be opened
    LOST = (OSError, TimeoutError)
"""What is raised when the server cannot be reached, or went away."""


@asynccontextmanager
async def connect(backend: PostgresBackend) -> "AsyncIterator[AsyncConnection]":
    """Have a connection in autocommit mode while the body runs; errors are `LOST`."""
    from psycopg import AsyncConnection

    url = backend.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await AsyncConnection.connect(url, autocommit=True, **connect_options())  # type: ignore[arg-type]  # of several types
    async with connection:
        yield connection
