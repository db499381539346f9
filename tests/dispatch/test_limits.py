"""How much may be asked, by a clock of the test's own."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from glmbot.events import Language
from glmbot.phrases import Phrase, duration_in_words
from glmbot.plugin.testing import ManualClock
from tests.dispatch.moderated import RunModerated
from tests.fakes.adapter import FakeAdapter

NOON = datetime(2026, 3, 3, 12).timestamp()
USED_UP = Phrase.QUOTA_USED_UP.in_language(Language.ENGLISH, wait="12 hours")


@pytest.fixture
async def clock() -> ManualClock:
    return ManualClock(NOON)


def too_fast(wait: str) -> str:
    return Phrase.TOO_FAST.in_language(Language.ENGLISH, wait=wait)


async def say(platform: FakeAdapter, *texts: str, **place: str) -> None:
    for text in texts:
        await platform.receive(text, **place)


async def test_who_writes_too_fast_is_told_once_when_to_come_back(
    run_moderated: RunModerated, platform: FakeAdapter, clock: ManualClock
) -> None:
    async with run_moderated(platform, limits={"messages_per_minute": 2, "burst": 2}) as app:
        await say(platform, "1", "2", "3", "4", "5")
        await app.idle("fake")
        expected = ["echo: 1", "echo: 2", too_fast("30 seconds")]
        assert platform.texts() == expected
        clock.set(clock.now() + 30)
        await say(platform, "6", "7", "8")
        await app.idle("fake")
        assert platform.texts() == [*expected, "echo: 6", too_fast("30 seconds")]


async def test_another_chat_is_no_way_around_it_and_another_sender_is_free(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    async with run_moderated(platform, limits={"messages_per_minute": 1, "burst": 1}) as app:
        await say(platform, "1")
        await app.idle("fake")
        await say(platform, "2", chat="other")
        await say(platform, "3", chat="third", sender="bob")
        await app.idle("fake")
        assert (platform.texts("other"), platform.texts("third")) == ([too_fast("60 seconds")], ["echo: 3"])


async def test_a_clock_that_is_set_back_gives_nothing_and_takes_nothing(
    run_moderated: RunModerated, platform: FakeAdapter, clock: ManualClock
) -> None:
    async with run_moderated(platform, limits={"messages_per_minute": 1, "burst": 1}) as app:
        await say(platform, "1")
        await app.idle("fake")
        clock.set(NOON - 86_400)
        await say(platform, "2")
        await app.idle("fake")
        clock.set(NOON - 86_400 + 61)
        await say(platform, "3")
        await app.idle("fake")
        assert platform.texts() == ["echo: 1", too_fast("60 seconds"), "echo: 3"]


async def test_a_chat_has_a_limit_for_all_in_it(run_moderated: RunModerated, platform: FakeAdapter) -> None:
    limits = {"chat_messages_per_minute": 1, "chat_burst": 2, "messages_per_minute": 0}
    async with run_moderated(platform, limits=limits) as app:
        for sender in ("ann", "bob", "eve", "joe"):
            await say(platform, sender, sender=sender)
            await app.idle("fake")
        told = Phrase.CHAT_TOO_FAST.in_language(Language.ENGLISH, wait="60 seconds")
        assert platform.texts() == ["echo: ann", "echo: bob", told]


async def test_admins_are_free_and_a_role_has_its_own_limits(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    limits = {"messages_per_minute": 1, "burst": 1, "daily_messages": 1, "role_daily_messages": {"patron": 2}}
    limits |= {"role_messages_per_minute": {"patron": 0}}
    roles = {"roles": {"patron": ["fake:pat"], "admin": ["fake:boss"]}}
    async with run_moderated(platform, limits=limits, admission=roles) as app:
        for sender in ("boss", "pat"):
            await say(platform, "1", "2", "3", sender=sender, chat=sender)
        await app.idle("fake")
        assert platform.texts("boss") == ["echo: 1", "echo: 2", "echo: 3"]
        assert platform.texts("pat") == ["echo: 1", "echo: 2", USED_UP]


async def test_a_daily_quota_is_told_once_and_ends_at_midnight(
    run_moderated: RunModerated, platform: FakeAdapter, clock: ManualClock
) -> None:
    midnight = datetime.combine(datetime.fromtimestamp(NOON).date() + timedelta(days=1), datetime.min.time())
    async with run_moderated(platform, limits={"daily_messages": 1}) as app:
        await say(platform, "1", "2", "3")
        await app.idle("fake")
        clock.set(midnight.timestamp() - 1)
        await say(platform, "4")
        await app.idle("fake")
        clock.set(midnight.timestamp())
        await say(platform, "5")
        await app.idle("fake")
        assert platform.texts() == ["echo: 1", USED_UP, "echo: 5"]
        clock.set(NOON)
        await say(platform, "6", "7")
        await app.idle("fake")
        assert platform.texts() == ["echo: 1", USED_UP, "echo: 5"]


async def test_a_daily_quota_survives_a_restart(run_moderated: RunModerated) -> None:
    shown: list[str] = []
    for number in range(3):
        adapter = FakeAdapter(max_length=2000)
        async with run_moderated(adapter, limits={"daily_messages": 1}) as app:
            await say(adapter, f"{number}", message_id=f"message {number}")
            await app.idle("fake")
        shown += adapter.texts()
    assert shown == ["echo: 0", USED_UP]


async def test_tokens_have_a_daily_quota_that_survives_a_restart(run_moderated: RunModerated) -> None:
    shown: list[str] = []
    for number in range(2):
        adapter = FakeAdapter(max_length=2000)
        async with run_moderated(adapter, limits={"daily_tokens": 20, "messages_per_minute": 0}) as app:
            await say(adapter, "a long question of many tokens", message_id=f"message {number}")
            await app.idle("fake")
        shown += adapter.texts()
    assert shown == ["echo: a long question of many tokens", USED_UP]


async def test_a_message_that_is_handled_again_counts_once(
    run_moderated: RunModerated, platform: FakeAdapter, model: Any
) -> None:
    model.num_refusals = 2
    limits = {"daily_messages": 2, "messages_per_minute": 1, "burst": 2}
    async with run_moderated(platform, limits=limits):
        await say(platform, "1", "2")
        await platform.until("echo: 1", "echo: 2")


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0.2, "1 second", " 1 秒"),
        (90, "90 seconds", " 90 秒"),
        (91, "2 minutes", " 2 分钟"),
        (5401, "2 hours", " 2 小时"),
        (200_000, "3 days", " 3 天"),
    ],
)
def test_a_wait_is_said_in_words(seconds: float, english: str, chinese: str) -> None:
    assert duration_in_words(seconds, Language.ENGLISH) == english
    assert duration_in_words(seconds, Language.CHINESE) == chinese
