"""The kit for plugin authors keeps the promises that its users build on."""

from collections.abc import AsyncIterator
from datetime import time, timedelta, timezone

import pytest
from pydantic import BaseModel

from glmbot.api import (
    Attachment,
    AttachmentKind,
    BotContext,
    Chat,
    ChatKind,
    Context,
    Direction,
    Language,
    Plugin,
    Prompt,
    Refusal,
    Rest,
    UserError,
    Verdict,
)
from glmbot.errors import ConfigError
from glmbot.plugin.testing import PluginTester


class Settings(BaseModel):
    greeting: str = "Hi"


@pytest.fixture
def plugin() -> Plugin[Settings]:
    return Plugin("probe", config=Settings)


async def test_settings_event_and_language_are_the_contexts(plugin: Plugin[Settings]) -> None:
    @plugin.command("hello")
    async def hello(ctx: Context[Settings], name: Rest | None = None) -> str:
        return f"{ctx.config.greeting} {name or ctx.event.sender.name} {ctx.localized('en', 'zh')}"

    async with PluginTester(plugin, config={"greeting": "Yo"}) as bot:
        assert await bot.say("/hello Bo Li") == "Yo Bo Li en"
        assert await bot.say("/hello 李") == "Yo 李 zh"
        assert await bot.say("/hello", language=Language.CHINESE) == "Yo Ann zh"


async def test_wrong_settings_are_told_at_once(plugin: Plugin[Settings]) -> None:
    with pytest.raises(ConfigError, match=r"\[plugins.config.probe\] greting: there is no such setting; did you mean"):
        PluginTester(plugin, config={"greting": "Yo"})


async def test_keys_tell_chats_senders_and_conversations_apart(plugin: Plugin[Settings]) -> None:
    keys: list[tuple[str, str, str]] = []

    @plugin.command("keys")
    async def show(ctx: Context) -> None:
        keys.append((ctx.chat_key, ctx.sender_key, ctx.conversation_key))

    async with PluginTester(plugin) as bot:
        await bot.say("/keys", sender="ann", chat="a")
        await bot.say("/keys", sender="ann1", chat="a")
        await bot.say("/keys", sender="ann", chat="a1", kind=ChatKind.GROUP)
    ann, other_sender, other_chat = keys
    assert ann[0] == other_sender[0]
    assert not other_chat[0].startswith(ann[0])
    assert ann[1] == other_chat[1]
    assert not other_sender[1].startswith(ann[1])
    assert not any(key[2].startswith(ann[2]) for key in (other_sender, other_chat))


async def test_the_store_keeps_json_and_outlives_a_restart(plugin: Plugin[Settings]) -> None:
    @plugin.command("note")
    async def note(ctx: Context, key: str, value: str | None = None) -> str:
        if value == "gone":
            return str(await ctx.store.delete(key))
        if value:
            await ctx.store.set(key, {"value": value})
        return f"{await ctx.store.get(key)} {[key for key, _ in await ctx.store.items('a')]}"

    async with PluginTester(plugin) as bot:
        assert await bot.say("/note b") == "None []"
        assert await bot.say("/note a2 x") == "{'value': 'x'} ['a2']"
        assert await bot.say("/note a1 y") == "{'value': 'y'} ['a1', 'a2']"
    async with PluginTester(plugin, rows=bot.rows) as again:
        assert await again.say("/note a1 gone") == "True"
        assert await again.say("/note a1 gone") == "False"
        assert await again.say("/note a2") == "{'value': 'x'} ['a2']"


async def test_the_model_answers_by_the_tests_function(plugin: Plugin[Settings]) -> None:
    @plugin.command("ask")
    async def ask(ctx: Context, question: Rest) -> str:
        return await ctx.ask(question, system="Be brief.")

    @plugin.command("tell")
    async def tell(ctx: Context) -> AsyncIterator[str]:
        return ctx.stream("a story")

    async with PluginTester(plugin, answer=lambda messages: f"{len(messages)} messages") as bot:
        assert await bot.say("/ask why is that") == "2 messages"
        assert await bot.say("/tell") == "1 messages"
        assert [message.content for message in bot.prompts()[0]] == ["Be brief.", "why is that"]


async def test_a_handler_can_ask_back(plugin: Plugin[Settings]) -> None:
    @plugin.command("book")
    async def book(ctx: Context) -> str:
        await ctx.send("Where to?")
        city = await ctx.wait_for_reply(timedelta(minutes=2))
        return f"Booked {city}." if city else "Nothing booked."

    async with PluginTester(plugin) as bot:
        assert await bot.say("/book") == "Where to?"
        assert await bot.say("hello", sender="bob") == "answer to hello"
        assert await bot.say("Rome") == "Booked Rome."
        assert await bot.say("/book") == "Where to?"
        await bot.pass_time(timedelta(minutes=2))
        assert bot.messages()[-1] == "Nothing booked."


