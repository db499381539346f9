"""Plugins in a whole bot: with its router, its inbox and its database."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import RunBot
from tests.fakes.adapter import FakeAdapter
from tests.fakes.model import FakeModel

BOOKING = """
from glmbot.api import Context, Plugin, UserError

plugin = Plugin("booking")

@plugin.command("book")
async def book(ctx: Context) -> str:
    await ctx.send("Where to?")
    city = await ctx.wait_for_reply()
    return f"Booked {city}." if city else "Never mind."

@plugin.command("tell")
async def tell(ctx: Context):
    return ctx.stream("a story", system="Be brief.")

@plugin.message("^refuse me$")
async def refuse(ctx: Context) -> None:
    await ctx.store.get("anything")
    raise UserError("Not today.")
"""


@pytest.fixture
def plugins(tmp_path: Path) -> dict[str, str]:
    """Return the settings of a folder with a good plugin and a broken one."""
    folder = tmp_path / "my_plugins"
    folder.mkdir()
    (folder / "booking.py").write_text(BOOKING, encoding="utf-8")
    (folder / "broken.py").write_text("import sys\nsys.exit(1)", encoding="utf-8")
    return {"folder": str(folder)}


async def test_a_plugin_asks_back_and_gets_the_next_message(
    platform: FakeAdapter, model: FakeModel, run_bot: RunBot, plugins: dict[str, str]
) -> None:
    async with run_bot(plugins=plugins):
        await platform.receive("/book")
        await platform.until("Where to?")
        await platform.receive("Rome")
        await platform.until("Where to?", "Booked Rome.")
        await platform.receive("hello")
        await platform.until("Where to?", "Booked Rome.", "echo: hello")
    assert model.questions() == ["hello"]


async def test_stop_ends_a_question_of_a_plugin(
    platform: FakeAdapter, run_bot: RunBot, plugins: dict[str, str]
) -> None:
    async with run_bot(plugins=plugins):
        await platform.receive("/book")
        await platform.until("Where to?")
        await platform.receive("/stop")
        await platform.until("Where to?", "Never mind.")


async def test_a_plugin_streams_from_the_model_and_tells_its_errors(
    platform: FakeAdapter, model: FakeModel, run_bot: RunBot, plugins: dict[str, str]
) -> None:
    async with run_bot(plugins=plugins):
        await platform.receive("/tell")
        await platform.until("echo: a story")
        await platform.receive("refuse me")
        await platform.until("echo: a story", "Not today.")
    assert [message["content"] for message in model.requests[0]["messages"]] == ["Be brief.", "a story"]


@pytest.mark.usefixtures("bot")
async def test_a_persona_reaches_the_model(platform: FakeAdapter, model: FakeModel) -> None:
    await platform.receive("/persona Nova You are kind.")
    await platform.until("I am called Nova. You are kind.")
    await platform.receive("hello")
    await platform.until("I am called Nova. You are kind.", "echo: hello")
    assert model.requests[0]["messages"][0] == {"role": "system", "content": "You are called Nova. You are kind."}


@pytest.mark.usefixtures("bot")
async def test_status_answers_beside_an_answer_which_can_still_be_stopped(
    platform: FakeAdapter, model: FakeModel
) -> None:
    model.gate.clear()
    await platform.receive("hello")
    await platform.until("echo:")
    await platform.receive("/status")
    await platform.until_text("messages not yet answered: 1")
    assert "model: it is ready\n" in platform.texts()[1]
    assert platform.texts()[1].endswith("fake: runs")
    await platform.receive("/stop")
    await platform.until_text("(stopped)")


@pytest.mark.usefixtures("bot")
async def test_status_answers_while_the_model_is_away(platform: FakeAdapter, model: FakeModel) -> None:
    await model.go_away()
    await platform.receive("hello")
    await platform.receive("/status")
    await platform.until_text("model: it is away; questions wait for it")


async def test_a_reminder_outlives_the_bot_and_comes_once(
    platform: FakeAdapter, run_bot: RunBot, tmp_path: Path
) -> None:
    async with run_bot():
        await platform.receive("/remind 1s tea")
        await platform.until("I'll remind you in 1s.")
    async with run_bot():
        async with asyncio.timeout(20):
            while len(platform.texts()) < 2:
                await asyncio.sleep(0.01)
    assert platform.texts()[1].endswith(": tea")
    with sqlite3.connect(tmp_path / "data" / "glmbot.db") as database:
        assert database.execute("SELECT count(*) FROM plugin_store").fetchone() == (0,)
