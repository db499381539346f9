"""The outbox and the stored turns."""

import time
from pathlib import Path

import pytest

from glmbot.content import Rendered
from glmbot.events import Chat, ChatKind, MessageRef
from glmbot.prompt import Turn
from glmbot.storage.conversations import Conversations
from glmbot.storage.database import Database
from glmbot.storage.inbox import ClaimedEvent, Inbox
from glmbot.storage.outbox import Outbox
from glmbot.storage.replies import NewTurn, Replies
from glmbot.storage.turn_state import TurnState
from tests.storage.conftest import event

ROOM = Chat("fake", "room", ChatKind.PRIVATE)


def bodies(*texts: str) -> list[Rendered]:
    return [Rendered(text, text) for text in texts]


@pytest.fixture
async def claimed(database: Database) -> ClaimedEvent:
    await Inbox(database).add(event("1"))
    (claimed,) = await Inbox(database).claim()
    return claimed


async def answer(database: Database, question: str, answer: str, state: TurnState = TurnState.COMPLETE) -> int:
    inbox = Inbox(database)
    await inbox.add(event(f"{time.monotonic_ns()}", text=question))
    (claimed,) = await inbox.claim()
    await Replies(database).complete(claimed, bodies(answer), None, NewTurn(question, answer, 3, state))
    return claimed.conversation_id


async def test_a_reply_its_turn_and_the_end_of_its_event_are_one(database: Database, claimed: ClaimedEvent) -> None:
    turn = NewTurn("q", "a", 2, TurnState.COMPLETE)
    await Replies(database).complete(claimed, bodies("one", "two"), "m1", turn)
    (first,) = await Outbox(database).due()
    assert (first.body.text, first.reply_to, first.chat) == ("one", "m1", ROOM)
    assert await Inbox(database).num_open() == 0
    assert await Outbox(database).num_open("fake") == 2


async def test_nothing_of_a_reply_is_stored_when_a_part_of_it_cannot_be(
    database: Database, claimed: ClaimedEvent
) -> None:
    impossible = NewTurn("q", None, 2, TurnState.COMPLETE)  # type: ignore[arg-type]
    with pytest.raises(Exception):  # noqa: B017, PT011  any error of the database
        await Replies(database).complete(claimed, bodies("one"), None, impossible)
    assert await Outbox(database).num_open() == 0
    assert await Inbox(database).num_open() == 1


async def test_the_parts_of_a_chat_leave_in_order_and_hold_up_no_other_chat(
    database: Database, claimed: ClaimedEvent
) -> None:
    outbox = Outbox(database)
    await Replies(database).complete(claimed, bodies("one", "two"), None, None)
    await outbox.add(Chat("fake", "other", ChatKind.GROUP), bodies("three"))
    first, other = await outbox.due()
    assert (first.body.text, other.body.text) == ("one", "three")
    later = time.monotonic() + 60
    await outbox.wait(first.outbox_id, later)
    assert [row.body.text for row in await outbox.due()] == ["three"]
    assert await outbox.next_due() == later
    await outbox.mark_sent(first.outbox_id, MessageRef(ROOM, "m"))
    assert [row.body.text for row in await outbox.due()] == ["two", "three"]


async def test_a_live_row_keeps_its_key_and_place(database: Database, claimed: ClaimedEvent) -> None:
    outbox = Outbox(database)
    live = await outbox.open_live(claimed.inbox_id, 0, ROOM, "m1")
    assert (await outbox.open_live(claimed.inbox_id, 0, ROOM, "m1")).key == live.key
    await outbox.set_ref(live.outbox_id, MessageRef(ROOM, "shown"))
    assert await outbox.due() == []
    await Replies(database).complete(claimed, bodies("whole"), "m1", None)
    (row,) = await outbox.due()
    assert (row.key, row.ref, row.body.text) == (live.key, MessageRef(ROOM, "shown"), "whole")
    assert len(row.key) <= 25


async def test_live_messages_that_are_not_needed_any_more_end_as_a_dash(
    database: Database, claimed: ClaimedEvent
) -> None:
    outbox = Outbox(database)
    for part in range(3):
        live = await outbox.open_live(claimed.inbox_id, part, ROOM, None)
        if part < 2:
            await outbox.set_ref(live.outbox_id, MessageRef(ROOM, str(part)))
    await Replies(database).complete(claimed, bodies("short"), None, None)
    assert await outbox.num_open() == 2
    texts = [row.body.text for row in await outbox.live_parts(claimed.inbox_id)]
    assert texts[:2] == ["short", "—"]


async def test_an_event_has_one_reply(database: Database, claimed: ClaimedEvent) -> None:
    outbox, replies = Outbox(database), Replies(database)
    await replies.complete(claimed, bodies("answer"), None, NewTurn("q", "answer", 1, TurnState.COMPLETE))
    (row,) = await outbox.due()
    await outbox.mark_sent(row.outbox_id, MessageRef(ROOM, "m"))
    await replies.complete(claimed, bodies("sorry"), None, NewTurn("q", "sorry", 1, TurnState.COMPLETE))
    assert await outbox.due() == []
    assert [turn.answer for turn in await Conversations(database).turns(claimed.conversation_id)] == ["answer"]


