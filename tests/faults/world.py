"""A bot's whole world: platform, model, data folder, and the bot itself, started as often as a test likes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from glmbot.crash_points import VARIABLE
from tests.fakes.model import FakeModel
from tests.faults import oracle, processes
from tests.faults.answers import AnswerLedger, question
from tests.faults.platform import Mode, Platform
from tests.faults.spec import Spec

UNFINISHED = """
(SELECT inbox_id FROM inbox WHERE state IN ('open', 'claimed')
 UNION ALL SELECT outbox_id FROM outbox WHERE state IN ('live', 'ready')) AS unfinished
"""


@dataclass(slots=True)
class World:
    """Start bots in it, feed it, and judge what came of it. `started_at` is when the last bot was told to start."""

    server: Path
    folder: Path
    platform: Platform
    model: FakeModel
    answers: AnswerLedger
    spec: Spec
    started_at: float = 0.0
    num_asked: int = 0

    async def start(self, crash_at: str | None = None, **changes: Any) -> processes.BotProcess:
        """Start a bot, which dies at the point `crash_at` where one is given."""
        spec = replace(self.spec, **changes)
        if crash_at:
            spec = replace(spec, environment=spec.environment | {VARIABLE: crash_at})
        self.started_at = time.monotonic()
        return await processes.start(self.server, spec)

    @asynccontextmanager
    async def running(self, crash_at: str | None = None, **changes: Any) -> AsyncIterator[processes.BotProcess]:
        """Run a bot while the body runs; kill it at the end."""
        bot = await self.start(crash_at, **changes)
        try:
            yield bot
        finally:
            await bot.kill()

    async def ask(self, chat: str = "c1", *, times: int = 1) -> str:
        """Have the next question come in; return its text."""
        self.num_asked += 1
        asked = question(chat, self.num_asked)
        await self.platform.receive(chat, asked, times=times)
        return asked

    async def drained(self, deadline: float = 60.0) -> None:
        """Wait until all that was fed is confirmed, answered and delivered."""
        await until(self._is_drained, "everything to be answered", deadline)

    async def _is_drained(self) -> bool:
        if self.platform.num_unconfirmed:
            return False
        return await asyncio.to_thread(num_unfinished, self.spec.database) == 0

    async def findings(self) -> oracle.Findings:
        """Judge what came of all that was fed."""
        stored = await asyncio.to_thread(oracle.read_stored, self.spec.database)
        return oracle.findings(self.platform, self.answers, stored)

    async def num_waiting(self) -> int:
        """Return how many messages and replies are under way, as far as the database can be read now."""
        try:
            num_stored = await asyncio.to_thread(count, self.spec.database, UNFINISHED)
        except DBAPIError:
            num_stored = 0
        return self.platform.num_unconfirmed + num_stored

    async def has_event_waiting(self) -> bool:
        """Tell whether a message waits for a later attempt."""
        return await asyncio.to_thread(count, self.spec.database, "inbox WHERE state = 'open' AND attempts > 0") > 0

    async def has_reply_waiting(self) -> bool:
        """Tell whether a reply waits for a time its platform asked for."""
        return await asyncio.to_thread(count, self.spec.database, "outbox WHERE state = 'ready' AND due_at > 0") > 0

    def seconds_until(self, kind: str) -> float:
        """Return how long after the last start the first call of this kind came."""
        *_, first = self.platform.calls(kind, since=self.started_at)
        return first.at - self.started_at

    def has_called(self, kind: str) -> bool:
        """Tell whether the bot that was started last has made a call of this kind."""
        return any(self.platform.calls(kind, since=self.started_at))

    def log(self) -> str:
        """Return what all bots have written."""
        path = self.folder / "bot.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""


@asynccontextmanager
async def open_world(server: Path, folder: Path, mode: Mode, **settings: Any) -> AsyncIterator[World]:
    """Have a world while the body runs, in an empty folder; `settings` are those of `Spec`."""
    answers = AnswerLedger()
    async with Platform(mode) as platform, FakeModel(answers) as model:
        fixed = {
            "data_dir": str(folder / "data"),
            "platform_url": platform.url,
            "mode": mode,
            "model_url": model.url,
            "log": str(folder / "bot.log"),
        }
        yield World(server, folder, platform, model, answers, Spec(**fixed | settings))


def num_unfinished(url: str) -> int:
    """Return how many messages and replies of a database are not at their end."""
    return count(url, UNFINISHED)


def count(url: str, rows: str) -> int:
    """Return how many rows there are, `rows` being what stands behind FROM."""
    engine = create_engine(oracle.reading_url(url, is_strict=True), poolclass=NullPool)
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {rows}")).scalar_one())


async def until(condition: Callable[[], Any], what: str, deadline: float = 30.0) -> None:
    """Wait until `await condition()` holds: a foreign process can only be polled."""
    try:
        async with asyncio.timeout(deadline):
            while not await _holds(condition):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"waited in vain for {what}") from None


async def _holds(condition: Callable[[], Any]) -> bool:
    try:
        return bool(await condition())
    except DBAPIError:  # the bot has not made its tables yet
        return False
