"""The tensors a model needs, ticked off as its files bring them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from glmbot.errors import CheckpointError

CONFIG_FILE = "config.json"
_MAX_NAMED = 3
"""How many tensors an error names; one wrong file often means hundreds."""
_SAME_REVISION = "take both from the same revision of the model"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a tensor must be: its shape, and whether it is of whole numbers or of floats."""

    shape: torch.Size
    is_whole: bool


def is_computed(name: str) -> bool:
    """Tell whether a stored tensor is not used: rotary frequencies are computed, see rotary.py."""
    return name.endswith("inv_freq")


class Checklist:
    """What has not come yet."""

    def __init__(self, expected: Mapping[str, Expected]) -> None:
        self._missing = dict(expected)

    def tick(self, path: Path, name: str, tensor: Tensor) -> None:
        """Tick off a tensor. Raises CheckpointError for an unknown or misshaped one, and for one that comes twice."""
        expected = self._missing.pop(name, None)
        if expected is None:
            raise CheckpointError(
                f"{str(path)!r}: tensor {name!r} does not belong to the model of {CONFIG_FILE!r}, or comes twice; "
                f"{_SAME_REVISION}"
            )
        is_right_kind = tensor.dtype == torch.int8 if expected.is_whole else tensor.is_floating_point()
        if tensor.shape != expected.shape or not is_right_kind:
            kind = "int8" if expected.is_whole else "numbers"
            raise CheckpointError(
                f"{str(path)!r}: tensor {name!r} is {_describe(tensor)}, but {CONFIG_FILE!r} asks for {kind} in "
                f"{list(expected.shape)}; {_SAME_REVISION}{_hint(tensor, expected)}"
            )

    def finish(self, directory: Path) -> None:
        """Raise CheckpointError if tensors have not come."""
        if not self._missing:
            return
        names = ", ".join(map(repr, list(self._missing)[:_MAX_NAMED]))
        more = f" and {len(self._missing) - _MAX_NAMED} more" if len(self._missing) > _MAX_NAMED else ""
        raise CheckpointError(
            f"the weights in {str(directory)!r} lack {names}{more}; a file is incomplete or {CONFIG_FILE!r} is of "
            "another model: take all files from the same revision"
        )


def _describe(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} in {list(tensor.shape)}"


def _hint(tensor: Tensor, expected: Expected) -> str:
    """Point to the setting that is wrong when a checkpoint is quantised and its configuration does not say so."""
    if tensor.dtype == torch.int8 and not expected.is_whole:
        return " (a quantised checkpoint says so with 'quantization_bit')"
    if tensor.is_floating_point() and expected.is_whole:
        return " (remove 'quantization_bit' if the checkpoint is not quantised)"
    return ""
