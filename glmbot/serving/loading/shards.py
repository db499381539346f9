"""Reads the files of a checkpoint directory; whatever is wrong with one is an error that names it."""

import json
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from glmbot.errors import CheckpointError

WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
FETCH = "fetch the file again from where the model came from"

_READ_ERRORS = (
    *(SafetensorError, RuntimeError, OSError, EOFError, ValueError),
    *(LookupError, TypeError, AttributeError, AssertionError),  # torch's restricted unpickler trusts a file's form
)
"""What the readers raise on damaged files; found by damaging some, 2026-11-24."""


def find_shards(directory: Path) -> list[Path]:
    """Return the weight files, safetensors before pickles. Raises CheckpointError when one is missing."""
    for name in WEIGHT_FILES:
        if (directory / f"{name}.index.json").is_file():
            return _shards_of_index(directory / f"{name}.index.json")
        if (directory / name).is_file():
            return [directory / name]
    raise CheckpointError(
        f"no weights in {str(directory)!r}: there is neither {WEIGHT_FILES[0]!r} nor {WEIGHT_FILES[1]!r}, nor an "
        "index of shards; copy them from where the model came from"
    )


def read_shard(path: Path) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a file by name, mapped where its format allows: their pages are read when first used.

    Raises CheckpointError when it is damaged or would run code.
    """
    read = _read_safetensors if path.suffix == ".safetensors" else _read_pickle
    try:
        yield from read(path)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{str(path)!r} is damaged, or holds more than tensors and would run code when loaded; it was not loaded. "
            "Use a checkpoint in safetensors, or one from a source you trust"
        ) from error
    except _READ_ERRORS as error:
        raise CheckpointError(f"{str(path)!r} is damaged or cut short ({_first_line(error)}); {FETCH}") from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object. Raises CheckpointError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"{str(path)!r} is missing; copy it from where the model came from") from error
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{str(path)!r} cannot be read ({_first_line(error)}); {FETCH}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{str(path)!r} holds no JSON object; {FETCH}")
    return content


def _shards_of_index(index: Path) -> list[Path]:
    places = read_json(index).get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(name, str) for name in places.values()):
        raise CheckpointError(f"{str(index)!r} has no 'weight_map' of file names; {FETCH}")
    names = sorted(set(places.values()))
    for name in names:
        if Path(name).name != name:
            raise CheckpointError(f"{str(index)!r} names {name!r}, which is not beside it; {FETCH}")
        if not (index.parent / name).is_file():
            raise CheckpointError(
                f"shard {name!r}, named in {index.name!r}, is missing in {str(index.parent)!r}; {FETCH}"
            )
    return [index.parent / name for name in names]


def _read_safetensors(path: Path) -> Iterator[tuple[str, Tensor]]:
    with safe_open(path, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118  not a mapping
            yield name, file.get_tensor(name)


def _read_pickle(path: Path) -> Iterator[tuple[str, Tensor]]:
    tensors = torch.load(path, map_location="cpu", weights_only=True, mmap=_is_zip(path))
    if not isinstance(tensors, Mapping):
        raise ValueError(f"it holds a {type(tensors).__name__}, not tensors by name")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise ValueError(f"{name!r} is no tensor")
        yield name, tensor


def _is_zip(path: Path) -> bool:
    """Tell whether a pickle can be mapped: torch wrote zip archives from version 1.6 on."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
