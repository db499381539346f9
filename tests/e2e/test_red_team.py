"""The attacks of benchmarks/red_team.py on a whole bot: none gets through that is not known to."""

from collections import Counter
from pathlib import Path

import pytest
from safety_parts.red_team import attacks, known
from safety_parts.red_team_bot import got_through


def test_the_attacks_are_many_and_distinct() -> None:
    all_attacks = attacks()
    assert len(all_attacks) >= 200
    assert not [one for one, number in Counter(str(attack.steps) for attack in all_attacks).items() if number > 1]
    assert known() <= {attack.id for attack in all_attacks}


@pytest.mark.timeout(400)
async def test_no_attack_gets_through_that_is_not_known_to(tmp_path: Path) -> None:
    """Those that do not any more are to be taken off the list of the known."""
    assert set(await got_through(attacks(), tmp_path)) == known()
