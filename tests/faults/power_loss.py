"""Replays what a program wrote to its files, cut at a moment, as a disk may keep it when the power goes.

`strace` records the writes, truncations and syncs of the traced files in order, with the acknowledgements that
left over sockets. At a cut, everything that a finished sync covers is there; of each later write any of its
512-byte sectors may be there or not, and any later truncation. File names are taken to be durable at once, and the
disk is taken to keep what it said it has synced.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
COMMAND = ["strace", "-f", "-y", "-xx", "-s", "1000000", "-e", "trace=pwrite64,fsync,fdatasync,ftruncate,unlink,sendto"]
_LINE = re.compile(r"(\d+) +(\w+)\((?:AT_FDCWD\S* )?(.*)")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (fsync|fdatasync) resumed>")
_FD = re.compile(r"\d+<([^>]*)>(.*)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes written at an offset of a file."""

    file: str
    offset: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file cut to, or filled up to, a length."""

    file: str
    length: int


@dataclass(frozen=True, slots=True)
class SyncBegun:
    """A sync was asked for by a thread; it covers what was written before."""

    file: str
    thread: str


@dataclass(frozen=True, slots=True)
class SyncDone:
    """The thread's sync has returned."""

    thread: str


@dataclass(frozen=True, slots=True)
class Unlink:
    """A file was removed."""

    file: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Bytes that left over a socket."""

    content: bytes


Step = Write | Truncate | SyncBegun | SyncDone | Unlink | Sent


def read_trace(path: Path, folder: Path) -> Iterator[Step]:
    """Yield what was done to the files of `folder`, and what was sent."""
    with path.open(encoding="ascii") as lines:
        for line in lines:
            if match := _RESUMED.match(line):
                yield SyncDone(match[1])
            elif match := _LINE.match(line):
                yield from _steps(*match.groups(), folder=f"{folder}/", is_whole="<unfinished" not in line)


def _steps(thread: str, call: str, arguments: str, *, folder: str, is_whole: bool) -> Iterator[Step]:
    if call == "unlink":
        file = _string(arguments).decode()
        if file.startswith(folder):
            yield Unlink(file.removeprefix(folder))
        return
    match = _FD.match(arguments)
    if match is None:
        return
    if call == "sendto":
        yield Sent(_string(match[2]))
        return
    file = _unescape(match[1]).decode(errors="replace")
    if not file.startswith(folder):
        return
    file = file.removeprefix(folder)
    if call == "pwrite64":
        yield Write(file, int(_numbers(match[2])[-1]), _string(match[2]))
    elif call == "ftruncate":
        yield Truncate(file, int(_numbers(match[2])[0]))
    else:
        yield SyncBegun(file, thread)
        if is_whole:
            yield SyncDone(thread)


def _numbers(arguments: str) -> list[str]:
    """Return the whole numbers among the arguments behind the file; for pwrite64 the last is the offset."""
    rest = _STRING.sub("", arguments).partition(")")[0].partition("<unfinished")[0]
    return re.findall(r"\d+", rest)


def _string(arguments: str) -> bytes:
    match = _STRING.search(arguments)
    return _unescape(match[1]) if match else b""


def _unescape(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass(slots=True)
class Disk:
    """What is durable of each file, and what is written but not yet synced."""

    durable: dict[str, bytearray] = field(default_factory=dict)
    pending: list[Write | Truncate] = field(default_factory=list)
    _syncs: dict[str, tuple[str, int]] = field(default_factory=dict)
    _num_seen: int = 0
    """How many writes have left `pending` for good: a sync remembers its place among all."""

    def take(self, step: Step) -> None:
        """Go one step on."""
        match step:
            case Write(file=file) | Truncate(file=file):
                self.durable.setdefault(file, bytearray())
                self.pending.append(step)
            case SyncBegun(file=file, thread=thread):
                self._syncs[thread] = (file, self._num_seen + len(self.pending))
            case SyncDone(thread=thread):
                self._settle(*self._syncs.pop(thread, ("", 0)))
            case Unlink(file=file):
                self.durable.pop(file, None)
                self.pending = [change for change in self.pending if change.file != file]

    def _settle(self, file: str, place: int) -> None:
        covered = [change for change in self.pending[: max(0, place - self._num_seen)] if change.file == file]
        for change in covered:
            apply(change, self.durable[file])
        self._num_seen += len(covered)
        done = set(map(id, covered))
        self.pending = [change for change in self.pending if id(change) not in done]

    def lose_power(self, chance: random.Random) -> dict[str, bytes]:
        """Return what the files hold when the power comes back."""
        files = {file: bytearray(content) for file, content in self.durable.items()}
        share = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        for change in self.pending:
            for part in sectors(change):
                if chance.random() < share:
                    apply(part, files[part.file])
        return {file: bytes(content) for file, content in files.items()}


def sectors(change: Write | Truncate) -> Iterator[Write | Truncate]:
    """Yield the parts of a change that the disk keeps or loses by themselves."""
    if isinstance(change, Truncate):
        yield change
        return
    start, end = change.offset, change.offset + len(change.content)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield Write(change.file, start, change.content[start - change.offset : stop - change.offset])
        start = stop


def apply(change: Write | Truncate, content: bytearray) -> None:
    """Carry a change out."""
    if isinstance(change, Truncate):
        del content[change.length :]
        content.extend(bytes(change.length - len(content)))
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.content)] = change.content