async def test_jobs_run_as_time_passes_and_write_to_any_chat(plugin: Plugin[Settings]) -> None:
    plugin_chat: list[Chat] = []

    @plugin.command("here")
    async def here(ctx: Context) -> None:
        plugin_chat.append(ctx.event.chat)

    @plugin.every(timedelta(hours=6))
    async def tick(ctx: BotContext) -> None:
        await ctx.send_to(plugin_chat[0], "tick")

    @plugin.daily(time(7, tzinfo=timezone(timedelta(hours=8))))
    async def morning(ctx: BotContext) -> None:
        await ctx.send_to(plugin_chat[0], "morning")

    async with PluginTester(plugin) as bot:
        assert await bot.say("/here") is None
        await bot.pass_time(timedelta(hours=5))
        assert bot.messages() == []
        await bot.pass_time(timedelta(hours=20))
        assert bot.messages() == ["tick", "tick", "tick", "morning", "tick"]


async def test_an_event_takes_all_hooks_on_its_way(plugin: Plugin[Settings]) -> None:
    told: list[str] = []

    @plugin.screen_event
    async def screen(ctx: Context) -> Refusal | None:
        return Refusal("rude", ctx.localized("No.", "不。")) if "rude" in ctx.event.text else None

    @plugin.edit_prompt
    async def edit(ctx: Context, prompt: Prompt) -> Prompt:
        return Prompt(prompt.question, (), "Be kind.")

    @plugin.check_text
    async def check(ctx: BotContext, text: str, direction: Direction) -> Verdict:
        return Verdict(text.replace("darn", "***"), is_blocked="bomb" in text or text.endswith("secret"))

    @plugin.reply_sent
    async def sent(ctx: Context, text: str) -> None:
        told.append(text)

    @plugin.started
    async def started(ctx: BotContext) -> None:
        told.append("started")

    @plugin.stopping
    async def stopping(ctx: BotContext) -> None:
        told.append("stopping")

    async with PluginTester(plugin) as bot:
        assert await bot.say("rude") == "No."
        assert await bot.say("a bomb") == "I can't help with that. Please rephrase your message."
        assert await bot.say("my darn cat") == "answer to my *** cat"
        assert [message.content for message in bot.prompts()[0]] == ["Be kind.", "my *** cat"]
    assert told == ["started", "answer to my *** cat", "stopping"]


async def test_patterns_unknown_commands_and_user_errors(plugin: Plugin[Settings]) -> None:
    @plugin.message(r"(?i)\bweather in (?P<city>\w+)")
    async def weather(ctx: Context, city: str) -> str:
        raise UserError(f"No weather in {city}.")

    async with PluginTester(plugin) as bot:
        assert await bot.say("The Weather in Rome?") == "No weather in Rome."
        assert await bot.say("/nothing") == "I don't know the command /nothing. Send /help to see what I can do."


async def test_failures_come_out_where_they_happen(plugin: Plugin[Settings]) -> None:
    @plugin.command("bad")
    async def bad(ctx: Context) -> None:
        raise ValueError("in the command")

    @plugin.every(timedelta(hours=1))
    async def job(ctx: BotContext) -> None:
        raise ValueError("in the job")

    @plugin.stopping
    async def stopping(ctx: BotContext) -> None:
        raise ValueError("at the end")

    async def live() -> None:
        async with PluginTester(plugin) as bot:
            with pytest.raises(ValueError, match="in the command"):
                await bot.say("/bad")
            with pytest.raises(ValueError, match="in the job"):
                await bot.pass_time(timedelta(hours=1))

    with pytest.raises(ValueError, match="at the end"):
        await live()


async def test_an_error_of_the_test_comes_out_as_it_is(plugin: Plugin[Settings]) -> None:
    async def live() -> None:
        async with PluginTester(plugin):
            raise KeyError("of the test")

    with pytest.raises(KeyError, match="of the test"):
        await live()


async def test_a_plugin_is_given_files() -> None:
    plugin = Plugin("sizes")

    @plugin.message("^$")
    async def measure(ctx: Context) -> str:
        return f"{ctx.event.attachments[0].name}: {len(await ctx.read_attachment(0, 5))} bytes"

    picture = Attachment("p", "p.png", "image/png", None, AttachmentKind.IMAGE)
    async with PluginTester(plugin) as bot:
        bot.services.files["p"] = b"\x89PNG"
        assert await bot.say("", attachments=[picture]) == "p.png: 4 bytes"
        bot.services.files["p"] = bytes(6)
        assert await bot.say("", attachments=[picture]) == "p.png is too large"


async def test_the_kit_tells_of_reactions() -> None:
    plugin = Plugin("feedback")

    @plugin.reacted
    async def reacted(ctx: Context) -> None:
        assert ctx.event.reaction is not None
        await ctx.send(f"{ctx.event.sender.name}: {ctx.event.reaction.emoji}")

    async with PluginTester(plugin) as bot:
        await bot.react("👍", sender="bob")
        assert bot.messages() == ["Bob: 👍"]
