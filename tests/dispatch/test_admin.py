"""Notices to the operators."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from glmbot.adapters.base import Adapter
from glmbot.app import App
from glmbot.dispatch.admin import Admins
from glmbot.errors import ConfigError, NotDelivered, RetryLater
from glmbot.phrases import Phrase
from tests.conftest import RunBot
from tests.fakes.adapter import FakeAdapter

FULL = Phrase.DISK_FULL.in_both_languages()
OVER = f"{Phrase.TROUBLE_OVER.in_both_languages()}\n\n{FULL}"


@asynccontextmanager
async def admins_of(adapter: FakeAdapter, *chats: str) -> AsyncIterator[Admins]:
    adapters: dict[str, Adapter] = {adapter.name: adapter}
    admins = Admins(chats or ["fake:admin"], adapters)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(admins.run())
        yield admins
        task.cancel()


async def test_trouble_is_told_once_until_it_is_over() -> None:
    adapter = FakeAdapter(max_length=2000)
    async with admins_of(adapter) as admins:
        admins.over("disk full")
        for _ in range(3):
            admins.trouble("disk full", FULL)
        for _ in range(3):
            admins.over("disk full")
        admins.trouble("disk full", FULL)
        await adapter.until(FULL, OVER, FULL, chat="admin")


async def test_what_was_told_before_the_start_or_from_a_thread_arrives() -> None:
    adapter = FakeAdapter(max_length=2000)
    admins = Admins(["fake:admin"], {"fake": adapter})
    admins.trouble("early", "early")
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(admins.run())
        await adapter.until("early", chat="admin")
        await asyncio.to_thread(admins.trouble, "thread", "thread")
        await adapter.until("early", "thread", chat="admin")
        task.cancel()


async def test_a_chat_out_of_reach_gets_it_later_and_holds_up_no_other() -> None:
    adapter = FakeAdapter(max_length=2000)
    adapter.faults.extend([RetryLater("away", 0.05), NotDelivered("gone"), RuntimeError("a bug")])
    async with admins_of(adapter, "fake:one") as admins:
        admins.trouble("a", "lost as gone, after a wait")
        admins.trouble("b", "lost in a bug")
        admins.trouble("c", "arrives")
        await adapter.until("arrives", chat="one")


async def test_a_chat_of_no_adapter_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    adapter = FakeAdapter(max_length=2000)
    with caplog.at_level(logging.ERROR):
        async with admins_of(adapter, "matrix:1", "fake:admin") as admins:
            admins.trouble("a", "text")
            await adapter.until("text", chat="admin")
    assert "names adapter 'matrix'" in caplog.text


@pytest.fixture
async def platform() -> FakeAdapter:
    return FakeAdapter(max_length=2000)


async def test_events_that_cannot_be_stored_are_told_of_and_offered_again(
    run_bot: RunBot, platform: FakeAdapter, tmp_path: Path
) -> None:
    """The platform offers them again; the test does it here."""

    async def limit_pages(app: App, pages: int) -> None:
        limit = f"PRAGMA max_page_count = {pages}"
        await app._parts.database.run(lambda connection: connection.exec_driver_sql(limit).close())

    async with run_bot(bot={"data_dir": str(tmp_path), "admin_chats": ["fake:admin"]}) as app:
        await limit_pages(app, 1)
        for _ in range(2):
            with pytest.raises(RetryLater):
                await platform.receive("x" * 10_000, message_id="7")
        await platform.until(FULL, chat="admin")
        await limit_pages(app, 1_000_000)
        await platform.receive("x" * 10, message_id="7")
        await platform.until(FULL, OVER, chat="admin")


async def test_a_chat_without_an_adapter_in_its_name_is_refused(run_bot: RunBot, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="bot.admin_chats"):
        async with run_bot(bot={"data_dir": str(tmp_path), "admin_chats": ["12345"]}):
            pass
