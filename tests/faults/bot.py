"""The bot of the fault harness as a process: `python -m tests.faults.bot SPEC`, SPEC being a line of JSON."""

import asyncio
import mmap
import os
import struct
import sys
import time
from pathlib import Path

from glmbot.app import open_app
from glmbot.log import set_up_logging
from glmbot.settings import Settings
from tests.faults.adapter import FaultsAdapter
from tests.faults.spec import Mode, Spec

CLOCK_FORM = "d"
"""The clock file holds one float: seconds to add."""


def run(spec: Spec) -> None:
    """Run the bot to its end."""
    os.environ.update(spec.environment)
    set_up_logging("INFO")
    if spec.clock:
        _bend_clock(Path(spec.clock))
    if spec.max_file_bytes:
        _limit_files(spec.max_file_bytes)
    asyncio.run(_run(spec))


async def _run(spec: Spec) -> None:
    adapter = FaultsAdapter(
        spec.platform_url, Mode(spec.mode), poll=spec.poll, answer=spec.answer, edit_interval=spec.edit_interval
    )
    async with open_app(_settings(spec), {adapter.name: adapter}) as app:
        await app.run()


def _settings(spec: Spec) -> Settings:
    fixed = {
        "bot": {"data_dir": spec.data_dir},
        "storage": {"url": spec.database_url, "backup_hours": 0},
        "inference": {"url": spec.model_url, "remote_model": "fake", "timeout": 20},
        "conversation": {"max_reply_tokens": 400},
        "limits": {"messages_per_minute": 0},
    }
    sections = {name: section | spec.sections.get(name, {}) for name, section in fixed.items()}
    return Settings.model_validate({**spec.sections, **sections})


def _bend_clock(path: Path) -> None:
    """Add to the wall clock what stands in a file now, at every look."""
    real = time.time
    with path.open("rb") as file:
        shared = mmap.mmap(file.fileno(), struct.calcsize(CLOCK_FORM), access=mmap.ACCESS_READ)
    time.time = lambda: real() + struct.unpack(CLOCK_FORM, shared[:])[0]


def _limit_files(max_bytes: int) -> None:
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, resource.RLIM_INFINITY))


if __name__ == "__main__":
    run(Spec.from_json(sys.argv[1]))
