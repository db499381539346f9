"""Two bots: on one database file the second is refused, on one PostgreSQL it stands by and takes over."""

import asyncio
import os
import signal
from pathlib import Path

from tests.e2e.program import glmbot, running
from tests.e2e.test_bad_input import assert_explained
from tests.e2e.test_telegram_bot import variables
from tests.fakes.model import FakeModel
from tests.fakes.telegram import FakeTelegram
from tests.postgres import PostgresServer

REFUSED_WITHIN = 30.0
"""Seconds; the promise is 5, on a machine that does nothing else."""
TAKEN_OVER_WITHIN = 30.0


async def test_a_second_bot_on_the_same_file_is_refused_whatever_its_data_folder(
    tmp_path: Path, model: FakeModel
) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    async with FakeTelegram() as telegram:
        settings = {**variables(telegram, model), "GLMBOT_STORAGE__URL": url}
        async with running(tmp_path, "run", **settings, GLMBOT_BOT__DATA_DIR="one") as first:
            await telegram.until(lambda: bool(telegram.calls_of("getUpdates")), "the first poll")
            ended = await glmbot(tmp_path, "run", **settings, GLMBOT_BOT__DATA_DIR="two", deadline=REFUSED_WITHIN)
            assert_explained(ended, "shared.db", "in use by another glmbot", str(first.pid))


async def test_a_bot_that_stands_by_takes_over_when_the_first_is_killed(
    tmp_path: Path, model: FakeModel, postgres: PostgresServer
) -> None:
    """The first is killed in the middle of an answer; the second answers that question, and the next one."""
    async with FakeTelegram() as telegram:
        settings = {**variables(telegram, model), "GLMBOT_STORAGE__URL": postgres.new_url()}
        async with running(tmp_path, "run", **settings, GLMBOT_BOT__DATA_DIR="one") as first:
            await telegram.receive("one")
            await telegram.until(lambda: telegram.visible() == ["echo: one"], "the first answer")
            async with running(tmp_path, "run", **settings, GLMBOT_BOT__DATA_DIR="two"):
                model.gate.clear()
                await telegram.receive("two")
                await telegram.until(lambda: telegram.visible()[1:] == ["echo:"], "the second answer's beginning")
                os.kill(first.pid, signal.SIGKILL)
                model.gate.set()
                await telegram.receive("three")
                await telegram.until(
                    lambda: telegram.visible()[-1] == "echo: three", "the answers of the second bot", TAKEN_OVER_WITHIN
                )
    answers = [text for text in telegram.visible() if text != "echo:"]  # without a key one may be shown twice
    assert answers == ["echo: one", "echo: two", "echo: three"]


async def test_a_bot_survives_a_crash_of_its_database_server(
    tmp_path: Path, model: FakeModel, postgres: PostgresServer
) -> None:
    async with FakeTelegram() as telegram:
        settings = {**variables(telegram, model), "GLMBOT_STORAGE__URL": postgres.new_url()}
        async with running(tmp_path, "run", **settings) as bot:
            await telegram.receive("one")
            await telegram.until(lambda: telegram.visible() == ["echo: one"], "the first answer")
            await asyncio.to_thread(postgres.stop, "immediate")
            await telegram.receive("two")
            await asyncio.to_thread(postgres.start)
            await telegram.until(lambda: telegram.visible() == ["echo: one", "echo: two"], "the second answer", 60)
            bot.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                assert await bot.wait() == 0
