"""Files that come with messages, through the whole bot: what the model is given, and what the sender is told."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from glmbot.adapters.discord import DiscordAdapter
from glmbot.adapters.telegram import TelegramAdapter
from glmbot.app import App, open_app
from glmbot.dispatch.worker import MAX_ATTEMPTS
from glmbot.phrases import Phrase
from glmbot.settings import DiscordSettings, TelegramSettings
from tests.attachments.files import docx_of, paragraphs, pdf_of, zipped
from tests.conftest import bot_settings
from tests.fakes.discord import FakeDiscord
from tests.fakes.model import FakeModel
from tests.fakes.telegram import FakeChat, FakeTelegram

CHINESE = {"id": 1001, "is_bot": False, "first_name": "Ann", "language_code": "zh"}
ONLY_WORDS, ONLY_WORDS_IN_CHINESE = Phrase.ATTACHMENT_ONLY.value


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake


@contextlib.asynccontextmanager
async def bot_on(
    adapter: TelegramAdapter | DiscordAdapter, model: FakeModel, folder: Path, **sections: dict[str, Any]
) -> AsyncIterator[App]:
    async with open_app(bot_settings(folder, model, sections), {adapter.name: adapter}) as app:
        running = asyncio.create_task(app.run())
        try:
            yield app
        finally:
            app.stop()
            await running


def on_telegram(telegram: FakeTelegram) -> TelegramAdapter:
    return TelegramAdapter("telegram", TelegramSettings(token=telegram.token, base_url=telegram.base_url))


def on_discord(discord: FakeDiscord) -> DiscordAdapter:
    return DiscordAdapter("discord", DiscordSettings(token=discord.token, api_url=discord.api_url))


async def test_a_document_with_a_question_is_given_to_the_model_as_data(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    model.script = lambda _: ["It says hello."]
    async with bot_on(on_telegram(telegram), model, tmp_path):
        code = "```python\nprint('hi')\n```"
        await telegram.receive("", document=telegram.add_file("../notes.md", code.encode()), caption="what is this?")
        assert await telegram.sent(1) == ["It says hello."]
        assert model.questions() == [f"File notes.md:\n````\n{code}\n````\n\nwhat is this?"]
        await telegram.receive("and who wrote it?")
        await telegram.sent(2)
    first, *_, last = model.requests[1]["messages"]
    assert first["content"] == model.questions()[0]
    assert last["content"] == "and who wrote it?"


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.txt", "你好，世界".encode("gb18030"), "你好，世界"),
        ("a.pdf", pdf_of(["A page"]), "A page"),
        ("a.docx", docx_of(paragraphs("A paragraph")), "A paragraph"),
    ],
)
async def test_a_document_alone_is_asked_about_in_the_senders_language(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path, name: str, content: bytes, text: str
) -> None:
    model.script = lambda _: ["好的"]
    async with bot_on(on_telegram(telegram), model, tmp_path):
        await telegram.receive("", document=telegram.add_file(name, content), **{"from": CHINESE})
        assert await telegram.sent(1) == ["好的"]
    assert model.questions() == [f"文件 {name}：\n```\n{text}\n```\n\n这个文件讲的是什么？"]


async def test_a_file_is_cut_to_what_fits_and_is_remembered_as_it_was_given(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    model.script = lambda _: ["Long."]
    room = model.context_length - 100
    async with bot_on(on_telegram(telegram), model, tmp_path):
        await telegram.receive("", document=telegram.add_file("a.txt", b"word " * 4000), caption="sum it up")
        (answer,) = await telegram.sent(1)
        await telegram.receive("go on")
        await telegram.sent(2)
    (question, _) = model.questions()
    assert room // 2 < model.count(question) <= room * 2 // 3
    assert question.startswith("Beginning of the file a.txt:\n```\nword word ")
    assert question.endswith("\n```\n\nsum it up")
    num_shown = len(question.split("```\n")[1].rstrip("\n"))
    assert answer == f"Long.\n\n(Of a.txt I have read only the beginning, {num_shown} characters.)"
    assert model.requests[1]["messages"][0]["content"] == question
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "glmbot.db")) as database:
        assert database.execute("SELECT question FROM turns ORDER BY turn_id").fetchone() == (question,)


async def test_what_is_not_read_is_told_and_the_bot_goes_on(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    async with bot_on(on_telegram(telegram), model, tmp_path):
        for name, content in (
            ("a.zip", zipped({"a.txt": "hi"})),
            ("report.pdf", b"MZ\x90\x00" + bytes(500)),
            ("scan.pdf", pdf_of([""])),
            ("big.txt", bytes(10_000_001)),
            ("huge.txt", bytes((20 << 20) + 1)),
        ):
            await telegram.receive("", document=telegram.add_file(name, content), caption="what is it?")
        told = await telegram.sent(5)
        await telegram.receive("end")
        assert (await telegram.sent(6))[-1] == "echo: end"
    assert [text.partition(".")[0] for text in told] == [
        "I do not open archives such as a",
        "I do not open programs such as report",
        "There is no text in scan",
        "big",
        "huge",
    ]
    assert "I read up to 10 MB" in told[3]
    assert [path.rpartition(".")[2] for path in telegram.fetched] == ["pdf", "pdf"]  # the others need not be fetched
    assert model.questions() == ["end"]


async def test_of_several_files_those_that_can_be_read_are(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    model.script = lambda _: ["Two."]
    files = [("a.txt", b"one"), ("b.zip", b"PK\x03\x04"), ("c.txt", b"two")]
    for name, content in files:
        caption = {"caption": "how many?"} if name == "c.txt" else {}
        await telegram.receive("", document=telegram.add_file(name, content), media_group_id="album", **caption)
    async with bot_on(on_telegram(telegram), model, tmp_path):
        (answer,) = await telegram.sent(1)
    assert model.questions() == ["File a.txt:\n```\none\n```\n\nFile c.txt:\n```\ntwo\n```\n\nhow many?"]
    assert answer == "Two.\n\n" + Phrase.FILE_IS_ARCHIVE.value[0].format(name="b.zip").replace("`", "")


async def test_pictures_and_voice_are_told_of_once_and_never_fetched(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    group = FakeChat(-5, "group")
    photo = [telegram.add_file("small", b"x" * 10) | {"width": 90, "height": 90}]
    for _ in range(4):
        await telegram.receive("", photo=photo, media_group_id="album")
    await telegram.receive("", voice=telegram.add_file("v.ogg", b"OggS"), **{"from": CHINESE})
    await telegram.receive("", photo=photo, chat=group)
    await telegram.receive("", photo=photo, caption="what is this?")
    async with bot_on(on_telegram(telegram), model, tmp_path):
        told = await telegram.sent(3)
    assert sorted(told) == sorted([ONLY_WORDS, ONLY_WORDS_IN_CHINESE, "echo: what is this?"])
    assert telegram.visible(group.id) == []
    assert telegram.fetched == telegram.calls_of("getFile") == []


async def test_a_picture_is_told_of_at_once_while_an_answer_is_being_written(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    model.gate.clear()
    async with bot_on(on_telegram(telegram), model, tmp_path):
        await telegram.receive("hello")
        assert await telegram.sent(1) == ["echo:"]
        await telegram.receive("", photo=[telegram.add_file("p", b"x")])
        assert await telegram.sent(2) == ["echo:", ONLY_WORDS]
        model.gate.set()
        await telegram.until(lambda: telegram.visible()[0] == "echo: hello", "the whole answer")


async def test_a_file_that_is_late_is_fetched_again_and_one_that_is_gone_is_told(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    telegram.fail("getFile", 429, retry_after=1)
    async with bot_on(on_telegram(telegram), model, tmp_path):
        await telegram.receive("", document=telegram.add_file("a.txt", b"hello"), caption="read it")
        assert (await telegram.sent(1))[0].startswith("echo: File a.txt:")
        document = telegram.add_file("b.txt", b"hello")
        telegram.remove_files()
        await telegram.receive("", document=document, caption="read it")
        assert (await telegram.sent(2))[1] == "I could not fetch b.txt. Please send it again."
    assert len(telegram.calls_of("getFile")) == 3


async def test_a_file_that_never_comes_is_told_of_and_parked(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    telegram.fail("getFile", 429, retry_after=0, times=MAX_ATTEMPTS)
    async with bot_on(on_telegram(telegram), model, tmp_path):
        await telegram.receive("", document=telegram.add_file("a.txt", b"hello"), caption="read it")
        assert await telegram.sent(1) == [Phrase.FILES_AWAY.value[0]]
        await telegram.receive("end")
        assert (await telegram.sent(2))[1] == "echo: end"
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "glmbot.db")) as database:
        ((state, reason),) = database.execute("SELECT state, reason FROM inbox WHERE reason IS NOT NULL").fetchall()
    assert state == "parked"
    assert reason.startswith("no file from the platform: ")


async def test_a_forbidden_word_in_a_file_or_its_name_is_blocked(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    (tmp_path / "words.txt").write_text("grumblefish\n", encoding="utf-8")
    safety = {"word_lists": [str(tmp_path / "words.txt")]}
    async with bot_on(on_telegram(telegram), model, tmp_path, safety=safety):
        await telegram.receive("", document=telegram.add_file("a.txt", b"a grumblefish swims"), caption="hi")
        await telegram.receive("", document=telegram.add_file("grumblefish.txt", b"hello"), caption="hi")
        assert await telegram.sent(2) == [Phrase.BLOCKED_IN.value[0]] * 2
    assert model.questions() == []


async def test_a_command_is_what_the_sender_wrote_never_what_a_file_says(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    async with bot_on(on_telegram(telegram), model, tmp_path):
        await telegram.receive("", document=telegram.add_file("a.txt", b"/ping"))
        assert (await telegram.sent(1))[0].startswith("echo: File a.txt:")
        await telegram.receive("", document=telegram.add_file("a.txt", b"hello"), caption="/ping")
        assert (await telegram.sent(2))[1] == "pong"


LOOKING = """
from glmbot.api import AttachmentKind, Context, Plugin

