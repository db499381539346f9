"""Kills the bot at random moments of a steady feed, and tells what was lost, doubled or put out of order.

python benchmarks/crash.py --kills 2000 --seed 1 --platform nonce --database sqlite --json

The bot runs as a child process on a strict fake platform and a scripted model, forked from a process that has its
imports done: what is measured is the start of the bot, not that of Python. When all kills are done, the last bot
answers what is left, and the oracle of tests/faults/oracle.py judges. Exit code 1 if a bar is missed: nothing lost,
nothing out of order, no duplicate with a key; without one at most one a kill, and 0.04 a kill on average.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faults import kills
from tests.faults.processes import fork_server
from tests.faults.spec import Mode
from tests.faults.world import open_world


def main() -> None:
    """Read the command line, kill and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--platform", choices=[mode.value for mode in Mode], default=Mode.NONCE)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second")
    parser.add_argument("--json", action="store_true", help="print one flat JSON object")
    options = parser.parse_args()
    mode = Mode(options.platform)
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # connections that kills cut are no news
    with tempfile.TemporaryDirectory() as folder, _database(options.database) as url, fork_server(Path(folder)) as path:
        figures = asyncio.run(_kill(path, Path(folder), mode, url, options))
    breaches = figures.breaches(has_key=mode is Mode.NONCE)
    result = figures.to_json()
    print(json.dumps(result) if options.json else "\n".join(f"{name:28} {value}" for name, value in result.items()))
    for line in (*breaches, *figures.examples):
        print(line, file=sys.stderr)
    sys.exit(1 if breaches else 0)


async def _kill(server: Path, folder: Path, mode: Mode, url: str | None, options: argparse.Namespace) -> kills.Figures:
    async with open_world(server, folder, mode, database_url=url) as world:
        return await kills.run(world, options.kills, options.seed, options.rate)


@contextmanager
def _database(kind: str) -> Iterator[str | None]:
    """Yield the URL of an empty database; None stands for the file in the bot's own folder."""
    if kind == "sqlite":
        yield None
        return
    from tests.postgres import database  # only here: it needs a PostgreSQL on this machine

    with database() as url:
        yield url


if __name__ == "__main__":
    main()
