"""What memory there is, what a model needs, and which precision fits."""

import ctypes
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

_M_MMAP_THRESHOLD = -3
_APART_BYTES = 1 << 22
_NO_LIMIT = 1 << 60
"""Control groups of version 1 write a number like this for "no limit"."""


@dataclass(frozen=True, slots=True)
class SystemFiles:
    """Where Linux tells about memory; tests put their own there."""

    proc: Path = Path("/proc")
    cgroup: Path = Path("/sys/fs/cgroup")


def available_bytes(device: torch.device, files: SystemFiles | None = None) -> int | None:
    """Return how much memory a model may still take on a device, None where the system does not tell."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    files = files or SystemFiles()
    known = [size for size in (_free_on_machine(files.proc), *_free_in_groups(files)) if size is not None]
    return min(known, default=None)


def resident_bytes(files: SystemFiles | None = None) -> int:
    """Return this process's memory as Linux counts it, mapped files' pages included; 0 elsewhere."""
    return _field((files or SystemFiles()).proc / "self" / "status", "VmRSS:") or 0


def peak_bytes(files: SystemFiles | None = None) -> int:
    """Return the most memory this process has had; 0 where the system does not tell."""
    return _field((files or SystemFiles()).proc / "self" / "status", "VmHWM:") or 0


def keep_large_blocks_apart() -> None:
    """Have glibc map blocks of 4 MiB and more one by one, so that freeing them gives the memory back at once.

    By default it learns from the first large block that is freed to keep those up to 32 MiB in its heap.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, _APART_BYTES)


def give_back_freed() -> None:
    """Return what Python and torch have freed to the system, where the C library can."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


def _free_on_machine(proc: Path) -> int | None:
    return _field(proc / "meminfo", "MemAvailable:")


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
    reclaimable = _field(group / "memory.stat", "inactive_file", unit=1) or 0
    return max(0, limit - usage + reclaimable)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # "max"
        return None


def _field(path: Path, name: str, unit: int = 1024) -> int | None:
    """Return a number of a file with one `name number` a line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return next(int(words[1]) * unit for line in lines if (words := line.split()) and words[0] == name)
    except (OSError, ValueError, IndexError, StopIteration):
        return None
