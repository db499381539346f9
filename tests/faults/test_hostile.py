"""Messages meant to do harm: each is answered or refused at once, in little memory, and the bot goes on."""

import asyncio
import contextlib
import io
import sqlite3
import time
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.attachments.files import billion_laughs, deflated, docx_of, pdf_with
from tests.conftest import RunBot
from tests.e2e.program import running
from tests.fakes.adapter import FakeAdapter
from tests.fakes.discord import FakeDiscord
from tests.fakes.model import FakeModel
from tests.fakes.telegram import FakeChat, FakeTelegram

TOO_LONG = "Your message is too long: I read up to 20000 characters. Please shorten it."
TOO_LONG_IN_CHINESE = "这条消息太长了：我最多能读 20000 个字符。请缩短后再发。"
ONLY_WORDS_IN_CHINESE = (
    "这个我看不了：我能读取文本、Markdown、代码、PDF 和 Word（docx）文件，但不能读取图片、语音等。请用文字告诉我。"
)
NO_ARCHIVE = (
    "I do not open archives such as bomb.zip. Please send the files in it one by one (text, code, PDF or docx)."
)
NO_ARCHIVE_IN_CHINESE = "我不会打开 bomb.zip 这样的压缩包，请把里面的文件逐个发来（文本、代码、PDF 或 docx）。"
TOO_COMPLEX = "takes too much time or memory to read. Please send its text, or a part of it."
DEADLINE = 5.0
"""Seconds to a notice on a busy machine; on an idle one each takes less than one."""
MAX_GROWTH_KB = 50 * 1024
STATUS = Path("/proc/self/status")


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake


@contextlib.asynccontextmanager
async def bot_on(telegram: FakeTelegram, model: FakeModel, folder: Path) -> AsyncIterator[int]:
    """Run the bot; its process id, once it has answered a first message."""
    variables = {
        "GLMBOT_ADAPTERS__TELEGRAM__TOKEN": telegram.token,
        "GLMBOT_ADAPTERS__TELEGRAM__BASE_URL": telegram.base_url,
        "GLMBOT_INFERENCE__URL": model.url,
    }
    async with running(folder, "run", **variables) as process:
        await telegram.receive("hello")
        await telegram.until(lambda: telegram.visible() == ["echo: hello"], "the first answer")
        yield process.pid


