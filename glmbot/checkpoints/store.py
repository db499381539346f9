"""The folder of fetched models: one directory each, which appears when it is complete."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from glmbot.checkpoints.catalogue import stored_name
from glmbot.checkpoints.manifest import Manifest, read_manifest
from glmbot.errors import ConfigError

PART = ".part"
"""Ends the name of a directory that is still being fetched."""
_LOCKS = ".locks"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model in the store; without a manifest, someone put the directory there by hand."""

    name: str
    directory: Path
    manifest: Manifest | None


class Store:
    """The models of one user, by name."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or platformdirs.user_data_path("glmbot") / "models").expanduser()

    def path(self, name: str) -> Path:
        """Return where a model is stored, or would be. Raises ConfigError for what is no name."""
        stored = stored_name(name)
        if not _NAME.fullmatch(stored) or ".." in stored or stored.endswith(PART):
            raise ConfigError(f"{name!r} is no name of a stored model; `glmbot model list` shows the names")
        return self.root / stored

    def part(self, name: str) -> Path:
        """Return the directory in which a model is gathered."""
        path = self.path(name)
        return path.with_name(f"{path.name}{PART}")

    def find(self, name: str) -> StoredModel | None:
        """Return a stored model, None when it is not there."""
        path = self.path(name)
        return StoredModel(path.name, path, read_manifest(path)) if path.is_dir() else None

    def models(self) -> list[StoredModel]:
        """Return all stored models by name."""
        return [model for name in self._names() if not name.endswith(PART) and (model := self.find(name))]

    def unfinished(self) -> list[str]:
        """Return the names of models of which only a part is there."""
        return [name.removesuffix(PART) for name in self._names() if name.endswith(PART)]

    def remove(self, name: str) -> None:
        """Delete a model, or the part of it that is there. Raises ConfigError."""
        found = [path for path in (self.path(name), self.part(name)) if path.exists() or path.is_symlink()]
        if not found:
            raise ConfigError(f"no model {name!r} is stored in {str(self.root)!r}; `glmbot model list` shows the names")
        with self.lock(name):
            for path in found:
                _remove(path, self.root)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Own a model's place in the store while the body runs; the system frees it however the process ends.

        Raises ConfigError that names the process that has it.
        """
        folder = self.root / _LOCKS
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / self.path(name).name).open("a+", encoding="ascii")
        except OSError as error:
            raise ConfigError(f"{str(folder)!r} cannot be used: {error.strerror}; set inference.models_dir") from None
        with file:
            _own(file.fileno(), name)
            yield

    def _names(self) -> list[str]:
        if not self.root.is_dir():
            return []
        return sorted(path.name for path in self.root.iterdir() if path.is_dir() and _NAME.fullmatch(path.name))


def _own(descriptor: int, name: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace") or "unknown"
        raise ConfigError(
            f"model {name!r} is being fetched or changed by another glmbot (process {holder}); wait until it is done"
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())


def _remove(path: Path, root: Path) -> None:
    if path.is_symlink() or path.resolve().parent != root.resolve():
        raise ConfigError(f"{str(path)!r} leads out of the folder of models; remove it by hand")
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be removed: {error.strerror}") from error
