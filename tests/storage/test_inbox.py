"""The inbox: durable, without repeats, in order."""

import asyncio
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.dialects import sqlite

from glmbot.content import Rendered
from glmbot.events import Attachment, AttachmentKind, Chat, ChatKind, Language, MessageEvent, Sender
from glmbot.storage.clean_text import clean_text
from glmbot.storage.conversations import Conversations
from glmbot.storage.database import Database
from glmbot.storage.inbox import CLAIM, ClaimedEvent, Inbox
from glmbot.storage.replies import Replies
from glmbot.storage.tables import inbox as inbox_table
from tests.storage.conftest import event


async def claim(inbox: Inbox) -> ClaimedEvent:
    (claimed,) = await inbox.claim()
    return claimed


async def test_an_event_comes_back_as_it_went_in(database: Database) -> None:
    inbox = Inbox(database)
    stored = event("1", text="你好 😀\n")
    assert await inbox.add(stored)
    claimed = await claim(inbox)
    assert (claimed.event, claimed.attempts) == (stored, 1)


ATTACHED = (
    Attachment("AgAD-x", "报告.pdf", "application/pdf", 12_345, AttachmentKind.DOCUMENT),
    Attachment("https://cdn.example/a?ex=1", "voice.ogg", None, None, AttachmentKind.VOICE),
)


async def test_attachments_come_back_as_they_went_in(database: Database) -> None:
    inbox = Inbox(database)
    stored = replace(event("1", text=""), attachments=ATTACHED)
    assert await inbox.add(stored)
    assert (await claim(inbox)).event == stored


async def test_an_event_of_an_earlier_version_has_no_attachments(database: Database) -> None:
    inbox = Inbox(database)
    stored = replace(event("1"), attachments=ATTACHED)
    await inbox.add(stored)
    (row,) = await database.rows(select(inbox_table.c.event))
    earlier = {name: value for name, value in row.event.items() if name != "attachments"}
    await database.execute(update(inbox_table).values(event=earlier))
    assert (await claim(inbox)).event == replace(stored, attachments=())


async def test_a_repeat_is_not_stored_also_when_many_come_at_once(database: Database) -> None:
    inbox = Inbox(database)
    async with asyncio.TaskGroup() as tasks:
        added = [tasks.create_task(inbox.add(event("1"))) for _ in range(10)]
    assert [task.result() for task in added].count(True) == 1
    assert await inbox.num_open() == 1


async def test_one_at_a_time_in_order_per_conversation(database: Database) -> None:
    inbox = Inbox(database)
    for message_id, sender in (("1", "ann"), ("2", "ann"), ("3", "bob")):
        await inbox.add(event(message_id, sender))
    first, other = await claim(inbox), await claim(inbox)
    assert (first.event.message_id, other.event.message_id) == ("1", "3")
    assert await inbox.claim() == []
    await inbox.finish(first.inbox_id)
    assert (await claim(inbox)).event.message_id == "2"


async def test_a_busy_sender_waits_in_all_conversations_but_not_with_what_is_immediate(database: Database) -> None:
    inbox = Inbox(database)
    for message_id, sender, chat in (("1", "ann", "a"), ("2", "ann", "b"), ("3", "bob", "a"), ("4", "ann", "c")):
        await inbox.add(event(message_id, sender, chat=chat), is_immediate=message_id == "4")
    claimed = await inbox.claim(["fake"], limit=9, busy=[("fake", "ann"), ("other", "bob")])
    assert [one.event.message_id for one in claimed] == ["3", "4"]
    assert [one.event.message_id for one in await inbox.claim(["fake"], limit=9)] == ["1", "2"]


async def test_an_event_that_waits_holds_back_those_behind_it(database: Database) -> None:
    inbox = Inbox(database)
    await inbox.add(event("1"))
    await inbox.add(event("2"))
    later = time.monotonic() + 60
    await inbox.release((await claim(inbox)).inbox_id, later)
    assert await inbox.claim() == []
    assert await inbox.next_due() == later
    await inbox.release(1, 0.0)
    again = await claim(inbox)
    assert (again.event.message_id, again.attempts) == ("1", 2)


