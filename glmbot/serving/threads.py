"""How torch's threads wait for each other."""

import os

WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "3000"}
"""They spin for about a tenth of a millisecond, then sleep.

Longer would take the processor from whatever runs beside: with one other busy process on 2 cores, a step of a small
model took 1.8 to 53 ms where they spin for long, 2.2 where they sleep at once, 4.1 as here. Not at all would cost a
large model the waking between its layers: 5 to 8 % of a step of ChatGLM-6B's shape (2 virtual cores, 2026-11-27)."""


def wait_shortly() -> None:
    """Have them wait like that, unless the user has said how. Only before torch is imported, which reads it."""
    if not WAITING.keys() & os.environ.keys():
        os.environ.update(WAITING)
