"""The IRC adapter against a server that does as the test tells it: refusals, cuts, floods, and nonsense."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from glmbot.adapters.base import Adapter, CommandMenu, HasAccount, OutgoingMessage, Probed
from glmbot.adapters.irc import IrcAdapter
from glmbot.adapters.irc_waits import Pace, Waits
from glmbot.adapters.news import MAX_NEWS
from glmbot.content import LengthUnit, Markup, Rendered
from glmbot.errors import ConfigError, NotDelivered, RetryLater
from glmbot.events import Chat, ChatKind, MessageRef
from glmbot.settings import IrcSettings
from tests.fakes.inbox import Inbox
from tests.fakes.irc import ScriptedServer, scripted_server

ANN = Chat("irc", "ann", ChatKind.PRIVATE)
ROOM = Chat("irc", "#room", ChatKind.GROUP)
QUICK = Waits(first=0.01, longest=0.05, rejoin=0.01)
DEADLINE = 30.0
GREETING_AS_OTHER = [":s 001 glmbot_ :Welcome", ":s 422 glmbot_ :No"]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as scripted:
        yield scripted


def adapter_for(server: ScriptedServer, waits: Waits = QUICK, **settings: Any) -> IrcAdapter:
    fields = {"host": "127.0.0.1", "port": server.port, "tls": False} | settings
    return IrcAdapter("irc", IrcSettings(**fields), waits=waits, pace=Pace(100, 0.001))


@asynccontextmanager
async def running(adapter: IrcAdapter) -> AsyncIterator[Inbox]:
    inbox = Inbox()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(adapter.run(inbox.accept))
        yield inbox
        task.cancel()


async def connected(adapter: IrcAdapter) -> None:
    """Wait until the bot can be asked whether its server is there."""
    async with asyncio.timeout(DEADLINE):
        while not await is_connected(adapter):
            await asyncio.sleep(0.01)


async def is_connected(adapter: IrcAdapter) -> bool:
    try:
        await adapter.probe()
    except (RetryLater, OSError):
        return False
    return True


def outgoing(text: str, chat: Chat = ANN, plain: str | None = None) -> OutgoingMessage:
    return OutgoingMessage(chat, Rendered(text, text if plain is None else plain), "key")


# -- what it is


def test_it_is_an_adapter_for_one_account_that_can_be_probed(server: ScriptedServer) -> None:
    """It has a list of commands, though no menu."""
    adapter: Adapter = adapter_for(server)
    assert isinstance(adapter, CommandMenu)
    assert isinstance(adapter, Probed)
    assert isinstance(adapter, HasAccount)
    form = adapter.capabilities.form
    assert (form.markup, form.max_length, form.unit) == (Markup.IRC, 400, LengthUnit.BYTES)
    assert adapter.capabilities.edit_interval is None


async def test_nothing_is_changed_once_it_is_said(server: ScriptedServer) -> None:
    """An edit is refused, so that the caller says it anew."""
    with pytest.raises(NotDelivered, match="cannot change"):
        await adapter_for(server).edit(MessageRef(ANN, "1"), Rendered("x", "x"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "host is empty; set adapters.irc.host"),
        ({"host": "h", "account": "me"}, "set GLMBOT_ADAPTERS__IRC__PASSWORD"),
        ({"host": "h", "password": "secret\r\nQUIT"}, "cannot be sent .*; set GLMBOT_ADAPTERS__IRC__PASSWORD"),
    ],
)
def test_settings_that_cannot_be_right_name_the_remedy(settings: dict[str, str], message: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigError, match=message) as raised:
        IrcAdapter("irc", IrcSettings(**settings))
    assert "secret" not in str(raised.value)


# -- getting in


async def test_it_logs_in_with_an_account() -> None:
    """SASL PLAIN, in pieces where the password is long, and no PASS, which would be the server's."""
    async with scripted_server("sasl=PLAIN,EXTERNAL message-tags multi-prefix") as server:
        password = "p" * 300
        expected = base64.b64encode(f"\0me\0{password}".encode()).decode()
        server.answers = {"AUTHENTICATE PLAIN": ["AUTHENTICATE +"], f"AUTHENTICATE {expected[400:]}": [":s 903 * :OK"]}
        adapter = adapter_for(server, account="me", password=password)
        async with running(adapter):
            await server.until_heard("CAP END")
        assert f"AUTHENTICATE {expected[:400]}" in server.heard
        assert "CAP REQ :message-tags sasl" in server.heard
        assert server.count("PASS") == 0
        assert password not in repr(adapter._login)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (":s 904 glmbot :SASL authentication failed", "refuses the account .* set adapters.irc.account and"),
        (":s 464 glmbot :Password incorrect", "lets nobody in with this password.* set adapters.irc.password"),
        ("ERROR :Bad password? (secret)", "lets nobody in with this password.* set adapters.irc.password"),
        (":s 465 glmbot :You are banned", "has banned the bot .* set adapters.irc.host"),
        (":s 432 * glmbot :Erroneous nickname", "refuses the nick 'glmbot' .* set adapters.irc.nick"),
    ],
)
async def test_a_refusal_is_an_error_of_the_configuration(
    answer: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It says which setting to look at, and does not repeat the password, though the server may."""
    caplog.set_level(logging.DEBUG)
    async with scripted_server("sasl") as server:
        server.answers = {"CAP REQ": [answer]}
        with pytest.raises(ConfigError, match=message) as raised:
            await adapter_for(server, account="me", password="secret").run(Inbox().accept)
    assert "secret" not in f"{raised.value} {caplog.text}"


async def test_services_that_are_away_are_waited_for(server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    """A network without its services offers no SASL: that is no error of the configuration."""
    async with running(adapter_for(server, account="me", password="secret")):
        await server.until_heard("CAP LS", times=3)
    assert "leave out the setting adapters.irc.account" in caplog.text
    assert server.count("NICK") >= 3


async def test_a_server_without_capabilities_will_do(server: ScriptedServer) -> None:
    """It does not know the word, and goes on with the rest."""
    server.answers = {"CAP LS": [":s 421 * CAP :Unknown command"], "USER": [":s 001 glmbot :Hi", ":s 376 glmbot :End"]}
    adapter = adapter_for(server, password="the server's own")
    async with running(adapter):
        await connected(adapter)
    assert server.heard[:2] == ["CAP LS 302", "PASS :the server's own"]


async def test_a_server_that_never_answers_is_left(server: ScriptedServer) -> None:
    """Getting in has a limit."""
    server.answers = {"CAP END": []}
    waits = Waits(register=0.05, first=0.01, longest=0.01)
    async with running(adapter_for(server, waits)):
        await server.until_heard("CAP LS", times=3)


# -- receiving


async def test_nonsense_harms_nothing(server: ScriptedServer) -> None:
    """Whatever the server says, the next message comes in."""
    adapter = adapter_for(server, channels=["#room"])
    nonsense = [
        b"",
        b":",
        b"@",
        b"\xff\xfe",
        b"\0",
        b"x" * 100_000,
        b"@" + b"a" * 9000 + b" :a!b@c PRIVMSG glmbot :tags",
    ]
    short = [f"{source} {command}" for source in (":glmbot!a@b", ":s") for command in ("JOIN", "KICK", "NICK", "PART")]
    numerics = [f":s {number}" for number in ("001", "005", "263", "401", "404", "474", "PONG", "CAP", "MODE")]
    async with running(adapter) as inbox:
        await connected(adapter)
        await server.say(*nonsense, *short, *numerics)
        await server.say(b":ann!a@h PRIVMSG glmbot :caf\xe9 \xe4\xbd", ":ann!a@h PRIVMSG glmbot :你好 \0\x02b\x02")
        await inbox.received("tags", "café ä½", "你好 b")
        assert server.count("CAP LS") == 1


async def test_what_cannot_be_stored_waits_in_its_place(server: ScriptedServer) -> None:
    """It is offered again, with the same id, before what came after it."""
    adapter = adapter_for(server)
    async with running(adapter) as inbox:
        inbox.faults = [RetryLater("full", 0.01), RetryLater("full", 0.01)]
        await connected(adapter)
        await server.say(*(f":ann!a@h PRIVMSG glmbot :{text}" for text in ("one", "two")))
        await inbox.received("one", "one", "one", "two")
        assert len({event.message_id for event in inbox.events}) == 2


async def test_when_too_much_waits_the_socket_is_not_read(server: ScriptedServer) -> None:
    """The server holds the rest; nothing is sent meanwhile, since no confirmation would be read. Then all comes."""
    adapter = adapter_for(server)
    texts = [f"{number}" for number in range(MAX_NEWS + 50)]
    async with running(adapter) as inbox:
        inbox.is_open.clear()
        await connected(adapter)
        await server.say(*(f":ann!a@h PRIVMSG glmbot :{text}" for text in texts))
        await inbox.received("0")
        async with asyncio.timeout(DEADLINE):
            while not adapter._news.is_full:
                await asyncio.sleep(0.01)
        with pytest.raises(RetryLater, match="wait to be stored"):
            await adapter.send(outgoing("hello"))
        inbox.is_open.set()
        await inbox.received(*texts)
        await adapter.send(outgoing("hello"))


async def test_what_came_in_is_not_lost_when_run_is_started_again(server: ScriptedServer) -> None:
    """The next run begins with the message that could not be stored."""
    adapter = adapter_for(server)
    async with running(adapter) as first:
        first.is_open.clear()
        await connected(adapter)
        await server.say(*(f":ann!a@h PRIVMSG glmbot :{text}" for text in ("one", "two")))
        await first.received("one")
        await adapter.probe()
    async with running(adapter) as second:
        await second.received("one", "two")


async def test_a_silent_server_is_left(server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    """It is asked for a sign of life first."""
    server.answers = {"PING still-there": []}
    waits = Waits(quiet=0.05, answer=0.05, first=0.01, longest=0.01)
    async with running(adapter_for(server, waits)):
        await server.until_heard("CAP LS", times=2)
    assert server.count("PING still-there") >= 1
    assert "says nothing any more" in caplog.text


async def test_a_quiet_server_that_answers_stays(server: ScriptedServer) -> None:
    """Silence alone ends nothing."""
    async with running(adapter_for(server, Waits(quiet=0.02))):
        await server.until_heard("PING still-there", times=5)
    assert server.count("CAP LS") == 1


async def test_the_servers_own_pings_are_answered(server: ScriptedServer) -> None:
    """Also before it lets anybody in."""
    server.answers = {"NICK": ["PING :a:b c"]}
    adapter = adapter_for(server)
    async with running(adapter):
        await connected(adapter)
        await server.until_heard("PONG :a:b c")


# -- sending


async def test_a_message_is_sent_when_the_server_has_confirmed_it(server: ScriptedServer) -> None:
    """A line's end makes two lines of it, and no command."""
    adapter = adapter_for(server)
    async with running(adapter):
        await connected(adapter)
        ref = await adapter.send(outgoing("hello\r\nQUIT :x\0\x01\n\n你好"))
        assert ref == MessageRef(ANN, "key")
    said = [line for line in server.heard if line.startswith("PRIVMSG")]
    assert said == ["PRIVMSG ann hello", "PRIVMSG ann :QUIT :x", "PRIVMSG ann 你好"]
    assert server.count("QUIT") == 1


async def test_without_a_connection_a_message_waits(server: ScriptedServer) -> None:
    """Nothing was sent, so it may be sent again."""
    with pytest.raises(RetryLater, match="not connected"):
        await adapter_for(server).send(outgoing("hello"))


async def test_a_cut_before_the_confirmation_is_no_reason_to_say_it_twice(server: ScriptedServer) -> None:
    """The line may have been shown."""
    adapter = adapter_for(server)
    async with running(adapter):
        await connected(adapter)
        server.answers = {"PING": []}
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(raised_by(adapter, outgoing("hello")))
            await server.until_heard("PRIVMSG ann hello")
            server.cut()
        assert isinstance(sending.result(), NotDelivered)
        server.answers = {}
        await server.until_heard("CAP LS", times=2)
    assert server.count("PRIVMSG") == 1


async def raised_by(adapter: IrcAdapter, message: OutgoingMessage) -> Exception | None:
    try:
        await adapter.send(message)
    except (NotDelivered, RetryLater) as error:
        return error
    return None


@pytest.mark.parametrize("refusal", ["401 glmbot ann :No such nick", "404 glmbot ann :No", "531 glmbot ann :No"])
async def test_what_the_server_refuses_is_not_delivered(server: ScriptedServer, refusal: str) -> None:
    """A refusal that names somebody else is about something else."""
    adapter = adapter_for(server)
    async with running(adapter):
        await connected(adapter)
        server.answers = {"PRIVMSG": [":s 401 glmbot bob :No such nick"]}
        await adapter.send(outgoing("hello"))
        server.answers = {"PRIVMSG": [f":s {refusal}"]}
        with pytest.raises(NotDelivered, match=refusal[:3]):
            await adapter.send(outgoing("hello"))


@pytest.mark.parametrize("complaint", ["263 glmbot PRIVMSG :Please wait", "439 glmbot ann :Target change too fast"])
async def test_a_complaint_makes_it_wait_and_talk_more_slowly(server: ScriptedServer, complaint: str) -> None:
    """The line was dropped, so it is said again later."""
    adapter = adapter_for(server)
    async with running(adapter):
        await connected(adapter)
        server.answers = {"PRIVMSG": [f":s {complaint}"]}
        with pytest.raises(RetryLater) as raised:
            await adapter.send(outgoing("hello"))
        assert raised.value.after == 0.002
        assert adapter._pace._slowness == 2.0
        server.answers = {}
        await adapter.send(outgoing("hello"))


async def test_a_complaint_about_something_else_drops_no_message(server: ScriptedServer) -> None:
    """A JOIN that came too soon, say."""
    adapter = adapter_for(server)
    async with running(adapter):
        await connected(adapter)
        server.answers = {"PRIVMSG": [":s 263 glmbot JOIN :Please wait"]}
        await adapter.send(outgoing("hello"))


async def test_where_no_formatting_is_allowed_the_plain_text_is_said(server: ScriptedServer) -> None:
    """InspIRCd refuses it in channels with +c."""
    adapter = adapter_for(server)
    server.answers = {"PRIVMSG #room \x02": [":s 404 glmbot #room :Can't send colors to channel (+c is set)"]}
    async with running(adapter):
        await connected(adapter)
        await adapter.send(outgoing("\x02bold\x02", ROOM, plain="bold"))
    assert [line for line in server.heard if line.startswith("PRIVMSG")][-1] == "PRIVMSG #room bold"


@pytest.mark.parametrize("target", ["a b", "a,b", ":a", "", "a\r\nQUIT", "a\nQUIT", "#a\0", "\udc80"])
async def test_a_target_that_is_more_than_one_place_is_refused(server: ScriptedServer, target: str) -> None:
    """Whoever made it up: nothing of it reaches the server."""
    adapter = adapter_for(server)
    async with running(adapter):
        await connected(adapter)
        with pytest.raises(NotDelivered, match="names no channel"):
            await adapter.send(outgoing("hello", Chat("irc", target, ChatKind.PRIVATE)))
        assert server.count("PRIVMSG") == server.count("QUIT") == 0


async def test_after_a_silence_the_server_is_tried_before_a_message_is_entrusted(server: ScriptedServer) -> None:
    """A connection that died in silence costs no message."""
    adapter = adapter_for(server, Waits(fresh=0.0, answer=0.1, first=0.01, longest=0.01))
    async with running(adapter):
        await connected(adapter)
        server.answers = {"PING": []}
        with pytest.raises(RetryLater, match="does not answer"):
            await adapter.send(outgoing("hello"))
        assert server.count("PRIVMSG") == 0
        server.answers = {}
        await connected(adapter)
        await adapter.send(outgoing("hello"))


# -- channels


async def test_a_message_for_a_channel_waits_until_the_bot_is_in(server: ScriptedServer) -> None:
    """After a start, or after having been put out."""
    server.answers = {"JOIN": []}
    adapter = adapter_for(server, channels=["#Room"])
    async with running(adapter):
        await server.until_heard("JOIN #Room")
        with pytest.raises(RetryLater, match="not in #room yet"):
            await adapter.send(outgoing("hello", ROOM))
        await server.say(":glmbot!glmbot@host JOIN #Room")
        await connected(adapter)
        await adapter.send(outgoing("hello", ROOM))


async def test_a_join_that_nobody_answers_holds_no_message_for_ever(server: ScriptedServer) -> None:
    """The server is asked then, and what it says is final."""
    server.answers = {"JOIN": [], "PRIVMSG": [":s 404 glmbot #room :No"]}
    adapter = adapter_for(server, Waits(answer=0.2), channels=["#room"])
    async with running(adapter):
        await server.until_heard("JOIN #room")
        with pytest.raises(RetryLater, match="not in #room yet"):
            await adapter.send(outgoing("hello", ROOM))
        async with asyncio.timeout(DEADLINE):
            while isinstance(error := await raised_by(adapter, outgoing("hello", ROOM)), RetryLater):
                await asyncio.sleep(0.02)
        assert isinstance(error, NotDelivered)


async def test_a_longer_host_leaves_less_room_on_a_line(server: ScriptedServer) -> None:
    """The server passes a line on with nick and host of the bot, and cuts off what is more than 512 bytes."""
    adapter = adapter_for(server, channels=["#room"])
    async with running(adapter):
        await server.until_heard("JOIN #room")
        await connected(adapter)
        room = 512 - len(":glmbot!glmbot@host PRIVMSG #room :\r\n")
        await adapter.send(outgoing("x" * room, ROOM))
        await server.say(":s 396 glmbot a.much.longer.name :is now your hidden host")
        await adapter.probe()
        await adapter.send(outgoing("y" * room, ROOM))
    lengths = [len(line.rpartition(" ")[2]) for line in server.heard if line.startswith("PRIVMSG")]
    assert lengths == [room, room - 63, 63]


async def test_put_out_of_a_channel_while_it_speaks_the_bot_says_it_later(server: ScriptedServer) -> None:
    """The server's refusal is not final then."""
    adapter = adapter_for(server, channels=["#room"])
    async with running(adapter):
        await server.until_heard("JOIN #room")
        await connected(adapter)
        server.answers = {
            "PRIVMSG": [":ann!a@h KICK #room glmbot :out", ":s 404 glmbot #room :No"],
            "JOIN": [],
        }
        with pytest.raises(RetryLater, match="put out"):
            await adapter.send(outgoing("hello", ROOM))
        server.answers = {}
        await server.say(":glmbot!glmbot@host JOIN #room")
        await connected(adapter)
        await adapter.send(outgoing("hello", ROOM))


async def test_the_nick_is_asked_for_again_from_time_to_time(server: ScriptedServer) -> None:
    """Who has it may be gone unseen."""
    server.answers = {"NICK glmbot_": [], "NICK glmbot": [":s 433 * glmbot :In use"], "CAP END": GREETING_AS_OTHER}
    adapter = adapter_for(server, Waits(regain=0.02))
    async with running(adapter) as inbox:
        await server.until_heard("NICK glmbot", times=4)
        await server.say(":glmbot_!g@h NICK glmbot", ":ann!a@h PRIVMSG glmbot :hello")
        await inbox.received("hello")


async def test_a_channel_that_lets_nobody_in_is_tried_again(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A message for it is not kept for ever: the server is asked, and its refusal is final."""
    server.answers = {"JOIN": [":s 474 glmbot #room :Cannot join (+b)"], "PRIVMSG": [":s 404 glmbot #room :No"]}
    adapter = adapter_for(server, Waits(refused=0.05), channels=["#room"])
    async with running(adapter):
        await server.until_heard("JOIN", times=3)
        with pytest.raises(NotDelivered, match="404"):
            await adapter.send(outgoing("hello", ROOM))
    assert "not let into channel '#room' (474 'Cannot join (+b)')" in caplog.text
