"""Stands in for CUDA graphs: records the operations of a step and their tensors, and repeats them without Python."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from glmbot.serving.engine.captured import Step

ASKS_THE_DEVICE = frozenset({"_local_scalar_dense", "nonzero", "lift_fresh", "equal", "is_nonzero"})
"""What a graph cannot hold: Python waits for a number, or brings one."""


@dataclass
class Operation:
    """One operation, its arguments, and the memory that its results were given once and for all."""

    function: Callable[..., Any]
    args: Sequence[Any]
    named: Mapping[str, Any]
    results: list[Tensor]

    def repeat(self) -> None:
        """Compute it again; views and what was changed in place are where they were."""
        given = {_place(one) for one in tree_leaves((self.args, self.named)) if isinstance(one, Tensor)}
        anew = tree_leaves(self.function(*self.args, **self.named))
        for before, after in zip(self.results, anew, strict=True):
            if _place(before) not in given:
                before.copy_(after)


class Recording(TorchDispatchMode):
    """Collects the operations that are done while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[Operation] = []

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        name = getattr(func, "__name__", "").partition(".")[0]
        assert name not in ASKS_THE_DEVICE, f"{name} cannot be captured"
        found = func(*args, **(kwargs or {}))
        results = tree_leaves(found)
        assert all(isinstance(one, Tensor) for one in results), f"{name} tells Python something"
        self.operations.append(Operation(func, args, kwargs or {}, results))
        return found


@dataclass
class Recorder:
    """Captures steps; from then on it is only their operations that are repeated."""

    num_captured: int = 0
    num_replayed: int = 0
    places: list[int] = field(default_factory=list)
    """Where the results of each replay lay."""

    def __call__(self, step: Step) -> Step:
        """Run the step as often as a GPU does before it captures; what it returns then is of no use yet."""
        self.num_captured += 1
        step()
        recording = Recording()
        with recording:
            out = step()
        out.fill_(torch.nan)

        def replay() -> Tensor:
            self.num_replayed += 1
            for operation in recording.operations:
                operation.repeat()
            self.places.append(out.data_ptr())
            return out

        return replay


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
