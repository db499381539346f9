"""A file on its way: the bytes that are there already, and their checksum."""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from glmbot.checkpoints.sources import RemoteFile
from glmbot.errors import ConfigError

BLOCK_BYTES = 1 << 20
PARTIAL = ".partial"


class Checksum:
    """The checksums of bytes as they come: sha256 always, and git's own where a source tells no other."""

    def __init__(self, file: RemoteFile) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self._git = hashlib.sha1(f"blob {file.size_bytes}\0".encode(), usedforsecurity=False)
        self._needs_git = file.sha256 is None

    def add(self, block: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(block)
        if self._needs_git:
            self._git.update(block)

    @property
    def sha256(self) -> str:
        """The sha256 of all bytes so far."""
        return self._sha256.hexdigest()

    @property
    def is_right(self) -> bool:
        """Whether the bytes are those that the source lists; of a file that it lists without a checksum: yes."""
        if self._file.sha256:
            return self._file.sha256 == self.sha256
        return self._file.git_sha1 in (None, self._git.hexdigest())


class PartialFile:
    """The beginning of a file, kept under a name with its checksum, so that it never goes on as another's."""

    def __init__(self, file: RemoteFile, directory: Path) -> None:
        """Open it, and read what an earlier run has left. Raises ConfigError."""
        self.file = file
        self.num_bytes = 0
        self.checksum = Checksum(file)
        self.path = partial_path(file, directory)
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ConfigError(f"{str(self.path)!r} cannot be written: {error.strerror}; remove it") from error
        if file.checksum is None or os.fstat(self._descriptor).st_size > file.size_bytes:
            self.restart()
        while block := os.read(self._descriptor, BLOCK_BYTES):
            self._count(block)

    def write(self, block: bytes) -> None:
        """Add bytes. Raises ConfigError when they are more than the file has, or the disk is full."""
        if self.num_bytes + len(block) > self.file.size_bytes:
            raise ConfigError(
                f"{self.file.path!r}: the source lists {self.file.size_bytes} bytes and sends more; it was not kept"
            )
        view = memoryview(block)
        while view:
            view = view[self._write(view) :]
        self._count(block)

    def restart(self) -> None:
        """Forget what came so far."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.num_bytes, self.checksum = 0, Checksum(self.file)

    def finish(self, target: Path) -> None:
        """Give the complete file its name, once its bytes are on the disk."""
        os.fsync(self._descriptor)
        self.close()
        self.path.rename(target)

    def close(self) -> None:
        """Close the file; what is there stays for the next run."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, view: memoryview) -> int:
        try:
            return os.write(self._descriptor, view)
        except OSError as error:
            reason = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror
            raise ConfigError(
                f"{str(self.path)!r} cannot be written: {reason}; make room and run the same command again to go on"
            ) from error

    def _count(self, block: bytes) -> None:
        self.num_bytes += len(block)
        self.checksum.add(block)


def partial_path(file: RemoteFile, directory: Path) -> Path:
    """Return where the beginning of a file is kept."""
    return directory / f"{file.path}.{(file.checksum or 'unknown')[:12]}{PARTIAL}"


def checksum_of(path: Path, file: RemoteFile, on_bytes: Callable[[int], None]) -> Checksum:
    """Read a whole file for its checksums."""
    checksum = Checksum(file)
    with path.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            checksum.add(block)
            on_bytes(len(block))
    return checksum
