"""The Matrix adapter on a homeserver that we did not write, Synapse, with people there by plain HTTP."""

import asyncio
import itertools
import logging
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from glmbot.adapters.base import (
    Adapter,
    CatchesUp,
    CommandInfo,
    CommandMenu,
    FetchesFiles,
    HasAccount,
    OutgoingMessage,
    Probed,
    Reacts,
)
from glmbot.adapters.matrix import MatrixAdapter
from glmbot.adapters.matrix_files import encrypted
from glmbot.adapters.matrix_sync import TIMELINE
from glmbot.adapters.matrix_waits import Waits
from glmbot.content import File, Rendered
from glmbot.errors import ConfigError, FileTooLarge, NotDelivered, RetryLater, UrlRefused
from glmbot.events import Attachment, AttachmentKind, Chat, ChatKind, Language, MessageRef, Reaction
from glmbot.settings import MatrixSettings
from glmbot.text.rendering import render_parts
from tests.fakes.inbox import Inbox
from tests.fakes.matrix_human import Human, human
from tests.fakes.matrix_proxy import MatrixProxy
from tests.synapse import Account, Synapse, synapse

QUICK = Waits(poll=2.0, answer=10.0, first=0.02, longest=0.1)
MISSING = "$cannot-be-there:localhost"


@dataclass(slots=True)
class Place:
    """A homeserver with a proxy before it, the bot's account, and Ann."""

    proxy: MatrixProxy
    account: Account
    ann: Human
    server: Synapse
    _keys: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def bot(self) -> str:
        return self.account.user_id

    def adapter(self, waits: Waits = QUICK, **settings: Any) -> MatrixAdapter:
        fixed = {"homeserver": self.proxy.url, "user_id": self.bot, "access_token": self.account.access_token}
        return MatrixAdapter("matrix", MatrixSettings(**(fixed | settings)), waits=waits)

    async def direct(self) -> str:
        """Make a private chat, and wait for the bot there."""
        room_id = await self.ann.make_room(self.bot, is_direct=True)
        await self.ann.until_joined(room_id, self.bot)
        return room_id

    async def group(self, *others: Human) -> str:
        """Make a group of at least three, and wait for the bot there."""
        room_id = await self.ann.make_room(self.bot, *(other.user_id for other in others))
        for other in others:
            await other.join(room_id)
        await self.ann.until_joined(room_id, self.bot)
        return room_id


@pytest.fixture
async def place(homeserver: Synapse) -> AsyncIterator[Place]:
    async with MatrixProxy(homeserver.url) as proxy, human(homeserver, "ann") as ann:
        yield Place(proxy, homeserver.register("bot"), ann, homeserver)


@pytest.fixture
async def bob(homeserver: Synapse) -> AsyncIterator[Human]:
    async with human(homeserver, "bob") as found:
        yield found


@asynccontextmanager
async def running(adapter: MatrixAdapter) -> AsyncIterator[Inbox]:
    inbox = Inbox()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(adapter.run(inbox.accept))
        yield inbox
        task.cancel()


def private(room_id: str) -> Chat:
    return Chat("matrix", room_id, ChatKind.PRIVATE)


def outgoing(chat: Chat, text: str, key: str = "key", **fields: Any) -> OutgoingMessage:
    return OutgoingMessage(chat, Rendered(text, text), key, **fields)


def spoil(news: Any) -> Any:
    """Make some events malformed, those whose text says so."""
    for room in news.get("rooms", {}).get("join", {}).values():
        for event in room["timeline"]["events"]:
            match event["content"].get("body"):
                case "spoil body":
                    event["content"]["body"] = ["no text"]
                case "spoil sender":
                    event["sender"] = {}
                case "spoil type":
                    del event["content"]["msgtype"]
        room["timeline"]["events"].insert(0, "no event")
    return news


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return what a server needs for TLS with a certificate that it made for itself."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


# -- what it is


