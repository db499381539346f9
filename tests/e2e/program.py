"""Runs `glmbot` as a child process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ended: exit code and what it printed."""

    exit_code: int | None
    stdout: str
    stderr: str


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return an environment without the developer's own settings, and with its home in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GLMBOT_")}
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "share"), "XDG_STATE_HOME": str(folder / "state")}
    return kept | home | {"LC_ALL": "C.UTF-8"} | variables


async def glmbot(folder: Path, *arguments: str, stdin: str = "", deadline: float = 60, **variables: str) -> Ended:
    """Run `glmbot` in `folder` to its end."""
    process = await start(folder, *arguments, **variables)
    async with asyncio.timeout(deadline):
        stdout, stderr = await process.communicate(stdin.encode())
    return Ended(process.returncode, stdout.decode(), stderr.decode())


async def start(folder: Path, *arguments: str, **variables: str) -> asyncio.subprocess.Process:
    """Start `glmbot` in `folder`, in a process group of its own."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "glmbot",
        *arguments,
        cwd=folder,
        env=environment(folder, **variables),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_hear_ctrl_c,
    )


def _hear_ctrl_c() -> None:
    """Undo what a shell does to programs in the background, should the tests run there: it has them ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@asynccontextmanager
async def running(folder: Path, *arguments: str, **variables: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `glmbot` while the body runs; its output is read and dropped, and at the end it is killed."""
    process = await start(folder, *arguments, **variables)
    assert process.stdout is not None
    assert process.stderr is not None
    readers = [asyncio.create_task(process.stdout.read()), asyncio.create_task(process.stderr.read())]
    try:
        yield process
    finally:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        await asyncio.wait(readers, timeout=10)
