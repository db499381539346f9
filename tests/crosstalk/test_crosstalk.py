"""One bot, two accounts on each platform, two senders in private chats, a group and a thread: no answer goes astray.

Everybody says a word of their own everywhere, in every way. The model answers with all such words that it was given and
how often it was spoken to: so an answer shows whose conversation it comes from, and its place shows whom it went to.
"""

import asyncio
import base64
import itertools
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from glmbot.app import open_app
from tests.conftest import bot_settings
from tests.crosstalk.players import (
    DiscordPlayer,
    FakePlayer,
    How,
    IrcPlayer,
    OneBotPlayer,
    Place,
    Player,
    TelegramPlayer,
    WebhookPlayer,
    WebPlayer,
)
from tests.fakes.adapter import FakeAdapter
from tests.fakes.discord import FakeDiscord
from tests.fakes.irc import scripted_server
from tests.fakes.model import FakeModel
from tests.fakes.onebot import FakeOneBot
from tests.fakes.page import free_port
from tests.fakes.telegram import FakeTelegram
from tests.fakes.webhook_peer import WebhookPeer

ACCOUNTS = (0, 1)
SENDERS = (0, 1)
DEADLINE = 30.0
MIN_CASES = 240
WORD = re.compile(r"word-[a-z]+-\d-[a-z]+-\d")
WHOSE = '''
"""Says who asked."""
from glmbot.api import Context, Plugin, Rest

plugin = Plugin("whose")

@plugin.command("whose")
async def whose(ctx: Context, text: Rest) -> str:
    """Say who asked."""
    return f"{text} of {ctx.event.sender.sender_id} by {ctx.event.chat.adapter}"
'''


def answer(messages: list[dict[str, Any]]) -> list[str]:
    """Return all words that the model was given, and how often it was spoken to."""
    words = sorted({word for message in messages for word in WORD.findall(message["content"])})
    number = sum(message["role"] == "user" for message in messages)
    return [f"heard {' '.join(words)}, {number} times"]


@pytest.fixture
async def players() -> AsyncIterator[dict[str, Player]]:
    """Two accounts of each platform, by the names of their adapters."""
    async with AsyncExitStack() as stack:
        made: dict[str, Player] = {}
        for number in ACCOUNTS:
            made[f"fake-{number}"] = FakePlayer(f"fake-{number}", FakeAdapter(f"fake-{number}"))
            telegram = await stack.enter_async_context(FakeTelegram(f"12345{number}:TEST", f"glm_{number}_bot"))
            made[f"telegram-{number}"] = TelegramPlayer(f"telegram-{number}", telegram)
            discord = await stack.enter_async_context(FakeDiscord(f"TEST.discord.{number}"))
            made[f"discord-{number}"] = DiscordPlayer(f"discord-{number}", discord)
            client = FakeOneBot(self_id=10_000 + number)
            url = await stack.enter_async_context(client.listening())
            made[f"onebot-{number}"] = OneBotPlayer(f"onebot-{number}", client, url)
            server = await stack.enter_async_context(scripted_server())
            made[f"irc-{number}"] = IrcPlayer(f"irc-{number}", server)
            secret, port = base64.b64encode(bytes([number]) * 32).decode(), free_port()
            peer = await stack.enter_async_context(WebhookPeer(secret, port))
            made[f"webhook-{number}"] = WebhookPlayer(f"webhook-{number}", peer, secret, port)
            made[f"web-{number}"] = web = WebPlayer(f"web-{number}", free_port())
            stack.push_async_callback(web.close)
        yield made


async def test_no_answer_goes_astray(players: Mapping[str, Player], model: FakeModel, tmp_path: Path) -> None:
    model.script = answer
    plugins = tmp_path / "my_plugins"
    plugins.mkdir()
    (plugins / "whose.py").write_text(WHOSE, encoding="utf-8")
    settings = bot_settings(tmp_path, model, {"plugins": {"folder": str(plugins)}})
    adapters = {name: player.adapter for name, player in players.items()}
    cases = [
        Case(name, place, sender)
        for name, player in players.items()
        for place, sender in itertools.product(player.places, SENDERS)
    ]
    assert len(cases) * len(How) >= MIN_CASES
    async with open_app(settings, adapters) as app:
        running = asyncio.create_task(app.run())
        for player in players.values():
            await player.connected()
        for how in How:
            for case in cases:
                await players[case.account].say(case.place, case.sender, how, case.word)
            await until(lambda last=how: all(case.is_complete(players, last) for case in cases))
        app.stop()
        await running
    wrong = {case: case.seen(players) for case in cases if sorted(case.seen(players)) != case.expected(players)}
    assert not wrong


async def until(is_so: Callable[[], bool]) -> None:
    """Wait; what is still missing then is found by the comparison."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DEADLINE):
            while not is_so():
                await asyncio.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Case:
    """One sender in one place, speaking to one account."""

    account: str
    place: Place
    sender: int

    @property
    def word(self) -> str:
        """What this sender says here, and nobody anywhere else."""
        return f"word-{self.account}-{self.place}-{self.sender}"

    def seen(self, players: Mapping[str, Player]) -> list[str]:
        """Return what the bot said in the place."""
        return players[self.account].seen(self.place, self.sender)

    def expected(self, players: Mapping[str, Player], last: How = How.COMMAND) -> list[str]:
        """Return what the bot should have said in the place, sorted, when all was said up to `last`."""
        others = SENDERS if self.place is not Place.PRIVATE else [self.sender]
        here = [replace(self, sender=sender) for sender in others]
        return sorted(text for case in here for text in case.answers(players[self.account], last))

    def answers(self, player: Player, last: How) -> list[str]:
        """Return what the bot answers to this sender; in a group it is not meant by what is merely said."""
        said = list(How)[: list(How).index(last) + 1]
        asked = [
            how for how in said if how is not How.COMMAND and (how is not How.PLAIN or self.place is Place.PRIVATE)
        ]
        answers = [f"heard {self.word}, {number} times" for number in range(1, len(asked) + 1)]
        command = f"{self.word} of {player.sender_ids[self.sender]} by {self.account}"
        return [*answers, command] if How.COMMAND in said else answers

    def is_complete(self, players: Mapping[str, Player], last: How) -> bool:
        """Tell whether as many messages are there as there should be."""
        return len(self.seen(players)) >= len(self.expected(players, last))