async def test_an_event_that_ends_without_a_reply_leaves_no_live_message(
    database: Database, claimed: ClaimedEvent
) -> None:
    inbox, outbox = Inbox(database), Outbox(database)
    for part in range(2):
        live = await outbox.open_live(claimed.inbox_id, part, ROOM, None)
    await outbox.set_ref(live.outbox_id, MessageRef(ROOM, "shown"))
    await inbox.finish(claimed.inbox_id)
    (left,) = await outbox.due()
    assert (left.part, left.body.text, await outbox.num_open()) == (1, "—", 1)


async def test_a_message_that_became_due_meanwhile_is_not_overlooked(database: Database) -> None:
    outbox = Outbox(database)
    await outbox.add(ROOM, bodies("one"))
    (row,) = await outbox.due()
    now = time.monotonic()
    await outbox.wait(row.outbox_id, now)
    assert await outbox.next_due() == now


async def test_keys_differ_also_between_databases(database: Database, tmp_path: Path) -> None:
    other = await Database.open(f"sqlite:///{tmp_path}/other.db")
    for one in (database, other):
        for number in range(3):
            await Outbox(one).add(Chat("fake", str(number), ChatKind.PRIVATE), bodies("x"))
    keys = [row.key for one in (database, other) for row in await Outbox(one).due()]
    await other.close()
    assert len(set(keys)) == 6


async def test_no_text_is_too_odd_to_be_sent(database: Database, claimed: ClaimedEvent) -> None:
    odd, mended = "a\ud800\x00", "a\ufffd\ufffd"
    await Outbox(database).add(Chat("fake", odd, ChatKind.PRIVATE), bodies(odd))
    await Replies(database).complete(claimed, bodies(odd), odd, NewTurn(odd, odd, 1, TurnState.COMPLETE))
    texts = [(row.body, row.reply_to) for row in await Outbox(database).due()]
    assert texts == [(Rendered(mended, mended), None), (Rendered(mended, mended), mended)]
    assert await Conversations(database).turns(claimed.conversation_id) == [Turn(mended, mended, 1)]


async def test_a_message_given_up_does_not_hold_up_the_next(database: Database) -> None:
    outbox = Outbox(database)
    await outbox.add(ROOM, bodies("one", "two"))
    (first,) = await outbox.due()
    await outbox.retry(first.outbox_id, 0.0)
    (first,) = await outbox.due()
    assert first.attempts == 1
    await outbox.fail(first.outbox_id, "gone")
    assert [row.body.text for row in await outbox.due()] == ["two"]


async def test_turns_come_newest_first_and_only_those_that_count(database: Database) -> None:
    conversations = Conversations(database)
    await answer(database, "one", "1")
    await answer(database, "bad", "no", TurnState.REFUSED)
    await answer(database, "cut", "hal", TurnState.STOPPED)
    conversation_id = await answer(database, "empty", "")
    turns = await conversations.turns(conversation_id)
    assert [(turn.question, turn.answer, turn.num_tokens) for turn in turns] == [("cut", "hal", 3), ("one", "1", 3)]


async def test_reset_moves_the_start_and_deletes_nothing(database: Database) -> None:
    conversations = Conversations(database)
    conversation_id = await answer(database, "one", "1")
    assert await conversations.claim_dropped_notice(conversation_id)
    assert not await conversations.claim_dropped_notice(conversation_id)
    await conversations.reset(conversation_id)
    assert await conversations.turns(conversation_id) == []
    assert await conversations.last_turn(conversation_id) is None
    assert await conversations.claim_dropped_notice(conversation_id)
    await answer(database, "two", "2")
    assert [turn.question for turn in await conversations.turns(conversation_id)] == ["two"]
    count = "SELECT count(*) FROM turns"
    assert await database.run(lambda connection: connection.exec_driver_sql(count).scalar()) == 2


async def test_a_superseded_turn_is_kept_but_not_seen(database: Database, claimed: ClaimedEvent) -> None:
    conversations = Conversations(database)
    await Replies(database).complete(claimed, bodies("1"), None, NewTurn("q", "1", 1, TurnState.COMPLETE))
    last = await conversations.last_turn(claimed.conversation_id)
    assert last is not None
    assert await conversations.turns(claimed.conversation_id, before=last.turn_id) == []
    better = NewTurn("q", "2", 1, TurnState.COMPLETE, supersedes=last.turn_id)
    await Inbox(database).add(event("2"))
    (again,) = await Inbox(database).claim()
    await Replies(database).complete(again, bodies("2"), None, better)
    assert [turn.answer for turn in await conversations.turns(claimed.conversation_id)] == ["2"]
