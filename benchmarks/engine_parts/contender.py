"""A program that is measured: it runs in a process of its own, so that memory and threads are its own too."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from glmbot.serving.threads import WAITING

BENCHMARKS = Path(__file__).parents[1]
ROOT = BENCHMARKS.parent
END_DEADLINE = 30.0


class ContenderFailed(Exception):
    """The program died, or could not do what it was asked for."""


class Contender:
    """Starts `python -m engine_parts.NAME ARGUMENTS` and calls it. While it is not called it does nothing."""

    def __init__(
        self, name: str, module: str, arguments: Sequence[str], python: Path | None = None, *, is_ours: bool = False
    ) -> None:
        """Start it. `is_ours`: its threads wait for each other as the server's do, others' as they do by default."""
        self.name = name
        environment = dict(os.environ) | (WAITING if is_ours else {})
        environment["PYTHONPATH"] = os.pathsep.join([str(BENCHMARKS), str(ROOT)])
        command = [str(python or sys.executable), "-m", module, *arguments]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has died, and what was being written to it went nowhere
            self._process.stdin.close()
        if error:
            self._process.kill()  # it may be in the midst of a long call
        try:
            self._process.wait(END_DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def call(self, method: str, **arguments: object) -> Any:
        """Have the program do something, and return what it answers. Raises ContenderFailed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"method": method, "arguments": arguments}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        line = self._process.stdout.readline()
        if not line:
            raise self._died()
        answer: Mapping[str, Any] = json.loads(line)
        if "error" in answer:
            raise ContenderFailed(f"{self.name}: {answer['error']}")
        return answer["result"]

    def resident_gb(self) -> float:
        """Return the memory that the program has now, mapped files included."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return round(int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e9, 3)

    def _died(self) -> ContenderFailed:
        self._process.wait()
        return ContenderFailed(f"{self.name} ended with {self._process.returncode}; what it said is above")