async def test_a_retry_that_became_due_meanwhile_is_not_overlooked(database: Database) -> None:
    inbox = Inbox(database)
    await inbox.add(event("1"))
    claimed = await claim(inbox)
    assert await inbox.claim() == []
    now = time.monotonic()
    await inbox.release(claimed.inbox_id, now)
    assert await inbox.next_due() == now


async def test_an_event_that_has_ended_is_not_released(database: Database) -> None:
    inbox = Inbox(database)
    await inbox.add(event("1"))
    await inbox.finish((await claim(inbox)).inbox_id)
    await inbox.release(1, 0.0)
    assert await inbox.claim() == []


async def test_threads_are_conversations_of_their_own(database: Database) -> None:
    inbox = Inbox(database)
    for message_id, thread in (("1", None), ("2", None), ("3", "t")):
        chat = Chat("fake", "room", ChatKind.GROUP, thread)
        await inbox.add(replace(event(message_id), chat=chat))
    first, in_thread = await claim(inbox), await claim(inbox)
    assert (first.event.message_id, in_thread.event.message_id) == ("1", "3")
    assert in_thread.event.chat.thread_id == "t"


async def test_the_language_a_platform_told_once_is_kept(database: Database) -> None:
    inbox = Inbox(database)
    await inbox.add(replace(event("1"), sender=Sender("ann", "Ann", Language.CHINESE)))
    await inbox.add(replace(event("2"), sender=Sender("ann", "Anna")))
    rows = await database.run(lambda connection: connection.exec_driver_sql("SELECT name, language FROM senders").all())
    assert [tuple(row) for row in rows] == [("Anna", "zh")]


async def test_an_id_that_stands_for_a_name_does_not_replace_one(database: Database) -> None:
    inbox = Inbox(database)
    for number, name in enumerate(("7", "Ann", "7")):
        await inbox.add(replace(event(str(number)), sender=Sender("7", name)))
    rows = await database.run(lambda connection: connection.exec_driver_sql("SELECT name FROM senders").all())
    assert [tuple(row) for row in rows] == [("Ann",)]


async def test_no_text_of_an_event_is_too_odd_to_be_stored(database: Database) -> None:
    inbox, odd = Inbox(database), "a\ud800\x00"
    stored = MessageEvent(odd, Chat("fake", odd, ChatKind.GROUP, odd), Sender(odd, odd), odd, 1.0, True)
    assert await inbox.add(stored)
    assert not await inbox.add(stored)
    mended = clean_text(odd)
    expected = MessageEvent(
        mended, Chat("fake", mended, ChatKind.GROUP, mended), Sender(mended, mended), mended, 1.0, True
    )
    assert (await claim(inbox)).event == expected
    assert await Conversations(database).id_of(stored) == await Conversations(database).id_of(expected)


async def test_an_immediate_event_passes_and_does_not_block(database: Database) -> None:
    inbox = Inbox(database)
    await inbox.add(event("1"))
    await inbox.add(event("2"))
    running = await claim(inbox)
    await inbox.add(event("stop"), is_immediate=True)
    assert (await claim(inbox)).event.message_id == "stop"
    await inbox.finish(running.inbox_id)
    assert (await claim(inbox)).event.message_id == "2"


async def test_two_bots_never_claim_the_same_event(database: Database, any_url: str, tmp_path: Path) -> None:
    other = await Database.open(any_url, tmp_path)
    for number in range(40):
        await Inbox(database).add(event(str(number), sender=str(number)))
    async with asyncio.TaskGroup() as tasks:
        claims = [tasks.create_task(Inbox(one).claim()) for one in (database, other) for _ in range(25)]
    claimed = [task.result() for task in claims]
    await other.close()
    ids = [one.inbox_id for some in claimed for one in some]
    assert sorted(ids) == list(range(1, 41))