def test_it_has_all_abilities(place: Place) -> None:
    adapter = place.adapter()
    as_adapter: Adapter = adapter
    assert as_adapter.capabilities.has_idempotent_send
    for ability in (CommandMenu, Probed, HasAccount, CatchesUp, FetchesFiles, Reacts):
        assert isinstance(adapter, ability)
    assert adapter.account_key == f"{place.proxy.url} {place.bot}"


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"homeserver": ""}, "set adapters.matrix.homeserver"),
        ({"user_id": ""}, "set adapters.matrix.user_id"),
        ({"access_token": ""}, "GLMBOT_ADAPTERS__MATRIX__ACCESS_TOKEN"),
        ({"access_token": "syt_x\ny"}, "GLMBOT_ADAPTERS__MATRIX__ACCESS_TOKEN"),
        ({"access_token": "syt_深"}, "GLMBOT_ADAPTERS__MATRIX__ACCESS_TOKEN"),
    ],
)
async def test_what_cannot_be_right_names_the_remedy(place: Place, settings: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ConfigError, match=remedy) as raised:
        place.adapter(**settings)
    assert "syt_" not in str(raised.value)


async def test_a_refused_token_is_an_error_of_the_configuration(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigError, match="set GLMBOT_ADAPTERS__MATRIX__ACCESS_TOKEN") as raised:
        await place.adapter(access_token="syt_wrong").run(Inbox().accept)
    assert "syt_wrong" not in str(raised.value) + caplog.text


async def test_a_wrong_password_is_an_error_of_the_configuration(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigError, match="set GLMBOT_ADAPTERS__MATRIX__PASSWORD") as raised:
        await place.adapter(access_token="", password="hunter2").run(Inbox().accept)
    assert "hunter2" not in str(raised.value) + caplog.text


async def test_somebody_elses_token_is_an_error_of_the_configuration(place: Place) -> None:
    token = place.ann.account.access_token
    with pytest.raises(ConfigError, match="set adapters.matrix.user_id"):
        await place.adapter(access_token=token).run(Inbox().accept)


async def test_an_address_without_matrix_is_an_error_of_the_configuration(place: Place) -> None:
    place.proxy.refuse("whoami", 404, b"<html>no such page</html>")
    with pytest.raises(ConfigError, match="set adapters.matrix.homeserver"):
        await place.adapter().run(Inbox().accept)


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(place: Place, tmp_path: Path) -> None:
    """Whoever has it could read the token."""
    seen: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=self_signed(tmp_path))
    async with server:
        address = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(ConfigError, match="no certificate that is trusted.*set adapters.matrix.homeserver"):
            await place.adapter(homeserver=address).run(Inbox().accept)
    assert b"".join(seen) == b""


async def test_a_password_logs_in_once_on_a_device_that_stays(place: Place) -> None:
    """Also the next start of the bot sends a message with the same key once only."""
    refs = []
    room_id = ""
    for number in range(1, 3):
        adapter = place.adapter(access_token="", password=place.account.password)
        async with running(adapter):
            room_id = room_id or await place.direct()
            await place.proxy.until_called("/whoami", number)
            refs.append(await adapter.send(outgoing(private(room_id), "hello")))
        assert await adapter.send(outgoing(private(room_id), "hello")) == refs[0]
    assert place.proxy.num_calls("/login") == 2
    assert refs[0] == refs[1]
    assert await place.ann.shown(room_id, place.bot) == ["hello"]


async def test_a_message_waits_for_the_log_in(place: Place) -> None:
    adapter = place.adapter(access_token="", password=place.account.password)
    with pytest.raises(RetryLater):
        await adapter.send(outgoing(private("!r:localhost"), "hello"))


async def test_a_device_that_somebody_removes_is_logged_in_again(place: Place) -> None:
    adapter = place.adapter(access_token="", password=place.account.password)
    run = asyncio.create_task(adapter.run(Inbox().accept))
    room_id = await place.direct()
    place.proxy.refuse("/sync", 401, {"errcode": "M_UNKNOWN_TOKEN"})
    place.proxy.cut_polls()
    with pytest.raises(ConnectionError, match="logging in again"):
        await run
    async with running(adapter) as inbox:
        await place.ann.say(room_id, "hello")
        await inbox.received("hello")
    assert place.proxy.num_calls("/login") == 2


# -- what comes in


