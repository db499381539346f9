"""A configuration that is truncated, emptied or damaged while the bot runs: the last good one stays."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from glmbot.cli.reload import Configuration
from glmbot.errors import ConfigError
from glmbot.phrases import Phrase
from tests.e2e.program import start
from tests.fakes.model import FakeModel
from tests.fakes.telegram import PRIVATE, FakeChat, FakeTelegram

ADMIN = FakeChat(77)
KEPT = Phrase.CONFIG_KEPT.in_both_languages()
OVER = f"{Phrase.TROUBLE_OVER.in_both_languages()}\n\n{KEPT}"


def config_of(telegram: FakeTelegram, model: FakeModel, **admission: object) -> str:
    lines = [f"{name} = {value}" for name, value in admission.items()]
    return "\n".join(
        [
            "# The bot of the tests. 测试用的机器人。",
            "[bot]",
            f'admin_chats = ["telegram:{ADMIN.id}"]',
            "[inference]",
            f'url = "{model.url}"',
            "[admission]",
            *lines,
            "[adapters.telegram]",
            f'token = "{telegram.token}"',
            f'base_url = "{telegram.base_url}"',
            "",
        ]
    )


class Bot:
    """The bot as a process, its configuration, and what it says on standard error."""

    def __init__(self, process: asyncio.subprocess.Process, file: Path) -> None:
        self.process = process
        self.file = file
        self.log = ""
        self._changed = asyncio.Condition()

    async def read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.log += line.decode()
            async with self._changed:
                self._changed.notify_all()

    async def says(self, text: str, times: int = 1) -> None:
        try:
            async with asyncio.timeout(30), self._changed:
                await self._changed.wait_for(lambda: self.log.count(text) >= times)
        except TimeoutError:
            raise AssertionError(f"not said {times} times: {text!r}; log:\n{self.log}") from None

    def reload(self, text: str | bytes) -> None:
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.process.send_signal(signal.SIGHUP)


@asynccontextmanager
async def bot_with(folder: Path, text: str) -> AsyncIterator[Bot]:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    bot = Bot(await start(folder, "run"), file)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bot.read())
        try:
            yield bot
        finally:
            with suppress(ProcessLookupError):
                bot.process.kill()
            await bot.process.wait()


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        fake.add_chat(ADMIN)
        yield fake


async def asked(telegram: FakeTelegram, text: str, answer: str) -> None:
    await telegram.receive(text)
    await telegram.until(lambda: telegram.visible()[-1:] == [answer], answer)


async def test_of_damaged_configurations_none_is_taken_and_a_good_one_is(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    good = config_of(telegram, model, max_message_chars=100)
    whole = good.encode()
    damaged = [whole[: len(whole) // 2], b"", bytes(len(whole)), b"\xff" + whole[1:], whole.replace(b"admission", b"x")]
    refused = "the configuration was read again and cannot be used, the last good one stays"
    async with bot_with(tmp_path, good) as bot:
        await asked(telegram, "hello", "echo: hello")
        for number, text in enumerate(damaged, start=1):
            bot.reload(text)
            await bot.says(refused, times=number)
        await asked(telegram, "still here", "echo: still here")
        assert await telegram.sent(1, ADMIN.id) == [KEPT]
        bot.reload(whole)
        await bot.says("the configuration was read again and is the same")
        assert await telegram.sent(2, ADMIN.id) == [KEPT, OVER]
        bot.reload(config_of(telegram, model, max_message_chars=5))
        await bot.says("connected as", times=2)
        await asked(telegram, "123456", Phrase.MESSAGE_TOO_LONG.value[0].format(limit=5))
        assert bot.process.returncode is None
        assert telegram.token not in bot.log
        bot.process.terminate()
        async with asyncio.timeout(20):
            assert await bot.process.wait() == 0


async def test_a_configuration_that_reads_well_but_does_not_work_gives_way_to_the_last_good_one(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    good = config_of(telegram, model)
    async with bot_with(tmp_path, good) as bot:
        await asked(telegram, "hello", "echo: hello")
        bot.reload(good.replace(telegram.token, "999:wrong"))
        await bot.says("the new configuration does not work, going back to the last good one")
        await asked(telegram, "still here", "echo: still here")
        assert await telegram.sent(1, ADMIN.id) == [KEPT]


async def test_an_answer_being_written_is_finished_before_the_new_configuration(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    async with bot_with(tmp_path, config_of(telegram, model)) as bot:
        model.gate.clear()
        await telegram.receive("hello")
        await telegram.until(lambda: telegram.visible() == ["echo:"], "the live message")
        bot.reload(config_of(telegram, model, max_message_chars=5))
        await bot.says("starting again with it")
        model.gate.set()
        await telegram.until(lambda: telegram.visible() == ["echo: hello"], "the whole answer")
        await bot.says("connected as", times=2)
        await asked(telegram, "123456", Phrase.MESSAGE_TOO_LONG.value[0].format(limit=5))
    assert telegram.visible(PRIVATE.id)[0] == "echo: hello"


@pytest.mark.alone
async def test_the_model_stays_loaded_where_its_settings_do(
    telegram: FakeTelegram, model: FakeModel, tmp_path: Path
) -> None:
    text = config_of(telegram, model).replace(f'url = "{model.url}"', 'model = "demo"')
    async with bot_with(tmp_path, text) as bot:
        await bot.says("model server is ready")
        bot.reload(text.replace("[admission]", "[admission]\nmax_message_chars = 5"))
        await bot.says("connected as", times=2)
        await telegram.receive("hi")
        await telegram.until(lambda: bool(telegram.visible()), "an answer of the demo model")
        assert bot.log.count("model server is ready") == 1
        bot.process.terminate()
        async with asyncio.timeout(20):
            assert await bot.process.wait() == 0


async def test_sigterm_during_a_reload_ends_the_bot(telegram: FakeTelegram, model: FakeModel, tmp_path: Path) -> None:
    async with bot_with(tmp_path, config_of(telegram, model)) as bot:
        model.gate.clear()
        await telegram.receive("hello")
        await telegram.until(lambda: telegram.visible() == ["echo:"], "the live message")
        bot.reload(config_of(telegram, model, max_message_chars=5))
        await bot.says("starting again with it")
        bot.process.terminate()
        async with asyncio.timeout(20):
            assert await bot.process.wait() == 0


def test_bytes_flipped_anywhere_are_an_error_of_the_configuration_or_another_configuration(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    whole = (Path(__file__).parents[2] / "config.example.toml").read_bytes()
    file.write_bytes(whole)
    configuration = Configuration(file)
    randomness, refusals = random.Random(4), []
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[randomness.randrange(len(whole))] ^= 1 << randomness.randrange(8)
        file.write_bytes(damaged)
        try:
            configuration.read()
        except ConfigError as error:
            refusals.append(str(error))
    assert len(refusals) > 20
    assert all(str(file) in refusal for refusal in refusals)


@pytest.mark.parametrize(
    "text",
    ["a = 1" + "0" * 5000, "a = " + "[" * 100_000, "\x00" * 100, " \n"],
    ids=["number", "nested", "NULs", "blank"],
)
def test_what_no_parser_likes_is_an_error_of_the_configuration(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[bot]\n", encoding="utf-8")
    configuration = Configuration(file)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="config.toml"):
        configuration.read()
