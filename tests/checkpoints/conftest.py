"""A publisher with a small model, and someone who fetches from it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from glmbot.checkpoints.catalogue import SourceName, wanted_model
from glmbot.checkpoints.connection import Patience
from glmbot.checkpoints.fetch import Fetched, fetch, free_bytes
from glmbot.checkpoints.sources import connect
from glmbot.checkpoints.store import Store
from tests.fakes.hub import FakeHub

GOLDEN = Path(__file__).parent.parent / "golden" / "chatglm" / "v1_e2e"
NAMES = ("config.json", "tokenizer_config.json", "ice_text.model", "model.safetensors")


def model_files() -> dict[str, bytes]:
    """Return a small model as it is published: with code and pictures beside it."""
    files = {name: (GOLDEN / name).read_bytes() for name in NAMES}
    others = {"modeling_chatglm.py": b"raise SystemExit", "README.md": b"# model", "figures/loss.png": b"\x89PNG"}
    return {**others, **files, "MODEL_LICENSE": b"a licence\n"}


@dataclass
class Notes:
    """Progress that is only counted."""

    received: int = 0
    kept: int = 0
    texts: list[str] = field(default_factory=list)

    def add(self, num_bytes: int) -> None:
        self.received += num_bytes

    def add_kept(self, num_bytes: int) -> None:
        self.kept += num_bytes

    def note(self, text: str) -> None:
        self.texts.append(text)


@dataclass
class Fetcher:
    """Fetches `owner/model` from a hub into a store; waits between attempts are noted, not waited."""

    hub: FakeHub
    store: Store
    free: int | None = None
    variables: dict[str, str] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)

    def fetch(self, source: SourceName = SourceName.HUGGINGFACE, revision: str | None = None) -> Fetched:
        self.notes = Notes()
        variables = {"HF_ENDPOINT": self.hub.url, "MODELSCOPE_DOMAIN": self.hub.url, **self.variables}
        patience = Patience(max_attempts=4, first_wait=1, sleep=self.waits.append)
        with closing(connect(source, patience, variables)) as connection:
            wanted = wanted_model(self.hub.repo, source, revision)
            return fetch(self.store, connection, wanted, lambda _: self.notes, self.free_bytes)

    def free_bytes(self, path: Path) -> int:
        return free_bytes(path) if self.free is None else self.free

    @property
    def directory(self) -> Path:
        return self.store.root / "owner--model"

    @property
    def part(self) -> Path:
        return self.store.root / "owner--model.part"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(model_files()) as hub:
        yield hub


@pytest.fixture
def fetcher(hub: FakeHub, tmp_path: Path) -> Fetcher:
    return Fetcher(hub, Store(tmp_path / "models"))
