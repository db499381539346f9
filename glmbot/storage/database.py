"""The database: one thread works on it, and all that waits at the same moment shares one commit.

What is asked for in one turn of the event loop is done in that order, in one transaction.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, UpdateBase
from sqlalchemy.exc import DBAPIError

from glmbot.phrases import Phrase
from glmbot.storage.backend import Backend, backend_of
from glmbot.storage.errors import DatabaseAway, DiskFull
from glmbot.storage.migrate import migrations_folder, upgrade
from glmbot.trouble import TroubleReport, Unreported

logger = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Connection], T]
"""What is to be done in one transaction. It is done again when the outcome of a commit is not known (a server that
went away), so it changes nothing but the database, and a second time must leave the same as one time."""

Values = Mapping[str, Any]

MAX_BATCH = 256
AWAY_PAUSE = 1.0
"""Seconds until a database that is away, or held by another program, is asked again."""
FULL_PAUSE = 5.0
"""Seconds until something is written again that a full disk had no room for."""
AWAY, FULL = "database away", "disk full"
_NOTICES = {AWAY: Phrase.DATABASE_AWAY, FULL: Phrase.DISK_FULL}
CLOSE_DEADLINE = 3.0
"""Seconds that waiting work gets at the end; a database that is away must not keep the program."""


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    done: "asyncio.Future[Any]"
    needs_room: bool
    """Whether its success shows that the disk has room again."""


class Database:
    """One database with the current schema. When it is away or its disk is full, `report` is told."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.report: TroubleReport = Unreported()
        self.num_outages = 0
        """How often the database was away, so that what one may have left half-way can be mended."""
        self._engine = backend.engine()
        self._connection: Connection | None = None
        self._troubles: set[str] = set()
        self._loop = asyncio.get_running_loop()
        self._gathered: list[_Job] = []
        self._jobs: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._is_given_up = False
        self._thread = Thread(target=self._work_off, name="database", daemon=True)
        self._thread.start()

    @classmethod
    async def open(cls, url: str, data_dir: Path = Path("data")) -> "Database":
        """Open a database, new or old, and bring its schema up to date. Raises ConfigError."""
        backend = backend_of(url, data_dir)
        await asyncio.to_thread(upgrade, backend, migrations_folder())
        return cls(backend)

    async def run(self, work: Work[T]) -> T:
        """Do `work` in a transaction and return what it returns, once that is durable.

        It waits as long as the database is away, held by others, or without room on its disk. When `work` raises,
        nothing of it stays. Work that was begun is done also when the one who waits for it is cancelled.
        """
        needs_room = False
        while True:
            try:
                return await self._do(work, needs_room)
            except DiskFull:
                needs_room = True
                await asyncio.sleep(FULL_PAUSE)

    async def add(self, work: Work[T]) -> T:
        """Do as `run` with what adds rows, but raise DiskFull at once."""
        return await self._do(work, needs_room=True)

    async def _do(self, work: Work[T], needs_room: bool) -> T:
        done: asyncio.Future[T] = self._loop.create_future()
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(_Job(work, done, needs_room))
        return await done

    def _hand_over(self) -> None:
        """Give the thread what was gathered in one turn of the loop: it shares a commit."""
        self._jobs.put(self._gathered)
        self._gathered = []

    async def execute(self, statement: UpdateBase, values: Values | None = None) -> int:
        """Run one statement that changes rows; return how many it did."""
        return await self.run(lambda connection: connection.execute(statement, values).rowcount)

    async def rows(self, statement: Select[Any], values: Values | None = None) -> Sequence[Row[Any]]:
        """Return the rows of a query."""
        return await self.run(lambda connection: connection.execute(statement, values).all())

    async def scalar(self, statement: Select[Any], values: Values | None = None) -> Any:
        """Return the first value of a query's first row, None where there is none."""
        return await self.run(lambda connection: connection.scalar(statement, values))

    async def close(self) -> None:
        """Do what still waits, and close all connections."""
        self._hand_over()
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join, CLOSE_DEADLINE)
        self._is_given_up = True
        self._engine.dispose()

    def _settle(self, jobs: Sequence[_Job], outcomes: Sequence[Any]) -> None:
        """Tell the outcomes; what the database was away for is done again."""
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, DatabaseAway):
                self.num_outages += AWAY not in self._troubles
                self._begin_trouble(AWAY, f"{outcome}; everything waits until it is back")
            else:
                self._note(job, outcome)
                _tell(job, outcome)

    def _note(self, job: _Job, outcome: object) -> None:
        """Keep track of troubles: the outcome of a job shows when one begins, and when it is over."""
        self._end_trouble(AWAY)
        if isinstance(outcome, DiskFull):
            self._begin_trouble(FULL, f"{outcome}; what comes in waits until there is room")
        elif job.needs_room:
            self._end_trouble(FULL)

    def _begin_trouble(self, kind: str, text: str) -> None:
        if kind not in self._troubles:
            self._troubles.add(kind)
            logger.error("%s", text)
            self.report.trouble(kind, _NOTICES[kind].in_both_languages())

    def _end_trouble(self, kind: str) -> None:
        if kind in self._troubles:
            self._troubles.remove(kind)
            logger.warning("%s: over", kind)
            self.report.over(kind)

    # -- in the thread

    def _work_off(self) -> None:
        while (jobs := self._take()) is not None and not self._is_given_up:
            while jobs:
                outcomes = self._commit([job.work for job in jobs])
                if self._is_given_up:
                    break  # nobody listens any more
                self._loop.call_soon_threadsafe(self._settle, jobs, outcomes)
                jobs = [job for job, outcome in zip(jobs, outcomes, strict=True) if isinstance(outcome, DatabaseAway)]
                if jobs:
                    time.sleep(AWAY_PAUSE)
        self._disconnect()

    def _take(self) -> list[_Job] | None:
        """Wait for jobs; return them with all others that wait by then, None at the end."""
        jobs = self._jobs.get()
        while jobs is not None and not self._jobs.empty() and len(jobs) < MAX_BATCH:
            more = self._jobs.get()
            if more is None:
                self._jobs.put(None)  # the end comes after these
                break
            jobs += more
        return jobs

    def _commit(self, works: Sequence[Work[Any]]) -> list[Any]:
        """Do all in one transaction, or each in its own where one fails; return the result or error of each."""
        try:
            with self._connected().begin() as transaction:
                return [work(transaction.connection) for work in works]
        except Exception as error:  # noqa: BLE001  told to the one who waits for it
            meaning = self._meaning(error)
            self._disconnect()
        if isinstance(meaning, DatabaseAway):
            return [meaning] * len(works)
        if len(works) == 1:
            return [meaning]
        return [outcome for work in works for outcome in self._commit([work])]

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _meaning(self, error: Exception) -> Exception:
        backend = self.backend
        if not isinstance(error, DBAPIError):
            return error
        if backend.is_full(error):
            return DiskFull(f"the disk of database {backend.name!r} is full")
        if backend.is_away(error):
            return DatabaseAway(f"database {backend.name!r} is away or held by another program ({error.orig})")
        return backend.explain(error) if backend.is_damaged(error) else error


def _tell(job: _Job, outcome: Any) -> None:
    if job.done.done():
        return  # whoever waited was cancelled
    if isinstance(outcome, Exception):
        job.done.set_exception(outcome)
    else:
        job.done.set_result(outcome)
