"""The people on each platform: two of them, in a private chat each, a group and a thread of it."""

import re
from enum import StrEnum
from typing import Protocol

from glmbot.adapters.base import Adapter
from glmbot.adapters.discord import DiscordAdapter
from glmbot.adapters.irc import IrcAdapter
from glmbot.adapters.irc_waits import Pace
from glmbot.adapters.onebot import OneBotAdapter
from glmbot.adapters.telegram import TelegramAdapter
from glmbot.adapters.telegram_waits import Waits
from glmbot.adapters.web import WebAdapter
from glmbot.adapters.webhook import WebhookAdapter
from glmbot.events import ChatKind
from glmbot.settings import (
    DiscordSettings,
    IrcSettings,
    OneBotSettings,
    TelegramSettings,
    WebhookSettings,
    WebSettings,
)
from tests.fakes.adapter import FakeAdapter
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_forms import ANN as DISCORD_ANN
from tests.fakes.discord_forms import BOB as DISCORD_BOB
from tests.fakes.discord_forms import DM, GENERAL, THREAD, FakeChannel
from tests.fakes.irc import ScriptedServer
from tests.fakes.onebot import ANN, BOB, GROUP, FakeOneBot, at, reply
from tests.fakes.onebot import text as segment
from tests.fakes.page import FakePage
from tests.fakes.telegram import FakeChat, FakeTelegram, FakeUser, Shown
from tests.fakes.webhook_peer import WebhookPeer


class Place(StrEnum):
    """Where something is said."""

    PRIVATE = "private"
    GROUP = "group"
    THREAD = "thread"


class How(StrEnum):
    """How something is said."""

    PLAIN = "plain"
    MENTION = "mention"
    REPLY = "reply"
    COMMAND = "command"


class Player(Protocol):
    """One account's platform. Senders are 0 and 1; `sender_ids` is what the platform calls them.

    `places` are those that the platform has.
    """

    adapter: Adapter
    sender_ids: tuple[str, str]
    places: tuple[Place, ...]

    async def connected(self) -> None:
        """Return when the bot hears what is said from now on."""

    async def say(self, place: Place, sender: int, how: How, text: str) -> None:
        """Let a sender say something; a reply is one to the newest message of the bot in that place."""

    def seen(self, place: Place, sender: int) -> list[str]:
        """Return the bot's messages that the sender sees in a place, oldest first."""


class FakePlayer:
    """The platform in memory."""

    sender_ids = ("s0", "s1")
    places = tuple(Place)

    def __init__(self, name: str, platform: FakeAdapter) -> None:
        self.adapter = self._platform = platform

    async def connected(self) -> None:
        """Nothing is lost here."""

    async def say(self, place: Place, sender: int, how: How, text: str) -> None:
        await self._platform.receive(
            f"/whose {text}" if how is How.COMMAND else text,
            sender=f"s{sender}",
            chat=self._chat(place, sender),
            thread="t" if place is Place.THREAD else None,
            kind=ChatKind.PRIVATE if place is Place.PRIVATE else ChatKind.GROUP,
            is_addressed=place is Place.PRIVATE or how is not How.PLAIN,
        )

    def seen(self, place: Place, sender: int) -> list[str]:
        thread, chat_id = "t" if place is Place.THREAD else None, self._chat(place, sender)
        wanted = (chat_id, thread)
        return [
            shown.text
            for shown in self._platform.messages.values()
            if (shown.chat.chat_id, shown.chat.thread_id) == wanted
        ]

    def _chat(self, place: Place, sender: int) -> str:
        return f"p{sender}" if place is Place.PRIVATE else "g"


