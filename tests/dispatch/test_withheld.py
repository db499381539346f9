"""What stays of blocked messages in the database, and what an admin's approval lets through."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from glmbot.events import Language
from glmbot.phrases import Phrase
from glmbot.plugin.testing import ManualClock
from glmbot.storage.database import Database
from glmbot.storage.inbox import Inbox
from glmbot.storage.moderation import ModerationLog
from tests.dispatch.moderated import RunModerated
from tests.dispatch.test_admin_desk import press, report
from tests.dispatch.test_moderation import turn
from tests.dispatch.test_safety_in_the_bot import stored
from tests.fakes.adapter import FakeAdapter, FakeAdapterWithFiles
from tests.fakes.model import FakeModel

BLOCKED = Phrase.BLOCKED_IN.in_language(Language.ENGLISH)
HELD = Phrase.HELD.in_language(Language.ENGLISH)


@pytest.fixture
async def platform() -> FakeAdapterWithFiles:
    return FakeAdapterWithFiles(max_length=2000, can_show_buttons=True)


@pytest.fixture(autouse=True)
def polite(model: FakeModel) -> None:
    model.script = lambda _: ["an answer"]


def kept(folder: Path) -> list[str]:
    """Return the texts in the inbox, but those of admins."""
    with sqlite3.connect(next(folder.rglob("*.db"))) as connection:
        rows = connection.execute("SELECT json_extract(event, '$.text') FROM inbox ORDER BY inbox_id").fetchall()
    return [text for (text,) in rows if not text.startswith("/")]


async def test_of_a_blocked_message_only_what_the_log_may_have_stays(
    run_moderated: RunModerated, platform: FakeAdapterWithFiles, tmp_path: Path
) -> None:
    async with run_moderated(platform):
        await platform.receive("bad-block secret-4711", attachments=[platform.put("secret-4711.txt", b"x")])
        await platform.until(BLOCKED)
    assert kept(tmp_path) == ["test.block bl*** digest of block"]
    assert b"4711" not in stored(tmp_path)


async def test_a_blocked_message_is_refused_after_a_crash_and_withheld_then(
    run_moderated: RunModerated, tmp_path: Path
) -> None:
    before, after = FakeAdapter(max_length=2000), FakeAdapter(max_length=2000)
    async with run_moderated(before) as app:
        event = await before.receive("hello")
        await app.idle("fake")
    database = await Database.open(f"sqlite:///{tmp_path / 'data' / 'glmbot.db'}", tmp_path)
    inbox = Inbox(database)
    await inbox.add(replace(event, message_id="new", text="bad-block secret-4711"))
    (claimed,) = await inbox.claim()
    await database.close()
    assert claimed.event.text == "bad-block secret-4711"
    async with run_moderated(after):
        await after.until(BLOCKED)
    assert b"4711" not in stored(tmp_path)


async def test_what_waits_for_an_admin_is_kept_until_it_is_decided(
    run_moderated: RunModerated, platform: FakeAdapterWithFiles, model: FakeModel, tmp_path: Path
) -> None:
    async with run_moderated(platform) as app:
        await platform.receive("bad-escalate secret-4711")
        await platform.until(HELD)
        assert b"4711" in stored(tmp_path)
        await press(platform, 1)
        await platform.until_text("is muted")
        await app.idle("fake")
    assert kept(tmp_path) == ["test.escalate es*** digest of escalate"]
    assert model.requests == []


async def test_an_approved_message_is_kept_as_the_one_that_is_answered(
    run_moderated: RunModerated, platform: FakeAdapterWithFiles, model: FakeModel, tmp_path: Path
) -> None:
    async with run_moderated(platform):
        await platform.receive("bad-escalate secret-4711")
        await press(platform, 0)
        await platform.until(HELD, "an answer")
    assert model.questions() == ["bad-escalate secret-4711"]
    assert kept(tmp_path) == ["test.escalate es*** digest of escalate", "bad-escalate secret-4711"]


async def test_a_report_that_nobody_decides_keeps_its_message_as_long_as_itself(
    run_moderated: RunModerated, platform: FakeAdapterWithFiles, clock: ManualClock, tmp_path: Path
) -> None:
    async with run_moderated(platform, moderation={"keep_log_days": 30}):
        await platform.receive("bad-escalate secret-4711")
        await platform.until(HELD)
        await turn(clock, 31 * 86_400)
    assert b"4711" not in stored(tmp_path)


async def test_erasing_a_sender_withholds_what_waits_for_an_admin(
    run_moderated: RunModerated, platform: FakeAdapterWithFiles, tmp_path: Path
) -> None:
    async with run_moderated(platform) as app:
        await platform.receive("bad-escalate secret-4711")
        await platform.until(HELD)
        await ModerationLog(app._parts.database).erase("fake:ann")
    assert b"4711" not in stored(tmp_path)


async def test_a_file_is_let_through_with_the_message_and_admins_are_told_before(
    run_moderated: RunModerated, platform: FakeAdapterWithFiles, model: FakeModel
) -> None:
    async with run_moderated(platform):
        content = b"bad-block and card 4111 1111 1111 1111"
        await platform.receive("bad-escalate", attachments=[platform.put("bad-block.txt", content)])
        assert "Files that came with the message: 1" in (await report(platform)).text
        await press(platform, 0)
        await platform.until(HELD, "an answer")
    (question,) = model.questions()
    assert "bad-block.txt" in question
    assert "bad-block and card [BANK_CARD]" in question


async def test_a_file_can_be_what_waits_for_an_admin(
    run_moderated: RunModerated, platform: FakeAdapterWithFiles, model: FakeModel, tmp_path: Path
) -> None:
    async with run_moderated(platform):
        await platform.receive("look", attachments=[platform.put("a.txt", b"bad-escalate")])
        await platform.until(HELD)
        await press(platform, 0)
        await platform.until(HELD, "an answer")
    assert "bad-escalate" in model.questions()[0]


async def test_a_file_whose_name_is_blocked_is_withheld_and_its_name_not_told(
    run_moderated: RunModerated, platform: FakeAdapterWithFiles, tmp_path: Path
) -> None:
    async with run_moderated(platform):
        await platform.receive("look", attachments=[platform.put("bad-block-4711.zip", b"PK")])
        await platform.until(BLOCKED)
    assert b"4711" not in stored(tmp_path)
