"""Measures the whole way of a message through glmbot with a model that takes no time, next to nonebot2.

python benchmarks/pipeline.py [--postgresql URL] [--conversations 1,10,50,200] [--rounds 3] [--seconds 5]
    [--folder DIRECTORY] [--json]

Both bots echo private messages of OneBot v11 over the same WebSocket, one after the other in every round; this process
is the platform. No bot asks a model: nonebot2 runs an echo plugin and keeps nothing, glmbot keeps everything, filters
what comes in and goes out with its built-in list, gives the model the whole conversation, and gets the echo from a
stand-in for the model in its own process. Every message must get exactly one right answer, in order per user;
otherwise the exit code is 1. Figures are medians of the rounds.

messages_per_s     answers a second with 200 messages waiting at any time, spread over the conversations
cpu_ms             processor time of the bot for each of those
p50_ms, p99_ms     from when a message is due until its answer is there, at 100 messages a second
peer_*             the same of nonebot2, in the same rounds
ratio              messages_per_s of glmbot by that of nonebot2
not_durable_*      the same of glmbot when commits do not wait for the disk
durability_cost    the share of the rate that waiting for the disk takes away
disk_*             milliseconds of one write to the disk that waits for it, in --folder

With --json one object: the figures on SQLite with the most conversations, and all others in `cases`.
"""

import argparse
import asyncio
import json
import os
import platform as machine
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path

from pipeline_parts.contenders import PEER, Contender, contenders
from pipeline_parts.load import measure_latency, measure_rate
from pipeline_parts.onebot import Platform

PACKAGES = ("glmbot", "nonebot2", "nonebot-adapter-onebot", "websockets", "SQLAlchemy")
START_DEADLINE = 60.0
NUM_WRITES = 200


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run of one bot gave."""

    messages_per_s: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float


Runs = dict[tuple[Contender, int], list[Figures]]
"""The runs of each bot with each number of conversations, one a round."""


async def run_once(contender: Contender, num_users: int, options: argparse.Namespace) -> Figures:
    """Measure one bot. Raises WrongAnswer."""
    platform = Platform()
    async with platform.listening() as url, contender.running(url, options.folder) as bot:
        async with asyncio.timeout(START_DEADLINE):
            await platform.connected()
        latency = await measure_latency(platform, num_users, options.seconds)
        rate = await measure_rate(platform, bot, num_users, options.seconds)
    return Figures(rate.messages_per_s, rate.cpu_ms, latency.p50_ms, latency.p99_ms)


def measure(options: argparse.Namespace) -> Runs:
    """Run all bots in turn, round by round."""
    runs: Runs = {}
    for number in range(1, options.rounds + 1):
        for num_users in options.conversations:
            for contender in contenders(options.postgresql):
                figures = asyncio.run(run_once(contender, num_users, options))
                runs.setdefault((contender, num_users), []).append(figures)
                durable = "durable" if contender.is_durable else "not durable"
                print(
                    f"round {number}, {num_users} conversations, {contender.name}, {durable}: {figures}",
                    file=sys.stderr,
                )
    return runs


def cases(runs: Runs) -> list[dict[str, object]]:
    """Return the figures of glmbot beside the peer's, for each database and number of conversations."""
    return [_case(runs, contender, num_users) for contender, num_users in runs if contender.is_durable]


def _case(runs: Runs, contender: Contender, num_users: int) -> dict[str, object]:
    own, peer = runs[contender, num_users], runs[PEER, num_users]
    loose = runs[Contender(contender.name, False, contender.server), num_users]
    pairs = list(zip(own, peer, loose, strict=True))
    return {
        "database": contender.name,
        "conversations": num_users,
        **_medians("", own),
        **_medians("peer_", peer),
        **_medians("not_durable_", loose),
        "ratio": _median([one.messages_per_s / other.messages_per_s for one, other, _ in pairs]),
        "durability_cost": _median([1 - one.messages_per_s / other.messages_per_s for one, _, other in pairs]),
    }


def _medians(prefix: str, runs: list[Figures]) -> dict[str, float]:
    return {prefix + one.name: _median([getattr(run, one.name) for run in runs]) for one in fields(Figures)}


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 3)


def disk_figures(folder: Path) -> dict[str, float]:
    """Measure what every durable commit has to wait for at least."""
    taken: list[float] = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(NUM_WRITES):
            file.write(bytes(4096))
            file.flush()
            started_at = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - started_at) * 1000)
    cuts = statistics.quantiles(taken, n=100)
    return {"disk_p50_ms": round(cuts[49], 3), "disk_p99_ms": round(cuts[98], 3)}


def report(runs: Runs, options: argparse.Namespace) -> dict[str, object]:
    """Return all figures, with what they were measured on; in front those of one case."""
    found = cases(runs)
    first = max((case for case in found if case["database"] == "sqlite"), key=lambda case: case["conversations"])
    versions = {"python": machine.python_version(), "sqlite": sqlite3.sqlite_version}
    return {
        **first,
        "cases": found,
        "model": "none: both sides echo in their own process",
        "num_cores": os.cpu_count(),
        "machine": f"{machine.system()} {machine.machine()}",
        "versions": versions | {name: version(name) for name in PACKAGES},
        "rounds": options.rounds,
        "seconds": options.seconds,
        **disk_figures(options.folder),
    }


def print_table(figures: dict[str, object]) -> None:
    """Print the figures for people."""
    print(f"{'':26}{'messages/s':>12}{'nonebot2':>10}{'ratio':>8}{'p50 ms':>9}{'p99 ms':>9}{'durability':>12}")
    for case in figures["cases"]:
        name = f"{case['database']}, {case['conversations']} conversations"
        print(
            f"{name:26}{case['messages_per_s']:>12.0f}{case['peer_messages_per_s']:>10.0f}{case['ratio']:>8.2f}"
            f"{case['p50_ms']:>9.1f}{case['p99_ms']:>9.1f}{case['durability_cost']:>12.0%}"
        )
    print(
        f"model: {figures['model']}; one write to the disk: {figures['disk_p50_ms']} ms, p99 {figures['disk_p99_ms']}"
    )


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgresql", metavar="URL", help="also measure on this server; its user may make databases")
    parser.add_argument("--conversations", type=_numbers, default=[1, 10, 50, 200])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="where databases are made, and removed")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends the bots and removes what they kept
    figures = report(measure(options), options)
    if options.json:
        print(json.dumps(figures))
    else:
        print_table(figures)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


if __name__ == "__main__":
    main()
