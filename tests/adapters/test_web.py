"""The web chat over real HTTP and WebSockets, as its page uses it."""

import asyncio
import json
import logging
import socket
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from glmbot.adapters.base import Adapter, FetchesFiles, OutgoingMessage
from glmbot.adapters.web import WebAdapter
from glmbot.adapters.web_browsers import MAX_FRAMES, MAX_TABS
from glmbot.adapters.web_connection import MAX_WAITING
from glmbot.adapters.web_sessions import MAX_WRONG_LOGINS, Logins
from glmbot.adapters.web_waits import Waits
from glmbot.content import Button, File, Markup, Rendered
from glmbot.errors import ConfigError, FileTooLarge, NotDelivered, RetryLater
from glmbot.events import MAX_TEXT, Chat, ChatKind, Language, MessageRef
from glmbot.settings import WebSettings
from tests.fakes.inbox import Inbox
from tests.fakes.page import FakePage, free_port, page_on

QUICK = Waits(shown=0.3, away=0.1, wrong_password=0.1)
PATIENT = Waits(shown=20.0)


@asynccontextmanager
async def running(adapter: WebAdapter) -> AsyncIterator[Inbox]:
    inbox = Inbox()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(adapter.run(inbox.accept))
        yield inbox
        task.cancel()


def adapter_for(port: int, waits: Waits = PATIENT, **settings: object) -> WebAdapter:
    return WebAdapter("web", WebSettings.model_validate({"port": port} | settings), waits=waits)


def message(chat: Chat, text: str, key: str = "key") -> OutgoingMessage:
    return OutgoingMessage(chat, Rendered(f"<p>{text}</p>", text), key)


async def chat_with(page: FakePage, inbox: Inbox) -> Chat:
    """Return the chat, which the bot knows since something was written in it."""
    await page.write("hello")
    await page.until_taken()
    return inbox.events[-1].chat


@pytest.fixture
def port() -> int:
    return free_port()


# -- what it is


def test_it_is_an_adapter(port: int) -> None:
    adapter: Adapter = adapter_for(port)
    assert adapter.capabilities.form.markup is Markup.MATRIX_HTML
    assert adapter.capabilities.has_idempotent_send


@pytest.mark.parametrize("where", [{"host": "0.0.0.0"}, {"host": "::"}, {"public_url": "https://chat.example.org"}])
def test_other_machines_need_a_password(port: int, where: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"adapters\.web\.password.*GLMBOT_ADAPTERS__WEB__PASSWORD"):
        adapter_for(port, **where)
    adapter_for(port, password="secret", **where)


async def test_a_port_in_use_is_named(port: int) -> None:
    named = pytest.raises(ConfigError, match=rf"adapters\.web\.port.*{port} is in use")
    with socket.create_server(("127.0.0.1", port)), named:
        await adapter_for(port).run(Inbox().accept)


async def test_a_host_of_another_machine_is_named(port: int) -> None:
    with pytest.raises(ConfigError, match=r"adapters\.web\.host"):
        await adapter_for(port, host="192.0.2.1", password="secret").run(Inbox().accept)


def test_a_public_url_has_no_path(port: int) -> None:
    with pytest.raises(ValueError, match="scheme and host alone"):
        adapter_for(port, public_url="https://example.org/chat")


# -- what comes in


async def test_a_message_is_taken_when_it_is_durable(port: int) -> None:
    adapter = adapter_for(port)
    async with running(adapter) as inbox, page_on(port) as page:
        inbox.is_open.clear()
        inbox.faults = [RetryLater("the disk is full", after=0.05)]
        await page.write("你好\n👋")
        await inbox.received("你好\n👋")
        assert page.pending
        inbox.is_open.set()
        await page.until_taken()
    event = inbox.events[-1]
    assert inbox.texts == ["你好\n👋"] * 2
    assert (event.chat.adapter, event.chat.kind, event.is_addressed) == ("web", ChatKind.PRIVATE, True)
    assert (event.sender.sender_id, event.sender.language) == (event.chat.chat_id, Language.CHINESE)
    assert abs(event.sent_at - time.time()) < 60


