"""The parent's side of the fork server: bots that can be started, signalled and awaited."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.spec import Spec

ROOT = Path(__file__).parents[2]


class BotProcess:
    """A bot that was started. `exit_code` is negative for the signal that killed it, None while it runs."""

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.exit_code: int | None = None
        self._reader = reader
        self._writer = writer

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._writer.write(f"{number.value}\n".encode())

    async def kill(self) -> None:
        """Kill it without warning, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        await self.wait()

    async def wait(self, deadline: float = 60.0) -> int:
        """Wait for its end; return the exit code."""
        if self.exit_code is None:
            async with asyncio.timeout(deadline):
                self.exit_code = int(await self._reader.readline())
            self._writer.close()
        return self.exit_code


async def start(server: Path, spec: Spec) -> BotProcess:
    """Have the fork server at `server` start a bot."""
    reader, writer = await asyncio.open_unix_connection(str(server))
    writer.write(spec.to_json().encode() + b"\n")
    return BotProcess(int(await reader.readline()), reader, writer)


@contextmanager
def fork_server(folder: Path) -> Iterator[Path]:
    """Run a fork server while the body runs; yield its socket."""
    path = folder / "fork-server"
    command = [sys.executable, "-m", "tests.faults.fork_server", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        try:
            _until_listening(process, path)
            yield path
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=30)


def _until_listening(process: "subprocess.Popen[bytes]", path: Path) -> None:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        assert process.poll() is None, "the fork server ended"
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the fork server does not listen")
