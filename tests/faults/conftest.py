"""What the fault tests share: one fork server for all, and a world for each."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.faults.processes import fork_server
from tests.faults.spec import Mode
from tests.faults.world import World, open_world


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with fork_server(tmp_path_factory.mktemp("server")) as path:
        yield path


@pytest.fixture(params=Mode)
def mode(request: pytest.FixtureRequest) -> Mode:
    return Mode(request.param)


@pytest.fixture
async def world(server: Path, tmp_path: Path, mode: Mode) -> AsyncIterator[World]:
    async with open_world(server, tmp_path, mode) as opened:
        yield opened