async def test_a_message_that_comes_again_has_the_same_id(port: int) -> None:
    async with running(adapter_for(port)) as inbox, page_on(port) as page:
        message_id = await page.write("hello")
        await page.until_taken()
        await page.write("hello", message_id)
        await page.until_taken()
    first, second = inbox.events
    assert first.message_id == second.message_id


async def test_browsers_are_chats_of_their_own(port: int) -> None:
    adapter = adapter_for(port)
    async with running(adapter) as inbox, page_on(port) as ann, page_on(port) as bob:
        chats = [await chat_with(ann, inbox), await chat_with(bob, inbox)]
        await adapter.send(message(chats[0], "for ann"))
        await adapter.send(message(chats[1], "for bob"))
        await ann.until_shown("<p>for ann</p>")
        await bob.until_shown("<p>for bob</p>")
    assert chats[0] != chats[1]
    for chat, page in zip(chats, (ann, bob), strict=True):
        assert chat.chat_id not in str(page.cookies), "the id, which is in the log, must not open the chat"


async def test_what_nobody_wants_to_see_is_cut(port: int) -> None:
    async with running(adapter_for(port)) as inbox, page_on(port) as page:
        await page.write("字" * (MAX_TEXT + 10))
        await page.until_taken()
    assert [len(text) for text in inbox.texts] == [MAX_TEXT + 1]


# -- what goes out


async def test_a_message_counts_as_sent_when_a_page_has_it(port: int) -> None:
    adapter = adapter_for(port, QUICK)
    async with running(adapter) as inbox, page_on(port) as page:
        chat = await chat_with(page, inbox)
        page.is_mute = True
        with pytest.raises(RetryLater):
            await adapter.send(message(chat, "one"))
        page.is_mute = False
        assert await adapter.send(message(chat, "one")) == MessageRef(chat, "key")
        await page.until_shown("<p>one</p>")


async def test_an_edit_shows_the_new_text_in_the_same_place(port: int) -> None:
    adapter = adapter_for(port)
    async with running(adapter) as inbox, page_on(port) as page:
        chat = await chat_with(page, inbox)
        ref = await adapter.send(message(chat, "draft"))
        await adapter.send(message(chat, "other", "key2"))
        await adapter.edit(ref, Rendered("<p>final</p>", "final"))
        await page.until_shown("<p>final</p>", "<p>other</p>")
        numbers = [frame["n"] for frame in page.frames if frame["type"] == "show"]
        assert numbers == sorted(set(numbers)), "by them the page knows which text is the newer"


async def test_all_tabs_show_a_message_and_one_is_enough(port: int) -> None:
    adapter = adapter_for(port)
    async with running(adapter) as inbox, page_on(port) as page:
        chat = await chat_with(page, inbox)
        second = FakePage(port, page.cookies)
        await second.open()
        second.is_mute = True
        await adapter.send(message(chat, "one"))
        await page.until_shown("<p>one</p>")
        await second.until(lambda: second.frames[-1]["type"] == "show", "the message in the second tab")
        await second.close()


async def test_who_comes_back_gets_what_was_missed(port: int) -> None:
    adapter = adapter_for(port)
    async with running(adapter) as inbox, page_on(port) as page:
        chat = await chat_with(page, inbox)
        await page.close()
        sending = asyncio.create_task(adapter.send(message(chat, "missed")))
        await page.reconnect()
        await page.until_shown("<p>missed</p>")
        await sending


async def test_without_a_page_it_is_later(port: int) -> None:
    adapter = adapter_for(port, QUICK)
    async with running(adapter) as inbox, page_on(port) as page:
        chat = await chat_with(page, inbox)
        await page.close()
        with pytest.raises(RetryLater) as raised:
            await adapter.send(message(chat, "nobody reads this now"))
        assert raised.value.after == QUICK.away
        await adapter.show_typing(chat)


