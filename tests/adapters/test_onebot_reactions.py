"""Emojis under messages of QQ's groups, as NapCat and Lagrange report them."""

import pytest

from glmbot.adapters.base import OutgoingMessage
from glmbot.content import Rendered
from glmbot.events import Chat, ChatKind, Reaction, Sender
from tests.adapters.test_onebot_files import talking
from tests.fakes.onebot import ANN, BOB, GROUP, SELF_ID, at, text

ROOM = Chat("onebot", str(GROUP), ChatKind.GROUP)
LIKE, DISLIKE, LAUGH, ROSE = 76, 77, 128514, 63


@pytest.mark.parametrize("is_lagrange", [False, True])
async def test_an_emoji_under_a_message_comes_in(is_lagrange: bool) -> None:
    async with talking() as (client, _, inbox):
        number = await client.receive([at(SELF_ID), text("hello")], group=GROUP)
        await client.react(number, LIKE, user=BOB, is_lagrange=is_lagrange)
        await client.react(number, LIKE, user=BOB, is_lagrange=is_lagrange, is_removed=True)
        await client.react(number, LAUGH, is_lagrange=is_lagrange)
        await client.react(number, 277, is_lagrange=is_lagrange)
        await inbox.received("hello", "", "", "", "")
    message = inbox.events[0].message_id
    assert [event.reaction for event in inbox.events[1:]] == [
        Reaction(message, "👍"),
        Reaction(message, "👍", is_removed=True),
        Reaction(message, "😂"),
        Reaction(message, "face 277"),
    ]
    assert {event.chat for event in inbox.events} == {ROOM}
    assert [event.sender for event in inbox.events[1:4]] == [
        *[Sender(str(BOB), str(BOB))] * 2,
        Sender(str(ANN), str(ANN)),
    ]
    assert len({event.message_id for event in inbox.events}) == 5


async def test_an_emoji_under_the_bots_own_message_names_it_as_it_was_sent() -> None:
    """Also after a restart, when only the client knows whose message it was."""
    async with talking() as (client, adapter, inbox):
        await client.receive([at(SELF_ID), text("hello")], group=GROUP)
        await inbox.received("hello")
        ref = await adapter.send(OutgoingMessage(ROOM, Rendered("hi", "hi"), "key"))
        await client.react(int(ref.message_id), DISLIKE)
        await inbox.received("hello", "")
        assert client.calls.count("get_msg") == 0
        adapter._sent.clear()
        await client.react(int(ref.message_id), ROSE)
        await inbox.received("hello", "", "")
    assert [event.reaction for event in inbox.events[1:]] == [
        Reaction(ref.message_id, "👎"),
        Reaction(ref.message_id, "🌹"),
    ]


async def test_what_is_no_reaction_of_a_person_is_left_out() -> None:
    async with talking() as (client, _, inbox):
        number = await client.receive("hello")
        await client.react(number, LIKE, user=SELF_ID)
        await client.react(number, LIKE, user=0)
        await client.react(number, LIKE, user_id=None)
        await client.react(number, LIKE, group_id="no number")
        await client.react(number, LIKE, message_id=[])
        await client.react(number, LIKE, self_id={})
        for likes in (
            None,
            "76",
            [1, None, {"emoji_id": "x"}, {"emoji_id": -1}, {"emoji_id": 10**30}, {}],
            {"emoji_id": 1},
        ):
            await client.react(number, LIKE, likes=likes)
        await client.react(number, LIKE, notice_type="group_recall")
        await client.react(12345, 0xD800)
        await client.receive("bye")
        await inbox.received("hello", "", "bye")
    assert inbox.events[1].reaction == Reaction("12345", "face 55296"), "a message that nobody knows any more"
