"""The database: one thread works on it, and all that waits at the same moment shares one commit."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, UpdateBase
from sqlalchemy.exc import DBAPIError

from glmbot.storage.backend import Backend, backend_of
from glmbot.storage.errors import DatabaseAway, DiskFull
from glmbot.storage.migrate import migrations_folder, upgrade

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
CLOSE_DEADLINE = 3.0
"""Seconds that waiting work gets at the end; a database that is away must not keep the program."""


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    done: "asyncio.Future[Any]"
    needs_room: bool
    """Whether its success shows that the disk has room again."""


class Database:
    """One database with the current schema.

    `on_trouble(kind, is_over)` is called when the database is "away" or its disk "full", and when that is over.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.on_trouble: Callable[[str, bool], None] = lambda kind, is_over: None
        self.num_outages = 0
        """How often the database was away, so that what one may have left half-way can be mended."""
        self._engine = backend.engine()
        self._thread = ThreadPoolExecutor(1, "database")
        self._waiting: deque[_Job] = deque()
        self._working: asyncio.Task[None] | None = None
        self._troubles: set[str] = set()

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
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Job(work, done, needs_room))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work_off(), name="database")
        return await done

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
        if self._working is not None:
            await asyncio.wait({self._working}, timeout=CLOSE_DEADLINE)
            self._working.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()

    async def _work_off(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]
            outcomes = await loop.run_in_executor(self._thread, self._commit, [job.work for job in jobs])
            if away := self._settle(jobs, outcomes):
                self.num_outages += "away" not in self._troubles
                self._begin_trouble("away", f"{away}; everything waits until it is back")
                await asyncio.sleep(AWAY_PAUSE)

    def _settle(self, jobs: Sequence[_Job], outcomes: Sequence[Any]) -> DatabaseAway | None:
        """Tell the outcomes; what the database was away for waits on, in its place."""
        away, again = None, []
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, DatabaseAway):
                away = outcome
                again.append(job)
            else:
                self._note(job, outcome)
                _tell(job, outcome)
        self._waiting.extendleft(reversed(again))
        return away

    def _note(self, job: _Job, outcome: object) -> None:
        """Keep track of troubles: the outcome of a job shows when one begins, and when it is over."""
        self._end_trouble("away")
        if isinstance(outcome, DiskFull):
            self._begin_trouble("full", f"{outcome}; what comes in waits until there is room")
        elif job.needs_room:
            self._end_trouble("full")

    def _begin_trouble(self, kind: str, text: str) -> None:
        if kind not in self._troubles:
            self._troubles.add(kind)
            logger.error("%s", text)
            self.on_trouble(kind, False)

    def _end_trouble(self, kind: str) -> None:
        if kind in self._troubles:
            self._troubles.remove(kind)
            logger.warning("the database works again (it was %s)", kind)
            self.on_trouble(kind, True)

    # -- in the thread

    def _commit(self, works: Sequence[Work[Any]]) -> list[Any]:
        """Do all in one transaction, or each in its own where one fails; return the result or error of each."""
        try:
            with self._engine.begin() as connection:
                return [work(connection) for work in works]
        except Exception as error:  # noqa: BLE001  told to the one who waits for it
            meaning = self._meaning(error)
        if isinstance(meaning, DatabaseAway):
            return [meaning] * len(works)
        if len(works) == 1:
            return [meaning]
        return [outcome for work in works for outcome in self._commit([work])]

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
