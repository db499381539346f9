"""The IRC adapter on servers that we did not write, ngIRCd and InspIRCd, with somebody there by a raw client."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from glmbot.adapters.base import CommandInfo, OutgoingMessage
from glmbot.adapters.irc import IrcAdapter
from glmbot.adapters.irc_waits import Pace, Waits
from glmbot.content import Rendered
from glmbot.errors import ConfigError, NotDelivered, RetryLater
from glmbot.events import Chat, ChatKind
from glmbot.settings import IrcSettings
from glmbot.text.rendering import render_parts
from tests.fakes.inbox import Inbox
from tests.fakes.irc import human
from tests.irc_servers import PASSWORD, IrcServer, inspircd, ngircd

QUICK = Waits(connect=2.0, first=0.05, longest=0.2, rejoin=0.05, regain=30.0)
DEADLINE = 60.0
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def ngirc() -> Iterator[IrcServer]:
    """ngIRCd, started once."""
    with ngircd() as server:
        yield server


@pytest.fixture(scope="module")
def insp() -> Iterator[IrcServer]:
    """InspIRCd, started once."""
    with inspircd() as server:
        yield server


@pytest.fixture(scope="module")
def strict() -> Iterator[IrcServer]:
    """An InspIRCd that cuts talkative clients off."""
    with inspircd(is_strict=True) as server:
        yield server


@pytest.fixture(params=["ngirc", "insp"])
def server(request: pytest.FixtureRequest) -> IrcServer:
    """Each of the two."""
    found: IrcServer = request.getfixturevalue(request.param)
    return found


@dataclass(slots=True)
class Bot:
    """A running adapter, with a nick and a channel of its own."""

    adapter: IrcAdapter
    inbox: Inbox
    nick: str
    channel: str

    @property
    def room(self) -> Chat:
        return Chat(self.adapter.name, self.channel, ChatKind.GROUP)

    def chat_with(self, nick: str) -> Chat:
        return Chat(self.adapter.name, nick, ChatKind.PRIVATE)

    async def say(self, chat: Chat, *texts: str) -> None:
        """Say texts, each as soon as the adapter lets it."""
        for text in texts:
            await self._say(chat, text)

    async def _say(self, chat: Chat, text: str) -> None:
        async with asyncio.timeout(DEADLINE):
            while True:
                try:
                    await self.adapter.send(OutgoingMessage(chat, Rendered(text, text), "key"))
                    return
                except RetryLater:
                    await asyncio.sleep(0.02)


def adapter_on(
    server: IrcServer, name: str = "irc", nick: str = "", channel: str = "", pace: Pace | None = None, **settings: Any
) -> IrcAdapter:
    number = next(_numbers)
    own = {"nick": nick or f"bot{number}", "channels": [channel or f"#room{number}"]}
    fields = {"host": "127.0.0.1", "port": server.port, "tls": False} | own | settings
    adapter = IrcAdapter(name, IrcSettings(**fields), waits=QUICK, pace=pace or Pace(50, 0.05))
    adapter.set_commands([CommandInfo("help", {})])
    return adapter


@asynccontextmanager
async def bot_on(server: IrcServer, *arguments: str, **settings: Any) -> AsyncIterator[Bot]:
    adapter, inbox = adapter_on(server, *arguments, **settings), Inbox()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(adapter.run(inbox.accept))
        yield Bot(adapter, inbox, adapter._settings.nick, adapter._settings.channels[0])
        running.cancel()


# -- talking


async def test_private_talk_and_channel_talk(server: IrcServer) -> None:
    """A query is always for the bot, a channel's message when it calls the bot."""
    async with bot_on(server) as bot, human("ann", server.port) as ann:
        await ann.join(bot.channel)
        await ann.until_joined(bot.nick, bot.channel)
        await ann.say(bot.nick, "你好 😀")
        await ann.say(bot.channel, "nothing for a bot")
        await ann.say(bot.channel, f"{bot.nick.upper()}: \x02hello\x02")
        await ann.say(bot.channel, "!help me")
        await bot.inbox.received("你好 😀", "nothing for a bot", "hello", "/help me")
        assert [event.is_addressed for event in bot.inbox.events] == [True, False, True, True]
        query, *_, call = bot.inbox.events
        assert (query.chat, call.chat) == (bot.chat_with("ann"), bot.room)
        assert query.sender == call.sender
        assert query.sender.sender_id.startswith("ann!")
        await bot.say(query.chat, "\x02hi\x02")
        await bot.say(call.chat, "ann: help is near")
        await ann.until_said(bot.nick, "ann", "\x02hi\x02")
        await ann.until_said(bot.nick, bot.channel, "ann: help is near")


