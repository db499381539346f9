"""Plugins in processes of their own: everything that a plugin can do works there, too."""

import asyncio
import logging
import os
import signal
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from glmbot.errors import InferenceUnavailable, PluginAway, PluginError, UserError
from glmbot.events import Attachment, AttachmentKind, Reaction
from glmbot.plugin.process.strikes import Strikes
from glmbot.plugin.state import Condition
from glmbot.plugin.testing import ManualClock
from glmbot.prompt import Prompt, Turn
from glmbot.reply import Reply
from glmbot.verdicts import Direction, Refusal, Verdict
from tests.plugin.hosted import QUICK, event, hosted_code, is_alive, until

COMMANDS = """
@plugin.command("add", aliases=["plus"], immediate=True)
async def add(ctx: Context, one: int, two: int = 2) -> str:
    '''Add numbers. 中文：加法。'''
    return str(one + two)

@plugin.command("refuse")
async def refuse(ctx: Context) -> str:
    raise ctx.user_error("Not today.", "今天不行。")

@plugin.command("fail")
async def fail(ctx: Context) -> str:
    raise ValueError("broken")

@plugin.command("leave")
async def leave(ctx: Context) -> str:
    sys.exit(1)

@plugin.command("give_up")
async def give_up(ctx: Context) -> str:
    raise asyncio.CancelledError

@plugin.command("five")
async def five(ctx: Context):
    return 5

@plugin.command("pid")
async def pid(ctx: Context) -> str:
    return str(os.getpid())

@plugin.command("odd")
async def odd(ctx: Context) -> str:
    return "a\\ud800b"

@plugin.command("long")
async def long(ctx: Context) -> str:
    return "x" * 20_000_000

@plugin.command("secrets")
async def secrets(ctx: Context) -> str:
    return " ".join(name for name in os.environ if name.startswith("GLMBOT_")) or "none"
"""


