"""The real model server as a child process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

TOKEN = "test-token"
ROOT = Path(__file__).parent.parent.parent
CHECKPOINTS = (ROOT / "tests" / "golden" / "chatglm", ROOT.parent / "shared" / "fixtures" / "chatglm")


def checkpoint() -> Path:
    """Return the small end-to-end checkpoint; skip where it is absent."""
    for folder in CHECKPOINTS:
        if (folder / "v1_e2e" / "model.safetensors").is_file():
            return folder / "v1_e2e"
    pytest.skip("the checkpoint v1_e2e is neither in tests/golden/chatglm nor in ../shared/fixtures/chatglm")


def conversations() -> list[dict[str, Any]]:
    """Return the conversations of the reference implementation with this checkpoint."""
    cases: list[dict[str, Any]] = json.loads((checkpoint() / "chat.json").read_text(encoding="utf-8"))
    return cases


@dataclass
class Process:
    """A server process. `url` is where it said that it listens."""

    popen: "subprocess.Popen[bytes]"
    url: str

    def close_stdin(self) -> None:
        """Do what the death of the program that started the server does."""
        assert self.popen.stdin is not None
        self.popen.stdin.close()
        self.popen.stdin = None

    def wait_until_ready(self) -> None:
        """Wait until the model is loaded."""
        with httpx.Client(trust_env=False, timeout=60) as client:
            while client.get(f"{self.url}/health").status_code != 200:
                assert self.popen.poll() is None, "the server ended while it loaded"

    def end(self, deadline: float = 60) -> tuple[int, str, str]:
        """Wait for the end; return exit code, the rest of standard output, and standard error."""
        stdout, stderr = self.popen.communicate(timeout=deadline)
        return self.popen.returncode, stdout.decode(), stderr.decode()


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "glmbot", "serve", "--port", "0", *options]


@contextmanager
def running(*options: str) -> Iterator[Process]:
    """Start a server with its token set; kill it at the end if it still runs."""
    popen = subprocess.Popen(
        command(*options),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"GLMBOT_SERVE_TOKEN": TOKEN},
    )
    try:
        assert popen.stdout is not None
        line = popen.stdout.readline().decode()
        assert line.startswith("listening on http://127.0.0.1:"), line
        yield Process(popen, line.removeprefix("listening on ").strip())
    finally:
        popen.kill()
        popen.communicate()