async def test_without_a_page_for_a_day_it_is_never(port: int) -> None:
    adapter = adapter_for(port, replace(QUICK, forget=0.5))
    async with running(adapter) as inbox, page_on(port) as page:
        chat = await chat_with(page, inbox)
        await page.close()
        with pytest.raises(RetryLater):
            await adapter.send(message(chat, "a little later"))
        with pytest.raises(NotDelivered):
            await patiently(adapter, message(chat, "gone"))
        await page.reconnect()
        await adapter.send(message(chat, "back"))
        await page.until_shown("<p>back</p>")


async def patiently(adapter: WebAdapter, outgoing: OutgoingMessage) -> None:
    """Send as the bot does: again, as long as it is told to."""
    async with asyncio.timeout(20):
        while True:
            try:
                await adapter.send(outgoing)
            except RetryLater as error:
                await asyncio.sleep(error.after)


async def test_the_sign_and_signs_of_life(port: int) -> None:
    adapter = adapter_for(port, replace(PATIENT, alive=0.05))
    async with running(adapter) as inbox, page_on(port) as page:
        await adapter.show_typing(await chat_with(page, inbox))
        await page.until(lambda: {"typing", "alive"} <= {frame["type"] for frame in page.frames}, "both signs")


async def test_at_the_end_pages_are_told_and_nobody_waits(port: int) -> None:
    adapter, page = adapter_for(port), FakePage(port)
    async with running(adapter) as inbox:
        await page.open()
        chat = await chat_with(page, inbox)
        page.is_mute = True
        sending = asyncio.create_task(adapter.send(message(chat, "late")))
        await page.until(lambda: page.frames[-1]["type"] == "show", "the message")
        began = time.monotonic()
    with pytest.raises(RetryLater):
        await sending
    assert await page.until_closed() == 1001
    with pytest.raises(RetryLater):
        await adapter.send(message(chat, "after the end"))
    assert time.monotonic() - began < 5


# -- who may do what


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", None])
async def test_another_page_is_refused(port: int, origin: str | None) -> None:
    async with running(adapter_for(port)), page_on(port) as page:
        with pytest.raises(InvalidStatus) as raised:
            await page.connect(Origin=origin)  # type: ignore[arg-type]
        assert raised.value.response.status_code == 403
        async with httpx.AsyncClient() as http:
            headers = {"Origin": origin} if origin else {}
            assert (await http.post(f"{page.origin}/session", json={}, headers=headers)).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "[::1", ""])
async def test_a_foreign_name_for_this_machine_is_refused(port: int, host: str) -> None:
    async with running(adapter_for(port)), page_on(port) as page, httpx.AsyncClient() as http:
        response = await http.get(page.origin, headers={"Host": host})
        assert (response.status_code, "script" in response.text) == (403, False)
        for name in ("localhost", f"127.0.0.1:{port}", f"[::1]:{port}"):
            assert (await http.get(page.origin, headers={"Host": name})).status_code == 200


async def test_behind_a_proxy_the_public_address_counts(port: int) -> None:
    public = "https://chat.example.org"
    async with running(adapter_for(port, public_url=f"{public}/", password="secret")), httpx.AsyncClient() as http:
        page = FakePage(port)
        await wait_for_server(port)
        response = await http.post(f"{page.origin}/session", json={"password": "secret"}, headers={"Origin": public})
        assert response.status_code == 204
        cookie = response.headers["Set-Cookie"]
        assert cookie.startswith("__Host-glmbot_")
        for attribute in ("HttpOnly", "SameSite=strict", "Secure", "Path=/"):
            assert attribute in cookie
        page.cookies = dict(response.cookies)
        await (await page.connect(Origin=public)).close()
        assert (await http.get(page.origin, headers={"Host": "chat.example.org"})).status_code == 200


