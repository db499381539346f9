"""Reads what a safetensors file says of itself, without its tensors."""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glmbot.errors import CheckpointError

MAX_HEADER_BYTES = 100_000_000
"""As in the safetensors library."""
_LENGTH_BYTES = 8
_METADATA = "__metadata__"


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor as a header lists it; `end`: where its bytes end, counted from the header's end."""

    dtype: str
    shape: tuple[int, ...]
    end: int

    @property
    def num_elements(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


def read_header(path: Path) -> dict[str, TensorEntry]:
    """Return the tensors of a file by name. Raises CheckpointError when the file is damaged or cut short."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if size_bytes < _LENGTH_BYTES or length > min(MAX_HEADER_BYTES, size_bytes):
            raise CheckpointError(f"{str(path)!r} is cut short or no safetensors file; fetch it again")
        entries = _entries(path, file.read(length))
    expected = _LENGTH_BYTES + length + max((entry.end for entry in entries.values()), default=0)
    if size_bytes != expected:
        raise CheckpointError(f"{str(path)!r} has {size_bytes} bytes and should have {expected}; fetch it again")
    return entries


def _entries(path: Path, header: bytes) -> dict[str, TensorEntry]:
    try:
        content: dict[str, Any] = json.loads(header)
        return {name: _entry(value) for name, value in content.items() if name != _METADATA}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{str(path)!r} has a damaged header; fetch it again") from error


def _entry(value: dict[str, Any]) -> TensorEntry:
    _, end = value["data_offsets"]
    return TensorEntry(str(value["dtype"]), tuple(map(int, value["shape"])), int(end))


def safetensors_files(directory: Path) -> list[Path]:
    """Return the safetensors files of a model's weights."""
    return sorted(path for path in directory.glob("model*.safetensors") if os.path.isfile(path))