async def test_requests_between_programs_get_no_answer(server: IrcServer) -> None:
    """Only what somebody does is read."""
    async with bot_on(server) as bot, human("ann", server.port) as ann:
        await ann.join(bot.channel)
        await ann.until_joined(bot.nick, bot.channel)
        for request in ("VERSION", "PING 1", "CLIENTINFO", "DCC CHAT chat 1 1", "ACTION waves"):
            await ann.say(bot.nick, f"\x01{request}\x01")
        await bot.inbox.received("waves")
        await bot.say(bot.chat_with("ann"), "done")
        await ann.until_said(bot.nick, "ann", "done")
        assert not [line for line in ann.heard if line.startswith(f":{bot.nick}!") and " NOTICE " in line]


async def test_no_text_becomes_a_command(server: IrcServer) -> None:
    """What the model writes, whatever it is, stays text."""
    evil = "one\r\nQUIT :bye\nJOIN #evil\rNICK evil\0\x01VERSION\x01"
    async with bot_on(server) as bot, human("ann", server.port) as ann:
        await ann.join(bot.channel)
        await ann.until_joined(bot.nick, bot.channel)
        await bot.say(bot.room, evil, "still here")
        said = ["one", "QUIT :bye", "JOIN #evil", "NICK evilVERSION", "still here"]
        await ann.until_said(bot.nick, bot.channel, *said)
        for target in (f"{bot.channel},ann", f"{bot.channel}\r\nQUIT :bye", "ann :x"):
            with pytest.raises(NotDelivered):
                await bot.adapter.send(OutgoingMessage(Chat("irc", target, ChatKind.GROUP), Rendered("x", "x"), "key"))
        assert not ann.said_by(bot.nick, "ann")


async def test_a_full_line_arrives_whole_whatever_goes_around_it(server: IrcServer) -> None:
    """A long channel name leaves less room: what does not fit goes on the next line, and no byte is cut off."""
    text = "中文" * 66 + "😀"
    async with bot_on(server, channel=f"#{'long' * 12}") as bot, human("ann", server.port) as ann:
        await ann.join(bot.channel)
        await ann.until_joined(bot.nick, bot.channel)
        await bot.say(bot.room, text)
        await ann.until(lambda: "".join(ann.said_by(bot.nick, bot.channel)) == text, "the whole text")


async def test_two_accounts_at_once(server: IrcServer) -> None:
    """Each hears what is said to it, and neither takes the other's words for a question."""
    async with (
        bot_on(server, "first") as first,
        bot_on(server, "second", channel=first.channel) as second,
        human("ann", server.port) as ann,
    ):
        await ann.join(first.channel)
        await ann.until_joined(first.nick, first.channel)
        await ann.until_joined(second.nick, first.channel)
        await ann.say(first.nick, "one")
        await ann.say(second.nick, "two")
        await first.inbox.received("one")
        await second.inbox.received("two")
        await first.say(first.chat_with("ann"), "1")
        await second.say(second.chat_with("ann"), "2")
        await ann.until_said(first.nick, "ann", "1")
        await ann.until_said(second.nick, "ann", "2")
        assert (first.inbox.events[0].chat.adapter, second.inbox.events[0].chat.adapter) == ("first", "second")


# -- limits