async def wait_for_server(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return await writer.wait_closed()


@pytest.mark.parametrize("cookie", ["", "x", "a" * 43, f"{'a' * 43}.{'b' * 43}"])
async def test_a_made_up_cookie_is_refused(port: int, cookie: str) -> None:
    async with running(adapter_for(port)):
        await wait_for_server(port)
        with pytest.raises(InvalidStatus) as raised:
            await FakePage(port, {f"glmbot_{port}": cookie}).connect()
        assert raised.value.response.status_code == 403


async def test_a_page_may_do_nothing_but_what_it_needs(port: int) -> None:
    async with running(adapter_for(port)), page_on(port) as page, httpx.AsyncClient() as http:
        for path in ("/", "/page.js", "/page.css", "/nothing"):
            response = await http.get(f"{page.origin}{path}")
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert "Set-Cookie" not in response.headers


# -- the password


async def test_the_password_opens_the_chat_and_its_change_closes_it(port: int) -> None:
    page = FakePage(port)
    async with running(adapter_for(port, QUICK, password="correct horse")):
        await wait_for_server(port)
        assert (await page.open_session()).status_code == 401
        assert (await page.open_session("wrong")).status_code == 403
        assert page.cookies == {}
        assert (await page.open_session("correct horse")).status_code == 204
        await page.reconnect()
        assert (await page.open_session()).status_code == 204
    await page.close()
    async with running(adapter_for(port, QUICK, password="another")) as inbox:
        await wait_for_server(port)
        with pytest.raises(InvalidStatus):
            await page.connect()
        assert (await page.open_session()).status_code == 401
        token = page.cookies[f"glmbot_{port}"].partition(".")[0]
        await page.open("another")
        await chat_with(page, inbox)
        assert page.cookies[f"glmbot_{port}"].partition(".")[0] == token
        await page.close()


async def test_many_wrong_passwords_must_wait(port: int) -> None:
    async with running(adapter_for(port, replace(QUICK, per_login=600.0), password="secret")):
        await wait_for_server(port)
        page = FakePage(port)
        guesses = [page.open_session(f"guess {number}") for number in range(MAX_WRONG_LOGINS)]
        assert {response.status_code for response in await asyncio.gather(*guesses)} == {403}
        response = await page.open_session("secret")
        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 600


def test_logins_come_back_with_time() -> None:
    now = 0.0
    logins = Logins("secret", 5.0, clock=lambda: now)
    assert not any(logins.is_right("wrong") for _ in range(MAX_WRONG_LOGINS))
    assert logins.wait == pytest.approx(5.0)
    now = 4.0
    assert logins.wait == pytest.approx(1.0)
    now = 5.1
    assert logins.wait == 0.0
    assert logins.is_right("secret")


async def test_neither_cookie_nor_password_is_logged(port: int, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("httpx", "httpcore", "websockets"):
        caplog.set_level(logging.WARNING, name)  # the test's own client
    caplog.set_level(logging.DEBUG)
    async with running(adapter_for(port, QUICK, password="canary-1")), page_on(port, "canary-1") as page:
        await page.open_session("canary-2")
        await page.write("canary-3")
        await page.until_taken()
        await page.send_raw("canary-4")
        await page.until_closed()
    assert "web chat" in caplog.text
    assert "canary" not in caplog.text
    assert all(cookie not in caplog.text for cookie in page.cookies.values())


# -- what no page sends


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x00\x01", 1003),
        ("", 1007),
        ("hello", 1007),
        ("[" * 100_000, 1007),
        ('{"type": "message"}', 1007),
        ('{"type": "message", "id": "1", "text": "x"}', 1007),
        ('{"type": "message", "id": "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "text": ""}', 1007),
        ('{"type": "message", "id": "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "text": {}}', 1007),
        ('{"type": "shown", "n": "x"}', 1007),
        ('{"type": "drop tables"}', 1007),
        ('{"type": "message", "text": "' + "x" * (1 << 20) + '"}', 1009),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_garbage_ends_its_own_connection_only(
    port: int, frame: str | bytes, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = adapter_for(port)
    async with running(adapter) as inbox, page_on(port) as good, page_on(port) as bad:
        await bad.send_raw(frame)
        assert await bad.until_closed() == code
        await adapter.send(message(await chat_with(good, inbox), "still here"))
        await good.until_shown("<p>still here</p>")
    assert "Traceback" not in caplog.text
    assert inbox.texts == ["hello"]


async def test_bad_utf_8_ends_a_connection_without_a_traceback(port: int, caplog: pytest.LogCaptureFixture) -> None:
    async with running(adapter_for(port)) as inbox, page_on(port) as page:
        socket_ = page._socket
        assert socket_ is not None
        socket_.transport.write(b"\x81\x82\x00\x00\x00\x00\xff\xfe")  # a text frame of two bytes, with a mask of zeros
        assert await page.until_closed() == 1007
        await page.reconnect()
        await chat_with(page, inbox)
    assert "Traceback" not in caplog.text


async def test_a_word_about_an_unknown_message_changes_nothing(port: int) -> None:
    async with running(adapter_for(port)) as inbox, page_on(port) as page:
        for number in (0, -1, 10**30):
            await page.send_raw(json.dumps({"type": "shown", "n": number}))
        await chat_with(page, inbox)


async def test_more_messages_than_can_wait_end_the_connection(port: int) -> None:
    async with running(adapter_for(port)) as inbox, page_on(port) as page:
        inbox.is_open.clear()
        for number in range(MAX_WAITING + 10):
            await page.write(str(number))
        assert await page.until_closed() == 1013
        inbox.is_open.set()
        await page.reconnect()
        await page.until_taken()
    assert list(dict.fromkeys(inbox.texts)) == [str(number) for number in range(MAX_WAITING + 10)]


async def test_one_browser_has_so_many_tabs(port: int) -> None:
    async with running(adapter_for(port)), page_on(port) as page, page_on(port) as other:
        tabs = [await page.connect() for _ in range(MAX_TABS - 1)]
        one_more = await page.connect()
        async with asyncio.timeout(20):
            await one_more.wait_closed()
        assert one_more.close_code == 1013
        await other.reconnect()
        for tab in tabs:
            await tab.close()
        await page.reconnect()


async def test_a_page_that_reads_nothing_is_cut_off(port: int) -> None:
    adapter = adapter_for(port)
    large = Rendered("x" * 20_000, "x")
    async with running(adapter) as inbox, page_on(port) as page:
        chat = await chat_with(page, inbox)
        idle = await FakePage(port, page.cookies).connect()
        idle.transport.pause_reading()
        for number in range(10 * MAX_FRAMES):
            await adapter.send(OutgoingMessage(chat, large, f"key{number}"))
            if len(adapter._browsers._browsers[chat.chat_id].tabs) == 1:
                break
        assert len(adapter._browsers._browsers[chat.chat_id].tabs) == 1, "the other page is not held up"
        idle.transport.abort()


# -- files and buttons


async def test_a_file_that_was_sent_is_read_when_it_is_wanted(port: int) -> None:
    content = bytes(range(256)) * 1000
    adapter = adapter_for(port)
    assert isinstance(adapter, FetchesFiles)
    async with running(adapter) as inbox, page_on(port) as page:
        await page.write("", files={"../数据.bin": content, "b.txt": b"b"})
        await page.until_taken()
        first, second = inbox.events[-1].attachments
        assert (first.name, first.size, second.name) == ("数据.bin", len(content), "b.txt")
        assert await adapter.fetch(first, len(content)) == content
        assert await adapter.fetch(second, 1) == b"b"


async def test_a_file_with_more_bytes_than_allowed_is_refused_whatever_was_said_of_it(port: int) -> None:
    adapter = adapter_for(port)
    async with running(adapter) as inbox, page_on(port) as page:
        await page.write("", files={"a.bin": b"x" * 1001})
        await page.until_taken()
        with pytest.raises(FileTooLarge):
            await adapter.fetch(inbox.events[-1].attachments[0], 1000)


async def test_a_file_that_the_browser_has_lost_is_gone(port: int) -> None:
    adapter = adapter_for(port)
    async with running(adapter) as inbox, page_on(port) as page:
        await page.write("", files={"a.txt": b"a"})
        await page.until_taken()
        page.own_files.clear()
        with pytest.raises(NotDelivered, match="any more"):
            await adapter.fetch(inbox.events[-1].attachments[0], 1000)


async def test_a_file_is_had_later_when_no_page_is_open_or_none_answers(port: int) -> None:
    adapter = adapter_for(port, waits=replace(QUICK, transfer=0.2))
    async with running(adapter) as inbox, page_on(port) as page:
        await page.write("", files={"a.txt": b"a"})
        await page.until_taken()
        attachment = inbox.events[-1].attachments[0]
        page.is_mute = True
        with pytest.raises(RetryLater):
            await adapter.fetch(attachment, 1000)
        await page.close()
        with pytest.raises(RetryLater):
            await adapter.fetch(attachment, 1000)
        page.is_mute = False
        await page.reconnect()
        assert await adapter.fetch(attachment, 1000) == b"a"


async def test_only_its_own_browser_gets_or_gives_a_file(port: int) -> None:
    adapter = adapter_for(port)
    async with running(adapter) as inbox, page_on(port) as ann, page_on(port) as bob, asyncio.TaskGroup() as tasks:
        chat = await chat_with(ann, inbox)
        ann.is_mute = True
        body = Rendered("report", "report", File("report.txt", b"secret"))
        sending = tasks.create_task(adapter.send(OutgoingMessage(chat, body, "key")))
        await ann.until(lambda: any(frame["type"] == "show" for frame in ann.frames), "the message")
        path = f"/files/{ann.frames[-1]['n']}"
        assert (await bob.request("GET", path)).status_code == 404
        assert (await FakePage(port).request("GET", path)).status_code == 404
        assert (await ann.request("POST", path, b"x")).status_code == 404, "it is shown, not wanted"
        given = await ann.request("GET", path)
        assert given.content == b"secret"
        assert given.headers["content-type"] == "application/octet-stream"
        assert given.headers["x-content-type-options"] == "nosniff"
        await ann.send_raw(json.dumps({"type": "shown", "n": ann.frames[-1]["n"]}))
        await sending
        assert (await ann.request("GET", path)).status_code == 404, "it is the browser's now"


async def test_a_page_cannot_answer_for_a_file_by_saying_that_it_was_shown(port: int) -> None:
    adapter = adapter_for(port)
    async with running(adapter) as inbox, page_on(port) as page, asyncio.TaskGroup() as tasks:
        await page.write("", files={"a.txt": b"a"})
        await page.until_taken()
        page.is_mute = True
        fetching = tasks.create_task(adapter.fetch(inbox.events[-1].attachments[0], 1000))
        await page.until(lambda: any(frame["type"] == "wanted" for frame in page.frames), "the file to be wanted")
        number = page.frames[-1]["n"]
        await page.send_raw(json.dumps({"type": "shown", "n": number}))
        assert (await page.request("POST", f"/files/{number}", b"a", Origin="https://example.org")).status_code == 403
        assert (await page.request("POST", f"/files/{number}", b"a")).status_code == 204
        assert await fetching == b"a"


@pytest.mark.parametrize(
    "files", [[{"id": "1", "name": "a", "size": 1}], [{"id": str(uuid.uuid4()), "name": "a", "size": -1}], [{}] * 11]
)
async def test_notes_of_files_that_no_page_of_ours_sends_end_the_connection(port: int, files: object) -> None:
    async with running(adapter_for(port)) as inbox, page_on(port) as page:
        await page.send_raw(json.dumps({"type": "message", "id": str(uuid.uuid4()), "text": "hello", "files": files}))
        assert await page.until_closed() == 1007
    assert inbox.events == []


async def test_buttons_say_their_commands_and_go_with_an_edit(port: int) -> None:
    adapter = adapter_for(port)
    async with running(adapter) as inbox, page_on(port) as page:
        chat = await chat_with(page, inbox)
        buttons = (Button("Yes 👍", "/answer yes"), Button("No", "/answer no"))
        ref = await adapter.send(OutgoingMessage(chat, Rendered("Well?", "Well?", buttons=buttons), "key"))
        await page.press("No")
        await page.until_taken()
        assert inbox.texts[-1] == "/answer no"
        await adapter.edit(ref, Rendered("Thanks.", "Thanks."))
        with pytest.raises(LookupError):
            await page.press("No")