def memory_kb(pid: int, field: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


MANY_ENTITIES: dict[str, Any] = {"entities": [{"type": "bold", "offset": 0, "length": 1_000_000}] * 10_000}


@pytest.mark.alone
@pytest.mark.skipif(not STATUS.exists(), reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("text", "fields", "notice"),
    [
        ("x" * 10_000_000, {}, TOO_LONG),
        ("长" * 3_333_333, {}, TOO_LONG_IN_CHINESE),
        ("😀" * 1_000_000, {}, TOO_LONG),
        ("x" * 1_000_000, MANY_ENTITIES, TOO_LONG),
        ("\ud83d" * 1_000_000, {}, TOO_LONG),
        ("/ping " * 10_000, {}, TOO_LONG),
    ],
    ids=["10 MB", "10 MB of Chinese", "10^6 emoji", "10^4 entities", "lone surrogates", "a command"],
)
async def test_a_huge_message_is_refused_at_once_in_little_memory(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path, text: str, fields: dict[str, Any], notice: str
) -> None:
    async with bot_on(telegram, model, tmp_path) as pid:
        forget_peak(pid)
        before = memory_kb(pid, "VmRSS")
        await telegram.receive(text, **fields)
        began = time.monotonic()
        await telegram.until(lambda: notice in telegram.visible(), "the notice", deadline=DEADLINE)
        print(f"{time.monotonic() - began:.2f} s, {(memory_kb(pid, 'VmHWM') - before) / 1024:.0f} MB")
        assert memory_kb(pid, "VmHWM") - before < MAX_GROWTH_KB
        await telegram.receive("end")
        await telegram.until(lambda: telegram.visible()[-1] == "echo: end", "the next answer")
    assert model.questions() == ["hello", "end"]


@pytest.mark.alone
@pytest.mark.skipif(not STATUS.exists(), reason="memory is read from /proc")
async def test_an_update_of_fifty_megabytes_is_passed_over(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    async with bot_on(telegram, model, tmp_path) as pid:
        forget_peak(pid)
        before = memory_kb(pid, "VmRSS")
        await telegram.receive("hi", reply_markup="x" * 50_000_000)
        await telegram.receive("end")
        await telegram.until(lambda: telegram.visible()[-1] == "echo: end", "the next answer")
        print(f"{(memory_kb(pid, 'VmHWM') - before) / 1024:.0f} MB")
        assert memory_kb(pid, "VmHWM") - before < MAX_GROWTH_KB


@pytest.mark.alone
@pytest.mark.skipif(not STATUS.exists(), reason="memory is read from /proc")
async def test_a_compressed_gigabyte_is_not_unpacked(telegram: FakeTelegram, model: FakeModel, tmp_path: Path) -> None:
    async with bot_on(telegram, model, tmp_path) as pid:
        forget_peak(pid)
        before = memory_kb(pid, "VmRSS")
        for method in ("getUpdates", "sendChatAction", "editMessageText"):
            telegram.bomb(method)
        await telegram.receive("end")
        await telegram.until(lambda: telegram.visible()[-1] == "echo: end", "the next answer")
        assert memory_kb(pid, "VmHWM") - before < MAX_GROWTH_KB


@pytest.mark.parametrize(
    ("text", "fields", "answer"),
    [
        ("a\ud83db", {}, "echo: a\ufffdb"),
        ("hi", {"entities": [{"type": "mention", "offset": 2**31, "length": 2**31}]}, "echo: hi"),
        ("😀hi", {"entities": [{"type": "bot_command", "offset": 1, "length": 2}]}, "echo: 😀hi"),
        ("hi", {"entities": [{"type": "mention", "offset": -1, "length": -1}]}, None),
        ("hi", {"date": 10**400}, None),
    ],
    ids=["lone surrogate", "offset outside", "offset in a pair", "negative offset", "date"],
)
async def test_a_malformed_message_does_no_harm(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path, text: str, fields: dict[str, Any], answer: str | None
) -> None:
    async with bot_on(telegram, model, tmp_path):
        await telegram.receive(text, **fields)
        await telegram.receive("end")
        await telegram.until(lambda: telegram.visible()[-1] == "echo: end", "the next answer")
    assert telegram.visible() == ["echo: hello", *([answer] if answer else []), "echo: end"]


async def test_archives_and_pictures_are_never_fetched_and_their_sender_is_told(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    group = FakeChat(-5, "group")
    bomb = telegram.add_file("bomb.zip", zip_bomb(), "application/zip")
    photo = [telegram.add_file("photo", image_bomb())]
    chinese = {"id": 1001, "is_bot": False, "first_name": "Ann", "language_code": "zh"}
    async with bot_on(telegram, model, tmp_path):
        await telegram.receive("", document=bomb)
        await telegram.receive("", document=bomb, caption="打开它")
        await telegram.receive("", photo=photo, **{"from": chinese})
        await telegram.receive("", document=bomb, chat=group)
        await telegram.receive("", photo=photo, caption="what is this?")
        await telegram.until(lambda: telegram.visible()[-1] == "echo: what is this?", "the answer to the caption")
    assert sorted(telegram.visible()[1:4]) == sorted([NO_ARCHIVE, NO_ARCHIVE_IN_CHINESE, ONLY_WORDS_IN_CHINESE])
    assert telegram.visible(group.id) == []
    assert telegram.calls_of("getFile") == telegram.fetched == []


def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(50_000_000))
    return packed.getvalue()


def image_bomb() -> bytes:
    """Return a PNG of 50,000 by 50,000 pixels, as far as its header says."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        length, check = len(content).to_bytes(4, "big"), zlib.crc32(kind + content).to_bytes(4, "big")
        return length + kind + content + check

    size = (50_000).to_bytes(4, "big")
    header = size + size + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


async def test_bombs_on_discord_are_never_fetched(model: FakeModel, tmp_path: Path) -> None:
    async with FakeDiscord() as discord:
        bombs = [
            discord.add_file("bomb.zip", zip_bomb(), "text/plain"),
            discord.add_file("bomb.png", image_bomb(), "image/png"),
        ]
        variables = {"TOKEN": discord.token, "API_URL": discord.api_url}
        settings = {f"GLMBOT_ADAPTERS__DISCORD__{name}": value for name, value in variables.items()}
        async with running(tmp_path, "run", **settings, GLMBOT_INFERENCE__URL=model.url):
            await discord.connected()
            await discord.receive("", attachments=bombs)
            await discord.receive("what is it?", attachments=bombs)
            await discord.receive("what is it?", attachments=bombs[1:])
            shown = [NO_ARCHIVE.replace("bomb.zip", "`bomb.zip`")] * 2 + ["echo: what is it?"]
            await discord.until(lambda: discord.visible() == shown, "the answers")
        assert discord.fetched == []


def hostile_files() -> dict[str, bytes]:
    """Return files that take a gigabyte or minutes where they are read without bounds, and a text of 10 MB."""
    return {
        "bomb.docx": docx_of(b"<w:p>" * 4_000_000),
        "laughs.docx": docx_of("<w:p><w:r><w:t>&j;</w:t></w:r></w:p>", billion_laughs()),
        "bomb.pdf": pdf_with([deflated(300_000_000)], packed=True),
        "long.txt": "好".encode() * 3_333_333,
    }


@pytest.mark.alone
@pytest.mark.skipif(not STATUS.exists(), reason="memory is read from /proc")
async def test_hostile_files_take_hardly_any_memory_of_the_bot(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    async with bot_on(telegram, model, tmp_path) as pid:
        forget_peak(pid)
        before = memory_kb(pid, "VmRSS")
        for name, content in hostile_files().items():
            await telegram.receive("", document=telegram.add_file(name, content))
        await telegram.until(lambda: len(telegram.visible()) == 5, "the notices and the answer", deadline=60)
        growth = memory_kb(pid, "VmHWM") - before
        print(f"{growth / 1024:.0f} MB")
        assert growth < MAX_GROWTH_KB
    bomb, laughs, pdf, answer = telegram.visible()[1:]
    assert bomb == f"bomb.docx {TOO_COMPLEX}"
    assert laughs.startswith("laughs.docx is damaged")
    assert pdf == f"bomb.pdf {TOO_COMPLEX}"
    assert answer.startswith("echo: Beginning of the file long.txt:\n好好")


ASKING = """
from glmbot.api import Context, Plugin

plugin = Plugin("asking")

@plugin.command("ask")
async def ask(ctx: Context) -> str:
    await ctx.send("Where to?")
    return f"To {await ctx.wait_for_reply()}."
"""


async def test_a_huge_message_is_refused_while_an_answer_is_written_or_a_plugin_waits(
    platform: FakeAdapter, model: FakeModel, run_bot: RunBot, tmp_path: Path
) -> None:
    folder = tmp_path / "my_plugins"
    folder.mkdir()
    (folder / "asking.py").write_text(ASKING, encoding="utf-8")
    notice = "Your message is too long: I read up to 50 characters. Please shorten it."
    async with run_bot(plugins={"folder": str(folder)}, admission={"max_message_chars": 50}):
        model.gate.clear()
        await platform.receive("hello", chat="busy")
        await platform.until("echo:", chat="busy")
        await platform.receive("x" * 51, chat="busy")
        await platform.until("echo:", notice, chat="busy")
        model.gate.set()
        await platform.receive("/ask")
        await platform.until("Where to?")
        await platform.receive("x" * 51)
        await platform.until("Where to?", notice)
        await platform.receive("Rome")
        await platform.until("Where to?", notice, "To Rome.")
        await platform.receive("y" * 50)
        await platform.until("Where to?", notice, "To Rome.", "echo: " + "y" * 50)


async def test_of_a_huge_message_no_more_is_kept_than_shows_that_it_is_huge(
    platform: FakeAdapter, run_bot: RunBot, tmp_path: Path
) -> None:
    async with run_bot(admission={"max_message_chars": 50}):
        await platform.receive("x" * 10_000_000)
        async with asyncio.timeout(20):
            while not platform.texts():
                await asyncio.sleep(0.01)
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "glmbot.db")) as database:
        (text,) = database.execute("SELECT json_extract(event, '$.text') FROM inbox").fetchone()
    assert text == "x" * 50 + "…"
    size = sum(path.stat().st_size for path in (tmp_path / "data").glob("glmbot.db*"))
    assert size < 1_000_000
