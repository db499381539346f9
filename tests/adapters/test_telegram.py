"""The Telegram adapter against a strict Bot API of our own."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from glmbot.adapters.base import Adapter, CommandInfo, CommandMenu, OutgoingMessage
from glmbot.adapters.telegram import TelegramAdapter
from glmbot.adapters.telegram_waits import Waits
from glmbot.content import Button, File, LengthUnit, Markup, Rendered
from glmbot.errors import ConfigError, FileTooLarge, NotDelivered, RetryLater
from glmbot.events import MAX_TEXT, Attachment, AttachmentKind, Chat, ChatKind, Language, MessageRef, Reaction
from glmbot.settings import TelegramSettings
from tests.fakes.inbox import Inbox
from tests.fakes.telegram import ANN, PRIVATE, FakeChat, FakeTelegram, FakeUser

GROUP = FakeChat(-1001, "supergroup", topics=(77,))
QUICK = Waits(poll=2, answer=5.0, first=0.01, longest=0.05)
ANNS_CHAT = Chat("telegram", str(PRIVATE.id), ChatKind.PRIVATE)
GROUP_CHAT = Chat("telegram", str(GROUP.id), ChatKind.GROUP)


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        fake.add_chat(PRIVATE)
        fake.add_chat(GROUP)
        yield fake


@pytest.fixture
def adapter(telegram: FakeTelegram) -> TelegramAdapter:
    return adapter_for(telegram)


def adapter_for(telegram: FakeTelegram, waits: Waits = QUICK, token: str | None = None) -> TelegramAdapter:
    settings = TelegramSettings(token=token or telegram.token, base_url=telegram.base_url)
    return TelegramAdapter("telegram", settings, waits=waits)


@asynccontextmanager
async def running(adapter: TelegramAdapter) -> AsyncIterator[Inbox]:
    inbox = Inbox()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(adapter.run(inbox.accept))
        yield inbox
        task.cancel()


def outgoing(
    text: str, chat: Chat = ANNS_CHAT, plain: str | None = None, reply_to: str | None = None
) -> OutgoingMessage:
    return OutgoingMessage(chat, Rendered(text, text if plain is None else plain), "key", reply_to)


# -- what it is


def test_it_is_an_adapter_with_a_menu(adapter: TelegramAdapter) -> None:
    as_adapter: Adapter = adapter
    assert isinstance(adapter, CommandMenu)
    assert as_adapter.name == "telegram"
    form = as_adapter.capabilities.form
    assert (form.markup, form.max_length, form.unit) == (Markup.TELEGRAM_HTML, 4096, LengthUnit.UTF16_PARSED)
    assert not as_adapter.capabilities.has_idempotent_send


@pytest.mark.parametrize("token", ["", "'12:ab'", "12:ab\n"])
def test_a_token_that_cannot_be_right_names_the_remedy(token: str) -> None:
    with pytest.raises(ConfigError, match="GLMBOT_ADAPTERS__TELEGRAM__TOKEN") as raised:
        TelegramAdapter("telegram", TelegramSettings(token=token))
    assert "12:ab" not in str(raised.value)


async def test_a_refused_token_is_an_error_of_the_configuration(telegram: FakeTelegram) -> None:
    with pytest.raises(ConfigError, match="refuses the token") as raised:
        await adapter_for(telegram, token="999:wrong").run(Inbox().accept)
    assert "999:wrong" not in str(raised.value)


async def test_commands_are_registered_in_both_languages(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    adapter.set_commands(
        [
            CommandInfo("help", {Language.ENGLISH: "Say what I can do.", Language.CHINESE: "我会做什么"}),
            CommandInfo("reset", {Language.ENGLISH: "x" * 300}),
            CommandInfo("帮助", {Language.ENGLISH: "Cannot be in Telegram's menu."}),
        ]
    )
    async with running(adapter):
        await telegram.until(lambda: bool(telegram.calls_of("getUpdates")), "polling")
    assert [entry["description"] for entry in telegram.commands[""]] == ["Say what I can do.", "x" * 256]
    assert [entry["description"] for entry in telegram.commands["zh"]] == ["我会做什么", "x" * 256]


async def test_a_refused_menu_does_not_keep_the_bot_away(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    adapter.set_commands([CommandInfo("help", {Language.ENGLISH: "Help."})])
    telegram.fail("setMyCommands", 400, "Bad Request: BOT_COMMAND_INVALID")
    async with running(adapter) as inbox:
        await telegram.receive("hello")
        await inbox.received("hello")


async def test_a_webhook_is_removed_and_what_waited_is_kept(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    telegram.webhook_url = "https://example.org/hook"
    await telegram.receive("early")
    async with running(adapter) as inbox:
        await inbox.received("early")
    assert telegram.webhook_url == ""


# -- receiving


async def test_an_update_is_confirmed_only_after_it_is_stored(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    await telegram.receive("one")
    await telegram.receive("two")
    async with running(adapter) as inbox:
        inbox.is_open.clear()
        await inbox.received("one")
        assert telegram.num_unconfirmed == 2
        inbox.is_open.set()
        await telegram.until(lambda: not telegram.num_unconfirmed, "both confirmed")
    assert inbox.texts == ["one", "two"]


async def test_what_was_not_confirmed_comes_again_after_a_restart(
    telegram: FakeTelegram, adapter: TelegramAdapter
) -> None:
    await telegram.receive("one")
    async with running(adapter) as first:
        first.is_open.clear()
        await first.received("one")
    async with running(adapter) as second:
        await second.received("one")
    assert first.events == second.events


async def test_a_message_that_cannot_be_stored_is_offered_again(
    telegram: FakeTelegram, adapter: TelegramAdapter
) -> None:
    await telegram.receive("one")
    await telegram.receive("two")
    async with running(adapter) as inbox:
        inbox.faults = [RetryLater("disk full", 0.01), RetryLater("disk full", 0.01)]
        await inbox.received("one", "one", "one", "two")


async def test_an_error_of_the_inbox_ends_the_run_unconfirmed(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    await telegram.receive("one")
    inbox = Inbox()
    inbox.faults = [ZeroDivisionError()]
    with pytest.raises(ZeroDivisionError):
        await adapter.run(inbox.accept)
    assert telegram.num_unconfirmed == 1


async def test_a_repeated_update_keeps_its_message_id(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    number = await telegram.receive("hello", times=3)
    async with running(adapter) as inbox:
        await inbox.received("hello", "hello", "hello")
    assert {event.message_id for event in inbox.events} == {f"{PRIVATE.id}:{number}"}


async def test_malformed_and_unanswered_updates_are_passed_over_and_confirmed(
    telegram: FakeTelegram, adapter: TelegramAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    await telegram.push({"message": {"text": "secret", "from": 5}})
    await telegram.push({"update_id": "no number"})
    await telegram.push({"edited_message": {}})
    await telegram.receive("from a bot", sender=FakeUser(9, is_bot=True))
    await telegram.receive("hello")
    async with running(adapter) as inbox:
        await inbox.received("hello")
        await telegram.until(lambda: telegram.num_unconfirmed == 0, "all confirmed")
    assert "malformed" in caplog.text
    assert "secret" not in caplog.text


async def test_a_group_message_keeps_its_topic(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    entities = [{"type": "mention", "offset": 3, "length": 13}]
    await telegram.receive(
        "😀 @glm_test_bot hi", chat=GROUP, entities=entities, is_topic_message=True, message_thread_id=77
    )
    async with running(adapter) as inbox:
        await inbox.received("😀 hi")
    assert inbox.events[0].chat == Chat("telegram", str(GROUP.id), ChatKind.GROUP, "77")
    assert inbox.events[0].is_addressed


async def test_lone_surrogates_come_in_and_go_out_as_replacement_characters(
    telegram: FakeTelegram, adapter: TelegramAdapter
) -> None:
    await telegram.receive("a\ud83db")
    async with running(adapter) as inbox:
        await inbox.received("a\ufffdb")
    await adapter.send(outgoing("c\udc00d"))
    assert telegram.visible() == ["c\ufffdd"]


async def test_of_a_message_of_ten_megabytes_comes_in_what_shows_that_it_is_too_long(
    telegram: FakeTelegram, adapter: TelegramAdapter
) -> None:
    async with running(adapter) as inbox:
        await telegram.receive("长" * 3_400_000)
        await inbox.received("长" * (MAX_TEXT + 1))


NESTED = '{"message": {"message_id": 1, "nested": ' + "[" * 100_000 + "]" * 100_000 + "}}"


@pytest.mark.parametrize("raw", [NESTED, '{"message": "' + "x" * (40 << 20) + '"}'], ids=["nested", "of 40 MB"])
async def test_an_update_that_cannot_be_read_is_left_out_and_those_around_it_come_in(
    telegram: FakeTelegram, adapter: TelegramAdapter, caplog: pytest.LogCaptureFixture, raw: str
) -> None:
    await telegram.receive("before")
    number = await telegram.push_raw(raw)
    await telegram.receive("after")
    async with running(adapter) as inbox:
        await inbox.received("before", "after")
        await telegram.until(lambda: telegram.num_unconfirmed == 0, "all confirmed")
    assert f"update {number} is left out" in caplog.text


async def test_a_compressed_answer_is_not_unpacked(
    telegram: FakeTelegram, adapter: TelegramAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.bomb("getUpdates")
    await telegram.receive("hello")
    async with running(adapter) as inbox:
        await inbox.received("hello")
    assert "compressed (gzip)" in caplog.text
    assert all(call.headers["Accept-Encoding"] == "identity" for call in telegram.calls)


async def test_an_album_without_words_is_one_event(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    photo = [{"file_id": "x"}]
    for _ in range(3):
        await telegram.receive("", photo=photo, media_group_id="album")
    await telegram.receive("end")
    async with running(adapter) as inbox:
        await inbox.received("", "end")


async def test_of_an_album_with_a_caption_the_caption_comes_in(
    telegram: FakeTelegram, adapter: TelegramAdapter
) -> None:
    photo = [{"file_id": "x"}]
    await telegram.receive("", photo=photo, media_group_id="album", caption="what is this?")
    await telegram.receive("", photo=photo, media_group_id="album")
    await telegram.receive("end")
    async with running(adapter) as inbox:
        await inbox.received("what is this?", "end")


async def test_the_files_of_an_album_are_one_event(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    for number in range(3):
        caption = {"caption": "compare them"} if number == 2 else {}
        document = {"file_id": f"F{number}", "file_name": f"{number}.txt"}
        await telegram.receive("", document=document, media_group_id="album", message_id=10 + number, **caption)
    await telegram.receive("", document={"file_id": "G", "file_name": "g.txt"})
    async with running(adapter) as inbox:
        await inbox.received("compare them", "")
    assert [[one.name for one in event.attachments] for event in inbox.events] == [
        ["0.txt", "1.txt", "2.txt"],
        ["g.txt"],
    ]
    assert inbox.events[0].message_id == f"{PRIVATE.id}:10"


async def test_of_an_album_in_two_answers_no_file_is_lost_and_no_picture_told_again(
    telegram: FakeTelegram, adapter: TelegramAdapter
) -> None:
    async with running(adapter) as inbox:
        for text, field in (("first", "photo"), ("", "photo"), ("", "document")):
            file = {"file_id": "x", "file_name": "a.txt"}
            await telegram.receive(
                "", **{field: [file] if field == "photo" else file}, media_group_id="album", caption=text
            )
            await telegram.until(lambda: telegram.num_unconfirmed == 0, "the update to be confirmed")
        await telegram.receive("end")
        await inbox.received("first", "", "end")
    assert [one.kind for one in inbox.events[1].attachments] == [AttachmentKind.DOCUMENT]


def attached(file: dict[str, object]) -> Attachment:
    return Attachment(str(file["file_id"]), "a.txt", None, None, AttachmentKind.DOCUMENT)


async def test_a_file_is_fetched(
    telegram: FakeTelegram, adapter: TelegramAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    content = bytes(range(256)) * 100
    assert await adapter.fetch(attached(telegram.add_file("a.txt", content)), len(content)) == content
    assert telegram.fetched == ["documents/file_0.txt"]
    assert telegram.token not in caplog.text


async def test_a_file_that_is_too_large_is_not_fetched(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    with pytest.raises(FileTooLarge):
        await adapter.fetch(attached(telegram.add_file("a.txt", bytes(1001))), 1000)
    with pytest.raises(FileTooLarge):
        await adapter.fetch(attached(telegram.add_file("a.txt", bytes((20 << 20) + 1))), 100 << 20)
    assert telegram.fetched == []


@pytest.mark.parametrize(("claimed", "served"), [(0, 1001), (0, 33 << 20)])
async def test_a_file_that_is_larger_than_telegram_said_is_too_large(
    telegram: FakeTelegram, adapter: TelegramAdapter, claimed: int, served: int
) -> None:
    file = telegram.add_file("a.txt", bytes(served), said_size=claimed)
    with pytest.raises(FileTooLarge):
        await adapter.fetch(attached(file), 1000)


async def test_a_file_that_cannot_be_had_is_told_from_one_that_may_be_later(
    telegram: FakeTelegram, adapter: TelegramAdapter
) -> None:
    file = attached(telegram.add_file("a.txt", b"x"))
    telegram.fail("getFile", 500)
    telegram.fail("getFile", 429, retry_after=7)
    telegram.cut("getFile")
    for after in (5.0, 7.0, 5.0):
        with pytest.raises(RetryLater) as later:
            await adapter.fetch(file, 10)
        assert later.value.after == after
    with pytest.raises(NotDelivered, match="Wrong file_id"):
        await adapter.fetch(attached({"file_id": "nowhere"}), 10)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../secret",
        "documents/../../x",
        "//evil.example/x",
        "http://evil.example/x",
        "a?b",
        "a b",
        "",
        ".",
    ],
)
async def test_a_path_that_leads_elsewhere_is_not_followed(
    telegram: FakeTelegram, adapter: TelegramAdapter, path: str
) -> None:
    with pytest.raises(NotDelivered, match="path"):
        await adapter.fetch(attached(telegram.add_file("a.txt", b"x", path=path)), 10)
    assert telegram.fetched == []


@pytest.mark.parametrize("method", ["getMe", "getUpdates"])
@pytest.mark.parametrize("status", [500, 502, 504])
async def test_troubles_of_the_server_pass(
    telegram: FakeTelegram, adapter: TelegramAdapter, method: str, status: int
) -> None:
    telegram.fail(method, status, times=3)
    await telegram.receive("hello")
    async with running(adapter) as inbox:
        await inbox.received("hello")


async def test_a_cut_connection_is_made_again(
    telegram: FakeTelegram, adapter: TelegramAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.cut("getUpdates", times=2)
    await telegram.receive("hello")
    async with running(adapter) as inbox:
        await inbox.received("hello")
    assert caplog.text.count("trying again in") == 2


async def test_a_silent_server_is_noticed(telegram: FakeTelegram) -> None:
    telegram.hang("getUpdates")
    await telegram.receive("hello")
    async with running(adapter_for(telegram, Waits(poll=0, answer=0.2, first=0.01))) as inbox:
        await inbox.received("hello")


async def test_polling_waits_as_long_as_it_is_told(
    telegram: FakeTelegram, adapter: TelegramAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.fail("getUpdates", 429, "Too Many Requests: retry after 1", retry_after=1)
    await telegram.receive("hello")
    async with running(adapter) as inbox:
        await inbox.received("hello")
    assert "trying again in 1.0 s" in caplog.text


async def test_a_second_program_with_the_token_is_named(
    telegram: FakeTelegram, adapter: TelegramAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(adapter) as inbox, httpx.AsyncClient() as other:
        await telegram.until(lambda: bool(telegram.calls_of("getUpdates")), "the first poll")
        async with asyncio.TaskGroup() as tasks:
            poll = tasks.create_task(other.post(f"{telegram.base_url}{telegram.token}/getUpdates?timeout=20"))
            await telegram.until(lambda: "another program" in caplog.text, "the warning")
        await telegram.receive("hello")
        await inbox.received("hello")
    assert poll.result().status_code == 409


async def test_a_program_that_had_the_token_first_ends_the_run(telegram: FakeTelegram) -> None:
    telegram.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request", times=2)
    with pytest.raises(ConfigError, match="another program polls with this token"):
        await adapter_for(telegram, Waits(poll=2, claim_again=0.01)).run(Inbox().accept)


async def test_a_program_that_comes_later_is_told_of_and_waited_for(
    telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(adapter_for(telegram, Waits(poll=2, first=0.01, longest=0.05, claim=0.0))) as inbox:
        telegram.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request", times=5)
        await telegram.receive("hello")
        await inbox.received("hello")
    assert [record.levelname for record in caplog.records if "another program" in record.message] == ["ERROR"] * 5


async def test_a_refused_question_for_news_ends_the_run(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    telegram.fail("getUpdates", 401, "Unauthorized")
    with pytest.raises(ConfigError, match="refuses the token"):
        await adapter.run(Inbox().accept)


def test_waits_grow_to_a_limit_and_spread() -> None:
    waits = Waits(first=1.0, longest=60.0)
    for num_failures, most in [(1, 1.0), (2, 2.0), (6, 32.0), (7, 60.0), (10_000, 60.0)]:
        assert most / 2 <= waits.after(num_failures) <= most


# -- sending


async def test_markup_is_sent_and_the_message_can_be_edited(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    ref = await adapter.send(outgoing("<b>1 &lt; 2</b>"))
    assert telegram.visible() == ["1 < 2"]
    await adapter.edit(ref, Rendered("<i>3</i>", "3"))
    assert telegram.visible() == ["3"]
    assert "is_disabled" in telegram.calls_of("sendMessage")[0]["link_preview_options"]


async def test_a_message_can_be_edited_after_a_restart(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    ref = await adapter.send(outgoing("one"))
    await adapter_for(telegram).edit(MessageRef(ref.chat, ref.message_id), Rendered("two", "two"))
    assert telegram.visible() == ["two"]


async def test_markup_that_telegram_cannot_read_goes_out_as_plain_text(
    telegram: FakeTelegram, adapter: TelegramAdapter
) -> None:
    ref = await adapter.send(outgoing("<b>a", plain="a <b"))
    await adapter.edit(ref, Rendered("<table>", "c < d"))
    assert telegram.visible() == ["c < d"]
    assert [call.get("parse_mode") for call in telegram.calls_of("sendMessage")] == ["HTML", None]


async def test_an_edit_that_changes_nothing_is_no_error(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    ref = await adapter.send(outgoing("same"))
    await adapter.edit(ref, Rendered("same", "same"))
    assert telegram.visible() == ["same"]


async def test_the_limit_counts_utf16_units_without_markup(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    await adapter.send(outgoing("<b>" + "😀" * 2048 + "</b>"))
    with pytest.raises(NotDelivered, match="too long"):
        await adapter.send(outgoing("😀" * 2048 + "x"))
    assert len(telegram.visible()) == 1


async def test_a_reply_shows_what_it_answers_in_groups_only(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    number = await telegram.receive("/hi", chat=GROUP)
    await adapter.send(outgoing("to ann", reply_to=f"{PRIVATE.id}:{number}"))
    await adapter.send(outgoing("to the group", GROUP_CHAT, reply_to=f"{GROUP.id}:{number}"))
    await adapter.send(outgoing("to one deleted", GROUP_CHAT, reply_to=f"{GROUP.id}:999"))
    assert [shown.reply_to for shown in telegram.messages] == [None, number, None]


async def test_a_topic_gets_its_reply_and_its_typing_sign(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    topic = Chat("telegram", str(GROUP.id), ChatKind.GROUP, "77")
    await adapter.show_typing(topic)
    await adapter.send(outgoing("hi", topic))
    assert telegram.chat_actions[0]["message_thread_id"] == "77"
    assert telegram.messages[0].thread_id == 77


async def test_a_group_that_moved_is_followed(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    telegram.migrate(GROUP.id, FakeChat(-1002, "supergroup"))
    ref = await adapter.send(outgoing("hi", GROUP_CHAT))
    assert (ref.chat.chat_id, telegram.visible(-1002)) == ("-1002", ["hi"])
    with pytest.raises(NotDelivered, match="migrated"):
        await adapter.edit(MessageRef(GROUP_CHAT, "1"), Rendered("x", "x"))


@pytest.mark.parametrize(
    ("chat_id", "thread_id", "text", "reason"),
    [
        ("555", None, "hi", "Chat not found"),
        ("2002", None, "hi", "blocked by the user"),
        (str(GROUP.id), "78", "hi", "thread not found"),
        (str(PRIVATE.id), None, " ", "text is empty"),
    ],
)
async def test_what_telegram_refuses_is_not_delivered(
    telegram: FakeTelegram, adapter: TelegramAdapter, chat_id: str, thread_id: str | None, text: str, reason: str
) -> None:
    telegram.add_chat(FakeChat(2002))
    telegram.block(2002)
    with pytest.raises(NotDelivered, match=reason):
        await adapter.send(outgoing(text, Chat("telegram", chat_id, ChatKind.PRIVATE, thread_id)))


async def test_an_edit_of_a_deleted_message_is_not_delivered(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    with pytest.raises(NotDelivered, match="to edit not found"):
        await adapter.edit(MessageRef(ANNS_CHAT, "999"), Rendered("x", "x"))


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText", "sendChatAction"])
async def test_every_call_says_how_long_telegram_wants_it_to_wait(
    telegram: FakeTelegram, adapter: TelegramAdapter, method: str
) -> None:
    telegram.fail(method, 429, "Too Many Requests: retry after 17", retry_after=17)
    with pytest.raises(RetryLater) as raised:
        await call(adapter, method)
    assert raised.value.after == 17


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText", "sendChatAction"])
@pytest.mark.parametrize("status", [401, 500, 502, 503])
async def test_what_telegram_did_not_do_may_be_tried_again(
    telegram: FakeTelegram, adapter: TelegramAdapter, method: str, status: int
) -> None:
    telegram.fail(method, status)
    with pytest.raises(RetryLater):
        await call(adapter, method)


async def test_without_a_connection_nothing_was_sent(unused_tcp_port: int) -> None:
    settings = TelegramSettings(token="1:x", base_url=f"http://127.0.0.1:{unused_tcp_port}/bot")
    with pytest.raises(RetryLater, match="out of reach"):
        await TelegramAdapter("telegram", settings).send(outgoing("hi"))


async def test_a_send_whose_answer_was_lost_is_not_repeated(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    telegram.cut("sendMessage", is_accepted=True)
    with pytest.raises(NotDelivered, match="could show it twice"):
        await adapter.send(outgoing("hi"))
    assert telegram.visible() == ["hi"]


async def test_a_send_without_an_answer_in_time_is_not_repeated(telegram: FakeTelegram) -> None:
    telegram.hang("sendMessage")
    with pytest.raises(NotDelivered, match="could show it twice"):
        await adapter_for(telegram, Waits(answer=0.2)).send(outgoing("hi"))
    assert telegram.visible() == ["hi"]


async def test_a_send_whose_answer_cannot_be_read_is_not_repeated(
    telegram: FakeTelegram, adapter: TelegramAdapter
) -> None:
    telegram.fail("sendMessage", 200, is_accepted=True)
    with pytest.raises(NotDelivered, match="could show it twice"):
        await adapter.send(outgoing("hi"))


BUTTONS = (Button("Yes", "/book Rome"), Button("不要", "/stop"))


async def test_a_pressed_button_says_its_command(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    topic = Chat("telegram", str(GROUP.id), ChatKind.GROUP, "77")
    async with running(adapter) as inbox:
        await adapter.send(OutgoingMessage(topic, Rendered("Where to?", "Where to?", buttons=BUTTONS), "key"))
        fields = {"is_topic_message": True, "message_thread_id": 77}
        press = await telegram.press("不要", chat=GROUP, sender=FakeUser(1002, "Bob"), times=2, **fields)
        await telegram.until(lambda: telegram.is_answered(press), "the answer to the press")
        await inbox.received("/stop", "/stop")
    first, second = inbox.events
    assert (first.chat, first.sender.sender_id, first.is_addressed) == (topic, "1002", True)
    assert first.message_id == second.message_id
    answer = OutgoingMessage(topic, Rendered("ok", "ok"), "key 2", first.message_id)
    await adapter.send(answer)
    assert telegram.messages[-1].reply_to is None


async def test_an_emoji_is_put_under_a_message(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    async with running(adapter) as inbox:
        number = await telegram.receive("hello")
        await inbox.received("hello")
        message_id = inbox.events[0].message_id
    await adapter.react(ANNS_CHAT, message_id, "👍")
    assert telegram.reactions == {(PRIVATE.id, number): "👍"}
    with pytest.raises(NotDelivered, match="REACTION_INVALID|[Rr]eaction"):
        await adapter.react(ANNS_CHAT, message_id, "🎓")
    with pytest.raises(NotDelivered):
        await adapter.react(ANNS_CHAT, f"{PRIVATE.id}:pressed:7", "👍")


async def test_an_edit_replaces_the_buttons(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    ref = await adapter.send(OutgoingMessage(ANNS_CHAT, Rendered("Where to?", "Where to?", buttons=BUTTONS), "key"))
    assert telegram.messages[0].buttons == {"Yes": "/book Rome", "不要": "/stop"}
    await adapter.edit(ref, Rendered("Where to?", "Where to?", buttons=BUTTONS[:1]))
    assert telegram.messages[0].buttons == {"Yes": "/book Rome"}
    await adapter.edit(ref, Rendered("Rome.", "Rome."))
    assert telegram.messages[0].buttons == {}


async def test_a_press_that_is_old_or_malformed_stops_nothing(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    async with running(adapter) as inbox:
        query = {"id": "7", "from": ANN.as_json(), "data": "/old", "chat_instance": "1"}
        await telegram.push({"callback_query": query | {"message": {"chat": PRIVATE.as_json(), "date": 0}}})
        for broken in (query, query | {"message": 5}, {"id": 5}, query | {"message": {"chat": {"id": 1}}}, []):
            await telegram.push({"callback_query": broken})
        await telegram.receive("hello")
        await inbox.received("/old", "hello")


@pytest.mark.parametrize(
    ("name", "method"),
    [("cat.PNG", "sendphoto"), ("a.jpg", "sendphoto"), ("word.ogg", "sendvoice"), ("a.pdf", "senddocument")],
)
async def test_a_file_is_shown_as_what_it_is(
    telegram: FakeTelegram, adapter: TelegramAdapter, name: str, method: str
) -> None:
    body = Rendered("<b>Look</b> &lt;here", "Look <here", File(name, bytes(range(256))))
    await adapter.send(OutgoingMessage(ANNS_CHAT, body, "key"))
    (shown,) = telegram.messages
    assert (shown.text, shown.file) == ("Look <here", (name, bytes(range(256))))
    assert len(telegram.calls_of(method)) == 1


async def test_a_file_whose_answer_cannot_be_read_is_not_sent_again(
    telegram: FakeTelegram, adapter: TelegramAdapter
) -> None:
    telegram.fail("sendDocument", 200, is_accepted=True)
    body = Rendered("all of it", "all of it", File("answer.md", b"long"))
    with pytest.raises(NotDelivered, match="lost on the way"):
        await adapter.send(OutgoingMessage(ANNS_CHAT, body, "key"))
    assert telegram.visible() == ["all of it"]


async def test_a_gateway_that_waited_in_vain_counts_as_a_lost_answer(
    telegram: FakeTelegram, adapter: TelegramAdapter
) -> None:
    telegram.fail("sendMessage", 504, is_accepted=True)
    with pytest.raises(NotDelivered, match="could show it twice"):
        await adapter.send(outgoing("hi"))


@pytest.mark.parametrize("method", ["editMessageText", "sendChatAction"])
async def test_what_may_be_repeated_is_tried_again_after_a_lost_answer(
    telegram: FakeTelegram, adapter: TelegramAdapter, method: str
) -> None:
    telegram.cut(method, is_accepted=False)
    with pytest.raises(RetryLater):
        await call(adapter, method)


async def call(adapter: TelegramAdapter, method: str) -> None:
    if method == "sendMessage":
        await adapter.send(outgoing("hi"))
    elif method == "editMessageText":
        await adapter.edit(MessageRef(ANNS_CHAT, "1"), Rendered("hi", "hi"))
    else:
        await adapter.show_typing(ANNS_CHAT)


async def test_replies_still_go_out_when_receiving_has_ended(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    async with running(adapter):
        await telegram.until(lambda: bool(telegram.calls_of("getUpdates")), "polling")
    await adapter.send(outgoing("late"))
    assert telegram.visible() == ["late"]


async def test_the_token_is_in_no_log_line_and_no_error(
    telegram: FakeTelegram, adapter: TelegramAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    telegram.fail("getUpdates", 500)
    telegram.cut("getUpdates")
    async with running(adapter_for(telegram)) as inbox:
        await telegram.receive("hello", sender=ANN)
        await inbox.received("hello")
        await adapter.send(outgoing("hi"))
        telegram.cut("sendMessage")
        with pytest.raises(NotDelivered) as raised:
            await adapter.send(outgoing("hi"))
    assert "<token>" in caplog.text
    assert telegram.token not in caplog.text + repr(raised.value) + repr(raised.value.__cause__)


async def test_reactions_come_in_among_the_messages(telegram: FakeTelegram, adapter: TelegramAdapter) -> None:
    async with running(adapter) as inbox:
        number = await telegram.receive("hello", chat=GROUP)
        change = {"chat": GROUP.as_json(), "message_id": number, "date": 1_700_000_000, "user": ANN.as_json()}
        emoji = {"type": "emoji", "emoji": "👎"}
        await telegram.push({"message_reaction": change | {"old_reaction": [], "new_reaction": [emoji]}})
        await telegram.push({"message_reaction": {"chat": 5}})
        await telegram.receive("bye", chat=GROUP)
        await inbox.received("hello", "", "bye")
    assert inbox.events[1].reaction == Reaction(inbox.events[0].message_id, "👎")
    asked = [call for call in telegram.calls if call.method.lower() == "getupdates"]
    assert all("message_reaction" in call.params["allowed_updates"] for call in asked)