async def test_commands_are_described_and_answered_by_the_process(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", COMMANDS) as bot:
        assert await bot.say("/plus 40") == "42"
        assert bot.host.is_immediate("/plus")
        info = next(one for one in bot.host.commands() if one.name == "add")
        assert (info.help["zh"], info.parameters) == ("加法。", ("one", "two"))  # type: ignore[index]
        pid = await bot.say("/pid")
        assert pid == str(bot.pid("probe"))
        assert pid != str(os.getpid())


async def test_errors_arrive_as_what_the_bot_can_act_on(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", COMMANDS) as bot:
        with pytest.raises(UserError, match=r"^Not today\.$"):
            await bot.say("/refuse")
        with pytest.raises(UserError, match="`one` 应为整数。用法：`/add <one> \\[two\\]`"):
            await bot.say("/add 一")
        with pytest.raises(PluginError, match="^ValueError: broken\n") as failed:
            await bot.say("/fail")
        assert "probe.py" in failed.value.__notes__[0]
        with pytest.raises(PluginError, match=r"called sys.exit\(\); a plugin cannot end the bot"):
            await bot.say("/leave")
        with pytest.raises(PluginError, match="CancelledError"):
            await bot.say("/give_up")
        with pytest.raises(PluginError, match="command /five of plugin 'probe' returned a int; return a str"):
            await bot.say("/five")
        with pytest.raises(PluginError, match="bytes are too many to pass on"):
            await bot.say("/long")
        assert await bot.say("/odd") == "a\ufffdb"
        assert bot.state("probe").num_strikes == 0


async def test_a_process_does_not_get_the_bots_own_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLMBOT_ADAPTERS__TELEGRAM__TOKEN", "canary")
    async with hosted_code(tmp_path / "plugins", COMMANDS) as bot:
        assert await bot.say("/secrets") == "none"


HANGING = """
@plugin.command("hang")
async def hang(ctx: Context):
    try:
        await ctx.store.set("begun", True)
        await asyncio.Event().wait()
    finally:
        await ctx.store.set("ended", True)

@plugin.command("wait")
async def wait(ctx: Context):
    await ctx.wait_for_reply()
"""


async def test_a_call_that_is_cancelled_in_the_bot_is_cancelled_in_the_process(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", HANGING) as bot, asyncio.TaskGroup() as tasks:
        hanging = tasks.create_task(bot.say("/hang"))
        await until(lambda: "begun" in bot.rows)
        assert "ended" not in bot.rows
        hanging.cancel()
        await until(lambda: "ended" in bot.rows)


async def test_a_wait_ends_with_its_process(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", HANGING) as bot:
        waiting = asyncio.create_task(bot.say("/wait"))
        await until(lambda: bot.host.num_waiting == 1)
        os.kill(bot.pid("probe"), signal.SIGKILL)
        with pytest.raises(PluginAway, match="its process ended before it had answered"):
            await waiting
        await until(lambda: bot.host.num_waiting == 0)
        await bot.until("probe", Condition.RUNNING, 1)
        assert bot.state("probe").reason == "its process was ended by SIGKILL"


async def test_a_process_that_was_begun_anew_runs_its_started_hooks_again(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", HOOKS) as bot:
        before = bot.rows["started"]
        os.kill(bot.pid("probe"), signal.SIGKILL)
        await until(lambda: bot.rows["started"] != before)
        assert bot.rows["started"] == str(bot.pid("probe"))


def test_strikes_of_long_ago_do_not_count() -> None:
    strikes = Strikes(replace(QUICK, strike_lifetime=0.0))
    for _ in range(10):
        strikes.add()
        time.sleep(0.001)
    assert not strikes.is_out


STREAMS = """
@plugin.command("count")
async def count(ctx: Context):
    try:
        async with asyncio.timeout(60):
            for number in range(100):
                yield f"{number} "
                await asyncio.sleep(0)
    finally:
        await ctx.store.set("ended", True)

@plugin.command("tell")
async def tell(ctx: Context):
    return ctx.stream("a story", system="Be brief.")

@plugin.command("break_off")
async def break_off(ctx: Context):
    yield "one "
    raise UserError("That is all.")

@plugin.command("numbers")
async def numbers(ctx: Context):
    yield 1
"""


async def test_pieces_come_one_by_one_and_end_when_nobody_wants_them(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", STREAMS) as bot:
        pieces = await bot.ask("/count")
        assert not isinstance(pieces, str | Reply | None)
        assert [await anext(pieces), await anext(pieces)] == ["0 ", "1 "]
        assert "ended" not in bot.rows
        await pieces.aclose()  # type: ignore[attr-defined]
        await until(lambda: "ended" in bot.rows)
        assert (await bot.say("/count") or "").split() == [str(number) for number in range(100)]


async def test_a_stream_that_is_dropped_ends(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", STREAMS) as bot:
        pieces = await bot.ask("/count")
        assert not isinstance(pieces, str | Reply | None)
        await anext(pieces)
        del pieces
        await until(lambda: "ended" in bot.rows)


async def test_the_models_answer_passes_through_the_process(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", STREAMS) as bot:
        assert await bot.say("/tell") == "answer to a story"
        assert [message.content for message in bot.services.asked[0]] == ["Be brief.", "a story"]


async def test_an_error_in_the_middle_of_a_stream_arrives(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", STREAMS) as bot:
        with pytest.raises(UserError, match=r"That is all\."):
            await bot.say("/break_off")
        with pytest.raises(PluginError, match="it yielded a int; yield pieces of text"):
            await bot.say("/numbers")


CONTEXT = """
from pydantic import TypeAdapter
kept = TypeAdapter(Chat)

@plugin.command("store")
async def store(ctx: Context) -> str:
    await ctx.store.set(ctx.chat_key + "a", {"list": [1, "二"], "none": None})
    await ctx.store.set(ctx.chat_key + "b", 1)
    await ctx.store.delete(ctx.chat_key + "b")
    try:
        await ctx.store.set("c", object())
    except TypeError as error:
        return f"{await ctx.store.items(ctx.chat_key)} {await ctx.store.get('none')} {error}"

@plugin.command("say")
async def say(ctx: Context) -> None:
    await ctx.send("here")
    try:
        await ctx.send_to(Chat("test", "gone", ChatKind.PRIVATE), "there")
    except NotDelivered as error:
        await ctx.send("not there")

@plugin.command("ask")
async def ask(ctx: Context) -> str:
    return await ctx.ask("Why?")

@plugin.command("names")
async def names(ctx: Context) -> str:
    return " ".join(one.name for one in ctx.commands) + f" {abs(ctx.now() - time.time()) < 5} {ctx.language}"

@plugin.command("where")
async def where(ctx: Context) -> str:
    city = await ctx.wait_for_reply(timedelta(minutes=2))
    return f"To {city}." if city else "Never mind."

@plugin.command("halt", immediate=True)
async def halt(ctx: Context) -> str:
    return str(await ctx.conversation.stop())

@plugin.command("again")
async def again(ctx: Context):
    return await ctx.conversation.retry() or "nothing yet"

@plugin.command("read_again")
async def read_again(ctx: Context):
    return "".join([piece async for piece in await ctx.conversation.retry()]).upper()

@plugin.command("forget")
async def forget(ctx: Context) -> None:
    await ctx.conversation.reset()
"""


async def test_the_store_is_the_bots(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", CONTEXT) as bot:
        answer = await bot.say("/store")
        assert answer
        assert answer.startswith(
            "[('test/chat//a', {'list': [1, '二'], 'none': None})] None plugin 'probe': the value of"
        )
        assert list(bot.rows) == ["test/chat//a"]


async def test_messages_are_sent_and_the_model_is_asked_by_the_bot(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", CONTEXT) as bot:
        bot.services.unreachable.add("gone")
        assert await bot.say("/say") is None
        assert [text for _, text in bot.services.sent] == ["here", "not there"]
        assert await bot.say("/ask") == "answer to Why?"
        assert (await bot.say("/names") or "").endswith("say status stop store unremind where True en")


async def test_a_handler_waits_for_the_senders_next_message(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", CONTEXT) as bot, asyncio.TaskGroup() as tasks:
        for text, answer in (("Rome", "To Rome."), (None, "Never mind.")):
            asking = tasks.create_task(bot.say("/where"))
            await until(lambda: bot.host.num_waiting == 1)
            if text:
                assert bot.host.offer_reply(event(text))
            else:
                assert await bot.say("/halt") == "True"
            assert await asking == answer
        assert await bot.say("/halt") == "False"


async def test_another_answer_of_the_model_is_the_bots_own_reply(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", CONTEXT) as bot:
        assert await bot.say("/again") == "nothing yet"
        told = event("Why?")
        for command, text in (("/again", "answer to Why?"), ("/read_again", "ANSWER TO WHY?")):
            bot.services.turns[told.chat, "ann"] = [Turn("Why?", "because")]
            assert isinstance(reply := await bot.ask(command), Reply if command == "/again" else str)
            assert (reply if isinstance(reply, str) else "".join([piece async for piece in reply])) == text
        bot.services.turns[told.chat, "ann"] = [Turn("Why?", "because")]
        await bot.say("/forget")
        assert not bot.services.turns


async def test_a_model_that_is_away_is_told_as_such(tmp_path: Path) -> None:
    def away(messages: object) -> str:
        raise InferenceUnavailable("loading")

    async with hosted_code(tmp_path / "plugins", CONTEXT) as bot:
        bot.services._answer = away
        with pytest.raises(InferenceUnavailable, match="loading"):
            await bot.say("/ask")


PATTERNS = r"""
@plugin.message(r"roll (?P<count>\d+)")
async def roll(ctx: Context, count: int) -> str:
    return f"rolled {count}"

@plugin.message("roll")
async def other(ctx: Context):
    yield "rolled"
"""


async def test_patterns_are_searched_in_the_process(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", PATTERNS) as bot:
        assert await bot.say("please roll 3") == "rolled 3"
        assert await bot.say("please roll") == "rolled"
        assert await bot.say("please") is None


HOOKS = """
@plugin.screen_event
async def screen(ctx: Context):
    return Refusal("not bob", "Go away.") if ctx.event.sender.sender_id == "bob" else None

@plugin.edit_prompt
async def edit(ctx: Context, prompt: Prompt) -> Prompt:
    return Prompt(prompt.question, prompt.turns, f"Speak {ctx.language}.")

@plugin.check_text
async def check(ctx: BotContext, text: str, direction: Direction) -> Verdict:
    return Verdict(text.replace("darn", "****"), direction is Direction.OUT, "all")

@plugin.reacted
async def reacted(ctx: Context) -> None:
    await ctx.store.set("reacted", ctx.event.reaction.emoji)

@plugin.reply_sent
async def sent(ctx: Context, text: str) -> None:
    await ctx.store.set("sent", text)

@plugin.started
async def started(ctx: BotContext) -> None:
    await ctx.store.set("started", os.getpid())

@plugin.stopping
async def stopping(ctx: BotContext) -> None:
    await ctx.store.set("stopped", True)
"""


async def test_hooks_decide_over_the_wire(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", HOOKS) as bot:
        assert await bot.hooks.screen_event[0](event(sender="bob")) == Refusal("not bob", "Go away.")
        assert await bot.hooks.screen_event[0](event()) is None
        prompt = Prompt("q", (Turn("a", "b", 3),))
        edited = await bot.hooks.edit_prompt[-1](event("你好"), prompt)
        assert edited == Prompt("q", (Turn("a", "b", 3),), "Speak zh.")
        assert await bot.hooks.check_text[0]("darn", Direction.IN) == Verdict("****", False, "all")
        assert (await bot.hooks.check_text[0]("fine", Direction.OUT)).is_blocked
        await bot.hooks.reacted[0](replace(event(""), reaction=Reaction("m1", "+1")))
        await bot.hooks.reply_sent[0](event(), "done")
        assert bot.rows == {"started": str(bot.pid("probe")), "reacted": '"+1"', "sent": '"done"'}
    assert bot.rows["stopped"] == "true"


BAD_HOOKS = """
@plugin.screen_event
async def screen(ctx: Context):
    await asyncio.Event().wait()

@plugin.edit_prompt
async def edit(ctx: Context, prompt: Prompt) -> Prompt:
    return None

@plugin.check_text
async def check(ctx: BotContext, text: str, direction: Direction) -> Verdict:
    raise ValueError("broken")
"""


async def test_a_hook_that_fails_is_skipped_but_a_check_blocks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with hosted_code(tmp_path / "plugins", BAD_HOOKS, hook_deadline=0.2) as bot:
        assert await bot.hooks.screen_event[0](event()) is None
        assert await bot.hooks.edit_prompt[-1](event(), Prompt("q")) == Prompt("q")
        assert (await bot.hooks.check_text[0]("text", Direction.IN)).is_blocked
        assert bot.state("probe").condition is Condition.RUNNING
    reasons = [str(record.exc_info[1]) for record in caplog.records if record.exc_info]
    assert reasons == [
        "it took longer than 0.2 seconds",
        f"TypeError: it returned a NoneType; it must return a {Prompt}",
        "ValueError: broken",
    ]


JOBS = """
@plugin.every(timedelta(minutes=1))
async def tick(ctx: BotContext) -> None:
    await ctx.store.set("ticks", (await ctx.store.get("ticks") or 0) + 1)
"""


async def test_jobs_run_in_the_process_at_the_bots_times(tmp_path: Path) -> None:
    clock = ManualClock()
    async with hosted_code(tmp_path / "plugins", JOBS, clock=clock) as bot:
        for number in ("1", "2"):
            await until(lambda: clock.num_sleeping >= 1)
            clock.set(clock.now() + timedelta(minutes=1).total_seconds())
            await until(lambda: bot.rows.get("ticks") == number)  # noqa: B023  used at once


async def test_what_a_plugin_prints_and_logs_is_in_the_bots_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    code = """
import logging
print("loaded", "x" * 5000)
print("careful", file=sys.stderr)
logging.getLogger("mine").warning("two\\nlines")
"""
    async with hosted_code(tmp_path / "plugins", code):
        await until(lambda: "lines" in caplog.text)
    lines = [
        (record.levelname, record.getMessage()) for record in caplog.records if "plugin probe" in record.getMessage()
    ]
    assert [(level, text[:30]) for level, text in lines] == [
        ("INFO", "plugin probe: loaded xxxxxxxxxx"[:30]),
        ("INFO", "plugin probe: careful"),
        ("WARNING", "plugin probe: mine: two"),
        ("WARNING", "plugin probe: lines"),
    ]
    assert len(lines[0][1]) < 2100


async def test_processes_end_with_their_bot(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", COMMANDS) as bot:
        pid = bot.pid("probe")
        assert is_alive(pid)
    await until(lambda: not is_alive(pid))


BEGIN = "await ctx.store.set('begun', True)"
KILLED_BOT = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.plugin.hosted import hosted_code, until

async def main():
    async with hosted_code(Path(sys.argv[1]), sys.argv[2]) as bot:
        print(bot.pid("probe"), flush=True)
        work = asyncio.ensure_future(bot.say("/block"))
        await until(lambda: "begun" in bot.rows)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "work", ["await asyncio.sleep(60)", "time.sleep(60)", "while True: pass", "re.match('(a+)+b', 'a' * 60)"]
)
async def test_processes_end_when_their_bot_is_killed(tmp_path: Path, work: str) -> None:
    if "re.match" in work and sys.platform != "linux":
        pytest.skip("what never lets go of the interpreter ends with its bot on Linux only")
    code = f"@plugin.command('block')\nasync def block(ctx: Context):\n    {BEGIN}\n    {work}\n"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED_BOT, str(tmp_path / "plugins"), code,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )  # fmt: skip
    assert process.stdout
    pid = int(await process.stdout.readline())
    await process.wait()
    await until(lambda: not is_alive(pid))


READING = """
@plugin.message("^$")
async def read(ctx: Context) -> str:
    (one,) = ctx.event.attachments
    content = await ctx.read_attachment(0, 1000)
    return f"{one.kind} {one.name} {one.media_type} {one.size} {content!r}"
"""


async def test_a_plugin_sees_attachments_and_reads_them(tmp_path: Path) -> None:
    async with hosted_code(tmp_path / "plugins", READING) as bot:
        picture = Attachment("p", "p.png", "image/png", 4, AttachmentKind.IMAGE)
        bot.services.files["p"] = b"\x89PNG\x00\xff"
        sent = replace(event(""), attachments=(picture,))
        handler = await bot.host.match_message("")
        assert handler is not None
        assert await handler(sent) == r"image p.png image/png 4 b'\x89PNG\x00\xff'"
        bot.services.files["p"] = bytes(1001)
        with pytest.raises(UserError, match=r"p\.png is too large"):
            await handler(sent)
