"""Files on QQ: what a message tells of them, how they are fetched, and how they go out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from glmbot.adapters.base import FetchesFiles, OutgoingMessage
from glmbot.adapters.onebot import OneBotAdapter
from glmbot.adapters.onebot_link import Waits
from glmbot.content import File, Rendered
from glmbot.errors import FileTooLarge, NotDelivered, UrlRefused
from glmbot.events import AttachmentKind, Chat, ChatKind
from glmbot.guarded_http.guard import Guard, origin_named
from glmbot.settings import OneBotSettings
from tests.fakes.inbox import Inbox
from tests.fakes.onebot import ANN, GROUP, FakeOneBot, at, text

PRIVATE = Chat("onebot", str(ANN), ChatKind.PRIVATE)
ROOM = Chat("onebot", str(GROUP), ChatKind.GROUP)
CONTENT = "一份文件".encode() * 100


@asynccontextmanager
async def files_server() -> AsyncIterator[str]:
    """QQ's own server of files."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=CONTENT)

    app = web.Application()
    app.router.add_get("/file", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def talking(
    app_name: str = "NapCat.Onebot", origin: str = ""
) -> AsyncIterator[tuple[FakeOneBot, OneBotAdapter, Inbox]]:
    """`origin` is a server that may be asked although it is on this machine."""
    client, inbox = FakeOneBot(), Inbox()
    client.app_name = app_name
    guard = Guard(frozenset({origin_named(origin)}) if origin else frozenset())
    async with client.listening() as url, asyncio.TaskGroup() as tasks:
        adapter = OneBotAdapter("onebot", OneBotSettings(url=url), waits=Waits(first=0.01), guard=guard)
        task = tasks.create_task(adapter.run(inbox.accept))
        await client.connected()
        yield client, adapter, inbox
        task.cancel()


def segment(kind: str, **data: object) -> dict[str, object]:
    return {"type": kind, "data": data}


def outgoing(file: File, chat: Chat) -> OutgoingMessage:
    return OutgoingMessage(chat, Rendered(file.name, file.name, file), "key")


async def test_files_come_with_a_message() -> None:
    message = [
        at(10_000),
        text("看看"),
        segment("image", file="A.jpg", url="https://multimedia.nt.qq.com.cn/a?rkey=x", file_size="7"),
        segment("record", file="B.amr", url="https://example.org/b"),
        segment("file", file="笔记.txt", file_id="/f-1", file_size=len(CONTENT)),
        segment("image", file="no address.jpg"),
        segment("file", file="bad.txt", file_id=["x"], file_size="-1"),
        segment("face", id="1"),
    ]
    async with talking() as (client, _, inbox):
        await client.receive(message, group=GROUP)
        await inbox.received("看看")
    picture, voice, notes = inbox.events[0].attachments
    assert (picture.kind, picture.name, picture.size) == (AttachmentKind.IMAGE, "A.jpg", 7)
    assert (voice.kind, voice.size) == (AttachmentKind.VOICE, None)
    assert (notes.kind, notes.name, notes.size) == (AttachmentKind.DOCUMENT, "笔记.txt", len(CONTENT))


async def test_a_file_alone_is_a_message() -> None:
    async with talking() as (client, _, inbox):
        await client.receive([segment("file", file="a.txt", file_id="x")])
        await inbox.received("")
    assert [file.name for file in inbox.events[0].attachments] == ["a.txt"]


@pytest.mark.parametrize("group", [None, GROUP])
async def test_a_file_is_fetched_from_where_the_client_says_that_it_is(group: int | None) -> None:
    async with files_server() as origin, talking(origin=origin) as (client, adapter, inbox):
        client.addresses["/f-1"] = f"{origin}/file"
        message = [
            at(10_000),
            text("?"),
            segment("file", file="a.txt", file_id="/f-1"),
            segment("image", url=f"{origin}/file"),
        ]
        await client.receive(message, group=group)
        await inbox.received("?")
        assert isinstance(adapter, FetchesFiles)
        for file in inbox.events[0].attachments:
            assert await adapter.fetch(file, len(CONTENT)) == CONTENT
            with pytest.raises(FileTooLarge):
                await adapter.fetch(file, len(CONTENT) - 1)


async def test_nothing_is_fetched_from_this_machine() -> None:
    async with files_server() as origin, talking() as (client, adapter, inbox):
        client.addresses["1"] = f"{origin}/file"
        await client.receive([segment("image", url=f"{origin}/file"), segment("file", file="a.txt", file_id="1")])
        await inbox.received("")
        for file in inbox.events[0].attachments:
            with pytest.raises(UrlRefused):
                await adapter.fetch(file, 10_000)


async def test_a_file_that_is_not_there_any_more_is_gone() -> None:
    async with talking() as (client, adapter, inbox):
        await client.receive([segment("file", file="a.txt", file_id="unknown")])
        await inbox.received("")
        with pytest.raises(NotDelivered, match="no such file"):
            await adapter.fetch(inbox.events[0].attachments[0], 1000)


@pytest.mark.parametrize("app_name", ["NapCat.Onebot", "Lagrange.OneBot", "LLOneBot"])
async def test_files_go_out_where_the_client_takes_them(app_name: str) -> None:
    async with talking(app_name) as (client, adapter, inbox):
        assert not adapter.capabilities.can_send_files, "nobody knows yet"
        await client.receive("hello")
        await inbox.received("hello")
        assert adapter.capabilities.can_send_files
        await adapter.send(outgoing(File("答案.md", CONTENT), PRIVATE))
        await adapter.send(outgoing(File("b.bin", bytes(range(256))), ROOM))
        assert client.files == [
            (("private", ANN), "答案.md", CONTENT),
            (("group", GROUP), "b.bin", bytes(range(256))),
        ]
        client.refuses_all = True
        with pytest.raises(NotDelivered, match="muted"):
            await adapter.send(outgoing(File("b.bin", b"b"), ROOM))


async def test_other_clients_are_given_no_files() -> None:
    async with talking("go-cqhttp") as (client, adapter, inbox):
        await client.receive("hello")
        await inbox.received("hello")
        assert not adapter.capabilities.can_send_files
        with pytest.raises(NotDelivered, match="stranger"):
            await adapter.send(outgoing(File("a", b"a"), Chat("onebot", str(ANN), ChatKind.PRIVATE, str(GROUP))))
