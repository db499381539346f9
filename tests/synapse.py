"""A real Matrix homeserver for tests: Synapse, with its files in a folder of its own, on loopback only."""

import base64
import hashlib
import hmac
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

PYTHON = Path(sys.prefix) / "synapse" / "bin" / "python"
"""It has an environment of its own, since it wants other versions of what we use."""
SERVER_NAME = "localhost"
SECRET = "open sesame"
DEADLINE = 60.0
NO_LIMIT = {"per_second": 1000, "burst_count": 1000}
LIMITS = (
    *("rc_message", "rc_registration", "rc_admin_redaction", "rc_room_creation"),
    *("rc_login.address", "rc_login.account", "rc_login.failed_attempts", "rc_joins.local", "rc_joins.remote"),
    *("rc_invites.per_room", "rc_invites.per_user", "rc_invites.per_issuer", "rc_joins_per_room"),
)

_numbers = itertools.count(1)


class NoSynapse(Exception):
    """Synapse is not installed."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the server."""

    user_id: str
    access_token: str
    password: str


@dataclass(slots=True)
class Synapse:
    """A server. `stop` ends it, and `start` brings it back on the same port."""

    folder: Path
    port: int
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        with (self.folder / "output").open("ab") as output:
            command = [str(PYTHON), "-m", "synapse.app.homeserver", "--config-path", "homeserver.yaml"]
            self._process = subprocess.Popen(command, stdout=output, stderr=output, cwd=self.folder)
        deadline = time.monotonic() + DEADLINE
        while not self._answers():
            assert self._process.poll() is None, self._output()
            assert time.monotonic() < deadline, self._output()
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE)

    def register(self, name: str) -> Account:
        """Make a user, whose name is this with a number behind it."""
        name, url = f"{name}{next(_numbers)}", f"{self.url}/_synapse/admin/v1/register"
        nonce = httpx.get(url).json()["nonce"]
        signed = "\0".join((nonce, name, "secret", "notadmin")).encode()
        mac = hmac.new(SECRET.encode(), signed, hashlib.sha1).hexdigest()
        wish = {"nonce": nonce, "username": name, "password": "secret", "displayname": name.title(), "mac": mac}
        made = httpx.post(url, json=wish, timeout=DEADLINE).raise_for_status().json()
        return Account(made["user_id"], made["access_token"], "secret")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/_matrix/client/versions").is_success
        except httpx.TransportError:
            return False

    def _output(self) -> str:
        return (self.folder / "output").read_text(errors="replace")


@contextmanager
def synapse(**settings: object) -> Iterator[Synapse]:
    """Run Synapse without limits, but for the settings given. Raises NoSynapse."""
    if not PYTHON.exists():
        raise NoSynapse("Synapse is not installed; run: tools/setup.sh dev")
    folder = Path(tempfile.mkdtemp(prefix="glmbot-synapse-"))
    server = Synapse(folder, _free_port())
    try:
        _configure(server, settings)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _configure(server: Synapse, settings: dict[str, object]) -> None:
    """Write the configuration; JSON is YAML, too."""
    listener = {
        "port": server.port,
        "bind_addresses": ["127.0.0.1"],
        "type": "http",
        "tls": False,
        "resources": [{"names": ["client"], "compress": False}],
    }
    fixed: dict[str, object] = {
        "server_name": SERVER_NAME,
        "listeners": [listener],
        "database": {"name": "sqlite3", "args": {"database": str(server.folder / "homeserver.db")}},
        "media_store_path": str(server.folder / "media"),
        "signing_key_path": str(server.folder / "signing.key"),
        "pid_file": str(server.folder / "pid"),
        "registration_shared_secret": SECRET,
        "macaroon_secret_key": SECRET,
        "form_secret": SECRET,
        "report_stats": False,
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        "bcrypt_rounds": 4,
    }
    config = fixed | _no_limits() | settings
    (server.folder / "homeserver.yaml").write_text(json.dumps(config))
    (server.folder / "signing.key").write_text(f"ed25519 a_test {_unpadded(os.urandom(32))}\n")


def _unpadded(content: bytes) -> str:
    """Return base64 as Matrix has it."""
    return base64.b64encode(content).decode().rstrip("=")


def _no_limits() -> dict[str, object]:
    limits: dict[str, object] = {}
    for name in LIMITS:
        section, _, part = name.partition(".")
        if part:
            limits[section] = {**limits.get(section, {}), part: NO_LIMIT}  # type: ignore[dict-item]
        else:
            limits[section] = NO_LIMIT
    return limits


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
