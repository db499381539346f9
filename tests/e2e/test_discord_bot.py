"""The whole bot as a process on Discord's side of the wire: killed anywhere, it answers exactly once."""

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.program import glmbot, running
from tests.fakes.discord import GENERAL, FakeDiscord
from tests.fakes.model import FakeModel


def variables(discord: FakeDiscord, model: FakeModel) -> dict[str, str]:
    return {
        "GLMBOT_ADAPTERS__DISCORD__TOKEN": discord.token,
        "GLMBOT_ADAPTERS__DISCORD__API_URL": discord.api_url,
        "GLMBOT_INFERENCE__URL": model.url,
    }


@pytest.mark.parametrize("is_noted", [True, False], ids=["sent and noted", "sent and never heard of"])
async def test_killed_in_the_middle_of_an_answer_it_answers_exactly_once(
    tmp_path: Path, model: FakeModel, is_noted: bool
) -> None:
    model.gate.clear()
    async with FakeDiscord() as discord:
        if not is_noted:
            discord.hang("send")
        async with running(tmp_path, "run", **variables(discord, model)) as bot:
            await discord.connected()
            await discord.receive("hello")
            await discord.until(lambda: discord.visible() == ["echo:"], "the live message")
            os.kill(bot.pid, signal.SIGKILL)
            await bot.wait()
        model.gate.set()
        async with running(tmp_path, "run", **variables(discord, model)):
            await discord.until(lambda: "echo: hello" in discord.visible(), "the whole answer")
        assert discord.visible() == ["echo: hello"]


async def test_what_was_written_while_the_bot_was_down_is_answered_after_the_restart(
    tmp_path: Path, model: FakeModel
) -> None:
    async with FakeDiscord() as discord:
        async with running(tmp_path, "run", **variables(discord, model)) as bot:
            await discord.connected()
            await discord.receive("hello")
            await discord.receive("all", channel=GENERAL, mention_bot=True)
            await discord.until(lambda: discord.visible(GENERAL.id) == ["echo: all"], "the answer in the server")
            await discord.until(lambda: discord.visible() == ["echo: hello"], "the answer")
            bot.terminate()
            assert await bot.wait() == 0
        await discord.receive("missed")
        await discord.receive("me too", channel=GENERAL, mention_bot=True)
        async with running(tmp_path, "run", **variables(discord, model)):
            await discord.until(lambda: discord.visible() == ["echo: hello", "echo: missed"], "the missed one")
            expected = ["echo: all", "echo: me too"]
            await discord.until(lambda: discord.visible(GENERAL.id) == expected, "the missed one in the server")


async def test_an_event_dispatched_three_times_is_answered_once(tmp_path: Path, model: FakeModel) -> None:
    async with FakeDiscord() as discord, running(tmp_path, "run", **variables(discord, model)):
        await discord.connected()
        await discord.receive("hello", times=3)
        await discord.until(lambda: "echo: hello" in discord.visible(), "the answer")
        await discord.receive("end")
        await discord.until(lambda: "echo: end" in discord.visible(), "the answer to the end")
        assert discord.visible() == ["echo: hello", "echo: end"]


async def test_a_slash_command_is_answered(tmp_path: Path, model: FakeModel) -> None:
    async with FakeDiscord() as discord, running(tmp_path, "run", **variables(discord, model)):
        await discord.connected()
        await discord.until(lambda: bool(discord.commands), "the commands")
        await discord.interact("ping")
        await discord.until(lambda: "pong" in discord.visible(), "the answer")
    assert {"ping", "help", "reset", "stop", "retry"} <= {command["name"] for command in discord.commands}


async def test_a_wrong_token_is_one_clear_sentence_without_the_token(tmp_path: Path, model: FakeModel) -> None:
    async with FakeDiscord() as discord:
        wrong = variables(discord, model) | {"GLMBOT_ADAPTERS__DISCORD__TOKEN": "wrong.canary.token"}
        ended = await glmbot(tmp_path, "run", **wrong)
    assert ended.exit_code == 2
    assert "canary" not in ended.stdout + ended.stderr
    assert "token" in ended.stderr.strip().splitlines()[-1]
