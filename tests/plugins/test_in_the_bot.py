"""Plugins in a whole bot: with its router, its inbox and its database."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from glmbot.api import Button, File
from tests.conftest import RunBot
from tests.fakes.adapter import FakeAdapter
from tests.fakes.model import FakeModel

BOOKING = """
from glmbot.api import Answer, Button, Context, File, Plugin, UserError

plugin = Plugin("booking")

@plugin.command("book")
async def book(ctx: Context) -> str:
    await ctx.send("Where to?")
    city = await ctx.wait_for_reply()
    return f"Booked {city}." if city else "Never mind."

@plugin.command("tell")
async def tell(ctx: Context):
    return ctx.stream("a story", system="Be brief.")

@plugin.command("offer")
async def offer(ctx: Context, label: str = "Rome") -> Answer:
    return Answer("Where to?", [Button(label, "/book"), Button("Nowhere", "/stop")])

@plugin.command("picture")
async def picture(ctx: Context, text: str = "") -> Answer:
    return Answer(text, file=File("cat.png", bytes(range(256))))

@plugin.command("like")
async def like(ctx: Context) -> str:
    return f"{await ctx.react('👍')}"

@plugin.command("tempt")
async def tempt(ctx: Context) -> Answer:
    return Answer("Where to?", [Button("Open Sesame", "/book")])

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


async def test_a_blocked_message_to_a_plugin_that_waits_is_refused_at_once(
    platform: FakeAdapter, run_bot: RunBot, plugins: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "words.txt").write_text("sesame", encoding="utf-8")
    async with run_bot(plugins=plugins, safety={"word_lists": [str(tmp_path / "words.txt")]}):
        await platform.receive("/book")
        await platform.until("Where to?")
        await platform.receive("sesame")
        refused = "I can't help with that. Please rephrase your message."
        await platform.until("Where to?", refused)
        await platform.receive("Rome")
        await platform.until("Where to?", refused, "Booked Rome.")


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
    told = "I am called Nova. You are kind.\n\n• Back to normal: /persona off"
    await platform.receive("/persona Nova You are kind.")
    await platform.until(told)
    await platform.receive("hello")
    await platform.until(told, "echo: hello")
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


@pytest.mark.parametrize("platform", [{"can_show_buttons": True}], indirect=True)
async def test_a_plugin_offers_buttons(platform: FakeAdapter, run_bot: RunBot, plugins: dict[str, str]) -> None:
    """They come from the plugin's own process, and through the database."""
    async with run_bot(plugins=plugins):
        await platform.receive("/offer 罗马")
        await platform.until("Where to?")
    (shown,) = platform.messages.values()
    assert shown.buttons == (Button("罗马", "/book"), Button("Nowhere", "/stop"))


async def test_where_a_platform_has_no_buttons_their_commands_are_written(
    platform: FakeAdapter, run_bot: RunBot, plugins: dict[str, str]
) -> None:
    async with run_bot(plugins=plugins):
        await platform.receive("/offer")
        await platform.until("Where to?\n\n• Rome: /book\n• Nowhere: /stop")


@pytest.mark.parametrize("platform", [{"command_sign": "!"}], indirect=True)
async def test_where_clients_keep_the_slash_for_themselves_commands_are_written_as_people_type_them(
    platform: FakeAdapter, run_bot: RunBot, plugins: dict[str, str]
) -> None:
    async with run_bot(plugins=plugins):
        await platform.receive("/offer")
        await platform.until("Where to?\n\n• Rome: !book\n• Nowhere: !stop")


@pytest.mark.parametrize("platform", [{"can_show_buttons": True}], indirect=True)
async def test_what_a_button_says_is_checked_too(
    platform: FakeAdapter, run_bot: RunBot, plugins: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "words.txt").write_text("sesame", encoding="utf-8")
    safety = {"word_lists": [str(tmp_path / "words.txt")]}
    async with run_bot(plugins=plugins, safety=safety):
        await platform.receive("/tempt")
        await platform.until_text("broke the rules")
    (shown,) = platform.messages.values()
    assert (shown.buttons, "Where" in shown.text) == ((), False)


@pytest.mark.parametrize("platform", [{"can_send_files": True}], indirect=True)
async def test_a_plugin_answers_with_a_file(platform: FakeAdapter, run_bot: RunBot, plugins: dict[str, str]) -> None:
    async with run_bot(plugins=plugins):
        await platform.receive("/picture Look!")
        await platform.until("Look!", "cat.png")
        await platform.receive("/picture")
        await platform.until("Look!", "cat.png", "cat.png")
    cat = File("cat.png", bytes(range(256)))
    assert [shown.file for shown in platform.messages.values()] == [None, cat, cat]


async def test_where_a_platform_has_no_files_their_names_are_written(
    platform: FakeAdapter, run_bot: RunBot, plugins: dict[str, str]
) -> None:
    async with run_bot(plugins=plugins):
        await platform.receive("/picture Look!")
        await platform.until("Look!\n\n(There is a file, cat.png, which this chat cannot show.)")


async def test_where_a_platform_has_no_reactions_a_plugin_is_told(
    platform: FakeAdapter, run_bot: RunBot, plugins: dict[str, str]
) -> None:
    async with run_bot(plugins=plugins):
        await platform.receive("/like")
        await platform.until("False")
