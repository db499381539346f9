"""Where the time of the engine's steps goes."""

from collections.abc import Callable
from typing import Any

from torch.profiler import ProfilerActivity, profile

NUM_SHOWN = 12


def shares(step: Callable[[], object], num_steps: int) -> dict[str, float]:
    """Return the operators that take most of some steps, and the share of each in their time; the rest is Python's.

    An operator's time is its own, without those that it calls.
    """
    with profile(activities=[ProfilerActivity.CPU]) as found:
        for _ in range(num_steps):
            step()
    events: list[Any] = list(found.key_averages())
    total = sum(event.self_cpu_time_total for event in events)
    largest = sorted(events, key=lambda event: -event.self_cpu_time_total)[:NUM_SHOWN]
    return {event.key: round(event.self_cpu_time_total / total, 3) for event in largest}