async def test_a_done_event_is_remembered_only_against_repeats(database: Database) -> None:
    inbox = Inbox(database)
    assert await inbox.add(event("1"), is_done=True)
    assert not await inbox.add(event("1"))
    assert await inbox.claim() == []


async def test_a_parked_event_does_not_hold_up_its_conversation(database: Database) -> None:
    inbox = Inbox(database)
    await inbox.add(event("1"))
    await inbox.add(event("2"))
    await Replies(database).complete(await claim(inbox), [Rendered("sorry", "sorry")], None, None, parked="poison")
    assert (await claim(inbox)).event.message_id == "2"


async def test_what_a_killed_process_had_stored_and_claimed_is_there_afterwards(url: str) -> None:
    program = f"""
import asyncio, os, sys
from glmbot.storage.conversations import Conversations
from glmbot.storage.database import Database
from glmbot.storage.inbox import Inbox
from glmbot.storage.tables import inbox as inbox_table
from tests.storage.conftest import event

async def main():
    inbox = Inbox(await Database.open({url!r}))
    await inbox.add(event("1"))
    await inbox.claim()
    await inbox.add(event("2"))
    print("stored", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"stored\n"
    child.send_signal(signal.SIGKILL)
    await child.wait()
    database = await Database.open(url)
    inbox = Inbox(database)
    assert await inbox.take_over("fake") == 1
    claimed = await claim(inbox)
    assert (claimed.event.message_id, claimed.attempts) == ("1", 2)
    await inbox.finish(claimed.inbox_id)
    assert (await claim(inbox)).event.message_id == "2"
    await database.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_categories=[])))
async def test_any_text_is_kept_or_mended(database: Database, text: str) -> None:
    inbox = Inbox(database)
    await inbox.add(event(f"{time.monotonic_ns()}", text=text))
    claimed = await claim(inbox)
    assert claimed.event.text == clean_text(text)
    claimed.event.text.encode()
    await inbox.finish(claimed.inbox_id)


async def test_a_claim_looks_at_open_events_only(sqlite_database: Database) -> None:
    """Whatever was ever answered stays in the table: a claim must not read it."""
    statement = CLAIM.compile(dialect=sqlite.dialect(paramstyle="named"))
    explained, values = f"EXPLAIN QUERY PLAN {statement}", statement.params | {"now": 0.0, "most": 1}
    rows = await sqlite_database.run(lambda connection: connection.exec_driver_sql(explained, values).mappings().all())
    plan = [str(row["detail"]) for row in rows]
    assert not [step for step in plan if step.startswith("SCAN") or "TEMP B-TREE" in step]
    assert any("inbox_next (state=?)" in step for step in plan)
    assert any("inbox_queue (state=? AND is_immediate=?)" in step for step in plan)


async def test_an_event_stored_as_done_can_be_handled_after_all(database: Database) -> None:
    inbox = Inbox(database)
    await inbox.add(event("1"), is_done=True)
    await inbox.reopen(event("1"))
    assert (await claim(inbox)).event.message_id == "1"


async def test_events_of_an_adapter_that_is_not_there_wait(database: Database) -> None:
    inbox = Inbox(database)
    await inbox.add(event("1"))
    assert await inbox.claim(["other"]) == []
    assert len(await inbox.claim(["other", "fake"])) == 1


async def test_the_newest_message_of_each_chat_is_known_at_the_next_start(database: Database) -> None:
    inbox = Inbox(database)
    for message_id, chat in (("1", "room"), ("2", "hall"), ("3", "room")):
        await inbox.add(event(message_id, chat=chat))
    newest = await inbox.newest("fake")
    assert {chat.chat_id: message_id for chat, message_id in newest.items()} == {"room": "3", "hall": "2"}
    assert await inbox.newest("other") == {}
