"""QQ by OneBot v11: the adapter on a strict client, in both directions."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from glmbot.adapters.base import Adapter, CommandInfo, CommandMenu, HasAccount, OutgoingMessage, Probed
from glmbot.adapters.news import MAX_NEWS
from glmbot.adapters.onebot import OneBotAdapter
from glmbot.adapters.onebot_link import Waits
from glmbot.content import Rendered
from glmbot.errors import ConfigError, NotDelivered, RetryLater
from glmbot.events import Chat, ChatKind, Language, MessageRef
from glmbot.settings import OneBotSettings
from tests.fakes.inbox import Inbox
from tests.fakes.onebot import ANN, BOB, GROUP, SELF_ID, FakeOneBot, at, reply, text

QUICK = Waits(first=0.01, longest=0.05, answer=5.0)
PRIVATE = Chat("onebot", str(ANN), ChatKind.PRIVATE)
ROOM = Chat("onebot", str(GROUP), ChatKind.GROUP)
SECRET = "s3cret-token"


@pytest.fixture
async def client() -> AsyncIterator[FakeOneBot]:
    qq = FakeOneBot()
    async with qq.listening():
        yield qq


def adapter_for(client: FakeOneBot, waits: Waits = QUICK) -> OneBotAdapter:
    settings = OneBotSettings.model_validate({"url": f"ws://127.0.0.1:{client.port}", "access_token": client.token})
    adapter = OneBotAdapter("onebot", settings, waits=waits)
    adapter.set_commands([CommandInfo("help", {Language.ENGLISH: "Help."})])
    return adapter


@asynccontextmanager
async def running(adapter: OneBotAdapter) -> AsyncIterator[Inbox]:
    inbox = Inbox()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(adapter.run(inbox.accept))
        yield inbox
        task.cancel()


async def connected(client: FakeOneBot, adapter: OneBotAdapter) -> None:
    await client.connected()
    async with asyncio.timeout(20):
        while adapter._link is None:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def talking(client: FakeOneBot) -> AsyncIterator[tuple[OneBotAdapter, Inbox]]:
    adapter = adapter_for(client)
    async with running(adapter) as inbox:
        await connected(client, adapter)
        yield adapter, inbox


def outgoing(body: str, chat: Chat = PRIVATE, reply_to: str | None = None) -> OutgoingMessage:
    return OutgoingMessage(chat, Rendered(body, body), "key", reply_to)


def test_it_keeps_the_protocols() -> None:
    adapter: Adapter = OneBotAdapter("qq", OneBotSettings(url="ws://127.0.0.1:1"))
    for ability in (CommandMenu, HasAccount, Probed):
        assert isinstance(adapter, ability)


# -- what comes in


async def test_a_private_message_comes_in(client: FakeOneBot) -> None:
    async with talking(client) as (_, inbox):
        await client.receive("你好 & [x]", sender={"user_id": ANN, "nickname": "安", "card": None})
        await inbox.received("你好 & [x]")
    (event,) = inbox.events
    assert (event.chat, event.sender.sender_id, event.sender.name) == (PRIVATE, str(ANN), "安")
    assert event.is_addressed


@pytest.mark.parametrize(
    ("message", "said", "is_addressed"),
    [
        ([text("hello all")], "hello all", False),
        ([at(SELF_ID), text(" hello")], "hello", True),
        ([text("hello "), at(SELF_ID)], "hello", True),
        ([at(BOB), text(" hello")], f"@{BOB}  hello", False),
        ([at("all"), text(" hello")], "@all  hello", False),
        ([text("/help me")], "/help me", True),
        ([text("/weather")], "/weather", False),
        ([text("/")], "/", False),
        (f"[CQ:at,qq={SELF_ID}] a&amp;#91;b&#93; &amp; c", "a&#91;b] & c", True),
        (f"[CQ:at,qq={BOB},name=Bo&#44;b]x", "@Bo,b x", False),
        ("[CQ:face,id=14][CQ:at,qq=", "[CQ:at,qq=", False),
        ([{"type": "image", "data": {"file": "a.png"}}, at(SELF_ID)], "", True),
        ([{"type": "text", "data": {"text": None}}, 7, None, {"type": 3}, at(SELF_ID), text("still")], "still", True),
    ],
)
async def test_in_a_group_it_knows_when_it_is_meant(
    client: FakeOneBot, message: Any, said: str, is_addressed: bool
) -> None:
    async with talking(client) as (_, inbox):
        await client.receive(message, group=GROUP, message_format="string" if isinstance(message, str) else "array")
        await inbox.received(said)
    (event,) = inbox.events
    assert (event.chat, event.is_addressed) == (ROOM, is_addressed)


async def test_a_reply_to_the_bot_is_meant_for_it(client: FakeOneBot) -> None:
    """Also to what an earlier bot said, which the client is asked about; a reply to others is not."""
    async with talking(client) as (first, _):
        older = await first.send(outgoing("an answer", ROOM))
    async with talking(client) as (adapter, inbox):
        newer = await adapter.send(outgoing("another", ROOM))
        others = await client.receive([text("what I say")], group=GROUP, user=BOB)
        for answered in (int(older.message_id), int(newer.message_id), others, 999):
            await client.receive([reply(answered), text(f"to {answered}")], group=GROUP)
        await inbox.received("what I say", *(f"to {id}" for id in (older.message_id, newer.message_id, others, 999)))
    assert [event.is_addressed for event in inbox.events] == [False, True, True, False, False]
    assert client.calls.count("get_msg") == 3


async def test_a_stranger_is_answered_by_way_of_the_group(client: FakeOneBot) -> None:
    async with talking(client) as (adapter, inbox):
        await client.receive("psst", sub_type="group", sender={"user_id": ANN, "group_id": GROUP})
        await inbox.received("psst")
        await adapter.send(outgoing("yes?", inbox.events[0].chat))
    assert [(shown.place, shown.via_group) for shown in client.shown] == [(("private", ANN), GROUP)]


async def test_anonymous_people_are_told_apart(client: FakeOneBot) -> None:
    async with talking(client) as (_, inbox):
        for number in (1, 2):
            who = {"id": number, "name": "somebody", "flag": "f"}
            await client.receive("hi", group=GROUP, user=80_000_000, sub_type="anonymous", anonymous=who)
        await inbox.received("hi", "hi")
    assert {event.sender.sender_id for event in inbox.events} == {"anonymous:1", "anonymous:2"}


async def test_what_nobody_said_to_it_is_not_heard(client: FakeOneBot) -> None:
    """Its own messages, notices, requests; and frames that are nothing at all."""
    async with talking(client) as (_, inbox):
        await client.receive("mine", user=SELF_ID)
        await client.emit({"post_type": "message_sent", "self_id": SELF_ID, "user_id": SELF_ID, "message": "mine"})
        await client.emit({"post_type": "notice", "notice_type": "group_upload", "self_id": SELF_ID})
        for garbage in ("", "[]", "nothing", '{"post_type": "message"}', '{"echo": {}}', "[" * 100_000):
            await client.emit(garbage)
        bad: list[dict[str, Any]] = [{"user_id": None}, {"message_id": "x"}, {"self_id": True}, {"group_id": {}}]
        for number, fields in enumerate(bad):
            await client.emit(client._event([text("bad")], ANN, GROUP, number) | fields)
        for sent_at in (None, 10**400, -1, "now", True):
            await client.receive([], sender=7, time=sent_at)
        await client.receive("good", sender=None)
        await inbox.received(*[""] * 5, "good")


async def test_the_same_message_once_more_has_the_same_id(client: FakeOneBot) -> None:
    async with talking(client) as (_, inbox):
        first = await client.receive("one")
        await client.receive("", message_id=first)
        await client.receive("two")
        await inbox.received("one", "one", "two")
        assert len({event.message_id for event in inbox.events}) == 2


async def test_ids_that_come_again_after_years_are_other_messages(client: FakeOneBot) -> None:
    async with talking(client) as (_, inbox):
        await client.receive("old", message_id=5, time=1_500_000_000)
        client._known.clear()
        await client.receive("new", message_id=5)
        await inbox.received("old", "new")
        assert len({event.message_id for event in inbox.events}) == 2


async def test_what_cannot_be_stored_is_offered_again_and_what_follows_waits(client: FakeOneBot) -> None:
    async with talking(client) as (_, inbox):
        inbox.faults.append(RetryLater("the disk is full", after=0.01))
        await client.receive("one")
        await client.receive("two")
        await inbox.received("one", "one", "two")


async def test_what_came_in_is_not_lost_when_run_is_started_again(client: FakeOneBot) -> None:
    adapter = adapter_for(client)
    async with running(adapter) as inbox:
        await client.connected()
        inbox.is_open.clear()
        await client.receive("one")
        await client.receive("two")
        await inbox.received("one")
    async with running(adapter) as inbox:
        await inbox.received("one", "two")


async def test_when_too_much_waits_the_socket_is_not_read(client: FakeOneBot) -> None:
    texts = [f"{number}" for number in range(MAX_NEWS + 50)]
    async with talking(client) as (adapter, inbox):
        inbox.is_open.clear()
        for one in texts:
            await client.receive(one)
        async with asyncio.timeout(20):
            while not adapter._news.is_full:
                await asyncio.sleep(0.01)
        with pytest.raises(RetryLater, match="wait to be stored"):
            await adapter.send(outgoing("hello"))
        inbox.is_open.set()
        await inbox.received(*texts)
        await adapter.send(outgoing("hello"))


# -- what goes out


async def test_a_reply_in_a_group_shows_what_it_answers(client: FakeOneBot) -> None:
    async with talking(client) as (adapter, inbox):
        asked = await client.receive([at(SELF_ID), text("hello")], group=GROUP)
        await inbox.received("hello")
        ref = await adapter.send(outgoing("你好 [CQ:at,qq=all] &amp;", ROOM, inbox.events[0].message_id))
    (shown,) = client.shown
    assert (shown.place, shown.text, shown.reply_to) == (("group", GROUP), "你好 [CQ:at,qq=all] &amp;", asked)
    assert ref == MessageRef(ROOM, str(shown.message_id))


async def test_a_refusal_is_told_with_the_clients_own_words(client: FakeOneBot) -> None:
    async with talking(client) as (adapter, _):
        client.faults.append(1200)
        with pytest.raises(NotDelivered, match=r"rich media transfer failed \(retcode 1200\)"):
            await adapter.send(outgoing("hello"))
        with pytest.raises(NotDelivered, match="no QQ number"):
            await adapter.send(outgoing("hello", Chat("onebot", "ann", ChatKind.PRIVATE)))
        await adapter.send(outgoing("again"))
    assert client.texts(("private", ANN)) == ["again"]


@pytest.mark.parametrize("fault", ["cut", "silent"])
async def test_a_send_whose_answer_is_lost_is_not_repeated(client: FakeOneBot, fault: str) -> None:
    adapter = adapter_for(client, Waits(first=0.01, answer=0.2))
    async with running(adapter):
        await connected(client, adapter)
        client.faults.append(fault)
        with pytest.raises(NotDelivered, match="may be visible"):
            await adapter.send(outgoing("hello"))
    assert client.texts(("private", ANN)) == ["hello"]


async def test_without_a_connection_it_waits_and_comes_back(client: FakeOneBot) -> None:
    adapter = adapter_for(client)
    with pytest.raises(RetryLater, match="no QQ client is connected"):
        await adapter.send(outgoing("hello"))
    async with running(adapter) as inbox:
        for number in range(3):
            await client.connected()
            await client.receive(f"{number}")
            await inbox.received(*map(str, range(number + 1)))
            await client.cut()
        await connected(client, adapter)
        await adapter.send(outgoing("back"))
    assert client.texts(("private", ANN)) == ["back"]


async def test_nothing_can_be_changed(client: FakeOneBot) -> None:
    adapter = adapter_for(client)
    with pytest.raises(NotDelivered):
        await adapter.edit(MessageRef(PRIVATE, "1"), Rendered("x", "x"))


async def test_it_says_when_qq_itself_is_lost(client: FakeOneBot, caplog: pytest.LogCaptureFixture) -> None:
    async with talking(client) as (_, inbox):
        for is_online in (True, False, False, True):
            await client.heartbeat(is_online)
        await client.receive("all is read")
        await inbox.received("all is read")
    assert [record.message for record in caplog.records if "lost QQ" in record.message] == [
        "adapter 'onebot': the QQ client has lost QQ; log in there again"
    ]


async def test_a_probe_asks_the_client(client: FakeOneBot) -> None:
    async with talking(client) as (adapter, _):
        assert not await adapter.probe()
    assert client.calls == ["get_status"]


# -- tokens and directions


async def test_a_wrong_token_is_a_mistake_of_the_operators() -> None:
    client = FakeOneBot(SECRET)
    async with client.listening():
        settings = OneBotSettings.model_validate({"url": f"ws://127.0.0.1:{client.port}", "access_token": "wrong"})
        adapter = OneBotAdapter("qq", settings, waits=QUICK)
        with pytest.raises(ConfigError, match="GLMBOT_ADAPTERS__QQ__ACCESS_TOKEN") as refusal:
            await adapter.run(Inbox().accept)
        assert "wrong" not in str(refusal.value)
        async with talking(client):
            await client.connected()


async def test_a_token_that_is_refused_after_the_handshake_is_told_too(client: FakeOneBot) -> None:
    """So do NapCat and others: a failed answer that nobody asked for, and the end."""
    adapter = adapter_for(client)
    run = asyncio.create_task(adapter.run(Inbox().accept))
    await client.connected()
    refusal = {"status": "failed", "retcode": 1403, "data": None, "message": "token verify failed", "echo": None}
    await client.emit(json.dumps(refusal))
    with pytest.raises(ConfigError, match="refuses the token"):
        await run


@asynccontextmanager
async def waiting(**settings: object) -> AsyncIterator[tuple[OneBotAdapter, Inbox, str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    adapter = OneBotAdapter("onebot", OneBotSettings.model_validate({"port": port} | settings), waits=QUICK)
    async with running(adapter) as inbox:
        async with asyncio.timeout(20):
            while not await is_open(port):
                await asyncio.sleep(0.01)
        yield adapter, inbox, f"ws://127.0.0.1:{port}"


async def is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def test_the_client_may_connect_to_the_bot() -> None:
    client = FakeOneBot(SECRET)
    async with waiting(access_token=SECRET) as (adapter, inbox, url):
        for number in range(2):
            async with client.connected_to(f"{url}/onebot/v11/ws"):
                await client.connected()
                await client.receive(f"{number}")
                await inbox.received(*map(str, range(number + 1)))
                await adapter.send(outgoing(f"answer {number}"))
    assert client.texts(("private", ANN)) == ["answer 0", "answer 1"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {"Authorization": ""}, 401),
        ("/", {"Authorization": "Bearer wrong"}, 403),
        ("/?access_token=wrong", {"Authorization": ""}, 403),
        ("/", {"X-Client-Role": "API"}, 400),
    ],
)
async def test_only_the_client_with_the_token_is_let_in(path: str, headers: dict[str, str], status: int) -> None:
    async with waiting(access_token=SECRET) as (_, _, url):
        with pytest.raises(InvalidStatus) as refusal:
            async with FakeOneBot(SECRET).connected_to(url + path, **headers):
                pass
    assert refusal.value.response.status_code == status


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token"])
async def test_the_token_may_come_in_several_ways(scheme: str) -> None:
    async with waiting(access_token=SECRET) as (_, inbox, url):
        client = FakeOneBot(SECRET)
        async with client.connected_to(url, Authorization=f"{scheme} {SECRET}"):
            await client.connected()
            await client.receive("one")
            await inbox.received("one")
        async with client.connected_to(f"{url}/ws?access_token={SECRET}", Authorization=""):
            await client.connected()
            await client.receive("two")
            await inbox.received("one", "two")


async def test_a_new_connection_takes_the_place_of_a_dead_one() -> None:
    client = FakeOneBot()
    async with waiting() as (adapter, inbox, url), client.connected_to(url):
        await client.connected()
        newer = FakeOneBot()
        async with newer.connected_to(url):
            await newer.connected()
            await newer.receive("one")
            await inbox.received("one")
            await adapter.send(outgoing("answer"))
        assert (client.shown, newer.texts(("private", ANN))) == ([], ["answer"])


async def test_a_port_in_use_is_told() -> None:
    async with waiting() as (_, _, url):
        settings = OneBotSettings(port=int(url.rpartition(":")[2]))
        with pytest.raises(ConfigError, match=r"adapters\.qq\.host and port"):
            await OneBotAdapter("qq", settings).run(Inbox().accept)


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({}, "one of the two"),
        ({"url": "ws://127.0.0.1:1", "port": 5}, "one of the two"),
        ({"port": 5, "host": "0.0.0.0"}, "GLMBOT_ADAPTERS__QQ__ACCESS_TOKEN"),
    ],
)
def test_settings_that_contradict_each_other_are_told(settings: dict[str, object], part: str) -> None:
    with pytest.raises(ConfigError, match=part):
        OneBotAdapter("qq", OneBotSettings.model_validate(settings))
