"""Bots with a clock of their own, and a judge of texts."""

from pathlib import Path

import pytest

from glmbot.plugin.testing import ManualClock
from tests.dispatch.moderated import RunModerated
from tests.fakes.adapter import FakeAdapter
from tests.fakes.model import FakeModel


@pytest.fixture
async def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def platform() -> FakeAdapter:
    return FakeAdapter(max_length=2000, can_show_buttons=True)


@pytest.fixture
def run_moderated(tmp_path: Path, model: FakeModel, clock: ManualClock) -> RunModerated:
    return RunModerated(tmp_path, model, clock)
