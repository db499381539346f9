"""Where the time of the engine's steps goes."""

import cProfile
import pstats
from collections import Counter
from collections.abc import Callable
from pathlib import Path

NUM_SHOWN = 12
_BUILT_IN = "~"
"""What cProfile has for the file of functions that are not Python's."""

Function = tuple[str, int, str]
"""A file, a line and a name."""


def shares(step: Callable[[], object], num_steps: int) -> dict[str, float]:
    """Return the functions that take most of some steps, and the share of each in their time.

    A function's time is its own, without those that it calls; our kernels count as the Python function that calls them
    (`compiled.multiply`: all linear layers).
    """
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(num_steps):
        step()
    profile.disable()
    found: dict[Function, tuple[int, int, float, float, object]] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    seconds: Counter[str] = Counter()
    for function, (_, _, own, _, _) in found.items():
        seconds[_label(function)] += own  # type: ignore[assignment]  # Counter is typed for whole numbers
    total = sum(seconds.values())
    return {label: round(own / total, 3) for label, own in seconds.most_common(NUM_SHOWN)}


def _label(function: Function) -> str:
    file, _, name = function
    return name.strip("{}<>") if file == _BUILT_IN else f"{Path(file).stem}.{name}"
