"""How much of the machine others took while something was measured."""

import os
import resource
from pathlib import Path


class Noise:
    """Counts from when it is made. What the benchmark's programs used is known once they have ended."""

    def __init__(self) -> None:
        self._busy, self._all = _machine_seconds()
        self._own = _own_seconds()

    def others_share(self) -> float:
        """Return the share of all processors' time that other programs took: 0 is a quiet machine."""
        busy, total = _machine_seconds()
        others = (busy - self._busy) - (_own_seconds() - self._own)
        return round(max(0.0, others / max(total - self._all, 1e-9)), 3)


def _machine_seconds() -> tuple[float, float]:
    ticks = [int(field) for field in Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    per_second = os.sysconf("SC_CLK_TCK")
    return (sum(ticks) - idle) / per_second, sum(ticks) / per_second


def _own_seconds() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
