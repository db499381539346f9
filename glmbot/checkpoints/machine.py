"""What this machine has: memory, disk, GPUs; as the system tells it, without torch."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_NO_LIMIT = 1 << 60
"""Control groups of version 1 write a number like this for "no limit"."""
_MIB = 1 << 20
_SMI_TIMEOUT = 10.0
_SMI_QUERY = ("--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits")


@dataclass(frozen=True, slots=True)
class SystemFiles:
    """Where Linux tells about memory; tests put their own there."""

    proc: Path = Path("/proc")
    cgroup: Path = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics card."""

    name: str
    total_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory in bytes that may still be used (None: unknown), and the GPUs."""

    free_memory: int | None
    gpus: list[Gpu]

    @property
    def best_gpu(self) -> Gpu | None:
        """The GPU with the most free memory."""
        return max(self.gpus, key=lambda gpu: gpu.free_bytes, default=None)


def this_machine() -> Machine:
    """Look at the machine that this runs on."""
    return Machine(free_memory(SystemFiles()), find_gpus())


def free_memory(files: SystemFiles) -> int | None:
    """Return how much memory this process may still take: the machine's, or what its control groups allow."""
    sizes = [field_of(files.proc / "meminfo", "MemAvailable:"), *_free_in_groups(files)]
    return min((size for size in sizes if size is not None), default=None)


def field_of(path: Path, name: str, unit: int = 1024) -> int | None:
    """Return a number of a file with one `name number` a line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return next(int(words[1]) * unit for line in lines if (words := line.split()) and words[0] == name)
    except (OSError, ValueError, IndexError, StopIteration):
        return None


def find_gpus(program: str = "nvidia-smi") -> list[Gpu]:
    """Ask NVIDIA's tool for the GPUs; without it there are none that could be used."""
    path = shutil.which(program)
    if path is None:
        return []
    try:
        answer = subprocess.run(  # noqa: S603  a fixed command
            [path, *_SMI_QUERY], capture_output=True, text=True, timeout=_SMI_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [gpu for line in answer.stdout.splitlines() if (gpu := _gpu(line))]


def _gpu(line: str) -> Gpu | None:
    words = [word.strip() for word in line.rsplit(",", 2)]
    if len(words) != 3 or not (words[1].isdigit() and words[2].isdigit()):
        return None
    return Gpu(words[0], int(words[1]) * _MIB, int(words[2]) * _MIB)


def _free_in_groups(files: SystemFiles) -> list[int | None]:
    """Return what this process's control group, and those around it, still allow; version 2, then 1."""
    try:
        lines = (files.proc / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    sizes: list[int | None] = []
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not controllers:
            sizes += [_free_in(group, "memory.max", "memory.current") for group in _up(files.cgroup, path)]
        elif "memory" in controllers.split(","):
            groups = _up(files.cgroup / "memory", path)
            sizes += [_free_in(group, "memory.limit_in_bytes", "memory.usage_in_bytes") for group in groups]
    return sizes


def _up(root: Path, path: str) -> list[Path]:
    """Return a control group's directory and those above it, up to the root."""
    group = root / path.lstrip("/")
    return [group, *(parent for parent in group.parents if parent.is_relative_to(root))]


def _free_in(group: Path, limit_file: str, usage_file: str) -> int | None:
    limit, usage = _number(group / limit_file), _number(group / usage_file)
    if limit is None or usage is None or limit >= _NO_LIMIT:
        return None
    reclaimable = field_of(group / "memory.stat", "inactive_file", unit=1) or 0
    return max(0, limit - usage + reclaimable)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # "max"
        return None
