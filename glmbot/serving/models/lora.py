"""LoRA adapters in PEFT's layout, merged into the weights while these are loaded."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from glmbot.errors import CheckpointError
from glmbot.serving.loading.finite import check_finite
from glmbot.serving.loading.shards import read_json, read_shard

CONFIG_FILE = "adapter_config.json"
_WEIGHT_FILES = ("adapter_model.safetensors", "adapter_model.bin")
_PREFIX = "base_model.model."
_PARTS = {".lora_A": "down", ".lora_B": "up"}
_OTHER_BASE = "it is an adapter for another model: use it with the one that it was made for"
_REFUSED = {
    "use_dora": "DoRA adapters scale weights besides adding to them",
    "modules_to_save": "it replaces whole modules besides adding to weights",
    "rank_pattern": "it has a rank for each module",
    "alpha_pattern": "it has a factor for each module",
    "trainable_token_indices": "it trains single tokens",
    "layer_replication": "it repeats layers",
}


@dataclass(frozen=True, slots=True)
class _Update:
    """What is added to one weight: factor * up @ down; up: (N, r), down: (r, K)."""

    up: Tensor
    down: Tensor


class LoraAdapter:
    """The low-rank updates of a model's weights, by the weight's name."""

    def __init__(self, directory: Path) -> None:
        """Read an adapter. Raises CheckpointError when it is damaged or of a kind that cannot be merged."""
        self.path = _weight_file(directory)
        settings = read_json(directory / CONFIG_FILE)
        rank, self._factor = _scale(directory / CONFIG_FILE, settings)
        self._is_transposed = bool(settings.get("fan_in_fan_out"))
        self._updates = _pair(self.path, dict(read_shard(self.path)), rank)

    def check(self, shapes: Mapping[str, tuple[int, int]]) -> None:
        """Raise CheckpointError unless every update fits a linear layer; shapes: (N, K) by the weight's name."""
        for name, update in self._updates.items():
            if name not in shapes:
                raise CheckpointError(
                    f"{str(self.path)!r}: tensor {name!r} is of no linear layer of this model; {_OTHER_BASE}"
                )
            own = self._shape(update)
            if own != shapes[name]:
                raise CheckpointError(
                    f"{str(self.path)!r}: the update of {name!r} is {list(own)}, but the model's weight is "
                    f"{list(shapes[name])}; {_OTHER_BASE}"
                )

    def merge(self, name: str, weight: Tensor) -> Tensor:
        """Return a weight with its update, in float32 where there is one: (N, K)."""
        update = self._updates.get(name)
        if update is None:
            return weight
        added = update.up.float() @ update.down.float()
        return weight.float().add_(added.T if self._is_transposed else added, alpha=self._factor)

    def _shape(self, update: _Update) -> tuple[int, int]:
        num_out, num_in = update.up.shape[0], update.down.shape[1]
        return (num_in, num_out) if self._is_transposed else (num_out, num_in)


def _weight_file(directory: Path) -> Path:
    for name in _WEIGHT_FILES:
        if (directory / name).is_file():
            return directory / name
    raise CheckpointError(
        f"no LoRA adapter in {str(directory)!r}: there is neither {_WEIGHT_FILES[0]!r} nor {_WEIGHT_FILES[1]!r}; name "
        "the directory that PEFT's save_pretrained() wrote"
    )


def _scale(path: Path, settings: Mapping[str, Any]) -> tuple[int, float]:
    """Return the rank, and the factor of the update. Raises CheckpointError for what cannot be merged."""
    if (kind := settings.get("peft_type")) != "LORA":
        raise CheckpointError(f"{str(path)!r}: peft_type {kind!r} is not supported; supported is 'LORA'")
    for key, reason in _REFUSED.items():
        if settings.get(key):
            raise CheckpointError(f"{str(path)!r} has {key!r} {settings[key]!r}, which is not supported: {reason}")
    if (bias := settings.get("bias", "none")) != "none":
        raise CheckpointError(f"{str(path)!r}: bias {bias!r} is not supported; train the adapter with bias 'none'")
    rank, alpha = settings.get("r"), settings.get("lora_alpha")
    if not isinstance(rank, int) or rank <= 0 or not isinstance(alpha, int | float):
        raise CheckpointError(f"{str(path)!r}: 'r' {rank!r} and 'lora_alpha' {alpha!r} must be numbers, r above 0")
    return rank, alpha / (math.sqrt(rank) if settings.get("use_rslora") else rank)


def _pair(path: Path, tensors: Mapping[str, Tensor], rank: int) -> dict[str, _Update]:
    """Put the two halves of each update together, by the name of the weight that they belong to."""
    halves: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        module, part = _split(path, name)
        _check_half(path, name, tensor, tensor.shape[0 if part == "down" else -1] if tensor.dim() == 2 else 0, rank)
        halves.setdefault(f"{module}.weight", {})[part] = tensor
    for name, found in halves.items():
        if len(found) != len(_PARTS):
            raise CheckpointError(f"{str(path)!r} has only one of lora_A and lora_B for {name!r}; fetch the file again")
    if not halves:
        raise CheckpointError(f"{str(path)!r} holds no tensor; fetch the file again")
    return {name: _Update(found["up"], found["down"]) for name, found in halves.items()}


def _split(path: Path, name: str) -> tuple[str, str]:
    """Return the module that a tensor belongs to, and which half it is; `.default` is an adapter name in old files."""
    stem = name.removeprefix(_PREFIX).removesuffix(".weight").removesuffix(".default")
    for ending, part in _PARTS.items():
        if stem.endswith(ending):
            return stem.removesuffix(ending), part
    raise CheckpointError(
        f"{str(path)!r}: tensor {name!r} is neither lora_A nor lora_B of a linear layer, so it cannot be merged; use "
        "an adapter of linear layers alone"
    )


def _check_half(path: Path, name: str, tensor: Tensor, own_rank: int, rank: int) -> None:
    if tensor.dim() != 2 or own_rank != rank or not tensor.is_floating_point():
        raise CheckpointError(
            f"{str(path)!r}: tensor {name!r} is {list(tensor.shape)}, which does not go with rank {rank} in "
            f"{CONFIG_FILE!r}; take both from the same adapter"
        )
    check_finite(path, name, tensor)
