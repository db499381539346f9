"""Takes the time of short work. Knows the standard library only, for the programs of peers."""

import statistics
import time
from collections.abc import Callable

PASSES = 3


def settled_seconds(work: Callable[[], object]) -> float:
    """Return the median of some passes after one that is not counted: it wakes threads and fills caches."""
    work()
    return statistics.median(seconds(work) for _ in range(PASSES))


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that it takes once."""
    started_at = time.perf_counter()
    work()
    return time.perf_counter() - started_at
