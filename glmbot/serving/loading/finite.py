"""Finds weights that are no numbers, while they are read."""

from pathlib import Path

import torch
from torch import Tensor

from glmbot.errors import CheckpointError

_CHUNK = 1 << 22


def check_finite(path: Path, name: str, tensor: Tensor) -> None:
    """Raise CheckpointError when a tensor holds nan or an infinity: every answer would be noise."""
    if not tensor.is_floating_point() or all(_is_finite(part) for part in torch.split(tensor.flatten(), _CHUNK)):
        return
    raise CheckpointError(
        f"{str(path)!r}: tensor {name!r} holds weights that are nan or infinite; the file is damaged or was made in "
        "too small a precision: fetch it again, or take another checkpoint"
    )


def _is_finite(part: Tensor) -> bool:
    """One pass over a sum settles nearly all: it is not finite if any part of it is not."""
    return bool(part.sum(dtype=torch.float32).isfinite()) or bool(part.isfinite().all())