async def test_a_long_answer_arrives_whole_and_in_order_under_a_penalty(ngirc: IrcServer) -> None:
    """3,000 characters are two dozen lines, more than ngIRCd takes at once."""
    markdown = "\n\n".join(f"第{number}段：" + "机器人在回答问题👩‍👩‍👧😀。" * 14 for number in range(1, 15))
    async with bot_on(ngirc) as bot, human("ann", ngirc.port) as ann:
        parts = [part.text for part in render_parts(markdown, bot.adapter.capabilities.form)]
        assert len(markdown) > 3000
        assert len(parts) > 20
        await bot.say(bot.chat_with("ann"), *parts)
        await ann.until_said(bot.nick, "ann", *parts)


async def test_the_pace_is_one_that_a_strict_server_bears(strict: IrcServer) -> None:
    """This InspIRCd holds nobody back: it cuts off who sends more than ten lines, and one a second after that."""
    texts = [f"line {number}" for number in range(7)]
    async with bot_on(strict, pace=Pace()) as bot, human("ann", strict.port) as ann:
        await bot.say(bot.chat_with("ann"), *texts)
        await ann.until_said(bot.nick, "ann", *texts)


async def test_a_flood_slows_the_bot_down_and_loses_no_order(strict: IrcServer) -> None:
    """Cut off for talking too fast, it comes back and talks half as fast."""
    async with bot_on(strict, pace=Pace(50, 0.01)) as bot, human("ann", strict.port) as ann:
        texts = [f"line {number}" for number in range(20)]
        with pytest.raises(NotDelivered, match="cut off"):
            await bot.say(bot.chat_with("ann"), *texts)
        said = ann.said_by(bot.nick, "ann")
        assert said == texts[: len(said)]
        assert bot.adapter._pace._slowness > 1.5
        await bot.say(bot.chat_with("ann"), "back")
        await ann.until(lambda: ann.said_by(bot.nick, "ann")[-1] == "back", "the bot being back")


# -- refusals


async def test_whom_nobody_knows_gets_nothing(server: IrcServer) -> None:
    """The server says so before its PONG."""
    async with bot_on(server) as bot:
        with pytest.raises(NotDelivered, match="401"):
            await bot.say(bot.chat_with("nobody"), "hello")


async def test_a_channel_where_the_bot_may_not_speak_gets_nothing(server: IrcServer) -> None:
    """A moderated one, say."""
    async with human("ann", server.port) as ann:
        channel = f"#quiet{next(_numbers)}"
        await ann.join(channel)
        await ann.write(f"MODE {channel} +m")
        async with bot_on(server, channel=channel) as bot:
            await ann.until_joined(bot.nick, channel)
            with pytest.raises(NotDelivered, match="404"):
                await bot.say(bot.room, "hello")


async def test_where_formatting_is_refused_the_plain_text_is_said(insp: IrcServer) -> None:
    """InspIRCd refuses it where a channel has +c."""
    async with human("ann", insp.port) as ann:
        channel = f"#plain{next(_numbers)}"
        await ann.join(channel)
        await ann.write(f"MODE {channel} +c")
        async with bot_on(insp, channel=channel) as bot:
            await ann.until_joined(bot.nick, channel)
            await bot.say(bot.room, "hello")
            await bot.adapter.send(OutgoingMessage(bot.room, Rendered("\x02bold\x02", "bold"), "key"))
            await ann.until_said(bot.nick, channel, "hello", "bold")


@pytest.mark.parametrize("run", [ngircd, inspircd])
async def test_a_wrong_password_is_an_error_of_the_configuration(run: Any) -> None:
    """And the right one opens the door."""
    with run(password=PASSWORD) as server:
        with pytest.raises(ConfigError, match=r"set adapters\.irc\.password") as raised:
            await adapter_on(server, password="a wrong word").run(Inbox().accept)
        assert "a wrong word" not in str(raised.value)
        async with bot_on(server, password=PASSWORD) as bot:
            await bot.say(bot.chat_with(bot.nick), "to myself")


# -- nick and channels


