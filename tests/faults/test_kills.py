"""Kills at random moments; `benchmarks/crash.py` does the same with more of them."""

import pytest

from tests.faults import kills
from tests.faults.spec import Mode
from tests.faults.world import World

NUM_KILLS = 100
"""On each of the two platforms."""
MOST_PER_KILL = 2
MOST_ON_AVERAGE = 0.25
"""Without a key. The bars are 1 and 0.04 (`benchmarks/crash.py`); on a starved machine answers to sends come late."""


@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_after_random_kills_nothing_is_lost_or_out_of_order_or_twice(world: World, mode: Mode) -> None:
    figures = await kills.run(world, NUM_KILLS, seed=4, rate=10.0)
    if mode is Mode.NONCE:
        assert figures.breaches(has_key=True) == [], figures.examples
    else:
        assert figures.lost == figures.out_of_order == figures.altered == 0, figures.examples
        assert figures.max_duplicated_per_kill <= MOST_PER_KILL, figures.examples
        assert figures.duplicated <= MOST_ON_AVERAGE * NUM_KILLS, figures.examples
