"""The whole bot as a process on Telegram's side of the wire: killed, stopped and fed repeats."""

import asyncio
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.program import glmbot, running, start
from tests.fakes.model import FakeModel
from tests.fakes.telegram import PRIVATE, FakeChat, FakeTelegram, FakeUser


def variables(telegram: FakeTelegram, model: FakeModel) -> dict[str, str]:
    return {
        "GLMBOT_ADAPTERS__TELEGRAM__TOKEN": telegram.token,
        "GLMBOT_ADAPTERS__TELEGRAM__BASE_URL": telegram.base_url,
        "GLMBOT_INFERENCE__URL": model.url,
    }


async def until_noted(folder: Path) -> None:
    """Wait until the bot has noted which message it is writing."""
    async with asyncio.timeout(20):
        while not noted(folder):
            await asyncio.sleep(0.02)


def noted(folder: Path) -> bool:
    with closing(sqlite3.connect(folder / "data" / "glmbot.db")) as connection:
        return bool(connection.execute("SELECT 1 FROM outbox WHERE platform_id IS NOT NULL").fetchone())


async def test_killed_in_the_middle_of_an_answer_it_finishes_after_the_restart(
    tmp_path: Path, model: FakeModel
) -> None:
    model.gate.clear()
    async with FakeTelegram() as telegram:
        async with running(tmp_path, "run", **variables(telegram, model)) as bot:
            await telegram.receive("hello")
            await telegram.until(lambda: telegram.visible() == ["echo:"], "the live message")
            await until_noted(tmp_path)
            os.kill(bot.pid, signal.SIGKILL)
            await bot.wait()
        model.gate.set()
        async with running(tmp_path, "run", **variables(telegram, model)):
            await telegram.until(lambda: "echo: hello" in telegram.visible(), "the whole answer")
        assert telegram.visible() == ["echo: hello"]
        assert telegram.num_unconfirmed == 0


async def test_killed_before_the_note_of_a_send_it_duplicates_one_message_at_most(
    tmp_path: Path, model: FakeModel
) -> None:
    model.gate.clear()
    async with FakeTelegram() as telegram:
        telegram.hang("sendMessage")  # sent, but the bot never hears of it
        async with running(tmp_path, "run", **variables(telegram, model)) as bot:
            await telegram.receive("hello")
            await telegram.until(lambda: telegram.visible() == ["echo:"], "the live message")
            os.kill(bot.pid, signal.SIGKILL)
            await bot.wait()
        model.gate.set()
        async with running(tmp_path, "run", **variables(telegram, model)):
            await telegram.until(lambda: "echo: hello" in telegram.visible(), "the whole answer")
        assert telegram.visible() == ["echo:", "echo: hello"]


async def test_an_update_that_comes_three_times_also_over_a_restart_is_answered_once(
    tmp_path: Path, model: FakeModel
) -> None:
    async with FakeTelegram() as telegram:
        async with running(tmp_path, "run", **variables(telegram, model)) as bot:
            number = await telegram.receive("hello", times=2)
            await telegram.until(lambda: telegram.visible() == ["echo: hello"], "the answer")
            await telegram.until(lambda: telegram.num_unconfirmed == 0, "the confirmation")
            bot.terminate()
            assert await bot.wait() == 0
        async with running(tmp_path, "run", **variables(telegram, model)):
            await telegram.receive("hello", message_id=number)
            await telegram.receive("end")
            await telegram.until(lambda: "echo: end" in telegram.visible(), "the answer to the end")
        assert telegram.visible() == ["echo: hello", "echo: end"]


async def test_two_users_at_once_are_both_answered_without_mixing(tmp_path: Path, model: FakeModel) -> None:
    ann, bob = FakeUser(1001), FakeUser(1002, "Bob")
    async with FakeTelegram() as telegram, running(tmp_path, "run", **variables(telegram, model)):
        for number in range(5):
            await telegram.receive(f"ann {number}", chat=PRIVATE, sender=ann)
            await telegram.receive(f"bob {number}", chat=FakeChat(1002), sender=bob)
        for chat_id, name in ((1001, "ann"), (1002, "bob")):
            expected = [f"echo: {name} {number}" for number in range(5)]
            await telegram.until(lambda c=chat_id, e=expected: telegram.visible(c) == e, f"the answers for {name}")


async def test_sigterm_in_the_middle_of_an_answer_finishes_it_and_exits_0(tmp_path: Path, model: FakeModel) -> None:
    model.gate.clear()
    async with FakeTelegram() as telegram:
        async with running(tmp_path, "run", **variables(telegram, model)) as bot:
            await telegram.receive("hello")
            await telegram.until(lambda: telegram.visible() == ["echo:"], "the live message")
            bot.terminate()
            asyncio.get_running_loop().call_later(0.5, model.gate.set)
            async with asyncio.timeout(20):
                assert await bot.wait() == 0
        assert telegram.visible() == ["echo: hello"]


async def test_sigterm_with_an_answer_that_never_ends_exits_0_and_resumes(tmp_path: Path, model: FakeModel) -> None:
    model.gate.clear()
    async with FakeTelegram() as telegram:
        async with running(tmp_path, "run", **variables(telegram, model)) as bot:
            await telegram.receive("hello")
            await telegram.until(lambda: telegram.visible() == ["echo:"], "the live message")
            bot.terminate()
            async with asyncio.timeout(20):
                assert await bot.wait() == 0
        model.gate.set()
        async with running(tmp_path, "run", **variables(telegram, model)):
            await telegram.until(lambda: telegram.visible() == ["echo: hello"], "the whole answer")


async def test_a_wrong_token_is_one_clear_sentence_without_the_token(tmp_path: Path, model: FakeModel) -> None:
    async with FakeTelegram() as telegram:
        wrong = variables(telegram, model) | {"GLMBOT_ADAPTERS__TELEGRAM__TOKEN": "999:canary-token"}
        ended = await glmbot(tmp_path, "run", **wrong)
    assert ended.exit_code == 2
    assert "canary" not in ended.stdout + ended.stderr
    assert "token" in ended.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
async def test_no_token_reaches_the_log(tmp_path: Path, model: FakeModel, level: str) -> None:
    async with FakeTelegram() as telegram:
        telegram.fail("sendMessage", 500)
        process = await start(tmp_path, "run", **variables(telegram, model), GLMBOT_BOT__LOG_LEVEL=level)
        await telegram.receive("hello")
        await telegram.until(lambda: telegram.visible() == ["echo: hello"], "the answer")
        process.terminate()
        stdout, stderr = await process.communicate()
    assert telegram.token.encode() not in stdout + stderr
    assert b"answered in" in stderr
