"""The whole bot as a process on a real IRC server: asked, killed in the middle of an answer, and stopped."""

import asyncio
import os
import signal
from pathlib import Path

from tests.e2e.program import running
from tests.fakes.irc import human
from tests.fakes.model import FakeModel
from tests.irc_servers import IrcServer, ngircd

CHANNEL = "#room"


def variables(server: IrcServer, model: FakeModel) -> dict[str, str]:
    return {
        "GLMBOT_ADAPTERS__IRC__HOST": "127.0.0.1",
        "GLMBOT_ADAPTERS__IRC__PORT": str(server.port),
        "GLMBOT_ADAPTERS__IRC__TLS": "false",
        "GLMBOT_ADAPTERS__IRC__CHANNELS": f'["{CHANNEL}"]',
        "GLMBOT_INFERENCE__URL": model.url,
    }


async def test_it_answers_in_private_and_in_a_channel_and_knows_its_commands(tmp_path: Path, model: FakeModel) -> None:
    """A command may begin with "!", since IRC clients keep "/"; what is not for the bot is left alone."""
    with ngircd() as server:
        async with human("ann", server.port) as ann, running(tmp_path, "run", **variables(server, model)) as bot:
            await ann.join(CHANNEL)
            await ann.until_joined("glmbot", CHANNEL)
            await ann.say(CHANNEL, "who is here?")
            await ann.say(CHANNEL, "glmbot: 你好")
            await ann.until_said("glmbot", CHANNEL, "echo: 你好")
            await ann.say("glmbot", "one\x02two\x02")
            await ann.until_said("glmbot", "ann", "echo: onetwo")
            await ann.say("glmbot", "!help help")
            await ann.until(lambda: "/help" in "".join(ann.said_by("glmbot", "ann")), "help")
            bot.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                assert await bot.wait() == 0
            await ann.until_heard("QUIT")


async def test_killed_in_the_middle_of_an_answer_it_answers_once(tmp_path: Path, model: FakeModel) -> None:
    """The question was stored, and nothing is shown before the answer is whole."""
    model.gate.clear()
    with ngircd() as server:
        async with human("ann", server.port) as ann:
            await ann.join(CHANNEL)
            async with running(tmp_path, "run", **variables(server, model)) as bot:
                await ann.until_joined("glmbot", CHANNEL)
                await ann.say("glmbot", "hello")
                await model.until_pieces(1)
                os.kill(bot.pid, signal.SIGKILL)
                await bot.wait()
            model.gate.set()
            async with running(tmp_path, "run", **variables(server, model)):
                await ann.until_said("glmbot", "ann", "echo: hello")
                await ann.say("glmbot", "again")
                await ann.until_said("glmbot", "ann", "echo: hello", "echo: again")
