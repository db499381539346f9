"""What was compared, how it went, and the two ways of comparing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

LOGIT_TOLERANCE = 1e-4
HIDDEN_TOLERANCE = 1e-4
PROBABILITY_TOLERANCE = 1e-5
TABLE_TOLERANCE = 1e-6
"""Cosines and sines, and sampling probabilities: the same operations in the same precision, up to the last bit."""
CPU = torch.device("cpu")


class DifferenceError(Exception):
    """A case does not agree with the reference; says in what."""


@dataclass
class Report:
    """What was compared, and how it went."""

    verbose: bool
    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=lambda: {"logit": 0.0, "hidden": 0.0})

    @contextmanager
    def case(self, name: str) -> Iterator[None]:
        """Count what the body compares as one case."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  whatever goes wrong is this case's failure
            self.failed.append(name)
            self.say(f"FAILED       {name}: {type(error).__name__}: {error}")
        else:
            self.passed.append(name)

    def say(self, line: str) -> None:
        """Tell about something as it happens."""
        if self.verbose:
            print(line, flush=True)

    def skip(self, name: str, reason: str) -> None:
        """Note what could not be run."""
        self.skipped.append(name)
        self.say(f"skipped      {name}: {reason}")

    def compare(self, kind: str, what: str, ours: Tensor, reference: Tensor, tolerance: float) -> None:
        """Raise unless two tensors agree, and remember how far apart they were."""
        if ours.shape != reference.shape:
            raise DifferenceError(f"{what}: shape {list(ours.shape)}, not {list(reference.shape)}")
        difference = (ours.double() - reference.double()).abs().max().item() if ours.numel() else 0.0
        self.worst[kind] = max(self.worst.get(kind, 0.0), difference)
        if not difference <= tolerance:
            raise DifferenceError(f"{what}: off by {difference:.2e}, allowed {tolerance:.0e}")


def equal(what: str, ours: object, reference: object) -> None:
    """Raise unless two values are the same."""
    if ours != reference:
        raise DifferenceError(f"{what}: {str(ours)[:120]!r}, not {str(reference)[:120]!r}")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