async def test_a_private_chat(place: Place) -> None:
    """What was written before the bot had come in counts, too."""
    room_id = await place.ann.make_room(place.bot, is_direct=True)
    await place.ann.say(room_id, "hello")
    async with running(place.adapter()) as inbox:
        await inbox.received("hello")
        event_id = await place.ann.say(room_id, "你好")
        await inbox.received("hello", "你好")
    event = inbox.events[-1]
    assert (event.message_id, event.chat, event.is_addressed) == (event_id, private(room_id), True)
    assert (event.sender.sender_id, event.sender.name) == (
        place.ann.user_id,
        place.ann.user_id[1:].split(":")[0].title(),
    )


async def test_a_group_is_told_apart_from_a_private_chat(place: Place, bob: Human) -> None:
    """What was said before the bot came in is not for it."""
    adapter = place.adapter()
    adapter.set_commands([CommandInfo("help", {Language.ENGLISH: "Help."})])
    name = place.bot[1:].split(":")[0]
    room_id = await place.ann.make_room(place.bot, bob.user_id)
    await bob.join(room_id)
    await place.ann.say(room_id, f"{name}: are you there?")
    async with running(adapter) as inbox:
        await place.ann.until_joined(room_id, place.bot)
        await place.ann.say(room_id, "hello all")
        await bob.say(room_id, f"{name.title()}: hello")
        await bob.say(room_id, "what?", **{"m.mentions": {"user_ids": [place.bot]}})
        await place.ann.say(room_id, "!help")
        await inbox.received("hello all", "hello", "what?", "/help")
    assert [event.is_addressed for event in inbox.events] == [False, True, True, True]
    assert {event.chat for event in inbox.events} == {Chat("matrix", room_id, ChatKind.GROUP)}


async def test_a_reply_to_the_bot_is_for_it(place: Place, bob: Human) -> None:
    """Also to what it said before it was started again; a reply to somebody else is not."""
    adapter = place.adapter()
    async with running(adapter):
        room_id = await place.group(bob)
        chat = Chat("matrix", room_id, ChatKind.GROUP)
        said = await adapter.send(outgoing(chat, "hello"))
        other = await place.ann.say(room_id, "nice weather")
    async with running(place.adapter()) as inbox:
        await bob.reply(room_id, said.message_id, "hello yourself")
        await bob.reply(room_id, other, "indeed")
        await inbox.received("nice weather", "hello yourself", "indeed")
        await bob.say(room_id, "and?", **{"m.relates_to": {"m.in_reply_to": {"event_id": MISSING}}})
        await inbox.received("nice weather", "hello yourself", "indeed", "and?")
    assert [event.is_addressed for event in inbox.events] == [False, True, False, False]


async def test_an_emoji_is_put_under_a_message(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter) as inbox:
        room_id = await place.direct()
        event_id = await place.ann.say(room_id, "hello")
        await inbox.received("hello")
        await adapter.react(inbox.events[0].chat, inbox.events[0].message_id, "👍")
    reactions = [event for event in await place.ann.events(room_id) if event["type"] == "m.reaction"]
    relation = {"rel_type": "m.annotation", "event_id": event_id, "key": "👍"}
    assert [(event["sender"], event["content"]["m.relates_to"]) for event in reactions] == [(place.bot, relation)]


async def test_an_emoji_that_somebody_puts_and_takes_away_comes_in(place: Place) -> None:
    """The bot's own do not."""
    adapter = place.adapter()
    async with running(adapter) as inbox:
        room_id = await place.direct()
        ref = await adapter.send(outgoing(private(room_id), "hello"))
        await adapter.react(private(room_id), ref.message_id, "🤖")
        relation = {"rel_type": "m.annotation", "event_id": ref.message_id, "key": "👍"}
        for content in ({}, {"m.relates_to": "?"}):
            await place.ann.send(room_id, "m.reaction", content)
        reacted = await place.ann.send(room_id, "m.reaction", {"m.relates_to": relation})
        taken_back = await place.ann.call("PUT", "rooms", room_id, "redact", reacted, "key", body={})
        await place.ann.say(room_id, "well?")
        await inbox.received("", "", "well?")
    put, removed, _ = inbox.events
    assert put.reaction == Reaction(ref.message_id, "👍")
    assert removed.reaction == Reaction(ref.message_id, "👍", is_removed=True)
    assert [put.message_id, removed.message_id] == [reacted, taken_back["event_id"]]
    assert (put.chat, put.sender.sender_id, put.is_addressed) == (private(room_id), place.ann.user_id, True)


