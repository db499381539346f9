"""Fetches a model into the store: all of it, verified, or nothing that loads."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from glmbot.checkpoints.catalogue import Wanted
from glmbot.checkpoints.connection import Connection
from glmbot.checkpoints.download import download
from glmbot.checkpoints.manifest import Manifest, StoredFile, read_manifest, write_manifest
from glmbot.checkpoints.partial_file import checksum_of, partial_path
from glmbot.checkpoints.progress import Progress, size_text
from glmbot.checkpoints.selection import check_index, choose_files
from glmbot.checkpoints.sources import Listing, RemoteFile, list_files
from glmbot.checkpoints.store import Store, StoredModel
from glmbot.durable import sync_names
from glmbot.errors import CheckpointError, ConfigError

NewProgress = Callable[[int], Progress]
"""Makes the display for a number of bytes in all."""


def free_bytes(path: Path) -> int:
    """Return how much room a disk has."""
    return shutil.disk_usage(path).free


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model that is in the store now, and whether it was there before."""

    model: StoredModel
    was_there: bool


def fetch(
    store: Store,
    connection: Connection,
    wanted: Wanted,
    new_progress: NewProgress,
    free: Callable[[Path], int] = free_bytes,
) -> Fetched:
    """Bring a model into the store. Raises ConfigError.

    A model that is there is checked; what of it is damaged is fetched again, from the revision that it has.
    """
    with store.lock(wanted.name):
        directory, part = store.path(wanted.name), store.part(wanted.name)
        manifest = _stored_manifest(directory, wanted)
        if manifest and _is_whole(directory, manifest, new_progress):
            return Fetched(StoredModel(wanted.name, directory, manifest), was_there=True)
        listing = list_files(connection, _pinned(wanted, manifest))
        files = choose_files(listing)
        if manifest:
            _take_apart(directory, part)
        _gather(connection, part, files, new_progress(sum(file.size_bytes for file in files)), free)
        _finish(part, directory, _manifest(listing, wanted, part, files))
        return Fetched(StoredModel(wanted.name, directory, read_manifest(directory)), was_there=False)


def _stored_manifest(directory: Path, wanted: Wanted) -> Manifest | None:
    """Return the manifest of a model that is there. Raises ConfigError when it is another one."""
    if not directory.exists():
        return None
    remedy = f"remove it first: glmbot model remove {wanted.name}"
    try:
        manifest = read_manifest(directory)
    except CheckpointError:
        manifest = None
    if manifest is None:
        raise ConfigError(f"{str(directory)!r} is there already, and it was not fetched by this program; {remedy}")
    if (manifest.source, manifest.repo) != (wanted.source, wanted.repo):
        raise ConfigError(f"{wanted.name!r} is there already, from {manifest.repo!r} at {manifest.source}; {remedy}")
    if wanted.revision not in (None, manifest.asked_revision, manifest.revision):
        raise ConfigError(f"{wanted.name!r} is there already, at revision {manifest.revision!r}; {remedy}")
    return manifest


def _is_whole(directory: Path, manifest: Manifest, new_progress: NewProgress) -> bool:
    progress = new_progress(manifest.size_bytes)
    progress.note(f"{directory.name!r} is there already; checking its files")
    return all(_is_stored(directory / file.path, _as_remote(file), progress) for file in manifest.files)


def _as_remote(file: StoredFile) -> RemoteFile:
    return RemoteFile(file.path, file.size_bytes, "", sha256=file.sha256)


def _pinned(wanted: Wanted, manifest: Manifest | None) -> Wanted:
    return replace(wanted, revision=manifest.revision if manifest else wanted.revision)


def _gather(
    connection: Connection,
    part: Path,
    files: list[RemoteFile],
    progress: Progress,
    free: Callable[[Path], int],
) -> None:
    """Bring all files into the part's directory, where those of an earlier run are checked and used."""
    part.mkdir(parents=True, exist_ok=True)
    missing = [file for file in files if not _is_stored(part / file.path, file, progress)]
    _drop_others(part, files)
    _check_room(part, missing, free(part))
    for file in missing:
        if file.path.endswith((".safetensors", ".bin")):
            check_index(part, files)
        download(connection, file, part, progress)
    check_index(part, files)


def _is_stored(path: Path, file: RemoteFile, progress: Progress) -> bool:
    """Tell whether a file is there and right."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size != file.size_bytes:
        return False
    if not checksum_of(path, file, progress.add_kept).is_right:
        progress.add_kept(-file.size_bytes)
        return False
    return True


def _drop_others(part: Path, files: list[RemoteFile]) -> None:
    """Delete what another revision has left."""
    kept = {file.path for file in files} | {partial_path(file, part).name for file in files}
    for path in part.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.is_symlink() or path.name not in kept:
            path.unlink()


def _check_room(part: Path, missing: list[RemoteFile], free: int) -> None:
    needed = sum(file.size_bytes - _size(partial_path(file, part)) for file in missing)
    if needed > free:
        raise ConfigError(
            f"the model needs {needed} bytes more ({size_text(needed)}), but {str(part.parent)!r} has {free} free "
            f"({size_text(free)}); make room, or set inference.models_dir to a folder on another disk"
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _manifest(listing: Listing, wanted: Wanted, part: Path, files: list[RemoteFile]) -> Manifest:
    stored = [
        StoredFile(path=file.path, size_bytes=file.size_bytes, sha256=_sha256(part / file.path, file)) for file in files
    ]
    return Manifest(
        source=wanted.source.value,
        repo=wanted.repo,
        revision=listing.revision,
        asked_revision=wanted.revision,
        fetched_at=datetime.now(UTC),
        files=stored,
    )


def _sha256(path: Path, file: RemoteFile) -> str:
    return file.sha256 or checksum_of(path, file, lambda _: None).sha256


def _take_apart(directory: Path, part: Path) -> None:
    """Make a damaged model one that does not load, before it is mended."""
    if part.exists():
        shutil.rmtree(part)
    directory.rename(part)


def _finish(part: Path, directory: Path, manifest: Manifest) -> None:
    """Note what is there, and give the directory its name."""
    write_manifest(part, manifest)
    sync_names(part)
    part.rename(directory)
    sync_names(directory.parent)
