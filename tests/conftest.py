"""What tests share: a bot in this process, between a fake platform and a fake model."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from glmbot.app import App, open_app
from glmbot.config_file import load_settings
from glmbot.settings import Settings
from tests.fakes.adapter import FakeAdapter
from tests.fakes.model import FakeModel
from tests.postgres import NoPostgres, PostgresServer, postgres_server
from tests.synapse import NoSynapse, Synapse, synapse

# Torch's threads must not spin at all while they wait for each other, in the model server neither: two tests at a time
# have two cores between them. It is read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

RunBot = Callable[..., AbstractAsyncContextManager[App]]


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the developer's own configuration out of the tests."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests; each makes itself a database."""
    try:
        with postgres_server(survives_power_loss=False) as server:
            yield server
    except NoPostgres as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def homeserver() -> Iterator[Synapse]:
    """One Matrix homeserver for all tests; each registers users of its own."""
    try:
        with synapse() as server:
            yield server
    except NoSynapse as error:
        pytest.skip(str(error))


@pytest.fixture
async def model() -> AsyncIterator[FakeModel]:
    async with FakeModel() as fake:
        yield fake


@pytest.fixture
async def platform(request: pytest.FixtureRequest) -> FakeAdapter:
    """Return the platform; a test may parametrize it with what it shall be like."""
    return FakeAdapter(**getattr(request, "param", {}))


@pytest.fixture
def run_bot(tmp_path: Path, model: FakeModel, platform: FakeAdapter) -> RunBot:
    """Return a context manager that runs a bot on the test's data folder; run it twice to restart it."""

    @asynccontextmanager
    async def run(**sections: dict[str, Any]) -> AsyncIterator[App]:
        async with open_app(bot_settings(tmp_path, model, sections), {platform.name: platform}) as app:
            running = asyncio.create_task(app.run())
            try:
                yield app
            finally:
                app.stop()
                await running

    return run


def bot_settings(folder: Path, model: FakeModel, sections: dict[str, dict[str, Any]]) -> Settings:
    fixed: dict[str, dict[str, Any]] = {
        "bot": {"data_dir": str(folder / "data")},
        "inference": {"url": model.url, "timeout": 20},
        "conversation": {"max_reply_tokens": 100},
        "limits": {"messages_per_minute": 0},
    }
    return load_settings(secrets_dir=folder / "none", overrides=fixed | sections)


@pytest.fixture
async def bot(run_bot: RunBot) -> AsyncIterator[App]:
    async with run_bot() as app:
        yield app
