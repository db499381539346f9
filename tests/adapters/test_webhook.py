"""The webhook channel over real HTTP, with another system that signs by the library of Standard Webhooks."""

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from glmbot.adapters import webhook
from glmbot.adapters.base import OutgoingMessage
from glmbot.adapters.webhook import MAX_ANSWER, WebhookAdapter
from glmbot.content import Rendered
from glmbot.errors import ConfigError, NotDelivered, RetryLater
from glmbot.events import MAX_TEXT, Chat, ChatKind, Language, MessageRef, Sender
from glmbot.settings import WebhookSettings
from tests.fakes.inbox import Inbox
from tests.fakes.page import free_port
from tests.fakes.webhook_peer import WebhookPeer

SECRET = base64.b64encode(os.urandom(32)).decode()
ROOM = Chat("webhook", "room 7", ChatKind.GROUP, "thread 1")
MESSAGE = OutgoingMessage(ROOM, Rendered("**你好**", "你好"), "key1", "m1")
GUIDE = Path(__file__).parents[2] / "docs" / "adapters.md"


@pytest.fixture
async def peer() -> AsyncIterator[WebhookPeer]:
    async with WebhookPeer(SECRET, free_port()) as peer:
        yield peer


def adapter_for(peer: WebhookPeer, secret: str = SECRET) -> WebhookAdapter:
    port = httpx.URL(peer.url).port
    return WebhookAdapter(
        "webhook", WebhookSettings.model_validate({"port": port, "secret": secret, "deliver_to": peer.deliver_to})
    )


@asynccontextmanager
async def running(adapter: WebhookAdapter) -> AsyncIterator[Inbox]:
    inbox = Inbox()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(adapter.run(inbox.accept))
        yield inbox
        task.cancel()


# -- settings


@pytest.mark.parametrize(
    "secret", ["", "short", base64.b64encode(b"x" * 23).decode(), "long enough, but not base64!!!"]
)
def test_a_secret_that_cannot_be_right_names_the_remedy(peer: WebhookPeer, secret: str) -> None:
    with pytest.raises(ConfigError, match="GLMBOT_ADAPTERS__WEBHOOK__SECRET.*openssl rand -base64 32") as raised:
        adapter_for(peer, secret)
    assert not secret or secret not in str(raised.value)


def test_deliver_to_must_be_set() -> None:
    with pytest.raises(ConfigError, match=r"adapters\.webhook\.deliver_to"):
        WebhookAdapter("webhook", WebhookSettings.model_validate({"secret": SECRET}))


async def test_a_port_in_use_is_named(peer: WebhookPeer) -> None:
    async with running(adapter_for(peer)):
        assert (await peer.post(peer.message("hello"))).status_code == 202
        with pytest.raises(ConfigError, match=r"adapters\.webhook\.port"):
            await adapter_for(peer).run(Inbox().accept)


# -- what comes in


async def test_a_message_comes_in_with_all_that_it_says(peer: WebhookPeer) -> None:
    fields = {"kind": "group", "thread": "thread 1", "name": "Ann", "addressed": True, "language": "zh", "sent_at": 5.5}
    async with running(adapter_for(peer, f"whsec_{SECRET}")) as inbox:
        assert (await peer.post(peer.message("你好", **fields))).status_code == 202
        assert (await peer.post(peer.message("hello"))).status_code == 202
    first, second = inbox.events
    assert (first.message_id, first.chat, first.text, first.sent_at) == ("m1", ROOM, "你好", 5.5)
    assert first.sender == Sender("ann", "Ann", Language.CHINESE)
    assert second.chat == Chat("webhook", "room 7", ChatKind.PRIVATE)
    assert second.sender == Sender("ann", "ann")
    assert abs(second.sent_at - time.time()) < 60


