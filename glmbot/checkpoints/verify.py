"""Checks the files of a model: against what was fetched, and against each other."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from glmbot.checkpoints.headers import read_header, safetensors_files
from glmbot.checkpoints.manifest import Manifest, StoredFile, read_manifest
from glmbot.checkpoints.partial_file import checksum_of
from glmbot.checkpoints.progress import Progress
from glmbot.checkpoints.selection import CONFIG_FILE, WEIGHTS
from glmbot.checkpoints.sources import RemoteFile
from glmbot.errors import CheckpointError

_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file."""

    file: str
    what: str


def verify(directory: Path, progress: Progress) -> list[Problem]:
    """Return what is wrong with a model's files, in order of the files' names; nothing when all is well."""
    problems = {problem.file: problem for problem in _consistency(directory)}
    try:
        manifest = read_manifest(directory)
    except CheckpointError as error:
        return [Problem("glmbot-model.json", str(error)), *problems.values()]
    problems |= {problem.file: problem for problem in _against(manifest, directory, progress)} if manifest else {}
    return [problems[name] for name in sorted(problems)]


def _against(manifest: Manifest, directory: Path, progress: Progress) -> Iterator[Problem]:
    for file in manifest.files:
        if what := _difference(directory / file.path, file, progress):
            yield Problem(file.path, what)


def _difference(path: Path, file: StoredFile, progress: Progress) -> str | None:
    if not path.is_file():
        return "is missing"
    if (size := path.stat().st_size) != file.size_bytes:
        return f"is cut short: {size} of {file.size_bytes} bytes" if size < file.size_bytes else "is too long"
    remote = RemoteFile(file.path, file.size_bytes, "", sha256=file.sha256)
    return None if checksum_of(path, remote, progress.add).is_right else "has other content than was fetched (sha256)"


def _consistency(directory: Path) -> Iterator[Problem]:
    if not (directory / CONFIG_FILE).is_file():
        yield Problem(CONFIG_FILE, "is missing")
    tensors: dict[str, set[str]] = {}
    for path in safetensors_files(directory):
        try:
            tensors[path.name] = set(read_header(path))
        except CheckpointError as error:
            yield Problem(path.name, str(error))
    for path in sorted(directory.glob("pytorch_model*.bin")):
        if _is_cut(path):
            yield Problem(path.name, "is cut short or damaged: its list of contents is missing")
    indices = [directory / name for _, name in WEIGHTS if (directory / name).is_file()]
    for index in indices:
        yield from _of_index(index, tensors)
    if not indices and not any((directory / name).is_file() for name in ("model.safetensors", "pytorch_model.bin")):
        yield Problem("model.safetensors", "is missing, and so is any other form of weights")


def _is_cut(path: Path) -> bool:
    """Tell whether a pickle in a zip archive lacks its end; torch wrote archives from version 1.6 on."""
    with path.open("rb") as file:
        is_archive = file.read(len(_ZIP)) == _ZIP
    return path.stat().st_size == 0 or (is_archive and not zipfile.is_zipfile(path))


def _of_index(index: Path, tensors: dict[str, set[str]]) -> Iterator[Problem]:
    try:
        places: dict[str, str] = dict(json.loads(index.read_bytes())["weight_map"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        yield Problem(index.name, "has no 'weight_map' of file names")
        return
    for shard in sorted({str(shard) for shard in places.values()}):
        if Path(shard).name != shard:
            yield Problem(shard, f"is named in {index.name!r}, but lies outside of the directory")
        elif not (index.parent / shard).is_file():
            yield Problem(shard, f"is missing, and named in {index.name!r}")
    absent = [name for name, shard in places.items() if shard in tensors and name not in tensors[shard]]
    if absent:
        yield Problem(places[absent[0]], f"lacks the tensor {absent[0]!r}, which {index.name!r} says is there")
