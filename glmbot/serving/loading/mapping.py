"""Memory maps of files: which tensors lie in one, and how to give their pages back."""

import ctypes
import mmap
import sys
from functools import cache
from pathlib import Path

from torch import Tensor

_PAGE = mmap.PAGESIZE


def is_mapped(tensor: Tensor, path: Path) -> bool:
    """Tell whether a tensor's memory is a private map of the file. False where that cannot be known."""
    if sys.platform != "linux" or not tensor.is_cpu or not tensor.numel():
        return False
    address, name = tensor.data_ptr(), str(path.resolve())
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        span, *_, last = line.split(maxsplit=5)
        first, _, end = span.partition("-")
        if int(first, 16) <= address < int(end, 16):
            return last == name
    return False


def release(tensor: Tensor) -> None:
    """Let the kernel take back the pages of a tensor that `is_mapped` and unchanged; the file gives them again."""
    start = -(-tensor.data_ptr() // _PAGE) * _PAGE
    end = (tensor.data_ptr() + tensor.numel() * tensor.element_size()) // _PAGE * _PAGE
    if end > start:
        _libc().madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), ctypes.c_int(mmap.MADV_DONTNEED))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)
