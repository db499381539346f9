"""Runs our own model server as a child process and starts it again whenever it ends."""

import asyncio
import contextlib
import logging
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from glmbot.errors import ConfigError, InferenceUnavailable
from glmbot.inference.client import Endpoint
from glmbot.settings import InferenceSettings
from glmbot.status import ModelState

logger = logging.getLogger(__name__)

CONFIG_EXIT_CODE = 2
"""What every glmbot program exits with when the operator must mend something."""
LISTENING = "listening on "
MAX_BACK_OFF = 30.0
STABLE_AFTER = 60.0
"""A server that lived this long (seconds) is started again at once."""
TOKEN_VARIABLE = "GLMBOT_SERVE_TOKEN"  # noqa: S105  the variable's name, not a token


def serve_command(settings: InferenceSettings, log_level: str, classifier: Path | None = None) -> Sequence[str]:
    """Return the command of the child; it ends by itself when we die, since its standard input closes then."""
    place = ["--host", "127.0.0.1", "--port", "0", "--until-stdin-closes"]
    options: dict[str, object] = {
        "--model": settings.model,
        "--models-dir": settings.models_dir,
        "--device": settings.device,
        "--precision": settings.precision,
        "--kv-precision": settings.kv_precision,
        "--lora": settings.lora,
        "--prefix": settings.prefix,
        "--classifier": classifier,
        "--log-level": log_level,
    }
    given = [str(word) for option, value in options.items() if value is not None for word in (option, value)]
    return [sys.executable, "-m", "glmbot", "serve", *place, *given]


class ModelServer:
    """The child process: `run` keeps it alive, `endpoint` waits until it is ready to answer."""

    def __init__(self, command: Sequence[str], load_timeout: float) -> None:
        self._command = command
        self._load_timeout = load_timeout
        self._token = secrets.token_urlsafe(32)
        self._ready = asyncio.Event()
        self._url = ""
        self._pid: int | None = None
        self.stays = False
        """Whether the child outlives a `run` that is cancelled: the next one goes on with it, `end` ends it."""
        self._child: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._pid

    @property
    def state(self) -> ModelState:
        """Whether the child could answer now."""
        if self._ready.is_set():
            return ModelState.READY
        return ModelState.AWAY if self._pid is None else ModelState.LOADING

    async def endpoint(self) -> Endpoint:
        """Wait until the model is loaded; raise InferenceUnavailable when that takes too long."""
        try:
            async with asyncio.timeout(self._load_timeout):
                await self._ready.wait()
        except TimeoutError as error:
            raise InferenceUnavailable(f"the model is not loaded after {self._load_timeout:.0f} s") from error
        return Endpoint(f"{self._url}/v1", self._token)

    async def run(self) -> None:
        """Keep the child running until cancelled. Raises ConfigError when it says that it cannot run."""
        back_off = 0.5
        loop = asyncio.get_running_loop()
        while True:
            started_at = loop.time()
            exit_code, complaint = await self._run_once()
            if exit_code == CONFIG_EXIT_CODE:
                raise ConfigError(complaint or "the model server could not start; `glmbot serve` shows why")
            logger.error("model server ended with exit code %s; starting it again", exit_code)
            back_off = 0.5 if loop.time() - started_at > STABLE_AFTER else min(back_off * 2, MAX_BACK_OFF)
            await asyncio.sleep(back_off)

    async def end(self) -> None:
        """End a child that has outlived its `run`."""
        if self._child is not None:
            await self._part_with(self._child)

    async def _start(self) -> asyncio.subprocess.Process:
        self._url = ""
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {TOKEN_VARIABLE: self._token},
            cwd=Path.cwd(),
            start_new_session=True,  # Ctrl-C in the terminal is for the bot, which then stops its child
        )

    async def _run_once(self) -> tuple[int, str]:
        """Run one child to its end; return its exit code and its last complaint."""
        process = self._child = self._child or await self._start()
        self._pid = process.pid
        try:
            async with asyncio.TaskGroup() as tasks:
                complaint = tasks.create_task(_forward(process.stderr))
                watcher = tasks.create_task(self._watch(process.stdout))
                exit_code = await process.wait()
                watcher.cancel()
            return exit_code, complaint.result()
        finally:
            if not self.stays or process.returncode is not None:
                await self._part_with(process)

    async def _part_with(self, process: asyncio.subprocess.Process) -> None:
        self._ready.clear()
        self._pid = self._child = None
        await _end(process)

    async def _watch(self, stdout: asyncio.StreamReader | None) -> None:
        """Read the address, then ask until the model is loaded."""
        assert stdout is not None
        while not self._url:
            line = await stdout.readline()
            if not line:
                return
            if line.decode(errors="replace").startswith(LISTENING):
                self._url = line.decode().removeprefix(LISTENING).strip()
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            while not await _is_healthy(http, self._url):
                await asyncio.sleep(0.1)
        if not self._ready.is_set():
            logger.info("model server is ready")
        self._ready.set()
        async for _ in stdout:  # keep the pipe empty, or the child would block on it
            pass


async def _is_healthy(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/health")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def _forward(stderr: asyncio.StreamReader | None) -> str:
    """Pass the child's log on; return its last `error:` line."""
    assert stderr is not None
    complaint = ""
    while line := await _read_line(stderr):
        text = line.decode(errors="replace").rstrip()
        if text.startswith("error: "):
            complaint = text.removeprefix("error: ")
        else:
            sys.stderr.write(f"{text}\n")
    return complaint


async def _read_line(stream: asyncio.StreamReader) -> bytes:
    """Read a line; of one too long for the buffer, what the buffer holds."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.LimitOverrunError as error:
        return await stream.read(error.consumed)
    except asyncio.IncompleteReadError as error:
        return error.partial


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask the child to end, then insist."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
