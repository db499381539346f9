"""Memory and handles of a process over time, and whether they grow."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression
from typing import Any

EVERY = 0.5
MAX_GROWTH = 0.03
"""The share of its memory by which a process may grow and still be flat: an allocator is not still."""
MAX_MORE_HANDLES = 4
"""A connection may linger."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds from the beginning, resident bytes, open files."""

    at: float
    resident: int
    num_handles: int


@dataclass(frozen=True, slots=True)
class Growth:
    """A line through the samples: where it is at the first, and what it gains to the last."""

    first_mb: float
    gained_mb: float
    max_mb: float

    @property
    def is_flat(self) -> bool:
        """Whether it gains next to nothing."""
        return self.gained_mb <= MAX_GROWTH * self.first_mb

    def as_json(self) -> dict[str, Any]:
        """Return the figures."""
        return {
            "is_flat": self.is_flat,
            "memory_mb": round(self.first_mb, 1),
            "growth_mb": round(self.gained_mb, 2),
            "memory_mb_max": round(self.max_mb, 1),
        }


@dataclass(slots=True)
class Samples:
    """What was seen so far."""

    all: list[Sample] = field(default_factory=list)

    @property
    def has_no_more_handles(self) -> bool:
        """Whether there are as many open files at the end as at the beginning, about."""
        return self.all[-1].num_handles <= self.all[0].num_handles + MAX_MORE_HANDLES

    async def watch(self, pid: int, ends_at: float) -> None:
        """Take samples until then; `finish` takes the last one, when all clients have left."""
        started_at = time.monotonic()
        while time.monotonic() < ends_at:
            self.all.append(_sample(pid, started_at))
            await asyncio.sleep(EVERY)

    def finish(self, pid: int) -> None:
        """Take the last sample."""
        self.all.append(Sample(self.all[-1].at + EVERY, *_figures(pid)))

    def after(self, warm_up: float) -> Growth:
        """Return the growth after a share of the time."""
        begins_at = self.all[-1].at * warm_up
        counted = [sample for sample in self.all if sample.at >= begins_at]
        line = linear_regression([s.at for s in counted], [s.resident / 1e6 for s in counted])
        first, last = (line.intercept + line.slope * s.at for s in (counted[0], counted[-1]))
        return Growth(first, last - first, max(s.resident for s in counted) / 1e6)


def _sample(pid: int, started_at: float) -> Sample:
    return Sample(time.monotonic() - started_at, *_figures(pid))


def _figures(pid: int) -> tuple[int, int]:
    folder = Path(f"/proc/{pid}")
    resident = int((folder / "status").read_text(encoding="utf-8").partition("VmRSS:")[2].split()[0]) * 1024
    return resident, sum(1 for _ in (folder / "fd").iterdir())
