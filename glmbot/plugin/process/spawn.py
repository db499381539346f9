"""Starts a plugin process and ends it."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from glmbot.plugin.process.output import Output

END_DEADLINE = 2.0
"""Seconds to wait for the end of a process that was killed or has closed the connection."""
OWN_SECRETS = "GLMBOT_"
"""Names of environment variables that begin so hold the bot's settings and tokens, which are not for plugins."""


@dataclass(frozen=True, slots=True)
class Child:
    """A plugin process and the connection to it."""

    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    output: Output

    def memory_bytes(self) -> int | None:
        """Return its resident memory, None where the system has no /proc to tell it."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii", errors="replace")
        except OSError:
            return None
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        return int(fields["VmRSS"].split()[0]) * 1024 if "VmRSS" in fields else None

    async def end(self) -> None:
        """Kill it, with all that it started."""
        self.writer.close()
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            await self.exit_manner()

    async def exit_manner(self) -> str:
        """Wait a moment for its end, and say how it ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_DEADLINE):
                await self.process.wait()
        return _manner(self.process.returncode)


async def start_child(name: str) -> Child:
    """Start a plugin process, which then waits to be told what to load. `name` is what the log calls it."""
    ours, theirs = socket.socketpair()
    with theirs:
        number = theirs.fileno()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "glmbot.plugin.process.child",
            str(number),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=(number,),
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the bot; and what the plugin starts is killed with it
        )
    reader, writer = await asyncio.open_connection(sock=ours)
    assert process.stdout
    return Child(process, reader, writer, Output(name, process.stdout))


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(OWN_SECRETS)}


def _manner(exit_code: int | None) -> str:
    if exit_code is None:
        return "its process closed the connection"
    if exit_code < 0:
        with contextlib.suppress(ValueError):
            return f"its process was ended by {signal.Signals(-exit_code).name}"
    return f"its process ended with exit code {exit_code}"
