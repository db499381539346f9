"""Telegram's webhook: our strict Bot API delivers one update after another, as through a proxy, until it is taken."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from glmbot.adapters.telegram import TelegramAdapter
from glmbot.adapters.telegram_webhook import SECRET_HEADER
from glmbot.errors import ConfigError, RetryLater
from glmbot.settings import TelegramSettings
from tests.fakes.inbox import Inbox
from tests.fakes.telegram import PRIVATE, FakeTelegram

URL = "https://bot.example.org/telegram"


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        fake.add_chat(PRIVATE)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            fake.forward_to = free.getsockname()[1]
        yield fake


def adapter_for(telegram: FakeTelegram, url: str | None = URL) -> TelegramAdapter:
    fields = {"token": telegram.token, "base_url": telegram.base_url, "webhook_port": telegram.forward_to}
    return TelegramAdapter("telegram", TelegramSettings.model_validate(fields | {"webhook_url": url}))


@asynccontextmanager
async def running(adapter: TelegramAdapter) -> AsyncIterator[Inbox]:
    inbox = Inbox()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(adapter.run(inbox.accept))
        yield inbox
        task.cancel()


async def test_what_was_written_comes_in_once_and_in_order(telegram: FakeTelegram) -> None:
    """Also what was written before the bot was there."""
    texts = [f"message {number}" for number in range(30)]
    for text in texts[:10]:
        await telegram.receive(text)
    async with running(adapter_for(telegram)) as inbox:
        for text in texts[10:]:
            await telegram.receive(text)
        await inbox.received(*texts)
        await telegram.until(lambda: telegram.num_unconfirmed == 0, "all confirmed")
    assert not telegram.calls_of("getUpdates")


async def test_an_update_is_confirmed_only_after_it_is_stored(telegram: FakeTelegram) -> None:
    async with running(adapter_for(telegram)) as inbox:
        inbox.is_open.clear()
        await telegram.receive("one")
        await inbox.received("one")
        assert (telegram.num_unconfirmed, [status for status in telegram.webhook_statuses if status]) == (1, [])
    await telegram.until(lambda: 503 in telegram.webhook_statuses, "a refusal when the bot ends")
    async with running(adapter_for(telegram)) as inbox:
        await inbox.received("one")
        await telegram.until(lambda: telegram.num_unconfirmed == 0, "the confirmation")


async def test_a_message_that_cannot_be_stored_holds_the_next_back(telegram: FakeTelegram) -> None:
    async with running(adapter_for(telegram)) as inbox:
        inbox.faults.append(RetryLater("the disk is full", after=0.05))
        await telegram.receive("one")
        await telegram.receive("two")
        await inbox.received("one", "one", "two")


async def test_what_cannot_be_read_is_left_out(telegram: FakeTelegram) -> None:
    async with running(adapter_for(telegram)) as inbox:
        await telegram.push_raw('{"message": {"text": ' + "[" * 50_000 + "]" * 50_000 + "}}")
        await telegram.push({"message": {"text": "x" * (2 << 20)}})
        await telegram.push({"message": 5})
        await telegram.push({})
        await telegram.receive("after")
        await inbox.received("after")
        await telegram.until(lambda: telegram.num_unconfirmed == 0, "all confirmed")


async def test_only_telegram_is_heard(telegram: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    async with running(adapter_for(telegram)) as inbox:
        await telegram.receive("mine")
        await inbox.received("mine")
        secret = telegram.calls_of("setWebhook")[0]["secret_token"]
        url = f"http://127.0.0.1:{telegram.forward_to}/telegram"
        message = {"message_id": 9, "date": 1, "chat": PRIVATE.as_json(), "text": "forged"}
        async with httpx.AsyncClient() as stranger:
            for headers in ({}, {SECRET_HEADER: ""}, {SECRET_HEADER: secret[:-1]}, {SECRET_HEADER: "ü".encode()}):
                body = json.dumps({"update_id": 1, "message": message})
                assert (await stranger.post(url, content=body, headers=headers)).status_code == 401
            assert (await stranger.get(url, headers={SECRET_HEADER: secret})).status_code == 405
    assert inbox.texts == ["mine"]
    assert secret not in caplog.text


async def test_going_back_to_polling_loses_nothing(telegram: FakeTelegram) -> None:
    async with running(adapter_for(telegram)) as inbox:
        await telegram.receive("by webhook")
        await inbox.received("by webhook")
    await telegram.receive("while it was off")
    async with running(adapter_for(telegram, url=None)) as inbox:
        await inbox.received("while it was off")
    assert telegram.webhook_url == ""


async def test_a_url_that_telegram_refuses_is_told(telegram: FakeTelegram) -> None:
    with pytest.raises(ConfigError, match=r"adapters\.telegram\.webhook_url .*failed to resolve host"):
        await adapter_for(telegram, "https://unreachable.example.org/x").run(Inbox().accept)


async def test_a_port_in_use_is_told(telegram: FakeTelegram) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", telegram.forward_to))
        taken.listen()
        with pytest.raises(ConfigError, match="in use"):
            await adapter_for(telegram).run(Inbox().accept)


async def test_a_probe_tells_of_updates_that_do_not_come(telegram: FakeTelegram) -> None:
    adapter = adapter_for(telegram)
    assert not await adapter.probe()
    await telegram.receive("one")
    assert await adapter.probe()