async def test_a_nick_in_use_is_regained_when_it_is_free(server: IrcServer) -> None:
    """Until then the bot has another, and answers to both."""
    nick = f"taken{next(_numbers)}"
    async with human(nick, server.port) as holder, bot_on(server, nick=nick) as bot:
        await holder.join(bot.channel)
        await holder.until_joined(f"{nick}_", bot.channel)
        await holder.say(bot.channel, f"{nick}: one")
        await holder.say(bot.channel, f"{nick}_: two")
        await bot.inbox.received("one", "two")
        await holder.write(f"NICK ann{next(_numbers)}")
        await holder.until(
            lambda: any(line.startswith(f":{nick}_!") and " NICK " in line for line in holder.heard), "it"
        )
        await bot.say(bot.room, "here")
        await holder.until_said(nick, bot.channel, "here")


async def test_put_out_of_a_channel_it_comes_back(server: IrcServer) -> None:
    """What is to be said there waits until then."""
    channel = f"#kick{next(_numbers)}"
    async with human("ann", server.port) as ann:
        await ann.join(channel)
        async with bot_on(server, channel=channel) as bot:
            await ann.until_joined(bot.nick, channel)
            await ann.write(f"KICK {channel} {bot.nick} :out")
            await ann.until_heard(f"KICK {channel} {bot.nick}")
            await bot.say(bot.room, "back")
            await ann.until_said(bot.nick, channel, "back")
            await ann.until(lambda: ann.num_joins(bot.nick) == 2, "the bot coming in twice")


async def test_a_killed_server_is_joined_again_when_it_is_back() -> None:
    """Messages wait meanwhile; channel and nick are as before."""
    with ngircd() as server:
        async with bot_on(server) as bot:
            await bot.say(bot.room, "one")
            await asyncio.to_thread(server.stop)
            with pytest.raises((RetryLater, NotDelivered)):
                await bot.adapter.send(OutgoingMessage(bot.room, Rendered("lost?", "lost?"), "key"))
            await asyncio.to_thread(server.start)
            async with human("ann", server.port) as ann:
                await ann.join(bot.channel)
                await ann.until_joined(bot.nick, bot.channel)
                await bot.say(bot.room, "two")
                await ann.until_said(bot.nick, bot.channel, "two")
                await ann.say(bot.nick, "three")
                await bot.inbox.received("three")


# -- what better servers have


async def test_messages_have_the_servers_ids_and_bots_are_not_answered(insp: IrcServer) -> None:
    """Two bots that answer each other would never end: InspIRCd tells who is one, us included."""
    async with bot_on(insp) as bot, bot_on(insp, channel=bot.channel) as other, human("ann", insp.port) as ann:
        await ann.join(bot.channel)
        await ann.until_joined(bot.nick, bot.channel)
        await ann.until_joined(other.nick, bot.channel)
        await bot.adapter.probe()
        await bot.say(bot.room, f"{other.nick}: hello, colleague")
        await ann.until(lambda: bool(ann.said_by(bot.nick, bot.channel)), "the colleague's words")
        await ann.say(bot.channel, "I am not one")
        await other.inbox.received("I am not one")
        await bot.inbox.received("I am not one")
        assert "~" in other.inbox.events[0].message_id
        assert other.inbox.events[0].message_id == bot.inbox.events[0].message_id


async def test_tls_with_a_certificate_that_is_trusted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One of a server of one's own is refused until its authority is named, and TLS to a port without is explained."""
    with ngircd(has_tls=True) as server:
        with pytest.raises(ConfigError, match="certificate of '127.0.0.1' is not trusted .* SSL_CERT_FILE"):
            await adapter_on(server, port=server.tls_port, tls=True).run(Inbox().accept)
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        async with bot_on(server, port=server.tls_port, tls=True) as bot, human("ann", server.port) as ann:
            await bot.say(bot.chat_with("ann"), "in secret")
            await ann.until_said(bot.nick, "ann", "in secret")
        caplog.set_level(logging.WARNING)
        async with bot_on(server, tls=True):
            async with asyncio.timeout(DEADLINE):
                while "is adapters.irc.port one for TLS?" not in caplog.text:
                    await asyncio.sleep(0.02)
