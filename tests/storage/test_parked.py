"""What was put aside, and trying it again by hand."""

from glmbot.content import Rendered
from glmbot.events import Chat, ChatKind, MessageRef
from glmbot.prompt import Turn
from glmbot.storage.conversations import Conversations
from glmbot.storage.database import Database
from glmbot.storage.inbox import Inbox
from glmbot.storage.outbox import Outbox
from glmbot.storage.parked import QUESTION, REPLY, Parked, ParkedMessage
from glmbot.storage.replies import NewTurn, Replies
from glmbot.storage.turn_state import TurnState
from tests.storage.conftest import event

ROOM = Chat("fake", "room", ChatKind.PRIVATE)
SORRY, ANSWER = Rendered("sorry", "sorry"), Rendered("answer", "answer")


async def test_a_parked_question_is_answered_after_all_in_the_place_of_the_apology(database: Database) -> None:
    inbox, outbox, parked = Inbox(database), Outbox(database), Parked(database)
    await inbox.add(event("1", text="why?"))
    (claimed,) = await inbox.claim()
    await Replies(database).complete(claimed, [SORRY], None, None, parked="the model was away")
    (apology,) = await outbox.due()
    await outbox.mark_sent(apology.outbox_id, MessageRef(ROOM, "shown"))
    assert await parked.all() == [
        ParkedMessage(QUESTION, claimed.inbox_id, "fake", "room", "why?", "the model was away")
    ]
    assert await parked.retry(QUESTION, claimed.inbox_id + 1) == 0
    assert await parked.retry(QUESTION, claimed.inbox_id) == 1
    (again,) = await inbox.claim()
    assert (again.event.text, again.attempts) == ("why?", 1)
    await Replies(database).complete(again, [ANSWER], None, NewTurn("why?", "answer", 1, TurnState.COMPLETE))
    (row,) = await outbox.due()
    assert (row.ref, row.body) == (MessageRef(ROOM, "shown"), ANSWER)
    assert await Conversations(database).turns(again.conversation_id) == [Turn("why?", "answer", 1)]
    assert await parked.all() == []


async def test_a_reply_that_was_given_up_is_sent_again_and_surplus_ones_are_not_shown(database: Database) -> None:
    inbox, outbox, parked = Inbox(database), Outbox(database), Parked(database)
    await inbox.add(event("1"))
    (claimed,) = await inbox.claim()
    for part in range(2):
        await outbox.open_live(claimed.inbox_id, part, ROOM, None)
    await Replies(database).complete(claimed, [ANSWER], None, None)
    (row,) = await outbox.due()
    await outbox.fail(row.outbox_id, "the chat is gone")
    assert await parked.all() == [ParkedMessage(REPLY, row.outbox_id, "fake", "room", "answer", "the chat is gone")]
    assert await parked.retry(REPLY) == 1
    assert [again.key for again in await outbox.due()] == [row.key]