@pytest.mark.parametrize(
    ("text", "fields", "is_addressed"),
    [
        ("hello", {}, True),
        ("hello", {"addressed": False}, True),
        ("hello", {"kind": "group"}, False),
        ("/help", {"kind": "group"}, True),
        ("hello", {"kind": "group", "addressed": True}, True),
        ("/help", {"kind": "group", "addressed": False}, False),
    ],
)
async def test_when_the_bot_is_meant(
    peer: WebhookPeer, text: str, fields: dict[str, object], is_addressed: bool
) -> None:
    async with running(adapter_for(peer)) as inbox:
        await peer.post(peer.message(text, **fields))
    assert inbox.events[0].is_addressed == is_addressed


async def test_a_message_is_confirmed_when_it_is_durable(peer: WebhookPeer) -> None:
    async with running(adapter_for(peer)) as inbox:
        inbox.faults = [RetryLater("the disk is full", after=2.5)]
        refused = await peer.post(peer.message("hello"))
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "3")
        inbox.is_open.clear()
        posting = asyncio.create_task(peer.post(peer.message("again")))
        await inbox.received("hello", "again")
        assert not posting.done()
        inbox.is_open.set()
        assert (await posting).status_code == 202


async def test_at_the_end_who_waits_is_told_to_come_back(peer: WebhookPeer, caplog: pytest.LogCaptureFixture) -> None:
    async with running(adapter_for(peer)) as inbox:
        inbox.is_open.clear()
        posting = asyncio.create_task(peer.post(peer.message("hello")))
        await inbox.received("hello")
    response = await posting
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "Traceback" not in caplog.text


async def test_a_wrong_signature_is_refused(peer: WebhookPeer) -> None:
    body = json.dumps(peer.message("hello")).encode()
    old, new = (datetime.now(UTC) + timedelta(seconds=seconds) for seconds in (-320, 320))
    right = peer.signed(body)
    other = WebhookPeer(base64.b64encode(os.urandom(32)).decode(), 1)
    wrong: list[dict[str, str]] = [
        {},
        peer.signed(body + b" "),
        peer.signed(body, old),
        peer.signed(body, new),
        other.signed(body),
        right | {"webhook-id": "msg_2"},
        right | {"webhook-timestamp": str(int(right["webhook-timestamp"]) + 1)},
        right | {"webhook-timestamp": "soon"},
        right | {"webhook-timestamp": "9" * 15},
        right | {"webhook-signature": right["webhook-signature"].replace("v1,", "v2,")},
        right | {"webhook-signature": "v1,"},
    ]
    async with running(adapter_for(peer)) as inbox:
        responses = [await peer.post_raw(body, headers) for headers in wrong]
        several = f"v1,AAAA {right['webhook-signature']} v1a,BBBB"
        assert (await peer.post_raw(body, right | {"webhook-signature": several})).status_code == 202
    assert {response.status_code for response in responses} == {401}
    assert len({response.text for response in responses}) == 1
    assert inbox.texts == ["hello"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"chat": None}, "chat"),
        ({"chat": "x" * 256}, "chat"),
        ({"sender": ["canary"]}, "sender"),
        ({"text": None}, "text"),
        ({"kind": "channel"}, "kind"),
        ({"language": "canary"}, "language"),
        ({"addressed": "yes"}, "addressed"),
        ({"sent_at": "today"}, "sent_at"),
        ({"sent_at": 1e300}, "sent_at"),
        ({"colour": "canary"}, "colour"),
    ],
    ids=str,
)
async def test_a_wrong_field_is_named(peer: WebhookPeer, change: dict[str, object], field: str) -> None:
    async with running(adapter_for(peer)) as inbox:
        response = await peer.post(peer.message("hello") | change)
    assert response.status_code == 422
    assert response.json()["error"].startswith(f"{field}: ")
    assert "canary" not in response.text
    assert inbox.events == []


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"[" * 100_000, b'"x"'], ids=lambda body: str(body)[:9])
async def test_what_is_no_message_is_refused(peer: WebhookPeer, body: bytes) -> None:
    async with running(adapter_for(peer)) as inbox:
        response = await peer.post_raw(body, peer.signed(body))
    assert (response.status_code, inbox.events) == (422, [])
    assert response.json()["error"].startswith("body: ")


