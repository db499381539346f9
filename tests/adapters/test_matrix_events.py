"""Reading what Matrix users write, and writing what they read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from glmbot.adapters.base import OutgoingMessage
from glmbot.adapters.matrix_content import FORM, edit_content, message_content
from glmbot.adapters.matrix_events import Account, read_message
from glmbot.adapters.matrix_rooms import Room
from glmbot.adapters.matrix_sync import read_page, read_sync
from glmbot.content import Rendered
from glmbot.events import MAX_TEXT, Chat, ChatKind, MessageEvent, Sender

ME = "@glm.bot:example.org"
ANN = "@ann:example.org"
ACCOUNT = Account("matrix", ME, (ME, "glm.bot", "GLM 助手"), frozenset({"help"}))
PILL = '<a href="https://matrix.to/#/%40glm.bot:example.org">GLM</a>'


def room(num_joined: int = 5, **fields: Any) -> Room:
    found = Room("!room:example.org", num_joined=num_joined, **fields)
    found.learn_names([member(ANN, displayname="Ann")])
    return found


def member(user_id: str, membership: str = "join", **content: Any) -> dict[str, Any]:
    return {"type": "m.room.member", "state_key": user_id, "content": {"membership": membership} | content}


def raw(body: object = "hi", sender: object = ANN, **content: object) -> dict[str, Any]:
    return {
        "type": "m.room.message",
        "event_id": "$event",
        "sender": sender,
        "origin_server_ts": 1_700_000_000_500,
        "content": {"msgtype": "m.text", "body": body} | content,
    }


def read(*args: Any, num_joined: Any = 5, **content: Any) -> MessageEvent:
    message = read_message(raw(*args, **content), room(num_joined), ACCOUNT)
    assert message is not None
    return message.event


def test_a_message_becomes_an_event() -> None:
    assert read("hello", num_joined=2) == MessageEvent(
        message_id="$event",
        chat=Chat("matrix", "!room:example.org", ChatKind.PRIVATE),
        sender=Sender(ANN, "Ann"),
        text="hello",
        sent_at=1_700_000_000.5,
        is_addressed=True,
    )


@pytest.mark.parametrize(
    ("joined", "invited", "is_direct", "kind"),
    [
        (2, 0, False, ChatKind.PRIVATE),
        (1, 1, False, ChatKind.PRIVATE),
        (2, 1, True, ChatKind.GROUP),
        (3, 0, False, ChatKind.GROUP),
        (None, 0, True, ChatKind.PRIVATE),
        (None, 0, False, ChatKind.GROUP),
    ],
)
def test_a_room_of_two_is_private(joined: int | None, invited: int, is_direct: bool, kind: ChatKind) -> None:
    assert Room("!r", is_direct=is_direct, num_joined=joined, num_invited=invited).kind is kind


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        ("glm.bot: hello", "hello"),
        ("GLM.BOT, hello", "hello"),
        ("glm.bot:hello", "hello"),
        ("GLM 助手 你好", "你好"),
        ("glm 助手：你好", "你好"),
        ("GLM 助手你好", "你好"),
        ("@glm.bot hello", "hello"),
        ("@glm.bot:example.org: hello", "hello"),
        ("hello @glm.bot:example.org how are you", "hello how are you"),
        ("ask glm.bot, he knows", "ask glm.bot, he knows"),
        ("glm.bot", "glm.bot"),
        ("@glm.bot:example.org", "@glm.bot:example.org"),
    ],
)
def test_a_name_is_a_mention_and_cut_out(body: str, rest: str) -> None:
    """It stays where the sentence needs it, and where nothing else is said."""
    event = read(body)
    assert (event.is_addressed, event.text) == (True, rest)


@pytest.mark.parametrize(
    "body",
    [
        "hello all",
        "glm.bots are many",
        "xglm.bot",
        "@glm.bot:elsewhere.org hi",
        "glm.bot-two: hi",
        "glm-bot: hi",
        "!weather",
    ],
)
def test_talk_among_others_is_not_addressed(body: str) -> None:
    event = read(body, **{"m.mentions": {"user_ids": [ANN]}})
    assert (event.is_addressed, event.text) == (False, body)


@pytest.mark.parametrize(
    "fields",
    [
        {"m.mentions": {"user_ids": [ANN, ME]}},
        {"formatted_body": f"{PILL} hi", "format": "org.matrix.custom.html"},
        {"formatted_body": '<a href="https://matrix.to/#/@glm.bot:example.org?via=x">x</a>'},
    ],
)
def test_clients_mark_mentions(fields: dict[str, Any]) -> None:
    assert read("hi", **fields).is_addressed


def test_the_name_that_the_bot_has_in_a_room_counts() -> None:
    here = room()
    here.learn_names([member(ME, displayname="Robbie")])
    message = read_message(raw("Robbie: hi"), here, ACCOUNT)
    assert message is not None
    assert (message.event.text, message.event.is_addressed) == ("hi", True)


def test_a_quoted_mention_is_none() -> None:
    """Who answers somebody that mentioned the bot does not mean the bot."""
    quote = {"formatted_body": f"<mx-reply><blockquote>{PILL}: what?</blockquote></mx-reply>I do not know"}
    body = "> <@bob:example.org> glm.bot: what?\n> really\n\nI do not know"
    event = read(body, **quote, **{"m.relates_to": {"m.in_reply_to": {"event_id": "$other"}}})
    assert (event.text, event.is_addressed) == ("I do not know", False)


def test_lines_that_somebody_quotes_by_hand_stay() -> None:
    assert read("> wisdom\n\nTrue.").text == "> wisdom\n\nTrue."
    assert read("> wisdom\n\nTrue.", **{"m.relates_to": {"m.in_reply_to": {"event_id": "$e"}}}).text.startswith("> w")


def relation_of(**relation: object) -> tuple[str | None, str | None]:
    message = read_message(raw(**{"m.relates_to": relation}), room(), ACCOUNT)
    assert message is not None
    return message.event.chat.thread_id, message.reply_to


def test_threads_and_replies_are_told_apart() -> None:
    """In a thread a client names a message to answer for other clients that know no threads."""
    answered = {"m.in_reply_to": {"event_id": "$answered"}}
    assert relation_of(**answered) == (None, "$answered")
    assert relation_of(rel_type="m.thread", event_id="$root") == ("$root", None)
    assert relation_of(rel_type="m.thread", event_id="$root", is_falling_back=True, **answered) == ("$root", None)
    assert relation_of(rel_type="m.thread", event_id="$root", **answered) == ("$root", "$answered")


@pytest.mark.parametrize(
    ("body", "text", "is_addressed"),
    [
        ("/help me", "/help me", True),
        ("!help", "/help", True),
        ("!HELP\nplease", "/HELP\nplease", True),
        ("glm.bot: !help", "/help", True),
        ("glm.bot: !weather", "!weather", True),
        ("/weather", "/weather", False),
    ],
)
def test_a_command_may_begin_with_an_exclamation_mark(body: str, text: str, is_addressed: bool) -> None:
    event = read(body)
    assert (event.text, event.is_addressed) == (text, is_addressed)


@pytest.mark.parametrize(
    "event",
    [
        raw(sender=ME),
        raw(msgtype="m.notice"),
        raw(msgtype="m.key.verification.request"),
        raw("* hi", **{"m.relates_to": {"rel_type": "m.replace", "event_id": "$e"}, "m.new_content": {"body": "hi"}}),
        raw() | {"content": {}},
        raw() | {"type": "m.room.topic"},
        raw() | {"type": "m.reaction"},
        {},
    ],
)
def test_what_needs_no_answer(event: dict[str, Any]) -> None:
    """Ourselves, notices of bots, requests between programs, edits, redactions, and other kinds of events."""
    assert read_message(event, room(2), ACCOUNT) is None


def test_two_bots_do_not_answer_each_other() -> None:
    """What one of us sends is not for another, even in a private chat."""
    said = raw() | {"content": message_content(outgoing("glm.bot: hi"))}
    assert read_message(said, room(2), ACCOUNT) is None
    del said["content"]["org.matrix.msc1767.automated"]
    assert read_message(said, room(2), ACCOUNT) is not None


def test_an_attachment_has_the_text_that_goes_with_it() -> None:
    assert read("cat.png", msgtype="m.image").text == ""
    assert read("cat.png", msgtype="m.image", filename="cat.png").text == ""
    assert read("my cat", msgtype="m.image", filename="cat.png").text == "my cat"


@pytest.mark.parametrize(
    "event",
    [
        raw(None),
        raw(5),
        raw(["hi"]),
        raw(msgtype=7),
        raw(sender=None),
        raw(sender="@a b"),
        raw(sender="@" + "x" * 300),
        raw() | {"event_id": 7},
        raw() | {"event_id": "$" + "x" * 300},
        raw() | {"origin_server_ts": "yesterday"},
        raw() | {"origin_server_ts": None},
        raw() | {"content": "hi"},
        raw() | {"content": ["hi"]},
        raw(**{"m.relates_to": "$x"}),
        raw(**{"m.relates_to": {"m.in_reply_to": {"event_id": {}}}}),
        raw(**{"m.mentions": {"user_ids": [{}]}}),
        raw(formatted_body={}),
    ],
)
def test_a_malformed_event_is_named_and_not_quoted(event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        read_message(event, room(), ACCOUNT)
    assert "yesterday" not in str(raised.value)


def test_halves_of_surrogates_and_control_signs_are_mended() -> None:
    event = read("a\ud83d b\0\x07\n\tc")
    assert event.text == "a\ufffd b\n\tc"
    assert len(read("x" * (MAX_TEXT + 9)).text) == MAX_TEXT + 1


@pytest.mark.parametrize(
    ("displayname", "name"),
    [
        ("Ann\nLee\r\n\t!", "Ann Lee !"),
        ("\ud800", "\ufffd"),
        ("", "ann"),
        (7, "ann"),
        (None, "ann"),
        ("x" * 999, "x" * 255),
    ],
)
def test_a_name_is_one_line(displayname: object, name: str) -> None:
    here = Room("!r", num_joined=2)
    here.learn_names([member(ANN, displayname=displayname), {"type": "m.room.member", "state_key": []}])
    assert here.name_of(ANN) == name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON, JSON)
def test_nothing_that_a_homeserver_may_answer_is_an_error(events: object, summary: object, state: object) -> None:
    """What is malformed is left out."""
    timeline = {"events": events, "limited": summary, "prev_batch": state}
    rooms = {"join": {"!r": {"timeline": timeline, "summary": summary, "state": state}}, "invite": {"!i": state}}
    sync = read_sync({"next_batch": "s1", "rooms": rooms}, ME)
    assert sync is not None
    (news,) = sync.rooms
    here = Room("!r")
    here.count(news.summary)
    here.learn_names(news.events)
    assert here.start_in(news.events, ME) is None
    assert isinstance(read_page({"chunk": events, "state": state, "end": summary}).events, tuple)
    for answer in ({"next_batch": "s1", "rooms": events}, {"next_batch": "s1", "rooms": {"join": events}}):
        assert read_sync(answer, ME) is not None
    assert read_sync({"rooms": rooms}, ME) is None


@given(st.dictionaries(st.sampled_from(["msgtype", "body", "m.relates_to", "m.mentions", "filename"]), JSON), JSON)
def test_no_content_is_more_than_malformed(content: dict[str, object], at: object) -> None:
    try:
        read_message(raw(**content) | {"origin_server_ts": at}, room(), ACCOUNT)
    except ValidationError:
        return


# -- from where on to read


def event(event_id: str, sender: str = ANN) -> dict[str, Any]:
    return raw(sender=sender) | {"event_id": event_id}


def test_what_was_taken_in_is_where_to_go_on() -> None:
    here = room(known={"$2", "$4"})
    events = [event("$1"), event("$2"), event("$3"), event("$4"), event("$5"), event("$6", ME)]
    assert here.start_in(events, ME) == 4
    assert here.start_in(events[4:], ME) is None


def test_in_a_room_never_heard_what_we_said_ends_what_is_old() -> None:
    assert room().start_in([event("$1"), event("$2", ME), event("$3")], ME) == 2


def test_in_a_group_our_entrance_is_where_to_begin() -> None:
    entrance = member(ME) | {"unsigned": {"prev_content": {"membership": "invite"}}}
    events = [member(ME, "invite"), event("$1"), entrance, event("$2")]
    assert room().start_in(events, ME) == 3
    assert room(known={"$0"}).start_in(events, ME) == 3


def test_in_a_private_chat_the_invitation_is_where_to_begin() -> None:
    """People write before the bot has come in."""
    events = [event("$0"), member(ME, "invite"), event("$1"), member(ME), event("$2")]
    assert room(2).start_in(events, ME) == 2


def test_a_new_name_of_ours_is_no_entrance() -> None:
    renamed = member(ME, displayname="New") | {"unsigned": {"prev_content": {"membership": "join"}}}
    assert room().start_in([event("$1"), renamed], ME) is None


# -- what goes out


def outgoing(text: str, plain: str | None = None, *, kind: ChatKind = ChatKind.GROUP, **fields: Any) -> OutgoingMessage:
    chat = Chat("matrix", "!r", kind, fields.pop("thread_id", None))
    return OutgoingMessage(chat, Rendered(text, text if plain is None else plain), "key", **fields)


def test_a_message_has_html_and_plain_text_and_mentions_nobody() -> None:
    assert message_content(outgoing("<b>hi</b> @room", "hi @room")) == {
        "msgtype": "m.text",
        "body": "hi @room",
        "format": "org.matrix.custom.html",
        "formatted_body": "<b>hi</b> @room",
        "m.mentions": {},
        "org.matrix.msc1767.automated": True,
    }


def test_a_group_is_answered_by_a_reply_and_a_thread_in_the_thread() -> None:
    assert message_content(outgoing("x", reply_to="$1"))["m.relates_to"] == {"m.in_reply_to": {"event_id": "$1"}}
    assert "m.relates_to" not in message_content(outgoing("x", reply_to="$1", kind=ChatKind.PRIVATE))
    assert message_content(outgoing("x", thread_id="$root"))["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$root"},
    }
    in_thread = message_content(outgoing("x", reply_to="$1", thread_id="$root"))["m.relates_to"]
    assert (in_thread["is_falling_back"], in_thread["m.in_reply_to"]) == (False, {"event_id": "$1"})


@pytest.mark.parametrize("sign", ['"', "\\", "\n", "x", "深", "🎓", "\x01"])
def test_the_longest_message_and_edit_fit_into_an_event(sign: str) -> None:
    """However many signs JSON doubles, and however long the plain text is: of that the end is left out."""
    text = sign * (FORM.max_length // len(sign.encode()))
    for content in (message_content(outgoing(text, text * 3)), edit_content("$1", Rendered(text, text * 3))):
        new = content.get("m.new_content", content)
        assert new["formatted_body"] == text.replace("\x01", "")
        assert len(json.dumps(content, ensure_ascii=False).encode()) < 61_000
        assert new["body"] == text.replace("\x01", "") * 3 or (new["body"].endswith("…") and len(new["body"]) > 3000)
