"""Several processes on one database: who owns an account, who hears of changes; and a server that goes away."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from glmbot.content import Rendered
from glmbot.events import Chat, ChatKind
from glmbot.storage import changes
from glmbot.storage.backend import backend_of
from glmbot.storage.changes import watch_changes
from glmbot.storage.database import Database
from glmbot.storage.inbox import Inbox
from glmbot.storage.outbox import Outbox
from glmbot.storage.ownership import PostgresOwnership, ownership_of
from glmbot.storage.parked import QUESTION, Parked
from glmbot.storage.postgresql import PostgresBackend
from tests.postgres import PostgresServer
from tests.storage.conftest import Told, event

ROOM = Chat("fake", "room", ChatKind.PRIVATE)
DEADLINE = 90
"""Seconds; a server that crashed takes a while to come back on a busy machine."""


@pytest.fixture
def postgres_backend(postgres: PostgresServer, tmp_path: Path) -> PostgresBackend:
    backend = backend_of(postgres.new_url(), tmp_path)
    assert isinstance(backend, PostgresBackend)
    return backend


class Owner:
    """A process that owns an account, now and then."""

    def __init__(self, backend: PostgresBackend) -> None:
        self.owns = asyncio.Event()
        self.lost = asyncio.Event()
        self._ownership = PostgresOwnership(backend)

    async def run(self) -> None:
        await self._ownership.while_owned("adapter telegram", self._work)

    async def _work(self) -> None:
        self.owns.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.owns.clear()
            self.lost.set()


@asynccontextmanager
async def in_background(work: Callable[[], Awaitable[None]]) -> AsyncIterator["asyncio.Task[None]"]:
    async def run() -> None:
        await work()

    task = asyncio.create_task(run())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_an_account_has_one_owner_and_the_next_takes_over(
    postgres_backend: PostgresBackend, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = Owner(postgres_backend), Owner(postgres_backend)
    async with asyncio.timeout(DEADLINE), in_background(first.run) as owning:
        await first.owns.wait()
        async with in_background(second.run):
            while "belongs to another process (glmbot " not in caplog.text:
                await asyncio.sleep(0.01)
            assert not second.owns.is_set()
            owning.cancel()
            await second.owns.wait()
            assert first.lost.is_set()


async def test_an_owner_whose_session_is_ended_stops_its_work_and_regains_it(
    postgres_backend: PostgresBackend, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glmbot.storage.ownership.PROVE_EVERY", 0.1)
    owner = Owner(postgres_backend)
    url = postgres_backend.url.set(drivername="postgresql").render_as_string()
    ending = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    async with asyncio.timeout(DEADLINE), in_background(owner.run):
        await owner.owns.wait()
        await asyncio.to_thread(postgres.sql, url, ending)
        await owner.lost.wait()
        await owner.owns.wait()


async def test_an_error_of_the_work_comes_out(postgres_backend: PostgresBackend) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await PostgresOwnership(postgres_backend).while_owned("adapter telegram", fail)
    with pytest.raises(ZeroDivisionError):
        await ownership_of(backend_of("sqlite:///x.db", Path())).while_owned("adapter telegram", fail)


async def test_what_another_process_opens_again_is_heard_of(
    database: Database, any_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "LOOK_EVERY", 0.05)
    heard = asyncio.Event()
    other = await Database.open(any_url, tmp_path)
    async with asyncio.timeout(DEADLINE), in_background(lambda: watch_changes(database, heard.set)):
        await asyncio.sleep(0.5)  # a listener that has just connected always looks
        heard.clear()
        await Parked(other).retry(QUESTION)
        await Inbox(other).add(event("1"))
        await heard.wait()
    await other.close()


async def test_a_server_that_goes_away_delays_everything_and_loses_nothing(
    postgres: PostgresServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A crash of the server, with work under way; claims whose outcome never arrived are made again."""
    caplog.set_level(logging.WARNING)
    database = await Database.open(postgres.new_url(), tmp_path)
    inbox, outbox, told = Inbox(database), Outbox(database), Told(database)
    await inbox.add(event("before", sender="ann"))
    postgres.stop("immediate")
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        adding = [tasks.create_task(inbox.add(event(str(number), sender=str(number)))) for number in range(10)]
        sending = tasks.create_task(outbox.add(ROOM, [Rendered("x", "x")]))
        while not told.of:
            await asyncio.sleep(0.01)
        assert not any(task.done() for task in [*adding, sending])
        postgres.start()
    assert all(task.result() for task in adding)
    assert told.of == [("database away", False), ("database away", True)]
    assert [row.body.text for row in await outbox.due()] == ["x"]
    claimed = await inbox.claim(["fake"], 100)
    assert len(claimed) == 11
    await database.close()


async def test_a_claim_that_was_made_but_never_heard_of_is_made_again(database: Database) -> None:
    inbox, lost = Inbox(database), Inbox(database)
    await inbox.add(event("1", sender="ann"))
    await inbox.add(event("2", sender="bob"))
    (running,) = await inbox.claim(["fake"])
    await lost.claim(["fake"])  # stands for a commit whose answer the outage swallowed
    assert await inbox.claim(["fake"]) == []
    database.num_outages += 1
    assert [one.event.message_id for one in await inbox.claim(["fake"])] == ["2"]
    assert running.event.message_id == "1"
