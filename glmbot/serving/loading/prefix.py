"""A learned prefix (P-tuning v2) in a file of its own, read over a base model."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from glmbot.errors import CheckpointError
from glmbot.serving.loading.shards import FETCH, find_shards, read_shard

_NAMES = ("prefix_encoder_only.safetensors",)
_MARK = "prefix_encoder."
_ROOT = "transformer."
_EMBEDDING = f"{_ROOT}{_MARK}embedding.weight"
_PROJECTION = f"{_ROOT}{_MARK}trans.0.weight"


@dataclass(frozen=True, slots=True)
class PrefixFile:
    """The tensors of a prefix encoder by their names in the model."""

    path: Path
    tensors: dict[str, Tensor]

    @property
    def num_tokens(self) -> int:
        """How many tokens the prefix stands for."""
        return self.tensors[_EMBEDDING].shape[0]

    @property
    def is_projected(self) -> bool:
        """Whether the encoder has layers besides its table."""
        return _PROJECTION in self.tensors


def is_prefix(name: str) -> bool:
    """Tell whether a tensor belongs to a prefix encoder."""
    return _MARK in name


def read_prefix(path: Path) -> PrefixFile:
    """Read a prefix: its file, or the directory of a tuned checkpoint. Raises CheckpointError."""
    for file in _files(path):
        tensors = {_full_name(name): tensor for name, tensor in read_shard(file) if is_prefix(name)}
        if tensors:
            return _checked(PrefixFile(file, tensors))
    raise CheckpointError(
        f"{str(path)!r} holds no tensor of a prefix encoder ({_EMBEDDING!r}); name a tuned checkpoint"
    )


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = [path / name for name in _NAMES if (path / name).is_file()]
    return found or find_shards(path)


def _full_name(name: str) -> str:
    return f"{_ROOT}{name[name.index(_MARK) :]}"


def _checked(prefix: PrefixFile) -> PrefixFile:
    table = prefix.tensors.get(_EMBEDDING)
    if table is None or table.dim() != 2:
        raise CheckpointError(f"{str(prefix.path)!r} lacks {_EMBEDDING!r}, numbers in two dimensions; {FETCH}")
    return prefix
