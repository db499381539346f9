"""Each platform account, and the plugins' jobs, belong to one process at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from glmbot.storage.backend import Backend
from glmbot.storage.postgresql import PostgresBackend
from glmbot.storage.server_session import LOST, connect

if TYPE_CHECKING:
    from psycopg import AsyncConnection

logger = logging.getLogger(__name__)

TRY_EVERY = 1.0
"""Seconds between two tries to take over what another process owns."""
PROVE_EVERY = 3.0
"""Seconds between two proofs that the server still holds our lock."""
PROOF_DEADLINE = 5.0
HOLDER = """
SELECT coalesce(activity.application_name, '') FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1
AND (classid::bigint << 32 | objid::bigint) = hashtextextended(%s, 0)
"""


class Ownership(Protocol):
    """Who may work for an account."""

    async def while_owned(self, account: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` once this process owns the account; end when it ends.

        When the ownership is lost, `work` is cancelled, and begun again once it is regained.
        """


class SoleOwnership:
    """A database in a file has one process, which owns everything."""

    async def while_owned(self, account: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work`."""
        await work()


class PostgresOwnership:
    """The owner holds an advisory lock, which the server frees when the owner's connection ends, however it ends."""

    def __init__(self, backend: PostgresBackend) -> None:
        self._backend = backend

    async def while_owned(self, account: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` while the lock is held."""
        while True:
            working: asyncio.Task[None] | None = None
            try:
                async with connect(self._backend) as session:
                    await _lock(session, account)
                    working = asyncio.create_task(_run(work), name=f"owner of {account}")
                    await _prove_until_done(session, working)
                    break
            except LOST as error:
                logger.error("%s is not ours any more, trying to regain it: %s", account, error)
            finally:
                if working is not None and not working.done():
                    working.cancel()
                    await asyncio.wait({working})
            await asyncio.sleep(TRY_EVERY)
        working.result()


def ownership_of(backend: Backend) -> Ownership:
    """Return how processes that share a database agree on who owns what."""
    return PostgresOwnership(backend) if isinstance(backend, PostgresBackend) else SoleOwnership()


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def _lock(session: "AsyncConnection", account: str) -> None:
    """Wait for the lock; say who has it."""
    key, told = f"glmbot:{account}", ""
    while True:
        taken = await (await session.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (key,))).fetchone()
        if taken and taken[0]:
            return
        row = await (await session.execute(HOLDER, (key,))).fetchone()
        if row and row[0] != told:
            told = row[0]
            logger.warning("%s belongs to another process (%s); waiting to take it over", account, told)
        await asyncio.sleep(TRY_EVERY)


async def _prove_until_done(session: "AsyncConnection", working: "asyncio.Task[None]") -> None:
    while not working.done():
        await asyncio.wait({working}, timeout=PROVE_EVERY)
        async with asyncio.timeout(PROOF_DEADLINE):
            await session.execute("SELECT 1")
