"""What keeps files over a loss of power."""

import os
from pathlib import Path


def sync_names(folder: Path) -> None:
    """Have the system write a folder's names to the disk: a rename in it then survives."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
