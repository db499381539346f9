"""Adapters that fail, hang or go deaf are started again."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from glmbot.adapters.base import Accept, Adapter, Probed
from glmbot.adapters.discord import DiscordAdapter
from glmbot.adapters.telegram import TelegramAdapter
from glmbot.adapters.telegram_waits import Waits
from glmbot.dispatch.supervision import Limits, Supervision
from glmbot.errors import ConfigError
from glmbot.phrases import Phrase
from glmbot.settings import DiscordSettings, TelegramSettings
from glmbot.status import AdapterState
from tests.fakes.adapter import FakeAdapter
from tests.fakes.discord import FakeDiscord
from tests.fakes.inbox import Inbox
from tests.fakes.telegram import FakeTelegram

QUICK = Limits(quiet=0.3, probe=0.5, between_probes=0.02, first_wait=0.01, longest_wait=0.02)


class Watched(FakeAdapter):
    """An adapter whose runs are counted; each begins with `begin`, and is silent after that."""

    def __init__(self, begin: Callable[[], Awaitable[None]], probe: Callable[[], Awaitable[bool]]) -> None:
        super().__init__()
        self.last_traffic_at = 0.0
        self.num_runs = 0
        self.num_probes = 0
        self._begin = begin
        self._probe = probe

    async def run(self, accept: Accept) -> None:
        self.num_runs += 1
        await self._begin()
        await super().run(accept)

    async def probe(self) -> bool:
        self.num_probes += 1
        return await self._probe()


async def nothing() -> None:
    pass


async def no_news() -> bool:
    return False


async def news() -> bool:
    return True


async def out_of_reach() -> bool:
    raise ConnectionError("no route")


async def silence() -> bool:
    await asyncio.Event().wait()
    raise AssertionError


@asynccontextmanager
async def supervised(adapter: Adapter, inbox: Inbox | None = None) -> AsyncIterator[Supervision]:
    supervision = Supervision(QUICK)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(supervision.run(adapter, (inbox or Inbox()).accept))
        yield supervision
        task.cancel()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("probe", [news, out_of_reach, silence])
async def test_a_deaf_adapter_is_built_anew(
    probe: Callable[[], Awaitable[bool]], caplog: pytest.LogCaptureFixture
) -> None:
    adapter = Watched(nothing, probe)
    async with supervised(adapter):
        await until(lambda: adapter.num_runs >= 3)
    assert "adapter fake has gone deaf" in caplog.text
    assert adapter.num_probes >= 2 * (adapter.num_runs - 1)


async def test_an_adapter_that_fails_while_it_is_ended_keeps_nobody_from_ending() -> None:
    """A library may turn the cancellation into an error of its own: a connection that breaks as it is closed, say."""

    async def fail_at_the_end() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionError("cut while closing") from None

    adapter = Watched(fail_at_the_end, no_news)
    supervision = Supervision(QUICK)
    task = asyncio.create_task(supervision.run(adapter, Inbox().accept))
    await until(lambda: adapter.num_runs == 1)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)
    task.cancel()
    assert done
    assert task.cancelled()
    assert adapter.num_runs == 1


async def test_one_bad_probe_is_no_deafness() -> None:
    answers = iter([True, False] * 20)

    async def now_and_then() -> bool:
        return next(answers)

    adapter = Watched(nothing, now_and_then)
    async with supervised(adapter):
        await until(lambda: adapter.num_probes >= 10)
    assert adapter.num_runs == 1


async def test_an_adapter_in_peace_goes_on() -> None:
    adapter = Watched(nothing, no_news)
    async with supervised(adapter) as supervision:
        await until(lambda: adapter.num_probes >= 5)
        assert supervision.states() == {"fake": AdapterState.RUNNING}
    assert adapter.num_runs == 1


async def test_while_there_is_traffic_nobody_asks() -> None:
    adapter = Watched(nothing, news)
    async with supervised(adapter):
        for _ in range(50):
            adapter.last_traffic_at = time.monotonic() + 5
            await asyncio.sleep(0.01)
    assert (adapter.num_runs, adapter.num_probes) == (1, 0)


async def test_an_adapter_that_cannot_be_probed_runs_on() -> None:
    adapter = FakeAdapter()
    assert not isinstance(adapter, Probed)
    async with supervised(adapter) as supervision:
        await until(lambda: supervision.states() == {"fake": AdapterState.RUNNING})


async def test_one_that_fails_is_started_again_and_its_state_says_so() -> None:
    errors: list[Exception] = [ZeroDivisionError(), ConfigError("refused later"), ValueError()]

    async def fail() -> None:
        if errors:
            raise errors.pop(0)

    adapter = Watched(fail, no_news)
    seen = set()
    async with supervised(adapter) as supervision:
        async with asyncio.timeout(20):
            while adapter.num_runs < 4:
                seen.update(supervision.states().values())
                await asyncio.sleep(0.001)
        await until(lambda: supervision.states() == {"fake": AdapterState.RUNNING})
    assert seen == {AdapterState.RUNNING, AdapterState.WAITING}


async def test_the_admins_are_told_once_and_when_it_is_over() -> None:
    told: list[str] = []

    class Report:
        def trouble(self, kind: str, text: str) -> None:
            told.append(f"{kind}: {text}")

        def over(self, kind: str) -> None:
            if told:
                told.append(f"over: {kind}")

    adapter = Watched(nothing, news)
    supervision = Supervision(replace(QUICK, look=0.01), Report())
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(supervision.run(adapter, Inbox().accept))
        await until(lambda: adapter.num_runs == 2)
        adapter.last_traffic_at = time.monotonic() + 20
        await until(lambda: len(told) > 1)
        task.cancel()
    assert told[0] == f"adapter fake: {Phrase.ADAPTER_REBUILT.in_both_languages(adapter='fake')}"
    assert told[1] == "over: adapter fake"


async def test_a_first_start_that_fails_for_good_is_told() -> None:
    async def refuse() -> None:
        raise ConfigError("no such token")

    with pytest.raises(ConfigError, match="no such token"):
        await Supervision(QUICK).run(Watched(refuse, no_news), Inbox().accept)


# -- with the real adapters


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake


def on_telegram(telegram: FakeTelegram) -> TelegramAdapter:
    """Return an adapter that would wait for an answer longer than any test."""
    settings = TelegramSettings(token=telegram.token, base_url=telegram.base_url)
    return TelegramAdapter("telegram", settings, waits=Waits(poll=0, answer=300.0, first=0.01))


async def test_a_poll_that_never_ends_while_updates_wait_is_made_anew(
    telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox()
    telegram.hang("getUpdates", is_accepted=False)
    async with supervised(on_telegram(telegram), inbox):
        await telegram.receive("hello")
        await inbox.received("hello")
    assert "its platform has news that do not come in" in caplog.text


async def test_half_open_connections_are_made_anew(telegram: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    inbox = Inbox()
    async with supervised(on_telegram(telegram), inbox) as supervision:
        await telegram.until(lambda: bool(telegram.calls_of("getUpdates")), "the first poll")
        telegram.hold()
        await telegram.receive("hello")
        await until(lambda: "does not answer within" in caplog.text)
        telegram.release()
        await inbox.received("hello")
        await until(lambda: supervision.states() == {"telegram": AdapterState.RUNNING})


async def test_a_silent_gateway_is_connected_to_anew(caplog: pytest.LogCaptureFixture) -> None:
    inbox = Inbox()
    async with FakeDiscord() as discord:
        discord.gateway.heartbeat_interval = 0.02
        settings = DiscordSettings(token=discord.token, api_url=discord.api_url)
        async with supervised(DiscordAdapter("discord", settings), inbox):
            await discord.connected()
            await discord.until(lambda: discord.gateway.num_heartbeats > 10, "heartbeats")
            assert "gone deaf" not in caplog.text
            discord.gateway.is_deaf = True
            await until(lambda: "gone deaf" in caplog.text)
            discord.gateway.is_deaf = False
            await discord.until(lambda: len(discord.gateway.identifies) > 1, "a new session")
            await discord.connected()
            await discord.receive("hello")
            await inbox.received("hello")
