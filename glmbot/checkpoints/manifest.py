"""What a stored model is made of: `glmbot-model.json` beside its files."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from glmbot.errors import CheckpointError

MANIFEST_FILE = "glmbot-model.json"


def plain_name(name: str) -> str:
    """Return a file name that stays in its directory. Raises ValueError for any other."""
    if not name or name in (".", "..") or any(mark in "/\\" or ord(mark) < 32 for mark in name):
        raise ValueError(f"{name!r} is no plain file name")
    return name


class StoredFile(BaseModel):
    """One file of a stored model."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    path: Annotated[str, AfterValidator(plain_name)]
    size_bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """Where a stored model came from, and what its files were then.

    `revision` is exact where the source tells it; `asked_revision` is what the user named, if anything.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    source: str
    repo: str
    revision: str
    asked_revision: str | None = None
    fetched_at: datetime
    files: list[StoredFile]

    @property
    def size_bytes(self) -> int:
        """The size of all files together."""
        return sum(file.size_bytes for file in self.files)


def read_manifest(directory: Path) -> Manifest | None:
    """Read a model's manifest, None where there is none. Raises CheckpointError when it is damaged."""
    path = directory / MANIFEST_FILE
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise CheckpointError(f"{str(path)!r} is damaged; remove the model and fetch it again") from error


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write a model's manifest."""
    (directory / MANIFEST_FILE).write_text(f"{manifest.model_dump_json(indent=2)}\n", encoding="utf-8")
