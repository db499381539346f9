"""Fetches a model for someone who watches: progress, licence, how it ended."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from glmbot.adapters.terminal import terminal_language
from glmbot.checkpoints.catalogue import SourceName, wanted_model
from glmbot.checkpoints.connection import Patience
from glmbot.checkpoints.fetch import Fetched, fetch
from glmbot.checkpoints.progress import ProgressLine
from glmbot.checkpoints.sources import connect
from glmbot.checkpoints.store import Store
from glmbot.phrases import Phrase

INTERRUPTED = 130
"""The exit code of what Ctrl-C ended."""


@dataclass(frozen=True, slots=True)
class FetchReport:
    """How a fetch ended. `received_bytes` came over the network this time."""

    fetched: Fetched
    received_bytes: int

    def as_json(self) -> dict[str, object]:
        """Return it flat, for programs."""
        model = self.fetched.model
        manifest = model.manifest
        assert manifest is not None
        return {
            "name": model.name,
            "path": str(model.directory),
            "source": manifest.source,
            "repo": manifest.repo,
            "revision": manifest.revision,
            "num_files": len(manifest.files),
            "size_bytes": manifest.size_bytes,
            "received_bytes": self.received_bytes,
            "was_there": self.fetched.was_there,
        }

    def as_text(self) -> str:
        """Return one sentence for people."""
        phrase = Phrase.ALREADY_FETCHED if self.fetched.was_there else Phrase.FETCHED
        model = self.fetched.model
        return phrase.in_language(terminal_language(), name=model.name, path=model.directory)


def fetch_model(models_dir: Path | None, name: str, source: SourceName, revision: str | None) -> FetchReport:
    """Fetch a model with progress on standard error. Raises ConfigError; ends the program on Ctrl-C."""
    wanted = wanted_model(name, source, revision)
    licence = Phrase.FETCH_LICENCE.in_language(terminal_language(), repo=wanted.repo, url=wanted.licence_url)
    sys.stderr.write(f"{licence}\n")
    lines: list[ProgressLine] = []

    def new_progress(total_bytes: int) -> ProgressLine:
        lines.append(ProgressLine(total_bytes, sys.stderr, sys.stderr.isatty()))
        return lines[-1]

    with _kept_on_interrupt(), closing(connect(source, Patience())) as connection:
        fetched = fetch(Store(models_dir), connection, wanted, new_progress)
    if not fetched.was_there:
        lines[-1].finish()
    return FetchReport(fetched, sum(line.received_bytes for line in lines))


@contextmanager
def _kept_on_interrupt() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{Phrase.FETCH_STOPPED.in_language(terminal_language())}\n")
        raise typer.Exit(INTERRUPTED) from None
