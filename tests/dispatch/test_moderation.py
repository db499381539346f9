"""What follows from a finding: an event into the bot, messages out, and the log."""

import asyncio

from glmbot.events import Language
from glmbot.phrases import Phrase
from glmbot.plugin.testing import ManualClock
from tests.dispatch.moderated import RunModerated, facts_of, log_of
from tests.fakes.adapter import FakeAdapter
from tests.fakes.model import FakeModel

BLOCKED = Phrase.BLOCKED_IN.in_language(Language.ENGLISH)
WARNED = Phrase.WARNED.in_language(Language.ENGLISH)
MUTED_BY_STRIKES = Phrase.MUTED_FOR_STRIKES.in_language(Language.ENGLISH, wait="60 minutes")


async def test_a_warning_follows_the_answer_in_the_senders_language(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    async with run_moderated(platform) as app:
        await platform.receive("bad-warn please")
        await platform.until(f"echo: bad-warn please\n\n{WARNED}")
        await platform.receive("bad-warn 好吗", chat="other")
        chinese = Phrase.WARNED.in_language(Language.CHINESE)
        await platform.until(f"echo: bad-warn 好吗\n\n{chinese}", chat="other")
        assert set(await facts_of(app)) == {("test.warn", "warn", "in")}


async def test_what_is_only_logged_shows_nothing_to_the_sender(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    async with run_moderated(platform) as app:
        event = await platform.receive("bad-log")
        await platform.until("echo: bad-log")
        (entry,) = await log_of(app)
        assert (entry.rule, entry.place, entry.action, entry.direction) == ("test.log", "text", "log", "in")
        assert (entry.adapter, entry.chat_id, entry.sender_id) == ("fake", "room", "ann")
        assert (entry.message_id, entry.digest, entry.excerpt) == (event.message_id, "digest of log", "lo***")


async def test_the_log_holds_no_text(run_moderated: RunModerated, platform: FakeAdapter) -> None:
    async with run_moderated(platform) as app:
        await platform.receive("bad-block secret-4711")
        await platform.until(BLOCKED)
        assert "4711" not in repr(await log_of(app))


async def test_a_blocked_answer_is_logged_with_its_direction(
    run_moderated: RunModerated, platform: FakeAdapter, model: FakeModel
) -> None:
    model.script = lambda _: ["well. ", "bad-block. ", "more"]
    async with run_moderated(platform) as app:
        await platform.receive("hello")
        await platform.until(Phrase.BLOCKED_OUT.in_language(Language.ENGLISH))
        assert [fact[1:] for fact in await facts_of(app)] == [("block", "out")]


async def test_a_message_that_is_handled_again_is_logged_once(
    run_moderated: RunModerated, platform: FakeAdapter, model: FakeModel
) -> None:
    model.num_refusals = 2
    async with run_moderated(platform) as app:
        await platform.receive("bad-log")
        await platform.until("echo: bad-log")
        assert len(await log_of(app)) == 1


async def test_too_many_blocked_messages_mute_their_sender_who_is_told_once(
    run_moderated: RunModerated, platform: FakeAdapter, clock: ManualClock
) -> None:
    async with run_moderated(platform, moderation={"max_strikes": 2}) as app:
        await platform.receive("bad-block")
        await platform.until(BLOCKED)
        await platform.receive("bad-block")
        muted = f"{BLOCKED}\n\n{MUTED_BY_STRIKES}"
        await platform.until(BLOCKED, muted)
        await platform.receive("hello")
        await platform.receive("hello", chat="another chat")
        await app.idle("fake")
        assert platform.texts() == [BLOCKED, muted]
        assert platform.texts("another chat") == []
        clock.set(clock.now() + 3601)
        await platform.receive("hello")
        await platform.until(BLOCKED, muted, "echo: hello")
        assert ("strikes", "muted", "") in await facts_of(app)


async def test_strikes_expire(run_moderated: RunModerated, platform: FakeAdapter, clock: ManualClock) -> None:
    async with run_moderated(platform, moderation={"max_strikes": 2}) as app:
        await platform.receive("bad-block")
        await app.idle("fake")
        clock.set(clock.now() + 3601)
        await platform.receive("bad-block")
        await app.idle("fake")
        assert platform.texts() == [BLOCKED, BLOCKED]


async def test_a_clock_that_is_set_back_gives_no_strikes_away(
    run_moderated: RunModerated, platform: FakeAdapter, clock: ManualClock
) -> None:
    async with run_moderated(platform, moderation={"max_strikes": 2}) as app:
        await platform.receive("bad-block")
        await app.idle("fake")
        clock.set(clock.now() - 86_400)
        await platform.receive("bad-block")
        await platform.until_text("I answer you again in")


async def test_strikes_and_mutes_survive_a_restart(run_moderated: RunModerated) -> None:
    shown: list[str] = []
    for number, text in enumerate(["bad-block", "bad-block", "hello"]):
        adapter = FakeAdapter(max_length=2000)
        async with run_moderated(adapter, moderation={"max_strikes": 2}) as app:
            await adapter.receive(text, message_id=f"message {number}")
            await app.idle("fake")
        shown += adapter.texts()
    assert shown == [BLOCKED, f"{BLOCKED}\n\n{MUTED_BY_STRIKES}"]


async def test_a_check_that_fails_blocks_and_is_nobodys_strike(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    async with run_moderated(platform, moderation={"max_strikes": 1}) as app:
        await platform.receive("crash")
        await platform.until(BLOCKED)
        await platform.receive("hello")
        await platform.until(BLOCKED, "echo: hello")
        (entry,) = await log_of(app)
        assert entry.category == "failed check"


async def test_nothing_hostile_in_ids_or_text_keeps_the_log_from_being_written(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    async with run_moderated(platform) as app:
        await platform.receive("bad-block \ud800\0", sender="\udfff`@everyone`\0", chat="room")
        await platform.until(BLOCKED)
        assert len(await log_of(app)) == 1


async def test_the_log_is_kept_for_its_time_and_no_longer(
    run_moderated: RunModerated, platform: FakeAdapter, clock: ManualClock
) -> None:
    async with run_moderated(platform, moderation={"keep_log_days": 30}) as app:
        await platform.receive("bad-log")
        await app.idle("fake")
        await turn(clock, 30 * 86_400 - 10)
        assert len(await log_of(app)) == 1
        await turn(clock, 3601)
        assert await log_of(app) == []


async def turn(clock: ManualClock, seconds: float) -> None:
    """Set the clock, and let what is done each hour be done."""
    clock.set(clock.now() + seconds)
    async with asyncio.timeout(20):
        while (clock.next_wake or 0.0) <= clock.now():
            await asyncio.sleep(0.01)
