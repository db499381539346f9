"""Kills at random moments; `benchmarks/crash.py` does the same with more of them."""

import pytest

from tests.faults import kills
from tests.faults.spec import Mode
from tests.faults.world import World

NUM_KILLS = 100
"""On each of the two platforms."""


@pytest.mark.timeout(300)
async def test_after_random_kills_nothing_is_lost_or_out_of_order_or_twice(world: World, mode: Mode) -> None:
    figures = await kills.run(world, NUM_KILLS, seed=4, rate=120.0)
    assert figures.breaches(has_key=mode is Mode.NONCE) == [], figures.examples
