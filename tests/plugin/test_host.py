"""How plugins run in a bot: routing, hooks that fail, jobs that fail, waiting for a message."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from glmbot.adapters.base import CommandInfo
from glmbot.api import (
    BotContext,
    Chat,
    ChatKind,
    Context,
    Direction,
    Language,
    MessageEvent,
    Plugin,
    Prompt,
    Refusal,
    Sender,
    UserError,
    Verdict,
)
from glmbot.hooks import Hooks
from glmbot.plugin.host import PluginHost
from glmbot.plugin.local_member import LocalPlugin
from glmbot.plugin.testing import ManualClock, MemoryServices, echo
from glmbot.verdicts import FAILED_CHECK, Action, Finding, Place


def event(text: str = "hello", sender: str = "ann", chat: str = "chat") -> MessageEvent:
    return MessageEvent("m1", Chat("test", chat, ChatKind.PRIVATE), Sender(sender, sender), text, 0.0, True)


class Bot:
    """A host around plugins."""

    def __init__(self, *plugins: Plugin[Any], hook_deadline: float = 5.0) -> None:
        self.hooks = Hooks()
        self.clock = ManualClock()
        self.services = MemoryServices(self.hooks, echo, {})
        loaded = [LocalPlugin(plugin, None, "test") for plugin in plugins]
        self.host = PluginHost(loaded, self.services, self.hooks, self.clock, hook_deadline=hook_deadline)


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_true():
            await asyncio.sleep(0.001)


@pytest.fixture
def plugin() -> Plugin[None]:
    return Plugin("probe")


async def test_commands_are_found_by_name_and_alias(plugin: Plugin[None]) -> None:
    @plugin.command("add", aliases=["plus"], immediate=True)
    async def add(ctx: Context, one: int, two: int = 2) -> str:
        """Add numbers. 中文：加法。

        更多。
        """
        return str(one + two)

    host = Bot(plugin).host
    for name in ("add", "plus"):
        command = host.find_command(name)
        assert command
        assert await command(event(f"/{name}\n 40")) == "42"
    assert host.find_command("minus") is None
    help = {Language.ENGLISH: "Add numbers.", Language.CHINESE: "加法。"}
    assert host.commands() == [CommandInfo("add", help, ("one", "two"))]


@pytest.mark.parametrize(
    ("text", "is_immediate"),
    [("/halt", True), ("/HALT now", True), ("/end", True), ("/wait", False), ("/haltx", False), ("halt", False)],
)
def test_immediate_commands_are_known_by_their_text(plugin: Plugin[None], text: str, is_immediate: bool) -> None:
    @plugin.command("halt", aliases=["end"], immediate=True)
    async def halt(ctx: Context) -> None: ...

    @plugin.command("wait")
    async def wait(ctx: Context) -> None: ...

    assert Bot(plugin).host.is_immediate(text) is is_immediate


async def test_wrong_arguments_are_for_the_sender(plugin: Plugin[None]) -> None:
    @plugin.command("add")
    async def add(ctx: Context, one: int) -> None: ...

    command = Bot(plugin).host.find_command("add")
    assert command
    with pytest.raises(UserError, match="`one` 应为整数。用法：`/add <one>`"):
        await command(event("/add 一"))


async def test_the_first_pattern_that_is_found_answers(plugin: Plugin[None]) -> None:
    @plugin.message(r"(?P<count>\d+) dice")
    async def dice(ctx: Context, count: int) -> str:
        return f"rolled {count + 0}"

    @plugin.message("dice")
    async def other(ctx: Context) -> str:
        return "other"

    host = Bot(plugin).host
    handler = await host.match_message("roll 3 dice")
    assert handler
    assert await handler(event("roll 3 dice")) == "rolled 3"
    assert await host.match_message("no cubes") is None


async def test_pieces_come_from_generators_and_from_the_model(plugin: Plugin[None]) -> None:
    @plugin.command("count")
    async def count(ctx: Context) -> AsyncIterator[str]:
        yield "one "
        yield "two"

    @plugin.command("tell")
    async def tell(ctx: Context) -> AsyncIterator[str]:
        return ctx.stream("a story", system="Be brief.")

    bot = Bot(plugin)
    for name, text in (("count", "one two"), ("tell", "answer to a story")):
        command = bot.host.find_command(name)
        assert command
        pieces = await command(event(f"/{name}"))
        assert isinstance(pieces, AsyncIterator)
        assert "".join([piece async for piece in pieces]) == text
    assert [message.content for message in bot.services.asked[0]] == ["Be brief.", "a story"]


async def test_an_answer_of_the_wrong_kind_names_the_command(plugin: Plugin[None]) -> None:
    @plugin.command("bad")
    async def bad(ctx: Context) -> Any:
        return 5

    command = Bot(plugin).host.find_command("bad")
    assert command
    with pytest.raises(TypeError, match="command /bad of plugin 'probe' returned a int; return a str"):
        await command(event("/bad"))


async def test_a_command_cannot_end_the_bot(plugin: Plugin[None]) -> None:
    @plugin.command("bad")
    async def bad(ctx: Context) -> None:
        sys.exit(1)

    command = Bot(plugin).host.find_command("bad")
    assert command
    with pytest.raises(RuntimeError, match=r"command /bad of plugin 'probe' called sys.exit\(\)"):
        await command(event("/bad"))


async def test_hooks_get_a_context_and_decide(plugin: Plugin[None]) -> None:
    told: list[str] = []

    @plugin.screen_event
    async def screen(ctx: Context) -> Refusal | None:
        return Refusal("not bob") if ctx.event.sender.sender_id == "bob" else None

    @plugin.edit_prompt
    async def edit(ctx: Context, prompt: Prompt) -> Prompt:
        return Prompt(prompt.question, prompt.turns, f"Speak {ctx.language}.")

    @plugin.check_text
    async def check(ctx: BotContext, text: str, direction: Direction) -> Verdict:
        return Verdict(text.replace("darn", "****"), is_blocked=direction is Direction.OUT)

    @plugin.reply_sent
    async def sent(ctx: Context, text: str) -> None:
        told.append(text)

    hooks = Bot(plugin).hooks
    assert await hooks.screen_event[0](event(sender="bob")) == Refusal("not bob")
    assert await hooks.screen_event[0](event(sender="ann")) is None
    assert await hooks.edit_prompt[0](event("你好"), Prompt("q")) == Prompt("q", (), "Speak zh.")
    assert await hooks.check_text[0]("darn", Direction.IN) == Verdict("****")
    assert (await hooks.check_text[0]("fine", Direction.OUT)).is_blocked
    await hooks.reply_sent[0](event(), "done")
    assert told == ["done"]


async def raises(*_: object) -> Any:
    raise ValueError("broken")


async def hangs(*_: object) -> Any:
    await asyncio.Event().wait()


async def exits(*_: object) -> Any:
    sys.exit(1)


async def forgets(*_: object) -> Any:
    return None


async def nonsense(*_: object) -> Any:
    return "nonsense"


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        (raises, "broken"),
        (hangs, "it took longer than 0.01 seconds"),
        (exits, "called sys.exit(); a plugin cannot end the bot"),
        (nonsense, "it returned a str"),
    ],
)
async def test_a_hook_that_fails_is_logged_and_skipped_but_a_check_blocks(
    plugin: Plugin[None], hook: Callable[..., Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    for add in (plugin.screen_event, plugin.edit_prompt, plugin.check_text):
        add(hook)
    hooks = Bot(plugin, hook_deadline=0.01).hooks
    assert await hooks.screen_event[0](event()) is None
    assert await hooks.edit_prompt[0](event(), Prompt("q")) == Prompt("q")
    rule = "the check of plugin 'probe' failed"
    failed = Finding(rule, FAILED_CHECK, Action.BLOCK, Place.TEXT, excerpt="", digest="")
    assert await hooks.check_text[0]("text", Direction.IN) == Verdict("text", True, rule, (failed,))
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    names = ("screen_event", "edit_prompt", "check_text")
    assert [record.getMessage() for record in errors] == [
        f"hook {name} of plugin 'probe' failed; the bot goes on without it" for name in names
    ]
    assert all(record.exc_info and reason in str(record.exc_info[1]) for record in errors)


async def test_a_prompt_or_verdict_that_is_forgotten_counts_as_failed(plugin: Plugin[None]) -> None:
    plugin.edit_prompt(forgets)
    plugin.check_text(forgets)
    hooks = Bot(plugin).hooks
    assert await hooks.edit_prompt[0](event(), Prompt("q")) == Prompt("q")
    assert (await hooks.check_text[0]("text", Direction.OUT)).is_blocked


async def test_told_and_lifecycle_hooks_may_fail_too(plugin: Plugin[None], caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    @plugin.started
    async def started(ctx: BotContext) -> None:
        seen.append("started")

    @plugin.stopping
    async def stopping(ctx: BotContext) -> None:
        seen.append("stopping")

    for add in (plugin.reply_sent, plugin.started, plugin.stopping):
        add(raises)
    bot = Bot(plugin)
    await bot.host.start()
    await bot.hooks.reply_sent[0](event(), "text")
    await bot.host.stop()
    assert seen == ["started", "stopping"]
    assert [record.getMessage().split()[1] for record in caplog.records] == ["started", "reply_sent", "stopping"]


@asynccontextmanager
async def jobs_running(bot: Bot, num_jobs: int) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bot.host.run_jobs())
        await until(lambda: bot.clock.num_sleeping == num_jobs)
        yield
        running.cancel()


async def test_a_job_that_fails_runs_again_and_harms_no_other(
    plugin: Plugin[None], caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[str] = []

    @plugin.every(timedelta(minutes=1))
    async def bad(ctx: BotContext) -> None:
        runs.append("bad")
        raise ValueError("broken")

    @plugin.every(timedelta(minutes=1))
    async def good(ctx: BotContext) -> None:
        runs.append("good")
        await ctx.store.set("last", ctx.now())

    bot = Bot(plugin)
    async with jobs_running(bot, num_jobs=2):
        for num_runs in (2, 4):
            bot.clock.set(bot.clock.now() + 60)
            await until(lambda: len(runs) == num_runs and bot.clock.num_sleeping == 2)  # noqa: B023  used at once
    assert sorted(runs) == ["bad", "bad", "good", "good"]
    assert await bot.services.store("probe").get("last") == bot.clock.now()
    assert [record.getMessage() for record in caplog.records] == [
        "job bad() of plugin 'probe' failed; the bot goes on without it"
    ] * 2


async def test_stopping_lets_a_running_job_end_and_begins_no_other(plugin: Plugin[None]) -> None:
    steps: list[str] = []
    may_end = asyncio.Event()

    @plugin.every(timedelta(minutes=1))
    async def slow(ctx: BotContext) -> None:
        steps.append("begun")
        await may_end.wait()
        steps.append("ended")

    @plugin.stopping
    async def stopping(ctx: BotContext) -> None:
        steps.append("stopping")

    bot = Bot(plugin)
    async with jobs_running(bot, num_jobs=1), asyncio.TaskGroup() as tasks:
        bot.clock.set(bot.clock.now() + 60)
        await until(lambda: steps == ["begun"])
        tasks.create_task(bot.host.stop())
        may_end.set()
        await until(lambda: len(steps) == 3 and bot.clock.num_sleeping == 1)
        bot.clock.set(bot.clock.now() + 60)
    assert steps == ["begun", "ended", "stopping"]


async def test_a_job_that_does_not_end_is_cut_off(plugin: Plugin[None], caplog: pytest.LogCaptureFixture) -> None:
    plugin.every(timedelta(minutes=1))(hangs)
    bot = Bot(plugin, hook_deadline=0.01)
    async with jobs_running(bot, num_jobs=1):
        bot.clock.set(bot.clock.now() + 60)
        await until(lambda: bot.clock.num_sleeping == 0)
        await asyncio.sleep(0)
        await bot.host.stop()
    assert [record.getMessage() for record in caplog.records] == ["a plugin's job is still running; it is cut off"]


async def test_a_host_without_jobs_runs_until_it_is_cancelled() -> None:
    async with jobs_running(Bot(), num_jobs=0):
        pass


@asynccontextmanager
async def asking(plugin: Plugin[None], answers: list[str | None]) -> AsyncIterator[Bot]:
    """Run a command of `plugin` that waits for ann's next message."""

    @plugin.command("ask")
    async def ask(ctx: Context) -> None:
        answers.append(await ctx.wait_for_reply(timedelta(minutes=1)))

    @plugin.command("halt", immediate=True)
    async def halt(ctx: Context) -> str:
        return str(await ctx.conversation.stop())

    bot = Bot(plugin)
    command = bot.host.find_command("ask")
    assert command
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_finish(command(event("/ask"))))
        await until(lambda: bot.host.num_waiting == 1)
        yield bot
        await until(lambda: len(answers) == 1)
    assert bot.host.num_waiting == bot.clock.num_sleeping == 0


