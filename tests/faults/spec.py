"""What a bot of the fault harness is told when it starts."""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

MAX_LENGTH = 300
"""Characters of one message on the platform."""


class Mode(StrEnum):
    """Whether the platform recognises a repeated send, by its key."""

    NONCE = "nonce"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Spec:
    """One start of the bot. Times are in seconds; `clock` names a file with what to add to the wall clock."""

    data_dir: str
    platform_url: str
    mode: str
    model_url: str
    database_url: str | None = None
    poll: float = 20.0
    answer: float = 10.0
    edit_interval: float | None = 0.05
    clock: str | None = None
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    log: str | None = None
    max_file_bytes: int | None = None
    """The most the bot may write into one file, where given: a disk that is full."""

    def to_json(self) -> str:
        """Return the spec as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Spec":
        """Read what `to_json` returned."""
        return cls(**json.loads(text))

    @property
    def database(self) -> str:
        """The database's URL as the settings have it."""
        return self.database_url or f"sqlite+aiosqlite:///{Path(self.data_dir) / 'glmbot.db'}"
