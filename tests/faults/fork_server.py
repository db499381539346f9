"""Starts bots quickly: imports everything once, then forks a child for each start.

`python -m tests.faults.fork_server SOCKET` listens there. A connection is one bot: its first line is the spec, every
further line the number of a signal to send; the answers are the process id, and at the end the exit status. The
bot is killed when its connection ends. There is no thread and no loop in this process that a child could inherit.
"""

import asyncio
import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
import traceback
from dataclasses import dataclass
from typing import NoReturn

import sqlalchemy.dialects.sqlite.aiosqlite  # noqa: F401  what a bot would import while it starts

import plugins.ping  # noqa: F401
from glmbot.plugin.loader import load_plugins
from glmbot.settings import PluginSettings
from tests.faults import bot
from tests.faults.spec import Spec


@dataclass(slots=True)
class Client:
    """One connection, and the bot that was started by it."""

    connection: socket.socket
    received: bytes = b""
    pid: int | None = None


class ForkServer:
    """Serves until its standard input ends."""

    def __init__(self, path: str) -> None:
        self._clients: dict[int, Client] = {}
        self._selector = selectors.DefaultSelector()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(path)
        self._listening.listen()
        self._ended, woken = socket.socketpair()
        self._ended.setblocking(False)
        woken.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        self._woken = woken

    def run(self) -> None:
        """Serve until the one who started us is gone."""
        for source in (self._listening, self._ended, sys.stdin):
            self._selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:
                    return self._kill_all()
                if key.fileobj is self._listening:
                    self._accept()
                elif key.fileobj is self._ended:
                    self._ended.recv(4096)
                    self._reap()
                else:
                    self._read(key.data)

    def _accept(self) -> None:
        connection, _ = self._listening.accept()
        self._selector.register(connection, selectors.EVENT_READ, Client(connection))

    def _read(self, client: Client) -> None:
        try:
            received = client.connection.recv(65536)
        except ConnectionResetError:
            received = b""
        if not received:
            return self._close(client)
        *lines, client.received = (client.received + received).split(b"\n")
        for line in lines:
            if client.pid is None:
                self._start(client, Spec.from_json(line.decode()))
            elif client.pid in self._clients:
                os.kill(client.pid, int(line))

    def _close(self, client: Client) -> None:
        self._selector.unregister(client.connection)
        client.connection.close()
        if client.pid in self._clients:
            os.kill(client.pid, signal.SIGKILL)

    def _start(self, client: Client, spec: Spec) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_bot(spec)
        client.pid = pid
        self._clients[pid] = client
        _tell(client, pid)

    def _become_bot(self, spec: Spec) -> NoReturn:
        """Leave everything of the server behind, run, and never come back."""
        try:
            self._leave_server(spec)
            bot.run(spec)
            os._exit(0)
        finally:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)

    def _leave_server(self, spec: Spec) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for client in self._clients.values():
            client.connection.close()
        if spec.log:
            log = os.open(spec.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)

    def _reap(self) -> None:
        while self._clients:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            _tell(self._clients.pop(pid), os.waitstatus_to_exitcode(status))

    def _kill_all(self) -> None:
        for pid in self._clients:
            os.kill(pid, signal.SIGKILL)


def _tell(client: Client, number: int) -> None:
    with contextlib.suppress(OSError):  # its connection has ended
        client.connection.sendall(f"{number}\n".encode())


if __name__ == "__main__":
    asyncio.run(load_plugins(PluginSettings()))
    gc.collect()
    gc.freeze()
    ForkServer(sys.argv[1]).run()