async def test_too_much_is_refused_and_what_nobody_wants_to_see_is_cut(peer: WebhookPeer) -> None:
    async with running(adapter_for(peer)) as inbox:
        assert (await peer.post(peer.message("x" * (1 << 20)))).status_code == 413
        assert (await peer.post(peer.message("x" * (MAX_TEXT + 10)))).status_code == 202
    assert [len(text) for text in inbox.texts] == [MAX_TEXT + 1]


async def test_other_paths_and_methods_are_refused(peer: WebhookPeer) -> None:
    async with running(adapter_for(peer)):
        await peer.post(peer.message("hello"))
        async with httpx.AsyncClient() as http:
            assert (await http.get(peer.url)).status_code == 405
            assert (await http.post(peer.url.replace("messages", "other"))).status_code == 404


async def test_a_body_that_never_ends_does_not_hold_the_end_up(peer: WebhookPeer) -> None:
    async with running(adapter_for(peer)):
        await peer.post(peer.message("hello"))
        _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(peer.url).port)
        writer.write(b"POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        began = time.monotonic()
    assert time.monotonic() - began < 5
    writer.close()


# -- what goes out


async def test_a_message_goes_out_signed_and_once(peer: WebhookPeer) -> None:
    adapter = adapter_for(peer)
    refs = [await adapter.send(MESSAGE) for _ in range(2)]
    assert refs == [MessageRef(ROOM, "key1")] * 2
    assert peer.num_deliveries == 2
    assert peer.taken == {
        "key1": {
            "type": "message",
            "id": "key1",
            "chat": "room 7",
            "thread": "thread 1",
            "text": "**你好**",
            "plain": "你好",
            "reply_to": "m1",
        }
    }


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (web.Response(status=429, headers={"Retry-After": "7"}), 7.0),
        (web.Response(status=503, headers={"Retry-After": "0.5"}), 0.5),
        (web.Response(status=429, headers={"Retry-After": "99999999"}), 3600.0),
        (web.Response(status=429, headers={"Retry-After": "-1"}), 0.0),
        (web.Response(status=503, headers={"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}), 10.0),
        (web.Response(status=500), 10.0),
        (web.Response(status=408), 10.0),
        (web.Response(status=302, headers={"Location": "/answers"}), 60.0),
        (web.Response(body=b"x" * (MAX_ANSWER + 1)), 10.0),
    ],
)
async def test_what_makes_it_wait(peer: WebhookPeer, answer: web.Response, after: float) -> None:
    adapter = adapter_for(peer)
    peer.refusals.append(answer)
    with pytest.raises(RetryLater) as raised:
        await adapter.send(MESSAGE)
    assert (raised.value.after, peer.num_deliveries) == (after, 1)
    await adapter.send(MESSAGE)
    assert list(peer.taken) == ["key1"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_what_is_refused_for_good(peer: WebhookPeer, status: int) -> None:
    peer.refusals.append(web.Response(status=status))
    with pytest.raises(NotDelivered, match=str(status)):
        await adapter_for(peer).send(MESSAGE)


async def test_nobody_there_is_later(peer: WebhookPeer) -> None:
    await peer.go_away()
    with pytest.raises(RetryLater, match="deliver_to"):
        await adapter_for(peer).send(MESSAGE)


async def test_no_answer_is_later(peer: WebhookPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT", 0.2)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with server:
        peer.deliver_to = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        with pytest.raises(RetryLater):
            await adapter_for(peer).send(MESSAGE)


# -- the guide


async def test_the_example_of_the_guide_talks_with_the_bot(peer: WebhookPeer, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    example = next(block for block in blocks if "webhook-signature" in block)
    (tmp_path / "client.py").write_text(example.replace("http://127.0.0.1:8081/messages", peer.url), encoding="utf-8")
    async with running(adapter_for(peer)) as inbox:
        await peer.post(peer.message("the server is there"))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            tmp_path / "client.py",
            env=os.environ | {"WEBHOOK_SECRET": SECRET},
            stdout=subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            stdout, _ = await process.communicate()
    assert (process.returncode, stdout.split()) == (0, [b"202"])
    assert inbox.events[-1].chat.kind is ChatKind.PRIVATE
