"""The whole bot as a process on a real Matrix homeserver: asked, killed in the middle of an answer, and stopped."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.program import running
from tests.fakes.matrix_encrypted import encrypted_human
from tests.fakes.matrix_human import Human, human
from tests.fakes.model import FakeModel
from tests.synapse import Account, Synapse


@pytest.fixture
async def ann(homeserver: Synapse) -> AsyncIterator[Human]:
    async with human(homeserver, "ann") as found:
        yield found


@pytest.fixture
def account(homeserver: Synapse) -> Account:
    return homeserver.register("bot")


def variables(server: Synapse, account: Account, model: FakeModel) -> dict[str, str]:
    return {
        "GLMBOT_ADAPTERS__MATRIX__HOMESERVER": server.url,
        "GLMBOT_ADAPTERS__MATRIX__USER_ID": account.user_id,
        "GLMBOT_ADAPTERS__MATRIX__PASSWORD": account.password,
        "GLMBOT_INFERENCE__URL": model.url,
    }


async def test_it_answers_in_private_and_in_a_group_and_knows_its_commands(
    tmp_path: Path, homeserver: Synapse, account: Account, ann: Human, model: FakeModel
) -> None:
    """What is not for the bot is left alone."""
    async with (
        running(tmp_path, "run", **variables(homeserver, account, model)) as bot,
        human(homeserver, "bob") as bob,
    ):
        room_id = await ann.make_room(account.user_id, is_direct=True)
        await ann.say(room_id, "你好")
        await ann.until_shown(room_id, account.user_id, "echo: 你好")
        await ann.say(room_id, "!help help")
        await ann.until(lambda: _has(ann, room_id, account.user_id, "/help"), "help")
        group_id = await ann.make_room(account.user_id, bob.user_id)
        await bob.join(group_id)
        await ann.until_joined(group_id, account.user_id)
        await bob.say(group_id, "who is here?")
        asked = await bob.say(group_id, f"{account.user_id}: hello")
        await bob.until_shown(group_id, account.user_id, "echo: hello")
        answer = (await bob.contents(group_id, account.user_id))[0]
        assert answer["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}
        bot.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await bot.wait() == 0


async def test_killed_in_the_middle_of_an_answer_it_answers_once_and_what_came_meanwhile(
    tmp_path: Path, homeserver: Synapse, account: Account, ann: Human, model: FakeModel
) -> None:
    """The message that was shown while the answer was written becomes the whole answer."""
    model.gate.clear()
    async with running(tmp_path, "run", **variables(homeserver, account, model)) as bot:
        room_id = await ann.make_room(account.user_id, is_direct=True)
        await ann.say(room_id, "hello")
        await model.until_pieces(1)
        os.kill(bot.pid, signal.SIGKILL)
        await bot.wait()
    await ann.say(room_id, "are you there?")
    model.gate.set()
    async with running(tmp_path, "run", **variables(homeserver, account, model)):
        await ann.until_shown(room_id, account.user_id, "echo: hello", "echo: are you there?")
        await ann.say(room_id, "again")
        await ann.until_shown(room_id, account.user_id, "echo: hello", "echo: are you there?", "echo: again")


@pytest.mark.parametrize("crash_at", ["fetched", "stored", "live_sent", "completed"])
async def test_killed_in_an_encrypted_room_it_answers_once_and_what_came_meanwhile(
    tmp_path: Path, homeserver: Synapse, account: Account, ann: Human, model: FakeModel, crash_at: str
) -> None:
    """It is the same device, reads with the keys that it was given, and those that came while it was off."""
    bot = account.user_id
    wanted = variables(homeserver, account, model)
    model.script = lambda messages: ["echo", ": ", messages[-1]["content"][:4], messages[-1]["content"][4:]]
    model.pause = 1.0  # so that a live message is shown
    async with encrypted_human(ann) as sealed_ann:
        room_id = await sealed_ann.make_room(bot)
        async with running(tmp_path, "run", **wanted, GLMBOT_CRASH_AT=crash_at) as process:
            await ann.until_joined(room_id, bot)
            await sealed_ann.until(lambda: bool(sealed_ann.client.device_store.devices(bot)), "the bot's keys")
            await sealed_ann.say(room_id, "hello there")
            async with asyncio.timeout(30):
                await process.wait()
        sealed_ann.client.invalidate_outbound_session(room_id)
        await sealed_ann.say(room_id, "are you there?")
        async with running(tmp_path, "run", **wanted):
            await sealed_ann.until_shown(room_id, bot, "echo: hello there", "echo: are you there?")
    assert len(sealed_ann.client.device_store[bot]) == 1
    assert sealed_ann.unread == []


async def _has(reader: Human, room_id: str, sender: str, part: str) -> bool:
    return part in "".join(await reader.shown(room_id, sender))
