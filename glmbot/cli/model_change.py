"""What `glmbot model verify`, `convert` and `remove` do."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer

from glmbot.adapters.terminal import terminal_language
from glmbot.checkpoints.manifest import MANIFEST_FILE, Manifest, StoredFile, read_manifest, write_manifest
from glmbot.checkpoints.partial_file import checksum_of
from glmbot.checkpoints.progress import ProgressLine, size_text
from glmbot.checkpoints.sources import RemoteFile
from glmbot.checkpoints.store import Store
from glmbot.checkpoints.verify import Problem, verify
from glmbot.cli.model_offer import ask
from glmbot.cli.model_report import directory_of
from glmbot.errors import CheckpointError, ConfigError
from glmbot.phrases import Phrase
from glmbot.serving.loading.model_directory import is_name, resolve

CONVERTED = "converted"
"""The source of models that were made here."""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was found wrong with a model's files."""

    name: str
    directory: Path
    manifest: Manifest | None
    problems: list[Problem]

    @property
    def has_checksums(self) -> bool:
        """Whether there is something to compare the files with."""
        return self.manifest is not None

    def as_json(self) -> dict[str, object]:
        """Return it flat, for programs."""
        return {
            "name": self.name,
            "path": str(self.directory),
            "has_checksums": self.has_checksums,
            "is_whole": not self.problems,
            "problems": [{"file": problem.file, "what": problem.what} for problem in self.problems],
        }

    def as_text(self) -> str:
        """Return one line for each problem."""
        if self.problems:
            return "\n".join(f"{problem.file}: {problem.what}" for problem in self.problems)
        if self.has_checksums:
            return f"{self.name} is whole: every file is as it was fetched"
        return f"{self.name} looks whole; it was not fetched by this program, so there are no checksums to compare"

    def _remedy(self) -> str:
        if self.manifest is None:
            return "copy it from its source again"
        if self.manifest.source == CONVERTED:
            return "remove it and convert it again"
        return f"mend it with: glmbot model fetch {self.manifest.repo} --source {self.manifest.source}"

    def raise_if_damaged(self) -> None:
        """Raise CheckpointError when something is wrong."""
        if self.problems:
            first = self.problems[0]
            raise CheckpointError(
                f"{len(self.problems)} files of {str(self.directory)!r} are damaged, first {first.file!r}; "
                f"{self._remedy()}"
            )


@dataclass(frozen=True, slots=True)
class Written:
    """A model that was made from another."""

    directory: Path
    precision: str
    size_bytes: int

    def as_json(self) -> dict[str, object]:
        """Return it flat, for programs."""
        return {
            "name": self.directory.name,
            "path": str(self.directory),
            "precision": self.precision,
            "size_bytes": self.size_bytes,
        }

    def as_text(self) -> str:
        """Return one sentence for people."""
        return f"wrote {str(self.directory)!r} in {self.precision}, {size_text(self.size_bytes)}"


@dataclass(frozen=True, slots=True)
class Removed:
    """A model that is gone."""

    name: str
    path: Path

    def as_json(self) -> dict[str, object]:
        """Return it flat, for programs."""
        return {"name": self.name, "path": str(self.path), "is_removed": True}

    def as_text(self) -> str:
        """Return one sentence for people."""
        return f"removed {self.name}"


def verify_model(models_dir: Path | None, name: str) -> VerifyReport:
    """Check a model's files, with progress on standard error."""
    directory = directory_of(name, Store(models_dir))
    manifest = _manifest_if_readable(directory)
    progress = ProgressLine(manifest.size_bytes if manifest else 0, sys.stderr, sys.stderr.isatty())
    problems = verify(directory, progress)
    if manifest and sys.stderr.isatty():
        progress.finish()
    return VerifyReport(name, directory, manifest, problems)


def convert_model(models_dir: Path | None, name: str, to: str, lora: Path | None, output: Path | None) -> Written:
    """Write a model in another precision; beside a stored one unless another directory is named. Raises ConfigError."""
    try:
        from glmbot.serving.loading.convert import convert
        from glmbot.serving.loading.precision import Precision
    except ImportError as error:
        raise ConfigError(f"converting a model needs {error.name!r}; run: pip install 'glmbot[local]'") from error
    if to not in {precision.value for precision in Precision}:
        raise ConfigError(f"precision {to!r} is unknown; use one of {', '.join(Precision)}")
    store = Store(models_dir)
    source = resolve(name, store)
    target = output or source.with_name(f"{source.name}-{to}{'-lora' if lora else ''}")
    with ExitStack() as stack:
        if target.parent == store.root:
            stack.enter_context(store.lock(target.name))
        convert(source, target, Precision(to), lora=lora)
        manifest = _note(source, target, name)
    return Written(target, to, manifest.size_bytes)


def remove_model(models_dir: Path | None, name: str, *, is_sure: bool) -> Removed:
    """Delete a stored model, or its unfinished part; on a terminal after a question. Raises ConfigError."""
    store = Store(models_dir)
    if not is_name(name):
        raise ConfigError(f"{name!r} is no name of a fetched model; `glmbot model list` shows the names")
    path = store.path(name)
    if not is_sure and (path.exists() or store.part(name).exists()) and not _is_sure(name, path):
        raise typer.Exit(1)
    store.remove(name)
    return Removed(path.name, path)


def _is_sure(name: str, path: Path) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError(f"nobody to ask whether to remove {name!r}; say so with --yes")
    manifest = _manifest_if_readable(path)
    size = size_text(manifest.size_bytes) if manifest else "?"
    return ask(Phrase.REMOVE_QUESTION.in_language(terminal_language(), name=name, size=size, path=path))


def _manifest_if_readable(directory: Path) -> Manifest | None:
    try:
        return read_manifest(directory)
    except CheckpointError:
        return None


def _note(source: Path, target: Path, name: str) -> Manifest:
    """Write down what a converted model was made from, and its checksums."""
    origin = _manifest_if_readable(source)
    files = sorted(path for path in target.iterdir() if path.is_file() and path.name != MANIFEST_FILE)
    manifest = Manifest(
        source=CONVERTED,
        repo=origin.repo if origin else name,
        revision=origin.revision if origin else "",
        fetched_at=datetime.now(UTC),
        files=[_stored_file(path) for path in files],
    )
    write_manifest(target, manifest)
    return manifest


def _stored_file(path: Path) -> StoredFile:
    size_bytes = path.stat().st_size
    checksum = checksum_of(path, RemoteFile(path.name, size_bytes, ""), lambda _: None)
    return StoredFile(path=path.name, size_bytes=size_bytes, sha256=checksum.sha256)
