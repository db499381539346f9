"""Feeds the bot steadily for a long time with faults sprinkled in, and watches its memory and file handles.

python benchmarks/soak.py --minutes 30 --rate 20 --json

Every two seconds or so a call fails (429, 503, accepted and then cut, the model cut or out of memory or without
numbers), once a minute the bot is killed. Memory and handles are read from /proc, from 20 seconds after each start.
Exit code 1 if the oracle finds a breach, or a bot has grown by more than 50 MB or 50 handles.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faults import soak
from tests.faults.processes import fork_server
from tests.faults.spec import Mode
from tests.faults.world import open_world

MAX_GROWTH_MB = 50.0
MAX_MORE_HANDLES = 50


def main() -> None:
    """Read the command line, feed and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=20.0, help="messages a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--platform", choices=[mode.value for mode in Mode], default=Mode.NONCE)
    parser.add_argument("--json", action="store_true", help="print one flat JSON object")
    options = parser.parse_args()
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # connections that kills cut are no news
    with tempfile.TemporaryDirectory() as folder, fork_server(Path(folder)) as server:
        came = asyncio.run(_soak(server, Path(folder), options))
    result = came.to_json()
    print(json.dumps(result) if options.json else "\n".join(f"{name:20} {value}" for name, value in result.items()))
    found, has_key = came.found, Mode(options.platform) is Mode.NONCE
    breaches = [*found.lost, *found.out_of_order, *found.altered, *(found.duplicated if has_key else [])]
    for line in breaches[:20]:
        print(line, file=sys.stderr)
    sys.exit(1 if breaches or not _is_flat(came) else 0)


async def _soak(server: Path, folder: Path, options: argparse.Namespace) -> soak.Soak:
    async with open_world(server, folder, Mode(options.platform)) as world:
        return await soak.run(world, options.minutes, options.rate, options.seed)


def _is_flat(came: soak.Soak) -> bool:
    figures = came.to_json()
    growth = float(str(figures["memory_mb_max"])) - float(str(figures["memory_mb_first"]))
    more = int(str(figures["handles_max"])) - int(str(figures["handles_first"]))
    return growth <= MAX_GROWTH_MB and more <= MAX_MORE_HANDLES


if __name__ == "__main__":
    main()
