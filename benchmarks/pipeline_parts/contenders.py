"""The bots that are compared, each run in a process and on a database of its own."""

import asyncio
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import create_engine, make_url, text

HERE = Path(__file__).parent
END_DEADLINE = 30.0


@dataclass(frozen=True, slots=True)
class Contender:
    """A bot: nonebot2, or glmbot on a database. `server` is the URL of any on the PostgreSQL server, if it is one."""

    name: str
    is_durable: bool = True
    server: str | None = None

    @asynccontextmanager
    async def running(self, url: str, folder: Path) -> AsyncIterator[psutil.Process]:
        """Run the bot while the body runs; what it keeps is removed afterwards."""
        with self._command(url, folder) as command:
            process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=sys.stderr)
            try:
                yield psutil.Process(process.pid)
            finally:
                await _end(process)

    @contextmanager
    def _command(self, url: str, folder: Path) -> Iterator[list[str]]:
        if self.name == PEER.name:
            yield [str(HERE / "nonebot_bot.py"), url]
            return
        with tempfile.TemporaryDirectory(dir=folder) as own, _database(self.server) as database:
            command = [str(HERE / "glmbot_bot.py"), url, own]
            yield command + ["--database", database] * bool(database) + ["--not-durable"] * (not self.is_durable)


PEER = Contender("nonebot2", is_durable=False)


def contenders(server: str | None) -> list[Contender]:
    """Return the bots in the order of their runs, glmbot with and without commits that wait for the disk."""
    databases = {"sqlite": None} | ({"postgresql": server} if server else {})
    return [PEER, *(Contender(name, durable, url) for name, url in databases.items() for durable in (True, False))]


@contextmanager
def _database(server: str | None) -> Iterator[str | None]:
    """Make an empty database on a PostgreSQL server; give its URL."""
    if server is None:
        yield None
        return
    url, name = make_url(server), f"bench_{secrets.token_hex(4)}"
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"))
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(END_DEADLINE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