async def test_a_thread_is_a_chat_of_its_own_and_is_answered_there(place: Place, bob: Human) -> None:
    adapter = place.adapter()
    async with running(adapter) as inbox:
        room_id = await place.group(bob)
        root = await bob.say(room_id, "a question")
        relation = {"rel_type": "m.thread", "event_id": root, "is_falling_back": True}
        asked = await bob.say(room_id, "well?", **{"m.relates_to": relation, "m.mentions": {"user_ids": [place.bot]}})
        await inbox.received("a question", "well?")
        chat = inbox.events[1].chat
        await adapter.send(outgoing(chat, "an answer", reply_to=asked))
    assert chat == Chat("matrix", room_id, ChatKind.GROUP, thread_id=root)
    (content,) = await bob.contents(room_id, place.bot)
    assert content["m.relates_to"]["rel_type"] == "m.thread"
    assert content["m.relates_to"]["event_id"] == root
    assert content["m.relates_to"]["m.in_reply_to"] == {"event_id": asked}


async def test_what_is_malformed_or_of_no_concern_stops_nothing(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Some of this Synapse passes on; what it would not is spoilt on its way."""
    place.proxy.change = spoil
    async with running(place.adapter()) as inbox:
        room_id = await place.direct()
        await place.ann.say(room_id, "notice", msgtype="m.notice")
        for text in ("spoil body", "spoil sender", "spoil type"):
            await place.ann.say(room_id, text)
        await place.ann.say(room_id, "bad relation", **{"m.relates_to": ["?"]})
        await place.ann.send(room_id, "org.example.other", {"body": "other"})
        first = await place.ann.say(room_id, "first")
        edit = {"m.new_content": {"msgtype": "m.text", "body": "1st"}}
        await place.ann.say(room_id, "* 1st", **edit, **{"m.relates_to": {"rel_type": "m.replace", "event_id": first}})
        redacted = await place.ann.say(room_id, "to be taken back")
        await place.ann.call("PUT", "rooms", room_id, "redact", redacted, "key", body={})
        await place.ann.say(room_id, "x" * 60_000)
        await inbox.received("first", "to be taken back", "x" * 60_000)
    assert caplog.text.count("is malformed and left out") == 4


async def test_what_is_encrypted_is_told_once(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgA", "session_id": "s", "sender_key": "k"}
    async with running(place.adapter()) as inbox:
        room_id = await place.direct()
        for _ in range(2):
            await place.ann.send(room_id, "m.room.encrypted", content)
        await place.ann.say(room_id, "in clear")
        await inbox.received("in clear")
    assert caplog.text.count("is encrypted") == 1
    assert "make a room without encryption" in caplog.text


async def test_a_message_waits_until_it_is_stored(place: Place) -> None:
    async with running(place.adapter()) as inbox:
        room_id = await place.direct()
        inbox.faults = [RetryLater("the disk is full", after=0.01), RetryLater("still full", after=0.01)]
        await place.ann.say(room_id, "first")
        await place.ann.say(room_id, "second")
        await inbox.received("first", "first", "first", "second")


async def test_what_was_written_in_its_absence_is_caught_up(place: Place, bob: Human) -> None:
    """All of it, in order, however much; and in a room that it has not heard of before from its entrance on."""
    async with running(place.adapter()) as inbox:
        rooms = [await place.direct(), await place.group(bob)]
        await place.ann.say(rooms[0], "before")
        await inbox.received("before")
    missed = [f"missed {number}" for number in range(TIMELINE * 2 + 5)]
    for text in missed:
        await place.ann.say(rooms[0], text)
    for number in range(TIMELINE + 5):
        await bob.say(rooms[1], f"talk {number}")
    adapter = place.adapter()
    adapter.resume_after({event.chat: event.message_id for event in inbox.events})
    place.proxy.refuse("/messages", 502, times=2)
    async with running(adapter) as inbox:
        await inbox.until(lambda: len(inbox.events) >= len(missed) + TIMELINE + 5)
        await place.ann.say(rooms[0], "after")
        await inbox.until(lambda: "after" in inbox.texts)
    assert [event.text for event in inbox.events if event.chat == private(rooms[0])] == [*missed, "after"]
    talk = [event.text for event in inbox.events if event.chat.chat_id == rooms[1]]
    assert talk == [f"talk {number}" for number in range(TIMELINE + 5)]
    assert place.proxy.num_calls("/messages") >= 4


async def test_a_gap_in_the_news_is_read_back(place: Place) -> None:
    """So much was written during an outage that the homeserver leaves some out."""
    texts = [f"text {number}" for number in range(TIMELINE + 20)]
    async with running(place.adapter()) as inbox:
        room_id = await place.direct()
        await place.ann.say(room_id, "before")
        await inbox.received("before")
        inbox.is_open.clear()
        await place.ann.say(room_id, "held up")
        await inbox.received("before", "held up")
        for text in texts:
            await place.ann.say(room_id, text)
        inbox.is_open.set()
        await inbox.received("before", "held up", *texts)
    assert place.proxy.num_calls("/messages") == 1


async def test_a_room_whose_history_is_lost_does_not_hold_up_the_others(place: Place, bob: Human) -> None:
    """What was said there comes when it can be read back, in order, with what was said meanwhile."""
    texts = [f"text {number}" for number in range(TIMELINE + 20)]
    async with running(place.adapter()) as inbox:
        room_id, other_id = await place.direct(), await place.group(bob)
        await place.ann.say(room_id, "before")
        await inbox.received("before")
        place.proxy.refuse(f"{room_id}/messages", 500, times=1_000_000)
        inbox.is_open.clear()
        await bob.say(other_id, "held up")
        await inbox.received("before", "held up")
        for text in texts:
            await place.ann.say(room_id, text)
        inbox.is_open.set()
        await place.proxy.until_called(f"{room_id}/messages", 2)
        await bob.say(other_id, "all well here")
        await inbox.received("before", "held up", "all well here")
        await place.ann.say(room_id, "meanwhile")
        await bob.say(other_id, "still")
        await inbox.received("before", "held up", "all well here", "still")
        place.proxy.heal()
        await inbox.received("before", "held up", "all well here", "still", *texts, "meanwhile")


async def test_a_gap_that_the_last_run_left_is_read_back_by_the_next(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter) as inbox:
        room_id = await place.direct()
        await place.ann.say(room_id, "before")
        await inbox.received("before")
    texts = [f"text {number}" for number in range(TIMELINE + 20)]
    for text in texts:
        await place.ann.say(room_id, text)
    place.proxy.refuse("/messages", 500, times=1_000_000)
    async with running(adapter) as inbox:
        await place.proxy.until_called("/messages", 2)
    place.proxy.heal()
    async with running(adapter) as inbox:
        await inbox.received(*texts)


async def test_a_new_start_of_run_goes_on_where_it_was(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter) as inbox:
        room_id = await place.direct()
        await place.ann.say(room_id, "before")
        await inbox.received("before")
        await place.proxy.until_called("since=", 2)
    await place.ann.say(room_id, "missed")
    async with running(adapter) as inbox:
        await inbox.received("missed")


async def test_what_it_answered_for_another_database_is_not_answered_again(place: Place, bob: Human) -> None:
    """Where nothing is known of a room, what the bot said there last ends what is old."""
    adapter = place.adapter()
    async with running(adapter) as inbox:
        room_id = await place.group(bob)
        await bob.say(room_id, "old")
        await inbox.received("old")
        await adapter.send(outgoing(inbox.events[0].chat, "answered"))
    await bob.say(room_id, "new")
    async with running(place.adapter()) as inbox:
        await inbox.received("new")


async def test_an_invitation_is_accepted_when_the_homeserver_comes_round(place: Place) -> None:
    """One that is refused for good is told, and stops nothing."""
    place.proxy.refuse("/join/", 502, {"errcode": "M_UNKNOWN"}, times=2)
    async with running(place.adapter()) as inbox:
        room_id = await place.direct()
        place.proxy.refuse("/join/", 403, {"errcode": "M_FORBIDDEN"})
        await place.ann.make_room(place.bot)
        await place.proxy.until_called("/join/", 4)
        await place.ann.say(room_id, "hello")
        await inbox.received("hello")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"next_batch": 7}', b'{"next_batch": "s1", "rooms": [1]}', b"[" * 100_000]
)
async def test_an_answer_that_cannot_be_read_is_asked_for_again(place: Place, body: bytes) -> None:
    async with running(place.adapter()) as inbox:
        room_id = await place.direct()
        place.proxy.refuse("/sync", 200, body)
        place.proxy.cut_polls()
        await place.ann.say(room_id, "hello")
        await inbox.until(lambda: "hello" in inbox.texts)


async def test_a_place_that_the_homeserver_has_forgotten_is_no_dead_end(place: Place) -> None:
    async with running(place.adapter()) as inbox:
        room_id = await place.direct()
        place.proxy.refuse("/sync", 400, {"errcode": "M_UNKNOWN", "error": "Invalid stream token"})
        place.proxy.cut_polls()
        await place.ann.say(room_id, "hello")
        await inbox.received("hello")


async def test_it_notices_traffic_and_answers_probes(place: Place) -> None:
    adapter = place.adapter()
    assert adapter.last_traffic_at == 0.0
    async with running(adapter):
        await place.proxy.until_called("since=", 1)
        heard_at = adapter.last_traffic_at
        assert heard_at > 0
        assert await adapter.probe()
        await place.proxy.until_called("since=", 2)
        assert adapter.last_traffic_at > heard_at
    place.proxy.cut("whoami", times=2)
    with pytest.raises(RetryLater):
        await adapter.probe()


# -- what goes out


async def test_markdown_becomes_html_with_a_plain_text(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter):
        room_id = await place.direct()
        (body,) = render_parts("**bold** and `code`", adapter.capabilities.form)
        await adapter.send(OutgoingMessage(private(room_id), body, "key"))
    (content,) = await place.ann.contents(room_id, place.bot)
    assert content["formatted_body"] == "<p><strong>bold</strong> and <code>code</code></p>"
    assert (content["body"], content["msgtype"]) == ("bold and code", "m.text")


async def test_an_edit_replaces_the_message(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter):
        room_id = await place.direct()
        ref = await adapter.send(outgoing(private(room_id), "draft"))
        await adapter.edit(ref, Rendered("<b>final</b>", "final"))
    _, edit = await place.ann.contents(room_id, place.bot)
    assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": ref.message_id}
    assert edit["m.new_content"]["formatted_body"] == "<b>final</b>"
    assert edit["body"] == "* final"
    bundled = (await place.ann.call("GET", "rooms", room_id, "event", ref.message_id))["unsigned"]["m.relations"]
    assert bundled["m.replace"]["content"]["m.new_content"]["body"] == "final"


async def test_a_send_whose_answer_was_lost_is_repeated_without_harm(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter):
        room_id = await place.direct()
        place.proxy.cut("/send/", times=2, is_late=True)
        with pytest.raises(RetryLater):
            await adapter.send(outgoing(private(room_id), "once"))
        await adapter.send(outgoing(private(room_id), "once"))
        await adapter.send(outgoing(private(room_id), "twice", key="another"))
    assert await place.ann.shown(room_id, place.bot) == ["once", "twice"]


@pytest.mark.parametrize(
    ("status", "body", "after"),
    [
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}, 1.5),
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": -5}, 0.1),
        (429, {}, 5.0),
        (503, b"<html>", 2.0),
        (502, {"errcode": "M_UNKNOWN"}, 2.0),
        (404, b"<html>", 2.0),
        (200, b"", 2.0),
        (200, {"event_id": 7}, 2.0),
        (401, {"errcode": "M_UNKNOWN_TOKEN"}, 60.0),
    ],
)
async def test_trouble_at_the_homeserver_is_tried_again(place: Place, status: int, body: Any, after: float) -> None:
    adapter = place.adapter()
    calls: list[Callable[[], Any]] = [
        lambda: adapter.send(outgoing(private("!r:localhost"), "x")),
        lambda: adapter.edit(MessageRef(private("!r:localhost"), "$1"), Rendered("x", "x")),
    ]
    for call in calls:
        place.proxy.refuse("/send/", status, body)
        with pytest.raises(RetryLater) as raised:
            await call()
        assert raised.value.after == after


async def test_a_homeserver_out_of_reach_is_tried_again(place: Place) -> None:
    adapter = place.adapter(homeserver="http://127.0.0.1:1")
    for call in (adapter.send(outgoing(private("!r"), "x")), adapter.show_typing(private("!r"))):
        with pytest.raises(RetryLater, match="out of reach"):
            await call


async def test_what_is_refused_for_good_is_not_delivered(place: Place) -> None:
    """A room that the bot is not in, and a message larger than an event may be."""
    adapter = place.adapter()
    async with running(adapter):
        room_id = await place.direct()
        with pytest.raises(NotDelivered, match="M_TOO_LARGE"):
            await adapter.send(outgoing(private(room_id), "x" * 70_000))
        for other in (await place.ann.make_room(), "!nowhere:localhost", "no room"):
            with pytest.raises(NotDelivered):
                await adapter.send(outgoing(private(other), "x"))


async def test_what_the_homeserver_cannot_store_as_it_is_is_mended(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter):
        room_id = await place.direct()
        await adapter.send(outgoing(private(room_id), "a\ud800b\0c"))
    assert await place.ann.shown(room_id, place.bot) == ["a\ufffdbc"]


async def test_typing_is_shown(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter):
        room_id = await place.direct()
        _, since = await place.ann.typing(room_id)
        await adapter.show_typing(private(room_id))
        typing, _ = await place.ann.typing(room_id, since)
    assert typing == [place.bot]


async def test_the_homeservers_own_limit_is_waited_for() -> None:
    """With a limit on messages as operators set it, all arrive, each once, as late as it asks."""
    with synapse(rc_message={"per_second": 2, "burst_count": 2}) as server:
        async with MatrixProxy(server.url) as proxy, human(server, "ann") as ann:
            place = Place(proxy, server.register("bot"), ann, server)
            adapter = place.adapter()
            async with running(adapter):
                chat = private(await place.direct())
                waits = []
                for number in range(5):
                    waits += await _send_patiently(adapter, outgoing(chat, f"{number}", key=f"key{number}"))
            assert await ann.shown(chat.chat_id, place.bot) == ["0", "1", "2", "3", "4"]
    assert waits
    assert all(0 < wait <= 2 for wait in waits)


async def test_it_goes_on_when_the_homeserver_was_away() -> None:
    with synapse() as server:
        async with MatrixProxy(server.url) as proxy, human(server, "ann") as ann:
            place = Place(proxy, server.register("bot"), ann, server)
            adapter = place.adapter()
            async with running(adapter) as inbox:
                room_id = await place.direct()
                await ann.say(room_id, "before")
                await inbox.received("before")
                server.stop()
                with pytest.raises(RetryLater):
                    await adapter.send(outgoing(private(room_id), "x"))
                await asyncio.to_thread(server.start)
                await ann.say(room_id, "after")
                await inbox.received("before", "after")


async def _send_patiently(adapter: MatrixAdapter, message: OutgoingMessage) -> list[float]:
    """Send a message as soon as the homeserver lets us; return how long it asked to wait."""
    waits: list[float] = []
    async with asyncio.timeout(20):
        while True:
            try:
                await adapter.send(message)
                return waits
            except RetryLater as error:
                waits.append(error.after)
                await asyncio.sleep(error.after)


# -- files


async def test_a_file_comes_in_with_its_words_and_can_be_fetched(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter) as inbox:
        room_id = await place.direct()
        url = await place.ann.upload(b"# Notes\n")
        info = {"mimetype": "text/markdown; charset=utf-8", "size": 8}
        await place.ann.say(room_id, "what is this?", msgtype="m.file", filename="../notes.md", url=url, info=info)
        await place.ann.say(room_id, "cat.jpg", msgtype="m.image", url=url, info={"mimetype": "image/jpeg"})
        await place.ann.say(room_id, "Voice", msgtype="m.audio", url=url, **{"org.matrix.msc3245.voice": {}})
        await inbox.received("what is this?", "", "")
        files = [event.attachments[0] for event in inbox.events]
        assert files[0] == Attachment(url, "notes.md", "text/markdown", 8, AttachmentKind.DOCUMENT)
        assert [(file.name, file.kind) for file in files[1:]] == [
            ("cat.jpg", AttachmentKind.IMAGE),
            ("Voice", AttachmentKind.VOICE),
        ]
        assert await adapter.fetch(files[0], 8) == b"# Notes\n"
        with pytest.raises(FileTooLarge):
            await adapter.fetch(files[0], 7)


async def test_an_encrypted_file_is_decrypted_and_one_that_was_changed_is_not(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter) as inbox:
        room_id = await place.direct()
        cipher_text, secret = encrypted(b"secret")
        for data in (cipher_text, b"forged"):
            file = secret | {"url": await place.ann.upload(data)}
            await place.ann.say(room_id, "a.txt", msgtype="m.file", file=file)
        await inbox.received("", "")
        genuine, forged = (event.attachments[0] for event in inbox.events)
        assert await adapter.fetch(genuine, 100) == b"secret"
        with pytest.raises(NotDelivered, match="cannot be decrypted"):
            await adapter.fetch(forged, 100)


async def test_a_homeserver_of_before_the_call_for_files_gives_them_out_too(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter):
        url = await place.ann.upload(b"x")
        place.proxy.refuse("/client/v1/media/", 404, {"errcode": "M_UNRECOGNIZED"})
        place.proxy.refuse("/media/v3/download/", 200, b"x")
        assert await adapter.fetch(named(url), 10) == b"x"


@pytest.mark.parametrize(
    ("status", "body", "after"),
    [(429, {"retry_after_ms": 1500}, 1.5), (504, {"errcode": "M_NOT_YET_UPLOADED"}, 5.0), (502, b"[" * 9000, 5.0)],
)
async def test_a_file_that_is_not_given_out_now_may_be_had_later(
    place: Place, status: int, body: Any, after: float
) -> None:
    place.proxy.refuse("/media/download/", status, body)
    with pytest.raises(RetryLater) as raised:
        await place.adapter().fetch(named("mxc://localhost/abc"), 10_000)
    assert raised.value.after == after


async def test_a_file_is_not_fetched_from_our_own_network_or_another_place(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter):
        with pytest.raises(NotDelivered, match="has no such file"):
            await adapter.fetch(named("mxc://localhost/abc"), 10)
        place.proxy.redirect("/media/download/", place.proxy.url)
        with pytest.raises(UrlRefused):
            await adapter.fetch(named("mxc://localhost/abc"), 10)
        for place_ in ("http://127.0.0.1/", "mxc://localhost/../../x", "mxc://localhost", "{}", "{" * 2000):
            with pytest.raises(NotDelivered):
                await adapter.fetch(named(place_), 10)


async def test_a_file_goes_out_once_with_its_caption(place: Place) -> None:
    adapter = place.adapter()
    async with running(adapter):
        room_id = await place.direct()
        file = File('答案"1".md', b"x" * 2_000_000)
        message = OutgoingMessage(private(room_id), Rendered("All of it.", "All of it.", file), "key")
        place.proxy.cut("/send/", times=2, is_late=True)
        with pytest.raises(RetryLater):
            await adapter.send(message)
        await adapter.send(message)
    (content,) = await place.ann.contents(room_id, place.bot)
    assert (content["msgtype"], content["body"], content["filename"]) == ("m.file", "All of it.", file.name)
    assert content["info"] == {"mimetype": "text/markdown", "size": 2_000_000}
    assert await place.ann.download(content["url"]) == file.data


async def test_a_file_that_the_homeserver_does_not_take_is_not_delivered(place: Place) -> None:
    place.proxy.refuse("/upload", 413, {"errcode": "M_TOO_LARGE"})
    body = Rendered("x", "x", File("a.txt", b"x"))
    with pytest.raises(NotDelivered, match="M_TOO_LARGE"):
        await place.adapter().send(OutgoingMessage(private("!r:localhost"), body, "key"))


def named(file_id: str) -> Attachment:
    return Attachment(file_id, "a.txt", None, None, AttachmentKind.DOCUMENT)