class TelegramPlayer:
    """Our strict Bot API. The ids are the same for both accounts, as those of people and groups are."""

    sender_ids = ("1001", "1002")
    places = tuple(Place)
    _senders = (FakeUser(1001), FakeUser(1002, "Bob"))
    _group = FakeChat(-1001, "supergroup", topics=(77,))

    def __init__(self, name: str, telegram: FakeTelegram) -> None:
        self._telegram = telegram
        settings = TelegramSettings(token=telegram.token, base_url=telegram.base_url)
        self.adapter = TelegramAdapter(name, settings, waits=Waits(poll=1, answer=5.0, first=0.01))

    async def connected(self) -> None:
        """Telegram keeps what is said until the bot asks."""

    async def say(self, place: Place, sender: int, how: How, text: str) -> None:
        chat = self._chat(place, sender)
        fields: dict[str, object] = {}
        if place is Place.THREAD:
            fields = {"is_topic_message": True, "message_thread_id": 77}
        if how is How.REPLY:
            answered = self._shown(place, sender)[-1]
            form = {"message_id": answered.message_id, "date": 1, "chat": chat.as_json(), "text": answered.text}
            fields["reply_to_message"] = form | {"from": self._telegram.bot}
        if how is How.MENTION:
            mention = f"@{self._telegram.bot['username']}"
            text = f"{mention} {text}"
            fields["entities"] = [{"type": "mention", "offset": 0, "length": len(mention)}]
        if how is How.COMMAND:
            command = f"/whose@{self._telegram.bot['username']}"
            text = f"{command} {text}"
            fields["entities"] = [{"type": "bot_command", "offset": 0, "length": len(command)}]
        await self._telegram.receive(text, chat=chat, sender=self._senders[sender], **fields)

    def seen(self, place: Place, sender: int) -> list[str]:
        return [shown.text for shown in self._shown(place, sender)]

    def _shown(self, place: Place, sender: int) -> list[Shown]:
        wanted = (self._chat(place, sender).id, 77 if place is Place.THREAD else None)
        return [shown for shown in self._telegram.messages if (shown.chat_id, shown.thread_id) == wanted]

    def _chat(self, place: Place, sender: int) -> FakeChat:
        return FakeChat(self._senders[sender].id) if place is Place.PRIVATE else self._group


class DiscordPlayer:
    """Our strict gateway and API."""

    sender_ids = (str(DISCORD_ANN.id), str(DISCORD_BOB.id))
    places = tuple(Place)
    _senders = (DISCORD_ANN, DISCORD_BOB)

    def __init__(self, name: str, discord: FakeDiscord) -> None:
        self._discord = discord
        self.adapter = DiscordAdapter(name, DiscordSettings(token=discord.token, api_url=discord.api_url))

    async def connected(self) -> None:
        await self._discord.connected()

    async def say(self, place: Place, sender: int, how: How, text: str) -> None:
        channel, author = self._channel(place, sender), self._senders[sender]
        if how is How.COMMAND:
            await self._discord.interact("whose", {"text": text}, channel=channel, author=author)
            return
        reply_to = None
        if how is How.REPLY:
            mine = [
                shown.id
                for shown in self._discord.messages
                if shown.channel.id == channel.id and shown.author == self._discord.bot
            ]
            reply_to = mine[-1]
        await self._discord.receive(
            text, channel=channel, author=author, mention_bot=how is How.MENTION, reply_to=reply_to
        )

    def seen(self, place: Place, sender: int) -> list[str]:
        shown = self._discord.visible(self._channel(place, sender).id)
        return [text for text in shown if not re.fullmatch(r"/\w+", text)]  # what acknowledges a slash command

    def _channel(self, place: Place, sender: int) -> FakeChannel:
        if place is Place.PRIVATE:
            return FakeChannel(DM.id + sender)
        return GENERAL if place is Place.GROUP else THREAD


class OneBotPlayer:
    """Our strict QQ client, to which the bot connects. QQ has no threads."""

    sender_ids = (str(ANN), str(BOB))
    places = (Place.PRIVATE, Place.GROUP)
    _senders = (ANN, BOB)

    def __init__(self, name: str, client: FakeOneBot, url: str) -> None:
        self._client = client
        self.adapter = OneBotAdapter(name, OneBotSettings(url=url))

    async def connected(self) -> None:
        await self._client.connected()

    async def say(self, place: Place, sender: int, how: How, text: str) -> None:
        segments = [segment(f"/whose {text}" if how is How.COMMAND else text)]
        if how is How.MENTION:
            segments.insert(0, at(self._client.self_id))
        if how is How.REPLY:
            wanted = self._place(place, sender)
            answered = [shown.message_id for shown in self._client.shown if shown.place == wanted][-1]
            segments.insert(0, reply(answered))
        group = GROUP if place is Place.GROUP else None
        await self._client.receive(segments, user=self._senders[sender], group=group)

    def seen(self, place: Place, sender: int) -> list[str]:
        return self._client.texts(self._place(place, sender))

    def _place(self, place: Place, sender: int) -> tuple[str, int]:
        return ("group", GROUP) if place is Place.GROUP else ("private", self._senders[sender])


