"""Tests what becomes an event on IRC, whose it is and for whom it is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmbot.adapters.irc_events import Presence, read_event
from glmbot.adapters.irc_line import parse
from glmbot.adapters.irc_names import ServerTraits
from glmbot.events import Chat, ChatKind, MessageEvent

TRAITS = ServerTraits().after(["STATUSMSG=@+"])
PRESENCE = Presence("irc", "glmbot_", "glmbot", TRAITS, frozenset({"help"}))


def read(raw: str | bytes) -> MessageEvent | None:
    line = parse(raw if isinstance(raw, bytes) else raw.encode())
    assert line is not None
    return read_event(line, PRESENCE)


def event(raw: str) -> MessageEvent:
    found = read(raw)
    assert found is not None
    return found


def test_a_query_is_a_private_chat_by_nick() -> None:
    """The nick is folded, so that Ann and ann are one chat, and the sender is nick, user and host."""
    found = event(":Ann[x]!~a@host PRIVMSG glmbot_ :hi")
    assert found.chat == Chat("irc", "ann{x}", ChatKind.PRIVATE)
    assert (found.sender.sender_id, found.sender.name) == ("ann{x}!~a@host", "Ann[x]")
    assert (found.text, found.is_addressed) == ("hi", True)


def test_whoever_takes_a_nick_over_is_somebody_else() -> None:
    """The conversation is the sender's, and a sender from another host is another one."""
    first, second = event(":ann!a@home PRIVMSG glmbot_ :hi"), event(":ann!b@else PRIVMSG glmbot_ :hi")
    assert first.chat == second.chat
    assert first.sender.sender_id != second.sender.sender_id


def test_an_account_is_the_same_person_under_any_nick() -> None:
    """The server vouches for it; a user cannot send this tag."""
    first = event("@account=Ann :ann!a@home PRIVMSG glmbot_ :hi")
    second = event("@account=ann :ann_away!b@else PRIVMSG glmbot_ :hi")
    assert first.sender.sender_id == second.sender.sender_id == "ann"


@pytest.mark.parametrize(
    ("said", "text", "is_addressed"),
    [
        ("hello all", "hello all", False),
        ("glmbot: hello", "hello", True),
        ("glmbot_, hello", "hello", True),
        ("@glmbot hello", "hello", True),
        ("hello glmbot_", "hello glmbot_", True),
        ("glmbot: /help x", "/help x", True),
        ("glmbot: !help", "/help", True),
        ("!help", "/help", True),
        ("/help", "/help", True),
        ("!weather", "!weather", False),
        ("/etc/passwd", "/etc/passwd", False),
        ("\x01ACTION pokes glmbot_\x01", "pokes glmbot_", True),
        ("\x02glmbot\x02: hi", "hi", True),
    ],
)
def test_in_a_channel_the_bot_is_meant_when_it_is_called(said: str, text: str, is_addressed: bool) -> None:
    """By its nick, the one it wants or the one it has, or by one of its commands."""
    found = event(f":ann!a@h PRIVMSG #Room :{said}")
    assert found.chat == Chat("irc", "#room", ChatKind.GROUP)
    assert (found.text, found.is_addressed) == (text, is_addressed)


def test_what_is_for_a_channels_operators_is_answered_to_them_only() -> None:
    """A message to @#room must not be answered before all of #room."""
    assert event(":ann!a@h PRIVMSG @#room :hi").chat == Chat("irc", "@#room", ChatKind.GROUP)


@pytest.mark.parametrize(
    "raw",
    [
        ":glmbot_!g@h PRIVMSG #room :my own echo",
        ":GLMBOT_!g@h PRIVMSG glmbot_ :my own echo",
        ":irc.net PRIVMSG glmbot_ :a server",
        ":ann PRIVMSG glmbot_ :nobody knows from where",
        "PRIVMSG glmbot_ :from nobody",
        "@bot :other!b@h PRIVMSG glmbot_ :I am a bot",
        "@inspircd.org/bot :other!b@h PRIVMSG #room :glmbot: so am I",
        ":ann!a@h PRIVMSG glmbot_ :\x01VERSION\x01",
        ":ann!a@h PRIVMSG glmbot_ :\x02\x02",
        ":ann!a@h PRIVMSG glmbot_",
        ":ann!a@h PRIVMSG",
        ":ann!a@h PRIVMSG $$*.net :to all on a server",
        ":ann!a@h PRIVMSG somebody :not for me",
        ":ann,bob!a@h PRIVMSG glmbot_ :two at once",
        ":ann!" + "a" * 300 + "@h PRIVMSG glmbot_ :an id that cannot be kept",
    ],
)
def test_what_is_not_to_be_answered_is_no_event(raw: str) -> None:
    """Echoes, bots, servers, requests between programs, what is empty, and what is for others."""
    assert read(raw) is None


def test_ids_are_the_servers_or_our_own() -> None:
    """Without a msgid each message has a new id, for two may well be equal."""
    assert event("@msgid=abc :ann!a@h PRIVMSG #room :x").message_id == "abc"
    ids = {event(":ann!a@h PRIVMSG #room :x").message_id for _ in range(3)}
    ids.add(event(f"@msgid={'x' * 300} :ann!a@h PRIVMSG #room :x").message_id)
    assert len(ids) == 4
    assert max(map(len, ids)) == 32


@given(st.binary(max_size=120))
def test_no_message_breaks_the_reader(text: bytes) -> None:
    """Whatever is said becomes an event or none."""
    found = read(b":ann!a@h PRIVMSG glmbot_ :" + text)
    assert found is None or found.text