plugin = Plugin("looking")

@plugin.message(r"^$|measure")
async def measure(ctx: Context) -> str:
    one = ctx.event.attachments[0]
    content = await ctx.read_attachment(0, 1000)
    return f"{one.kind} {one.name} {one.media_type} {one.size}: {content[:4]!r}"
"""


async def test_pictures_go_to_a_plugin_that_wants_them(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    folder = tmp_path / "my_plugins"
    folder.mkdir()
    (folder / "looking.py").write_text(LOOKING, encoding="utf-8")
    async with bot_on(on_telegram(telegram), model, tmp_path, plugins={"folder": str(folder)}):
        small = telegram.add_file("small", b"\x89PNG", folder="photos") | {"width": 9, "height": 9}
        large = telegram.add_file("large", b"\xff\xd8\xff\x00" * 9, folder="photos") | {"width": 90, "height": 90}
        await telegram.receive("", photo=[large, small])
        assert await telegram.sent(1) == [r"image large image/jpeg 36: b'\xff\xd8\xff\x00'"]
        await telegram.receive("", document=telegram.add_file("a.bin", bytes(1001)), caption="measure it")
        assert (await telegram.sent(2))[1].startswith("a.bin is too large: I read up to 0.001 MB.")
    assert model.questions() == []


async def test_a_document_on_discord_is_read_and_an_address_inside_is_not_opened(
    model: FakeModel, tmp_path: Path
) -> None:
    model.script = lambda _: ["Read."]
    async with FakeDiscord() as discord, FakeDiscord() as inside, bot_on(on_discord(discord), model, tmp_path):
        await discord.connected()
        await discord.receive("what is it?", attachments=[discord.add_file("a.txt", b"hello", "text/plain")])
        assert await discord.sent(1) == ["Read."]
        await discord.receive("what is it?", attachments=[inside.add_file("b.txt", b"secret")])
        assert (await discord.sent(2))[1] == "I could not fetch `b.txt`. Please send it again."
        gone = discord.add_file("c.txt", b"hello")
        discord.remove_files()
        await discord.receive("what is it?", attachments=[gone])
        assert (await discord.sent(3))[2] == "I could not fetch `c.txt`. Please send it again."
    assert model.questions() == ["File a.txt:\n```\nhello\n```\n\nwhat is it?"]
    assert (discord.fetched, inside.fetched) == (["a.txt", "c.txt"], [])