class IrcPlayer:
    """A scripted IRC server. IRC has neither threads nor replies: who answers somebody writes the name."""

    sender_ids = ("ann!a@host", "bob!b@host")
    places = (Place.PRIVATE, Place.GROUP)

    def __init__(self, name: str, server: ScriptedServer) -> None:
        self._server = server
        settings = IrcSettings(host="127.0.0.1", port=server.port, tls=False, channels=["#room"])
        self.adapter = IrcAdapter(name, settings, pace=Pace(100, 0.001))

    async def connected(self) -> None:
        await self._server.until_heard("JOIN #room")

    async def say(self, place: Place, sender: int, how: How, text: str) -> None:
        call = {How.MENTION: "glmbot: ", How.REPLY: "@glmbot ", How.COMMAND: "!whose "}.get(how, "")
        target = "#room" if place is Place.GROUP else "glmbot"
        await self._server.say(f":{self.sender_ids[sender]} PRIVMSG {target} :{call}{text}")

    def seen(self, place: Place, sender: int) -> list[str]:
        target = "#room" if place is Place.GROUP else self.sender_ids[sender].partition("!")[0]
        words = [line.split(" ", 2) for line in self._server.heard]
        return [word[2].removeprefix(":") for word in words if word[:2] == ["PRIVMSG", target]]


class WebhookPlayer:
    """Another system, which posts for its people. It says itself whether the bot is meant."""

    sender_ids = ("s0", "s1")
    places = tuple(Place)

    def __init__(self, name: str, peer: WebhookPeer, secret: str, port: int) -> None:
        self._peer = peer
        self.adapter = WebhookAdapter(name, WebhookSettings(port=port, secret=secret, deliver_to=peer.deliver_to))

    async def connected(self) -> None:
        """What cannot be posted yet is posted again."""

    async def say(self, place: Place, sender: int, how: How, text: str) -> None:
        message = self._peer.message(
            f"/whose {text}" if how is How.COMMAND else text,
            sender=self.sender_ids[sender],
            chat=self._chat(place, sender),
            kind="private" if place is Place.PRIVATE else "group",
            thread="t" if place is Place.THREAD else None,
            addressed=how is not How.PLAIN,
        )
        assert (await self._peer.post(message)).status_code == 202

    def seen(self, place: Place, sender: int) -> list[str]:
        wanted = (self._chat(place, sender), "t" if place is Place.THREAD else None)
        return [one["text"] for one in self._peer.taken.values() if (one["chat"], one["thread"]) == wanted]

    def _chat(self, place: Place, sender: int) -> str:
        return f"p{sender}" if place is Place.PRIVATE else "g"


class WebPlayer:
    """Two browsers on the web chat."""

    places = (Place.PRIVATE,)

    def __init__(self, name: str, port: int) -> None:
        self.sender_ids = ("", "")
        self.adapter = self._web = WebAdapter(name, WebSettings(port=port))
        self._pages = (FakePage(port), FakePage(port))

    async def connected(self) -> None:
        for page in self._pages:
            await page.open()
        first, second = (self._web._sessions.chat_id(page.cookies) or "" for page in self._pages)
        self.sender_ids = (first, second)

    async def say(self, place: Place, sender: int, how: How, text: str) -> None:
        await self._pages[sender].write(f"/whose {text}" if how is How.COMMAND else text)

    def seen(self, place: Place, sender: int) -> list[str]:
        return [re.sub("<[^>]*>", "", html) for html in self._pages[sender].shown.values()]

    async def close(self) -> None:
        """Close both tabs."""
        for page in self._pages:
            await page.close()
