"""Real IRC servers for tests: ngIRCd and InspIRCd, each with its files in a folder of its own, on loopback only."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

UNPRIVILEGED = "nobody"
"""InspIRCd refuses to run as root."""
DEADLINE = 20.0
PASSWORD = "open sesame"

NGIRCD = """
[Global]
Name = irc.test.local
Info = test
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = hello
{global_lines}
[Limits]
MaxConnectionsIP = 0
MaxNickLength = 16
[Options]
DNS = no
Ident = no
PAM = no
IncludeDir = {folder}
[SSL]
{ssl_lines}
"""
INSPIRCD = """
<server name="irc.test.local" description="test" network="Test" id="001">
<admin name="test" nick="test" email="test@test.local">
<bind address="127.0.0.1" port="{port}" type="clients">
<connect name="main" allow="*" {connect_keys} timeout="30" pingfreq="120" localmax="50" globalmax="50"
 threshold="10" commandrate="1000" fakelag="{fakelag}" resolvehostnames="no" maxconnwarn="no">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/log">
<pid file="{folder}/pid">
<module name="botmode">
<module name="blockcolor">
<module name="cap">
<module name="ircv3_ctctags">
<module name="ircv3_msgid">
<module name="ircv3_accounttag">
<module name="services_account">
"""


@dataclass(slots=True)
class IrcServer:
    """A server. `stop` kills it, and `start` brings it back on the same port."""

    command: list[str]
    folder: Path
    port: int
    tls_port: int = 0
    authority: Path = Path()
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        somebody = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
        user, group, groups = (somebody.pw_uid, somebody.pw_gid, []) if somebody else (None, None, None)
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self.command, stdout=output, stderr=output, cwd=self.folder, user=user, group=group, extra_groups=groups
            )
        deadline = time.monotonic() + DEADLINE
        while not self._answers():
            assert self._process.poll() is None, self._output()
            assert time.monotonic() < deadline, self._output()
            time.sleep(0.02)

    def stop(self) -> None:
        """Kill the server, as a machine does that loses its power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _output(self) -> str:
        return (self.folder / "output").read_text(errors="replace")


@contextmanager
def ngircd(*, password: str = "", has_tls: bool = False) -> Iterator[IrcServer]:
    """Run ngIRCd, which slows down talkative clients by a penalty; skip the test where there is none."""
    with _folder() as folder:
        server = IrcServer([_program("ngircd"), "--nodaemon", "--config", str(folder / "conf")], folder, _free_port())
        lines = f"Password = {password}" if password else ""
        ssl_lines = _make_certificate(server) if has_tls else ""
        config = NGIRCD.format(port=server.port, folder=folder, global_lines=lines, ssl_lines=ssl_lines)
        yield from _running(server, config)


@contextmanager
def inspircd(*, password: str = "", is_strict: bool = False) -> Iterator[IrcServer]:
    """Run InspIRCd, which has message ids and a mark for bots; or skip. A strict one cuts talkative clients off."""
    with _folder() as folder:
        command = [_program("inspircd"), "--nofork", "--config", str(folder / "conf")]
        server = IrcServer(command, folder, _free_port())
        keys = f'password="{password}"' if password else ""
        fakelag = "no" if is_strict else "yes"
        config = INSPIRCD.format(port=server.port, folder=folder, connect_keys=keys, fakelag=fakelag)
        yield from _running(server, config)


def _running(server: IrcServer, config: str) -> Iterator[IrcServer]:
    (server.folder / "conf").write_text(config)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _make_certificate(server: IrcServer) -> str:
    """Make a certificate for 127.0.0.1 that signs itself; return the server's settings for it."""
    server.tls_port = _free_port()
    server.authority = server.folder / "cert.pem"
    key = server.folder / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(server.authority)]
    options = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([_program("openssl"), "req", *options, *subject, *files], check=True, capture_output=True)
    key.chmod(0o644)
    return f"CertFile = {server.authority}\nKeyFile = {key}\nPorts = {server.tls_port}"


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="glmbot-irc-"))
    try:
        folder.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam(UNPRIVILEGED).pw_uid, -1)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str:
    """Return where a program is; Debian keeps servers out of an ordinary user's path."""
    if found := shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        return found
    pytest.skip(f"{name} is not installed; run: apt-get install {name}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
