"""What memory there is, what a model needs, and which precision fits."""

import ctypes
import sys

import torch

from glmbot.checkpoints.machine import SystemFiles, field_of, free_memory

_M_MMAP_THRESHOLD = -3
_APART_BYTES = 1 << 22


def available_bytes(device: torch.device, files: SystemFiles | None = None) -> int | None:
    """Return how much memory a model may still take on a device, None where the system does not tell."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return free_memory(files or SystemFiles())


def resident_bytes(files: SystemFiles | None = None) -> int:
    """Return this process's memory as Linux counts it, mapped files' pages included; 0 elsewhere."""
    return field_of((files or SystemFiles()).proc / "self" / "status", "VmRSS:") or 0


def peak_bytes(files: SystemFiles | None = None) -> int:
    """Return the most memory this process has had; 0 where the system does not tell."""
    return field_of((files or SystemFiles()).proc / "self" / "status", "VmHWM:") or 0


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
