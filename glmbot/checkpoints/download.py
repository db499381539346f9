"""Brings one file from a source: goes on where it broke off, and keeps only what is verified."""

import re
from http import HTTPStatus
from pathlib import Path

import httpx

from glmbot.checkpoints.connection import Connection
from glmbot.checkpoints.partial_file import PartialFile
from glmbot.checkpoints.progress import Progress
from glmbot.checkpoints.sources import RemoteFile
from glmbot.errors import ConfigError, RetryLater

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


def download(connection: Connection, file: RemoteFile, directory: Path, progress: Progress) -> str:
    """Bring a file into a directory and return its sha256. Raises ConfigError.

    Bytes of an earlier run are used; a file whose checksum is wrong is fetched once more from its beginning, since
    those bytes may have been bad, and then refused.
    """
    partial = PartialFile(file, directory)
    try:
        transfer = _Transfer(connection, partial, progress)
        transfer.complete()
        if not partial.checksum.is_right:
            transfer.begin_again()
            transfer.complete()
        if not partial.checksum.is_right:
            partial.path.unlink()
            raise ConfigError(
                f"{file.path!r} came twice with a wrong checksum and was not kept (listed {file.checksum}); try again "
                "later, or another --source"
            )
        partial.finish(directory / file.path)
        return partial.checksum.sha256
    finally:
        partial.close()


class _Transfer:
    """Fills a partial file, over as many connections as it takes."""

    def __init__(self, connection: Connection, partial: PartialFile, progress: Progress) -> None:
        self._connection = connection
        self._partial = partial
        self._progress = progress
        self._etag = ""
        progress.add_kept(partial.num_bytes)

    def complete(self) -> None:
        """Receive until all bytes are there. Raises ConfigError when no more come, however often it asks."""
        attempt, furthest = 0, self._partial.num_bytes
        while self._partial.num_bytes < self._partial.file.size_bytes:
            try:
                self._receive()
            except RetryLater as error:
                attempt = 1 if self._partial.num_bytes > furthest else attempt + 1
                furthest = max(furthest, self._partial.num_bytes)
                self._progress.note(f"{error}; trying again")
                self._connection.patience.wait(attempt, error)

    def begin_again(self) -> None:
        """Forget what came so far."""
        self._progress.add_kept(-self._partial.num_bytes)
        self._partial.restart()
        self._etag = ""

    def _receive(self) -> None:
        """Receive over one connection. Raises RetryLater when it ends too early."""
        name = self._partial.file.path
        with self._connection.stream(self._partial.file.url, repr(name), self._headers()) as response:
            self._place(response)
            for block in response.iter_bytes():
                self._partial.write(block)
                self._progress.add(len(block))
        if self._partial.num_bytes < self._partial.file.size_bytes:
            raise RetryLater(f"{name!r}: {self._partial.num_bytes} of {self._partial.file.size_bytes} bytes came", 0.0)

    def _headers(self) -> dict[str, str]:
        if not self._partial.num_bytes:
            return {}
        headers = {"Range": f"bytes={self._partial.num_bytes}-"}
        return headers | ({"If-Range": self._etag} if self._etag else {})

    def _place(self, response: httpx.Response) -> None:
        """Make sure that what comes now belongs behind what is there, or begin again."""
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            expected = (self._partial.num_bytes, self._partial.file.size_bytes)
            if found and (int(found[1]), int(found[2])) == expected:
                return
        if self._partial.num_bytes:
            self.begin_again()
        if response.status_code != HTTPStatus.OK:
            raise RetryLater(f"{self._partial.file.path!r}: the source has another size than it lists", 0.0)
        etag = response.headers.get("ETag", "")
        self._etag = "" if etag.startswith("W/") else etag
