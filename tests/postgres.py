"""A real PostgreSQL server for tests and benchmarks, with its files in a folder of its own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

UNPRIVILEGED = "nobody"
"""The server refuses to run as root."""
DEADLINE = 60
_numbers = count(1)


class NoPostgres(Exception):
    """There is no PostgreSQL on this machine."""


@dataclass(slots=True)
class PostgresServer:
    """A running server. `new_url` makes a database, `stop` and `start` are for tests of an outage.

    Unless `survives_power_loss`, it does not wait for the disk: what was committed survives a crash of the server only.
    """

    bin: Path
    folder: Path
    port: int
    survives_power_loss: bool = True

    def new_url(self) -> str:
        """Make an empty database; return its URL."""
        name = f"test{next(_numbers)}_{os.getpid()}"
        self._run("createdb", "--encoding", "UTF8", "--template", "template0", name, *self._where())
        return f"postgresql://glmbot@127.0.0.1:{self.port}/{name}"

    def sql(self, url: str, statement: str) -> str:
        """Run a statement; return its rows, one a line, columns parted by "|"."""
        return self._run("psql", "--no-psqlrc", "-Atc", statement, url).stdout.strip()

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        if not self.survives_power_loss:
            options += " -c fsync=off -c full_page_writes=off"
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-D", str(self.folder / "data"), "-l", log, "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: "fast" ends its sessions first, "immediate" is a crash."""
        self._run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.folder / "data"))

    def _where(self) -> list[str]:
        return ["--host", "127.0.0.1", "--port", str(self.port), "--username", "glmbot"]

    def _run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a program of the server as somebody who is not root."""
        user = UNPRIVILEGED if os.geteuid() == 0 else None
        command = [str(self.bin / program), *arguments]
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open as long as the server that was started
            done = subprocess.run(
                command, stdout=output, stderr=output, user=user, cwd="/", timeout=DEADLINE, check=False
            )
            output.seek(0)
            text = output.read()
        assert done.returncode == 0, f"{program}: {text}"
        return subprocess.CompletedProcess(command, done.returncode, text, "")


@contextmanager
def postgres_server(*, survives_power_loss: bool = True) -> Iterator[PostgresServer]:
    """Run a server while the body runs. Raises NoPostgres."""
    folder = Path(tempfile.mkdtemp(prefix="glmbot-postgres-"))
    try:
        server = PostgresServer(_binaries(), folder, _free_port(), survives_power_loss)
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam(UNPRIVILEGED).pw_uid, -1)
        data = str(folder / "data")
        server._run("initdb", "-D", data, "--username", "glmbot", "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database() -> Iterator[str]:
    """Yield the URL of an empty database on a server of its own. Raises NoPostgres."""
    with postgres_server() as server:
        yield server.new_url()


def _binaries() -> Path:
    """Return the folder of the newest server here; Debian keeps it out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: float(path.parts[4]))
    if found:
        return found[-1].parent
    if on_path := shutil.which("pg_ctl"):
        return Path(on_path).resolve().parent
    raise NoPostgres("PostgreSQL is not installed; run: apt-get install postgresql")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
