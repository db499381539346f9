"""Our reading of OneBot v11 next to that of nonebot2, on the same client: both understand each message alike."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from glmbot.adapters.onebot import OneBotAdapter
from glmbot.events import ChatKind, MessageEvent
from glmbot.settings import OneBotSettings
from tests.fakes.inbox import Inbox
from tests.fakes.onebot import BOB, GROUP, SELF_ID, FakeOneBot, at, reply, text

pytest.importorskip("nonebot.adapters.onebot.v11", reason="nonebot2 is not installed; run: make .venv/.dev")

REFERENCE = Path(__file__).parents[1] / "onebot_reference.py"
TOKEN = "t0ken"
MESSAGES: list[tuple[int | None, Any]] = [
    (None, "你好，世界 & [x] 🎓"),
    (None, [text("one "), {"type": "face", "data": {"id": "14"}}, text("two")]),
    (GROUP, [text("to nobody")]),
    (GROUP, [at(SELF_ID), text(" first")]),
    (GROUP, [text("last "), at(SELF_ID)]),
    (GROUP, [at(BOB)]),
    (GROUP, [at(SELF_ID), text("\n多行\n文字")]),
]


@asynccontextmanager
async def reference(url: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(sys.executable, str(REFERENCE), url, TOKEN)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def client() -> AsyncIterator[FakeOneBot]:
    qq = FakeOneBot(TOKEN)
    async with qq.listening():
        yield qq


async def play(client: FakeOneBot, answered: int) -> None:
    for group, message in [*MESSAGES, (GROUP, [reply(answered), text("and so?")])]:
        await client.receive(message, group=group)


async def test_both_understand_each_message_alike(client: FakeOneBot) -> None:
    """The bot is the same account to both, and each is asked the same, one after the other."""
    url = f"ws://127.0.0.1:{client.port}"
    async with reference(url):
        await client.connected()
        await client.receive("what do you say?")
        await client.until(lambda: len(client.shown) == 1, "an answer of nonebot's")
        answered = client.shown[0].message_id
        await play(client, answered)
        await client.until(lambda: len(client.shown) == len(MESSAGES) + 2, "answers of nonebot's")
    theirs = [json.loads(shown.text) for shown in client.shown[1:]]
    await client.until(lambda: client._connection is None, "nonebot's end")
    settings = OneBotSettings.model_validate({"url": url, "access_token": TOKEN})
    inbox, adapter = Inbox(), OneBotAdapter("onebot", settings)
    run = asyncio.create_task(adapter.run(inbox.accept))
    await client.connected()
    await play(client, answered)
    async with asyncio.timeout(20):
        while len(inbox.events) < len(theirs):
            await asyncio.sleep(0.01)
    run.cancel()
    ours = [understood(event) for event in inbox.events]
    assert sorted(ours, key=str) == sorted(theirs, key=str)
    assert {one["is_addressed"] for one in ours} == {True, False}


def understood(event: MessageEvent) -> dict[str, Any]:
    """Return the event as the reference tells it; it leaves out whom a text mentions."""
    is_group = event.chat.kind is ChatKind.GROUP
    return {
        "text": event.text.replace(f"@{BOB}", "").strip(),
        "is_addressed": event.is_addressed,
        "sender": event.sender.sender_id,
        "group": int(event.chat.chat_id) if is_group else None,
    }
