"""The Discord adapter against a strict Discord of our own."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from glmbot.adapters.base import Adapter, CommandInfo, CommandMenu, OutgoingMessage
from glmbot.adapters.discord import DiscordAdapter, Waits
from glmbot.content import Button, LengthUnit, Markup, Rendered
from glmbot.errors import ConfigError, NotDelivered, RetryLater
from glmbot.events import Chat, ChatKind, Language, MessageRef, Reaction, Sender
from glmbot.settings import DiscordSettings
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_forms import ANN, BOB, DM, GENERAL, THREAD, FakeChannel, FakeUser
from tests.fakes.inbox import Inbox

OTHER = FakeChannel(3002, GENERAL.guild_id)
QUICK = Waits(answer=5.0, outage=20.0, storage=5.0)
ANNS_CHAT = Chat("discord", str(DM.id), ChatKind.PRIVATE)
GENERAL_CHAT = Chat("discord", str(GENERAL.id), ChatKind.GROUP)
THREAD_CHAT = Chat("discord", str(GENERAL.id), ChatKind.GROUP, str(THREAD.id))
COMMANDS = [
    CommandInfo("help", {Language.ENGLISH: "Show the commands.", Language.CHINESE: "列出命令。"}),
    CommandInfo("remind", {Language.ENGLISH: "Remind you.", Language.CHINESE: "提醒你。"}, ("after", "text")),
]


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        fake.add_channel(OTHER)
        yield fake


@pytest.fixture
def adapter(discord: FakeDiscord) -> DiscordAdapter:
    return adapter_for(discord)


@pytest.fixture
async def inbox(discord: FakeDiscord, adapter: DiscordAdapter) -> AsyncIterator[Inbox]:
    """Run the adapter; its inbox."""
    async with running(adapter) as inbox:
        await discord.connected()
        yield inbox


def adapter_for(discord: FakeDiscord, token: str | None = None, waits: Waits = QUICK) -> DiscordAdapter:
    return DiscordAdapter(
        "discord", DiscordSettings(token=token or discord.token, api_url=discord.api_url), waits=waits
    )


@asynccontextmanager
async def running(adapter: DiscordAdapter, inbox: Inbox | None = None) -> AsyncIterator[Inbox]:
    inbox = inbox or Inbox()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(adapter.run(inbox.accept))
        yield inbox
        task.cancel()


async def settled(discord: FakeDiscord, number: int = 1) -> None:
    """Wait until the adapter has got over the beginning of a session: it asks for the commands at its end."""
    await discord.until(lambda: len(discord.calls_of("list commands")) >= number, "the beginning of the session")


def outgoing(text: str, chat: Chat = ANNS_CHAT, key: str = "key", reply_to: int | None = None) -> OutgoingMessage:
    return OutgoingMessage(chat, Rendered(text, text), key, None if reply_to is None else str(reply_to))


# -- what it is


async def test_a_shard_says_which_it_is(discord: FakeDiscord) -> None:
    settings = DiscordSettings(token=discord.token, api_url=discord.api_url, shard="1/2")
    adapter = DiscordAdapter("discord", settings, waits=QUICK)
    async with running(adapter):
        await discord.connected()
    assert discord.gateway.identifies[0]["shard"] == [1, 2]
    assert adapter.account_key != adapter_for(discord).account_key


def test_it_is_an_adapter_with_a_menu(adapter: DiscordAdapter) -> None:
    as_adapter: Adapter = adapter
    assert isinstance(adapter, CommandMenu)
    form = as_adapter.capabilities.form
    assert (form.markup, form.max_length, form.unit) == (Markup.DISCORD, 2000, LengthUnit.CHARACTERS)
    assert as_adapter.capabilities.has_idempotent_send


@pytest.mark.parametrize("token", ["", "  ", "Bot abc.def", "abc\ndef", "zeichenß"])
def test_a_token_that_cannot_be_right_names_the_remedy(token: str) -> None:
    with pytest.raises(ConfigError, match="GLMBOT_ADAPTERS__DISCORD__TOKEN") as raised:
        DiscordAdapter("discord", DiscordSettings(token=token))
    assert not token.strip() or token not in str(raised.value)


async def test_a_refused_token_is_an_error_of_the_configuration(discord: FakeDiscord) -> None:
    with pytest.raises(ConfigError, match="refuses the token") as raised:
        await adapter_for(discord, token="wrong.token").run(Inbox().accept)
    assert "wrong.token" not in str(raised.value)


async def test_a_token_that_only_the_gateway_refuses_is_one_too(discord: FakeDiscord, adapter: DiscordAdapter) -> None:
    async with discord.gateway.closed_gate(), asyncio.TaskGroup() as tasks:
        run = tasks.create_task(failure_of(adapter))
        await discord.until(lambda: bool(discord.calls_of("gateway")), "the log-in")
        discord.token = "a-new-one"
        discord.gateway.open_gate()
        assert "refuses the token" in str(await run)


async def failure_of(adapter: DiscordAdapter, inbox: Inbox | None = None) -> BaseException:
    """Run the adapter until it fails."""
    with pytest.raises(Exception) as raised:  # noqa: PT011  which one is for the caller to say
        await adapter.run((inbox or Inbox()).accept)
    return raised.value


async def test_a_missing_intent_says_where_to_switch_it_on(discord: FakeDiscord, adapter: DiscordAdapter) -> None:
    discord.gateway.may_read_messages = False
    error = await failure_of(adapter)
    assert isinstance(error, ConfigError)
    assert "Message Content Intent" in str(error)


async def test_an_unreachable_platform_is_no_error_of_the_configuration() -> None:
    settings = DiscordSettings(token="abc", api_url="http://127.0.0.1:9/api/v10")
    error = await failure_of(DiscordAdapter("discord", settings))
    assert isinstance(error, OSError)


async def test_two_bots_at_different_addresses_do_not_mix(discord: FakeDiscord, inbox: Inbox) -> None:
    async with FakeDiscord(token="another.token") as second, running(adapter_for(second)) as second_inbox:
        await second.connected()
        await discord.receive("to the first")
        await second.receive("to the second")
        await inbox.received("to the first")
        await second_inbox.received("to the second")


# -- receiving


async def test_a_private_message_becomes_an_event(discord: FakeDiscord, inbox: Inbox) -> None:
    number = await discord.receive("hello")
    await inbox.received("hello")
    (event,) = inbox.events
    assert event.message_id == str(number)
    assert event.chat == ANNS_CHAT
    assert event.sender == Sender(str(ANN.id), "Ann")
    assert event.is_addressed
    assert event.sent_at == pytest.approx((number >> 22) / 1000 + 1_420_070_400)


async def test_a_mention_in_a_server_addresses_the_bot_and_is_cut_out(discord: FakeDiscord, inbox: Inbox) -> None:
    await discord.receive("nobody meant", channel=GENERAL)
    await discord.receive("what is this?", channel=GENERAL, mention_bot=True)
    await discord.receive(f"and <@&{discord.bot_role}> that?", channel=GENERAL)
    await inbox.received("nobody meant", "what is this?", "and that?")
    assert [event.is_addressed for event in inbox.events] == [False, True, True]
    assert {event.chat for event in inbox.events} == {GENERAL_CHAT}


async def test_a_reply_to_the_bot_addresses_it(discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox) -> None:
    ref = await adapter.send(outgoing("mine", GENERAL_CHAT))
    other = await discord.receive("Bob's", channel=GENERAL, author=BOB)
    await discord.receive("to the bot", channel=GENERAL, reply_to=int(ref.message_id))
    await discord.receive("to Bob", channel=GENERAL, reply_to=other)
    await inbox.received("Bob's", "to the bot", "to Bob")
    assert [event.is_addressed for event in inbox.events] == [False, True, False]


async def test_a_thread_is_a_place_in_its_channel(discord: FakeDiscord, inbox: Inbox) -> None:
    await discord.receive("here", channel=THREAD)
    await inbox.received("here")
    assert inbox.events[0].chat == THREAD_CHAT


async def test_a_thread_the_gateway_did_not_tell_of_is_asked_for(discord: FakeDiscord, inbox: Inbox) -> None:
    thread = FakeChannel(3102, GENERAL.guild_id, parent_id=GENERAL.id)
    await discord.receive("here", channel=thread)
    await discord.receive("again", channel=thread)
    await inbox.received("here", "again")
    assert {event.chat for event in inbox.events} == {Chat("discord", "3001", ChatKind.GROUP, "3102")}
    assert len(discord.calls_of("channel")) == 1


async def test_bots_webhooks_notices_and_pictures_are_not_answered(discord: FakeDiscord, inbox: Inbox) -> None:
    await discord.receive("a bot's", author=FakeUser(5, "bot", bot=True))
    await discord.receive("a hook's", channel=GENERAL, webhook_id="77")
    await discord.receive("joined", channel=GENERAL, type=7)
    await discord.receive("")
    await discord.receive("end")
    await inbox.received("end")


async def test_a_repeated_message_is_offered_again(discord: FakeDiscord, inbox: Inbox) -> None:
    await discord.receive("twice", times=2)
    await inbox.received("twice", "twice")
    assert inbox.events[0] == inbox.events[1]


async def test_an_edit_comes_in_as_one(discord: FakeDiscord, inbox: Inbox) -> None:
    """What surrounds the text may change as well: a preview of a link comes without a time of the edit."""
    number = await discord.receive("tow")
    await discord.change(number, "two")
    await discord.change(number, "two", is_edit=False)
    await discord.receive("three")
    await inbox.received("tow", "two", "three")
    first, second, _ = inbox.events
    assert (first.message_id, first.is_edit, second.is_edit) == (second.message_id, False, True)


async def test_messages_are_offered_in_order_one_after_another(discord: FakeDiscord, inbox: Inbox) -> None:
    inbox.is_open.clear()
    for number in range(20):
        await discord.receive(str(number))
    await inbox.received("0")
    inbox.is_open.set()
    await inbox.received(*map(str, range(20)))


async def test_an_event_that_cannot_be_stored_is_offered_again(discord: FakeDiscord, inbox: Inbox) -> None:
    inbox.faults = [RetryLater("disk full", after=0.01)] * 2
    await discord.receive("first")
    await discord.receive("second")
    await inbox.received("first", "first", "first", "second")


async def test_an_event_that_cannot_be_stored_for_long_is_fetched_by_the_next_run(
    discord: FakeDiscord, adapter: DiscordAdapter
) -> None:
    inbox = Inbox()
    inbox.faults = [RetryLater("disk full", after=1000.0)]
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(failure_of(adapter, inbox))
        await discord.connected()
        await discord.receive("kept")
        assert isinstance(await run, RetryLater)
    async with running(adapter, inbox):
        await inbox.received("kept", "kept")


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("MESSAGE_UPDATE", {"id": "1"}),
        ("MESSAGE_UPDATE", None),
        ("MESSAGE_CREATE", {"content": 5}),
        ("MESSAGE_CREATE", ["?"]),
        ("INTERACTION_CREATE", {"type": 2}),
        ("GUILD_CREATE", {"id": "x"}),
        ("CHANNEL_UPDATE", "?"),
        ("NO_SUCH_EVENT", {}),
    ],
)
async def test_a_malformed_event_is_left_out(
    discord: FakeDiscord, inbox: Inbox, event: str, payload: object, caplog: pytest.LogCaptureFixture
) -> None:
    await discord.gateway.dispatch(event, payload)
    await discord.receive("after it")
    await inbox.received("after it")
    assert len(discord.gateway.identifies) == 1
    malformed = [record for record in caplog.records if "malformed" in record.getMessage()]
    assert bool(malformed) == (event != "NO_SUCH_EVENT")


async def test_a_server_as_discord_describes_it_is_not_malformed(
    discord: FakeDiscord, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    await discord.receive("hello", channel=THREAD)
    await inbox.received("hello")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_what_is_not_even_json_ends_the_run_and_the_next_one_works(
    discord: FakeDiscord, adapter: DiscordAdapter
) -> None:
    inbox = Inbox()
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(failure_of(adapter, inbox))
        await discord.connected()
        await discord.gateway.push("{not json")
        assert not isinstance(await run, ConfigError)
    async with running(adapter, inbox):
        await discord.connected()
        await discord.receive("hello")
        await inbox.received("hello")


async def test_halves_of_surrogate_pairs_are_replaced(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox
) -> None:
    await discord.receive("a\ud83d!")
    await inbox.received("a\ufffd!")
    await adapter.send(outgoing("b\ude00!"))
    assert discord.visible() == ["b\ufffd!"]


# -- sessions


async def test_a_cut_connection_is_resumed_and_what_was_missed_replayed(discord: FakeDiscord, inbox: Inbox) -> None:
    await discord.receive("before")
    async with discord.gateway.closed_gate():
        await discord.gateway.close(4000)
        await discord.receive("missed")
        await discord.receive("missed in a server", channel=GENERAL)
    await discord.until(lambda: discord.gateway.num_resumes == 1, "the RESUME")
    await discord.receive("after")
    await inbox.received("before", "missed", "missed in a server", "after")
    assert len(discord.gateway.identifies) == 1
    assert discord.calls_of("history") == []


async def test_a_request_to_reconnect_is_followed(discord: FakeDiscord, inbox: Inbox) -> None:
    await discord.gateway.ask_to_reconnect()
    await discord.until(lambda: discord.gateway.num_resumes == 1, "the RESUME")
    await discord.receive("after")
    await inbox.received("after")


async def test_a_heartbeat_is_sent_when_asked_for(discord: FakeDiscord, inbox: Inbox) -> None:
    num_beats = discord.gateway.num_heartbeats
    await discord.gateway.ask_for_heartbeat()
    await discord.until(lambda: discord.gateway.num_heartbeats > num_beats, "the heartbeat")


async def test_what_an_invalid_session_lost_is_fetched_in_order(discord: FakeDiscord, adapter: DiscordAdapter) -> None:
    adapter.set_commands(COMMANDS)
    await discord.receive("older than the bot", channel=GENERAL)
    await discord.receive("older, too")
    async with running(adapter) as inbox:
        await settled(discord)
        await discord.receive("seen")
        await inbox.received("seen")
        await discord.gateway.invalidate_session()
        await discord.receive("missed 1")
        await discord.receive("missed 2")
        await discord.receive("missed in a quiet channel", channel=GENERAL)
        await discord.connected()
        await discord.receive("live")
        await settled(discord, 2)
        private = [event.text for event in inbox.events if event.chat == ANNS_CHAT]
        assert list(dict.fromkeys(private)) == ["seen", "missed 1", "missed 2", "live"]
        assert [event.text for event in inbox.events if event.chat == GENERAL_CHAT] == ["missed in a quiet channel"]
    read = {call.path for call in discord.calls_of("history")}
    assert f"/channels/{OTHER.id}/messages" not in read  # Discord has told that nothing is new there


async def test_a_run_started_again_fetches_what_came_in_between(discord: FakeDiscord, adapter: DiscordAdapter) -> None:
    inbox = Inbox()
    async with running(adapter, inbox):
        await discord.connected()
        await discord.receive("seen")
        await inbox.received("seen")
    for number in range(205):
        await discord.receive(f"missed {number}")
    async with running(adapter, inbox):
        await inbox.received("seen", *(f"missed {number}" for number in range(205)))
    assert len(discord.calls_of("history")) == 3


async def test_a_channel_that_is_gone_does_not_keep_others_from_being_read(
    discord: FakeDiscord, adapter: DiscordAdapter
) -> None:
    inbox, second = Inbox(), FakeChannel(2002)
    async with running(adapter, inbox):
        await discord.connected()
        await discord.receive("one")
        await discord.receive("two", channel=second, author=BOB)
        await inbox.received("one", "two")
    await discord.receive("missed", channel=second, author=BOB)
    discord.remove_channel(DM)
    async with running(adapter, inbox):
        await inbox.received("one", "two", "missed")


async def test_a_long_outage_ends_the_run(discord: FakeDiscord) -> None:
    adapter = adapter_for(discord, waits=Waits(outage=0.2))
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(failure_of(adapter))
        await discord.connected()
        async with discord.gateway.closed_gate():
            await discord.gateway.close(4000)
            assert isinstance(await run, ConnectionError)


# -- sending


async def test_a_message_is_sent_without_pinging_or_previews(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox
) -> None:
    ref = await adapter.send(outgoing("hi @everyone https://example.org"))
    assert discord.visible() == ["hi @everyone https://example.org"]
    (shown,) = discord.messages
    assert ref == MessageRef(ANNS_CHAT, str(shown.id))
    assert shown.allowed_mentions == {"parse": []}
    assert shown.flags == 4
    assert shown.nonce == "key"


async def test_in_a_server_a_message_is_a_reply_also_to_one_that_is_gone(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox
) -> None:
    question = await discord.receive("question", channel=GENERAL)
    gone = await discord.receive("gone", channel=GENERAL)
    discord.delete(gone)
    await adapter.send(outgoing("answer", GENERAL_CHAT, "key 1", question))
    await adapter.send(outgoing("another", GENERAL_CHAT, "key 2", gone))
    own = [shown for shown in discord.messages if shown.author == discord.bot]
    assert [(shown.text, shown.reply_to) for shown in own] == [("answer", question), ("another", None)]


async def test_a_message_for_a_thread_is_sent_there(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox
) -> None:
    ref = await adapter.send(outgoing("in the thread", THREAD_CHAT))
    await adapter.edit(ref, Rendered("in it", "in it"))
    await adapter.show_typing(THREAD_CHAT)
    assert discord.visible(THREAD.id) == ["in it"]
    assert discord.calls_of("typing")[0].path == f"/channels/{THREAD.id}/typing"


async def test_a_repeated_key_is_not_shown_twice(discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox) -> None:
    first = await adapter.send(outgoing("once"))
    assert await adapter.send(outgoing("once")) == first
    assert await adapter.send(outgoing("once", key="other")) != first
    assert discord.visible() == ["once", "once"]


async def test_a_repeated_key_with_more_text_brings_the_message_up_to_date(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox
) -> None:
    first = await adapter.send(outgoing("hel"))
    assert await adapter.send(outgoing("hello\n")) == first
    assert discord.visible() == ["hello"]
    assert await adapter.send(outgoing("hello")) == first
    assert len(discord.calls_of("edit")) == 1


@pytest.mark.parametrize("is_accepted", [True, False])
async def test_a_send_whose_answer_is_lost_can_be_repeated(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox, is_accepted: bool
) -> None:
    discord.cut("send", is_accepted=is_accepted)
    with pytest.raises(RetryLater):
        await adapter.send(outgoing("once"))
    await adapter.send(outgoing("once"))
    assert discord.visible() == ["once"]


async def test_an_answer_that_never_comes_is_not_waited_for_for_ever(
    discord: FakeDiscord,
) -> None:
    adapter = adapter_for(discord, waits=Waits(answer=0.3))
    async with running(adapter):
        await discord.connected()
        discord.hang("send")
        with pytest.raises(RetryLater):
            await adapter.send(outgoing("once"))
        await adapter.send(outgoing("once"))
    assert discord.visible() == ["once"]


async def test_a_server_error_after_the_send_does_not_duplicate(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox
) -> None:
    discord.fail("send", 502, is_accepted=True)  # the library repeats the call by itself, with the same nonce
    await adapter.send(outgoing("once"))
    assert len(discord.calls_of("send")) == 2
    assert discord.visible() == ["once"]


async def test_an_overloaded_server_means_later(discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox) -> None:
    discord.fail("send", 503)
    with pytest.raises(RetryLater):
        await adapter.send(outgoing("hi"))


async def test_a_short_rate_limit_is_waited_for(discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox) -> None:
    discord.fail("send", 429, retry_after=0.2)
    await adapter.send(outgoing("hi"))
    assert discord.visible() == ["hi"]


@pytest.mark.parametrize("is_global", [True, False])
async def test_a_long_rate_limit_is_told_and_other_chats_go_on(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox, is_global: bool
) -> None:
    discord.fail("send", 429, retry_after=90, is_global=is_global)
    with pytest.raises(RetryLater) as raised:
        await adapter.send(outgoing("hi"))
    assert raised.value.after == pytest.approx(90)
    await adapter.send(outgoing("hi", GENERAL_CHAT))
    assert discord.visible(GENERAL.id) == ["hi"]


async def test_a_ban_of_our_address_means_later(discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox) -> None:
    discord.fail("send", 429, retry_after=40, has_via=False)
    with pytest.raises(RetryLater) as raised:
        await adapter.send(outgoing("hi"))
    assert raised.value.after == 40


async def test_a_typing_sign_given_up_in_a_global_rate_limit_does_not_hold_up_everything(
    discord: FakeDiscord,
) -> None:
    adapter = adapter_for(discord, waits=Waits(given_up=0.3))
    async with running(adapter):
        await discord.connected()
        discord.fail("typing", 429, retry_after=25, is_global=True)
        typing = asyncio.create_task(adapter.show_typing(ANNS_CHAT))
        await discord.until(lambda: bool(discord.calls_of("typing")), "the typing sign")
        await asyncio.wait({typing}, timeout=0.2)  # it waits for the end of the rate limit
        typing.cancel()
        async with asyncio.timeout(20):
            await adapter.send(outgoing("hi"))
    assert discord.visible() == ["hi"]


async def test_what_discord_refuses_is_not_delivered(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox
) -> None:
    discord.forbid(OTHER)
    nowhere = Chat("discord", "1", ChatKind.PRIVATE)
    forbidden = Chat("discord", str(OTHER.id), ChatKind.GROUP)
    too_much = [outgoing(""), outgoing("x" * 2001), outgoing("hi", key="k" * 26)]
    for message in (outgoing("hi", nowhere), outgoing("hi", forbidden), *too_much):
        with pytest.raises(NotDelivered):
            await adapter.send(message)
    with pytest.raises(NotDelivered):
        await adapter.show_typing(nowhere)


async def test_a_message_deleted_since_is_not_sent_again(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox
) -> None:
    ref = await adapter.send(outgoing("once"))
    discord.delete(int(ref.message_id))
    with pytest.raises(NotDelivered):
        await adapter.send(outgoing("once"))


async def test_a_message_is_edited(discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox) -> None:
    ref = await adapter.send(outgoing("hel"))
    await adapter.edit(ref, Rendered("hello", "hello"))
    await adapter.edit(ref, Rendered("hello", "hello"))
    assert discord.visible() == ["hello"]
    assert discord.messages[0].allowed_mentions == {"parse": []}


async def test_an_edit_of_a_deleted_message_is_not_delivered(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox
) -> None:
    ref = await adapter.send(outgoing("hel"))
    discord.delete(int(ref.message_id))
    with pytest.raises(NotDelivered):
        await adapter.edit(ref, Rendered("hello", "hello"))


async def test_without_a_connection_everything_comes_later(adapter: DiscordAdapter) -> None:
    for call in (
        adapter.send(outgoing("hi")),
        adapter.edit(MessageRef(ANNS_CHAT, "1"), Rendered("a", "a")),
        adapter.show_typing(ANNS_CHAT),
    ):
        with pytest.raises(RetryLater) as raised:
            await call
        assert raised.value.after == 1


# -- commands


async def test_the_menu_is_registered_once(discord: FakeDiscord, adapter: DiscordAdapter) -> None:
    adapter.set_commands(COMMANDS)
    for number in (1, 2):
        async with running(adapter):
            await settled(discord, number)
            await discord.until(lambda: len(discord.commands) == 2, "the menu")
    assert len(discord.calls_of("set commands")) == 1
    by_name = {entry["name"]: entry for entry in discord.commands}
    assert by_name["help"]["description_localizations"] == {"zh-CN": "列出命令。"}
    options = by_name["remind"]["options"]
    assert [(option["name"], option["type"], option["required"]) for option in options] == [
        ("after", 3, False),
        ("text", 3, False),
    ]


async def test_a_changed_menu_is_registered_again(discord: FakeDiscord, adapter: DiscordAdapter) -> None:
    adapter.set_commands(COMMANDS)
    async with running(adapter):
        await discord.until(lambda: len(discord.commands) == 2, "the menu")
    adapter.set_commands(COMMANDS[:1])
    async with running(adapter):
        await discord.until(lambda: len(discord.commands) == 1, "the smaller menu")


async def test_a_menu_that_cannot_be_registered_does_not_stop_the_bot(
    discord: FakeDiscord, adapter: DiscordAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    adapter.set_commands([*COMMANDS, CommandInfo("No Name", {Language.ENGLISH: "?"})])
    discord.fail("set commands", 403)
    async with running(adapter) as inbox:
        await discord.until(lambda: bool(discord.calls_of("set commands")), "the menu")
        await discord.receive("hello")
        await inbox.received("hello")
    assert "No Name" in caplog.text


async def test_a_slash_command_becomes_an_event_and_is_acknowledged(
    discord: FakeDiscord, adapter: DiscordAdapter
) -> None:
    adapter.set_commands(COMMANDS)
    async with running(adapter) as inbox:
        await discord.connected()
        number = await discord.interact("remind", {"text": "tea time", "after": "5m"}, channel=THREAD, locale="zh-CN")
        await inbox.received("/remind 5m tea time")
        assert await discord.sent(1, THREAD.id) == ["/remind"]
    (event,) = inbox.events
    assert event.message_id == f"i{number}"
    assert event.chat == THREAD_CHAT
    assert event.sender == Sender(str(ANN.id), "Ann", Language.CHINESE)
    assert event.is_addressed
    assert discord.messages[-1].allowed_mentions == {"parse": []}


async def test_a_slash_command_is_acknowledged_only_when_it_is_stored(discord: FakeDiscord, inbox: Inbox) -> None:
    inbox.is_open.clear()
    await discord.interact("help", locale="en-US")
    await inbox.received("/help")
    assert discord.calls_of("acknowledge") == []
    inbox.is_open.set()
    assert await discord.sent(1) == ["/help"]
    assert inbox.events[0].chat == ANNS_CHAT


BUTTONS = (Button("Yes", "/book Rome"), Button("不要", "/stop"))


async def test_a_pressed_button_says_its_command(discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox) -> None:
    await adapter.send(OutgoingMessage(THREAD_CHAT, Rendered("Where to?", "Where to?", buttons=BUTTONS), "key"))
    await discord.press("不要", channel=THREAD, author=BOB, times=2)
    await inbox.received("/stop", "/stop")
    first, second = inbox.events
    assert (first.chat, first.sender.sender_id, first.is_addressed) == (THREAD_CHAT, str(BOB.id), True)
    assert first.message_id == second.message_id
    await discord.until(lambda: bool(discord.calls_of("acknowledge")), "the answer to the press")
    assert discord.calls_of("acknowledge")[0].body == {"type": 6}
    assert discord.visible(THREAD.id) == ["Where to?"]


async def test_an_emoji_is_put_under_a_message(discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox) -> None:
    number = await discord.receive("hello", channel=THREAD, mention_bot=True)
    await inbox.received("hello")
    await adapter.react(THREAD_CHAT, inbox.events[0].message_id, "👍")
    assert discord.reactions == {number: "👍"}
    for message_id, emoji in ((str(number), "x"), ("1", "👍"), (f"i{number}", "👍")):
        with pytest.raises(NotDelivered):
            await adapter.react(THREAD_CHAT, message_id, emoji)


async def test_an_edit_replaces_the_buttons(discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox) -> None:
    message = OutgoingMessage(ANNS_CHAT, Rendered("Where to?", "Where to?", buttons=BUTTONS), "key")
    ref = await adapter.send(message)
    assert list(discord.buttons()) == ["Yes", "不要"]
    await adapter.edit(ref, Rendered("Where to?", "Where to?", buttons=BUTTONS[:1]))
    assert list(discord.buttons()) == ["Yes"]
    await adapter.edit(ref, Rendered("Rome.", "Rome."))
    assert list(discord.buttons()) == []


async def test_a_message_found_again_by_its_key_gets_its_buttons(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox
) -> None:
    await adapter.send(OutgoingMessage(ANNS_CHAT, Rendered("Where to?", "Where to?"), "key"))
    await adapter.send(OutgoingMessage(ANNS_CHAT, Rendered("Where to?", "Where to?", buttons=BUTTONS), "key"))
    assert list(discord.buttons()) == ["Yes", "不要"]


async def test_an_acknowledgement_that_fails_does_not_matter(
    discord: FakeDiscord, adapter: DiscordAdapter, inbox: Inbox
) -> None:
    discord.fail("acknowledge", 404)
    number = await discord.interact("help")
    await inbox.received("/help")
    await discord.receive("after")
    await inbox.received("/help", "after")
    await adapter.send(outgoing("the help", GENERAL_CHAT, reply_to=None))
    await adapter.send(OutgoingMessage(GENERAL_CHAT, Rendered("more", "more"), "key 2", f"i{number}"))
    assert discord.visible(GENERAL.id) == ["the help", "more"]


# -- secrets


async def test_the_token_is_never_logged(
    discord: FakeDiscord, adapter: DiscordAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    adapter.set_commands(COMMANDS)
    async with running(adapter) as inbox:
        await settled(discord)
        await discord.receive("hello")
        await inbox.received("hello")
        discord.fail("send", 403)
        with pytest.raises(NotDelivered) as raised:
            await adapter.send(outgoing("hi"))
        await discord.gateway.close(4000)
        await discord.until(lambda: discord.gateway.num_resumes == 1, "the RESUME")
    assert discord.token not in caplog.text
    assert discord.token not in repr(raised.value)
    assert discord.token not in repr(adapter)


async def test_reactions_come_in_with_who_and_where(discord: FakeDiscord) -> None:
    async with running(adapter_for(discord)) as inbox:
        await discord.connected()
        private = await discord.receive("hello")
        public = await discord.receive("hi", channel=GENERAL, mention_bot=True)
        await discord.react_as(private, "👍")
        await discord.react_as(public, "party_parrot")
        await discord.react_as(public, "👎", is_removed=True)
        await discord.react_as(public, "👎", author=discord.bot)
        await discord.react_as(public, "👎", user_id="no number")
        await discord.receive("bye")
        await inbox.received("hello", "hi", "", "", "", "bye")
    first, second, third = inbox.events[2:5]
    assert first.reaction == Reaction(str(private), "👍")
    assert (first.chat, first.sender.sender_id) == (inbox.events[0].chat, str(ANN.id))
    assert second.reaction == Reaction(str(public), "party_parrot")
    assert (second.chat, second.sender) == (inbox.events[1].chat, inbox.events[1].sender)
    assert third.reaction == Reaction(str(public), "👎", is_removed=True)
    assert len({event.message_id for event in inbox.events}) == 6


async def test_a_reaction_does_not_move_the_place_to_catch_up_from(discord: FakeDiscord) -> None:
    async with running(adapter_for(discord)) as inbox:
        await discord.connected()
        first = await discord.receive("hello")
        await discord.react_as(first, "👍")
        await inbox.received("hello", "")
    await discord.receive("meanwhile")
    adapter = adapter_for(discord)
    adapter.resume_after({inbox.events[1].chat: inbox.events[1].message_id})
    async with running(adapter) as inbox:
        await inbox.received("meanwhile")