async def _finish(work: Any) -> None:
    await work


async def test_the_senders_next_message_in_the_chat_is_the_reply(plugin: Plugin[None]) -> None:
    answers: list[str | None] = []
    async with asking(plugin, answers) as bot:
        assert not bot.host.offer_reply(event("not me", sender="bob"))
        assert not bot.host.offer_reply(event("not here", chat="other"))
        assert bot.host.is_waiting_for(event("Rome"))
        assert bot.host.offer_reply(event("Rome"))
        assert not bot.host.offer_reply(event("and more"))
    assert answers == ["Rome"]


async def test_a_wait_ends_in_time_without_a_reply(plugin: Plugin[None]) -> None:
    answers: list[str | None] = []
    async with asking(plugin, answers) as bot:
        await until(lambda: bot.clock.num_sleeping == 1)
        bot.clock.set(bot.clock.now() + 60)
    assert answers == [None]


async def test_an_immediate_command_is_no_reply_and_may_end_the_wait(plugin: Plugin[None]) -> None:
    answers: list[str | None] = []
    async with asking(plugin, answers) as bot:
        assert not bot.host.is_waiting_for(event("/halt"))
        assert not bot.host.offer_reply(event("/halt"))
        halt = bot.host.find_command("halt")
        assert halt
        assert await halt(event("/halt")) == "True"
        assert await halt(event("/halt")) == "False"
    assert answers == [None]


async def test_the_newer_of_two_questions_gets_the_reply(plugin: Plugin[None]) -> None:
    answers: list[str | None] = []
    async with asking(plugin, answers) as bot:
        command = bot.host.find_command("ask")
        assert command
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_finish(command(event("/ask"))))
            await until(lambda: answers == [None])
            bot.host.offer_reply(event("Rome"))
        assert answers == [None, "Rome"]
        answers.pop()
