"""Every adapter of ours keeps the promises of the adapter protocol."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from glmbot.adapters.conformance import Conformance, Stage
from glmbot.adapters.discord import DiscordAdapter
from glmbot.adapters.discord import Waits as DiscordWaits
from glmbot.adapters.irc import IrcAdapter
from glmbot.adapters.irc_waits import Pace
from glmbot.adapters.irc_waits import Waits as IrcWaits
from glmbot.adapters.onebot import OneBotAdapter
from glmbot.adapters.onebot_link import Waits as OneBotWaits
from glmbot.adapters.telegram import TelegramAdapter
from glmbot.adapters.telegram_waits import Waits as TelegramWaits
from glmbot.events import Chat, ChatKind
from glmbot.settings import DiscordSettings, IrcSettings, OneBotSettings, TelegramSettings
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_forms import DM
from tests.fakes.irc import ScriptedServer, scripted_server
from tests.fakes.onebot import ANN, FakeOneBot
from tests.fakes.telegram import PRIVATE, FakeTelegram


class TelegramStage(Stage):
    """Our strict Bot API. A cut poll is how a connection is lost there."""

    def __init__(self, telegram: FakeTelegram) -> None:
        settings = TelegramSettings(token=telegram.token, base_url=telegram.base_url)
        adapter = TelegramAdapter("telegram", settings, waits=TelegramWaits(poll=1, answer=5.0, first=0.01))
        super().__init__(adapter, Chat("telegram", str(PRIVATE.id), ChatKind.PRIVATE))
        self._telegram = telegram
        self._last = ("", 0)

    async def write(self, text: str) -> None:
        self._last = (text, await self._telegram.receive(text))

    async def write_again(self) -> None:
        text, number = self._last
        await self._telegram.receive(text, message_id=number)

    async def react(self, emoji: str, *, is_removed: bool = False) -> None:
        await self._telegram.react(self._last[1], [emoji] * is_removed, [emoji] * (not is_removed))

    async def shown(self) -> Sequence[str]:
        return self._telegram.visible()

    async def files(self) -> Sequence[tuple[str, bytes]]:
        return [shown.file for shown in self._telegram.messages if shown.file]

    async def press(self, label: str) -> None:
        await self._telegram.press(label)

    async def ask_to_wait(self, seconds: float) -> None:
        self._telegram.fail("sendMessage", 429, "Too Many Requests", retry_after=round(seconds))

    async def refuse(self) -> None:
        self._telegram.block(PRIVATE.id)

    async def cut(self) -> None:
        self._telegram.cut("getUpdates")


class TestTelegram(Conformance):
    """Telegram, by long polling."""

    @asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        async with FakeTelegram() as telegram:
            telegram.add_chat(PRIVATE)
            yield TelegramStage(telegram)


class DiscordStage(Stage):
    """Our strict gateway and API."""

    def __init__(self, discord: FakeDiscord) -> None:
        settings = DiscordSettings(token=discord.token, api_url=discord.api_url)
        adapter = DiscordAdapter("discord", settings, waits=DiscordWaits(answer=5.0, outage=20.0, storage=5.0))
        super().__init__(adapter, Chat("discord", str(DM.id), ChatKind.PRIVATE))
        self._discord = discord
        self._last = ("", 0)

    async def connected(self) -> None:
        await self._discord.connected()

    async def write(self, text: str) -> None:
        self._last = (text, await self._discord.receive(text))

    async def write_again(self) -> None:
        text, number = self._last
        await self._discord.receive(text, message_id=number)

    async def react(self, emoji: str, *, is_removed: bool = False) -> None:
        await self._discord.react_as(self._last[1], emoji, is_removed=is_removed)

    async def shown(self) -> Sequence[str]:
        return self._discord.visible()

    async def files(self) -> Sequence[tuple[str, bytes]]:
        return [shown.file for shown in self._discord.messages if shown.file]

    async def press(self, label: str) -> None:
        await self._discord.press(label)

    async def ask_to_wait(self, seconds: float) -> None:
        self._discord.fail("send", 429, retry_after=seconds)

    async def refuse(self) -> None:
        self._discord.forbid(DM)

    async def cut(self) -> None:
        await self._discord.gateway.close(4000)


class TestDiscord(Conformance):
    """Discord, by its gateway."""

    @asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        async with FakeDiscord() as discord:
            yield DiscordStage(discord)


class IrcStage(Stage):
    """A scripted server; that real ones are served is shown in `test_irc_foreign_servers.py`."""

    def __init__(self, server: ScriptedServer) -> None:
        settings = IrcSettings(host="127.0.0.1", port=server.port, tls=False)
        adapter = IrcAdapter("irc", settings, waits=IrcWaits(first=0.01), pace=Pace(100, 0.001))
        super().__init__(adapter, Chat("irc", "ann", ChatKind.PRIVATE))
        self._server = server
        self._num_connections = 1

    async def connected(self) -> None:
        await self._server.until_heard("CAP END", self._num_connections)

    async def write(self, text: str) -> None:
        await self._server.say(f":ann!a@host PRIVMSG glmbot :{text}")

    async def shown(self) -> Sequence[str]:
        words = [line.split(" ", 2) for line in self._server.heard]
        return [word[2].removeprefix(":") for word in words if word[:2] == ["PRIVMSG", "ann"]]

    async def refuse(self) -> None:
        self._server.answers["PRIVMSG"] = [":s 401 glmbot ann :No such nick"]

    async def cut(self) -> None:
        self._server.cut()
        self._num_connections += 1


class TestIrc(Conformance):
    """IRC."""

    @asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        async with scripted_server() as server:
            yield IrcStage(server)


class OneBotStage(Stage):
    """Our strict QQ client, which listens."""

    def __init__(self, client: FakeOneBot, url: str) -> None:
        adapter = OneBotAdapter("onebot", OneBotSettings(url=url), waits=OneBotWaits(first=0.01))
        super().__init__(adapter, Chat("onebot", str(ANN), ChatKind.PRIVATE))
        self._client = client
        self._last = 0

    async def connected(self) -> None:
        await self._client.connected()

    async def write(self, text: str) -> None:
        self._last = await self._client.receive(text)

    async def write_again(self) -> None:
        await self._client.receive("", message_id=self._last)

    async def shown(self) -> Sequence[str]:
        return self._client.texts(("private", ANN))

    async def refuse(self) -> None:
        self._client.refuses_all = True

    async def cut(self) -> None:
        await self._client.cut()


class TestOneBot(Conformance):
    """QQ by OneBot v11."""

    @asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        client = FakeOneBot()
        async with client.listening() as url:
            yield OneBotStage(client, url)
