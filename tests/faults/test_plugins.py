"""Plugins that block, loop, leak or end: nobody else notices, and after three strikes they are off."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from glmbot.app import App, open_app
from glmbot.plugin.process.limits import Limits
from glmbot.plugin.state import Condition
from tests.conftest import bot_settings
from tests.fakes.adapter import FakeAdapter
from tests.fakes.model import FakeModel
from tests.plugin.hosted import QUICK, is_alive, until, write_probe

MAX_LAG = 0.25
"""Seconds of lag of the event loop that 99 of 100 looks may find."""
OFF = "The plugin probe is switched off, because it failed several times. Please tell the operator of this bot."
RESTARTING = "The plugin probe had to be restarted. Please try again in a moment."
BLOCKS = {
    "sleeps": "time.sleep(60)",
    "spins": "while True: pass",
    "reads a socket": "socket.create_server(('127.0.0.1', 0)).accept()",
    "has a catastrophic regex": "re.match('(a+)+b', 'a' * 60)",
}
"""Ways to block that a handler has."""

pytestmark = pytest.mark.alone  # the lag of the loop is measured


@dataclass(frozen=True, slots=True)
class Bot:
    """A whole bot around the plugin "probe"."""

    app: App
    platform: FakeAdapter

    @property
    def num_strikes(self) -> int:
        return self.app.plugin_states["probe"].num_strikes

    @property
    def condition(self) -> Condition:
        return self.app.plugin_states["probe"].condition

    async def until_strike(self, number: int) -> None:
        await until(lambda: self.num_strikes == number)

    async def until_running(self) -> None:
        await until(lambda: self.condition is not Condition.RESTARTING)

    async def others_are_answered(self, chat: str) -> None:
        """See that somebody else, in another chat, gets an answer of the model."""
        await self.platform.receive("hello", sender="bob", chat=chat)
        await self.platform.until("echo: hello", chat=chat)

    def lag_was_short(self) -> None:
        assert self.app.loop_watch.lag(0.99) <= MAX_LAG

    def said(self, chat: str = "room") -> list[str]:
        return self.platform.texts(chat)


RunProbe = Callable[..., AbstractAsyncContextManager[Bot]]


@pytest.fixture
def run_probe(tmp_path: Path, model: FakeModel, platform: FakeAdapter) -> RunProbe:
    @asynccontextmanager
    async def run(code: str, limits: Limits = QUICK, **settings: Any) -> AsyncIterator[Bot]:
        write_probe(tmp_path / "my_plugins", code)
        sections = {"plugins": {"folder": str(tmp_path / "my_plugins"), **settings}}
        async with open_app(bot_settings(tmp_path, model, sections), {platform.name: platform}, limits) as app:
            running = asyncio.create_task(app.run())
            try:
                yield Bot(app, platform)
            finally:
                app.stop()
                await running

    return run


def command(block: str) -> str:
    return f"@plugin.command('block')\nasync def block(ctx: Context):\n    {block}\n"


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
async def test_a_command_that_blocks_delays_nobody_and_is_off_after_three_strikes(
    run_probe: RunProbe, block: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with run_probe(command(block)) as bot:
        for number in (1, 2, 3):
            await bot.platform.receive("/block")
            await bot.others_are_answered(f"other {number}")
            await bot.until_strike(number)
            await bot.until_running()
        assert bot.condition is Condition.OFF
        await bot.platform.receive("/block")
        await until(lambda: len(bot.said()) == 4)
        assert bot.said()[3] == OFF
        assert all(text.startswith("Sorry, something went wrong on my side") for text in bot.said()[:3])
        await bot.platform.receive("/block 你好", sender="carl", chat="third")
        await bot.platform.until("插件 probe 多次出错，已被停用，请告知机器人的管理员。", chat="third")
        bot.lag_was_short()
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert "plugin probe is switched off after 3 strikes: it blocked its event loop for 0.5 seconds" in " ".join(told)


async def test_the_first_command_after_a_restart_works_again(run_probe: RunProbe) -> None:
    code = command("time.sleep(60)") + "\n@plugin.command('go')\nasync def go(ctx: Context):\n    return 'gone'\n"
    async with run_probe(code, replace(QUICK, back_off=1.0)) as bot:
        await bot.platform.receive("/block")
        await bot.until_strike(1)
        await bot.platform.receive("/go", sender="bob", chat="other")
        await bot.platform.until(RESTARTING, chat="other")
        await bot.until_running()
        await bot.platform.receive("/go", sender="bob", chat="other")
        await bot.platform.until(RESTARTING, "gone", chat="other")


PATTERN = """
@plugin.message("(a+)+b")
async def find(ctx: Context):
    return "found"
"""


async def test_a_catastrophic_pattern_delays_a_message_by_a_second_at_most(run_probe: RunProbe) -> None:
    async with run_probe(PATTERN, replace(QUICK, max_silent=50)) as bot:
        began = time.monotonic()
        await bot.platform.receive("a" * 60)
        await bot.others_are_answered("other")
        await bot.platform.until("echo: " + "a" * 60)
        assert time.monotonic() - began < 4  # and not the 5 seconds until the process is killed
        await bot.until_strike(1)
        bot.lag_was_short()


HOOK = """
async def block_for(text):
    if "block" in text:
        time.sleep(60)
"""
HOOKS = {
    "screen_event": "(ctx: Context):\n    await block_for(ctx.event.text)",
    "edit_prompt": "(ctx: Context, prompt: Prompt):\n    await block_for(prompt.question)\n    return prompt",
    "reply_sent": "(ctx: Context, text: str):\n    await block_for(text)",
}


@pytest.mark.parametrize("hook", HOOKS)
async def test_a_hook_that_blocks_is_skipped(run_probe: RunProbe, hook: str) -> None:
    async with run_probe(f"{HOOK}\n@plugin.{hook}\nasync def hook{HOOKS[hook]}\n") as bot:
        for number in (1, 2, 3):
            await bot.platform.receive("block", chat=f"chat {number}")
            await bot.others_are_answered(f"other {number}")
            await bot.platform.until("echo: block", chat=f"chat {number}")
            await bot.until_strike(number)
            await bot.until_running()
        assert bot.condition is Condition.OFF
        await bot.others_are_answered("last")
        bot.lag_was_short()


CHECK = (
    HOOK
    + """
@plugin.check_text
async def check(ctx: BotContext, text: str, direction: Direction) -> Verdict:
    await block_for(text)
    return Verdict(text.upper())
"""
)
BLOCKED = "I can't help with that. Please rephrase your message."


async def test_a_check_that_blocks_fails_closed_also_when_it_is_off(run_probe: RunProbe) -> None:
    async with run_probe(CHECK) as bot:
        await bot.platform.receive("hello", chat="first")
        await bot.platform.until("ECHO: HELLO", chat="first")
        for number in (1, 2, 3):
            await bot.platform.receive("block", chat=f"chat {number}")
            await bot.platform.until(BLOCKED, chat=f"chat {number}")
            await bot.until_strike(number)
            await bot.until_running()
        assert bot.condition is Condition.OFF
        await bot.platform.receive("hello", chat="last")
        await bot.platform.until(BLOCKED, chat="last")
        bot.lag_was_short()


async def test_a_started_hook_that_blocks_keeps_nobody_from_starting(run_probe: RunProbe) -> None:
    async with run_probe("@plugin.started\nasync def hook(ctx: BotContext):\n    time.sleep(60)\n") as bot:
        await bot.others_are_answered("other")
        await bot.until_strike(3)
        assert bot.condition is Condition.OFF
        bot.lag_was_short()


async def test_a_stopping_hook_that_blocks_keeps_nobody_from_stopping(run_probe: RunProbe) -> None:
    async with run_probe("@plugin.stopping\nasync def hook(ctx: BotContext):\n    time.sleep(60)\n") as bot:
        await bot.others_are_answered("other")
        began = time.monotonic()
    assert time.monotonic() - began < 10


async def test_a_job_that_blocks_is_ended(run_probe: RunProbe) -> None:
    code = "@plugin.every(timedelta(milliseconds=100))\nasync def job(ctx: BotContext):\n    time.sleep(60)\n"
    async with run_probe(code) as bot:
        await bot.until_strike(1)
        await bot.others_are_answered("other")
        await bot.until_strike(3)
        assert bot.condition is Condition.OFF
        bot.lag_was_short()


LEAK = """
kept = []
@plugin.command("leak")
async def leak(ctx: Context):
    while True:
        kept.append(b"x" * 10_000_000)
        await asyncio.sleep(0.02)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process's memory")
async def test_a_plugin_that_leaks_is_ended_at_its_limit(run_probe: RunProbe, caplog: pytest.LogCaptureFixture) -> None:
    async with run_probe(LEAK, replace(QUICK, max_memory_mb=120)) as bot:
        for number in (1, 2, 3):
            await bot.platform.receive("/leak")
            await bot.others_are_answered(f"other {number}")
            await bot.until_strike(number)
            await bot.until_running()
        assert bot.condition is Condition.OFF
        bot.lag_was_short()
    assert "MB of memory; plugins.max_memory_mb is 120; strike 1 of 3" in caplog.text


async def test_a_command_that_ends_its_process_is_apologised_for(run_probe: RunProbe) -> None:
    async with run_probe(command("os._exit(3)")) as bot:
        for number in (1, 2, 3):
            await bot.platform.receive("/block")
            await bot.until_strike(number)
            await bot.until_running()
        await until(lambda: len(bot.said()) == 3)
        assert all(text.startswith("Sorry, something went wrong on my side") for text in bot.said())
        assert bot.app.plugin_states["probe"].reason == "its process ended with exit code 3"
        assert bot.condition is Condition.OFF


async def test_stop_ends_the_answer_of_a_plugin_in_its_process(run_probe: RunProbe, tmp_path: Path) -> None:
    code = f"""
@plugin.command("talk")
async def talk(ctx: Context):
    try:
        yield "one"
        await asyncio.Event().wait()
    finally:
        open({str(tmp_path / "ended")!r}, "w").close()
"""
    async with run_probe(code) as bot:
        await bot.platform.receive("/talk")
        await bot.platform.until("one")
        await bot.platform.receive("/stop")
        await bot.platform.until("one (stopped)")
        await until((tmp_path / "ended").exists)


IMPORTS = {
    "raises": ("1 / 0", "ZeroDivisionError: division by zero (bad.py, line 1)"),
    "calls sys.exit": (
        "import sys\nsys.exit(3)",
        "it ended the program while it was loaded (sys.exit) (bad.py, line 2)",
    ),
    "calls os._exit": ("import os\nos._exit(3)", "its process ended with exit code 3 while it was loaded"),
    "needs what is missing": (
        "import no_such_package",
        "it needs the Python package 'no_such_package', which is not installed here (bad.py, line 1)",
    ),
    "sleeps": ("import time\ntime.sleep(60)", "it took longer than 3 seconds to load"),
    "spins": ("while True: pass", "it took longer than 3 seconds to load"),
}


@pytest.mark.parametrize("name", IMPORTS)
async def test_a_plugin_that_fails_at_import_keeps_nobody_from_starting(
    run_probe: RunProbe, tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    code, reason = IMPORTS[name]
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "my_plugins" / "bad.py").write_text(code, encoding="utf-8")
    async with run_probe(command("return 'fine'"), replace(QUICK, load_deadline=3)) as bot:
        await bot.platform.receive("/block")
        await bot.platform.until("fine")
        bot.lag_was_short()
    assert caplog.messages[0] == f"plugin bad ({tmp_path / 'my_plugins' / 'bad.py'}) is left out: {reason}"


async def test_a_plugin_that_does_not_load_again_is_off(run_probe: RunProbe, tmp_path: Path) -> None:
    async with run_probe(command("os._exit(3)")) as bot:
        (tmp_path / "my_plugins" / "probe.py").write_text("1 / 0", encoding="utf-8")
        await bot.platform.receive("/block")
        await bot.until_strike(3)
        assert bot.condition is Condition.OFF
        assert bot.app.plugin_states["probe"].reason.startswith("it does not load any more: ZeroDivisionError")


async def test_a_plugin_that_has_changed_waits_for_the_next_start(run_probe: RunProbe, tmp_path: Path) -> None:
    async with run_probe(command("os._exit(3)")) as bot:
        write_probe(tmp_path / "my_plugins", command("return 'new'").replace("'block'", "'other'"))
        await bot.platform.receive("/block")
        await bot.until_strike(3)
        assert bot.app.plugin_states["probe"].reason.endswith("have changed; start the bot again to use them")


@pytest.mark.parametrize("bad", ["b'\\xff\\xff\\xff\\xff'", "b'\\0\\0\\0\\x04null'"])
async def test_a_process_that_sends_nonsense_is_ended(run_probe: RunProbe, bad: str) -> None:
    code = command(f"socket.socket(fileno=os.dup(int(sys.argv[1]))).sendall({bad}); return 'sent'")
    async with run_probe(code) as bot:
        await bot.platform.receive("/block")
        await bot.until_strike(1)
        assert bot.app.plugin_states["probe"].reason.startswith("it sent ")


async def test_a_plugin_that_prints_for_ever_delays_nobody(run_probe: RunProbe) -> None:
    async with run_probe(command("while True: print('x')")) as bot:
        await bot.platform.receive("/block")
        await bot.others_are_answered("other")
        await bot.until_strike(1)
        bot.lag_was_short()


async def test_what_a_plugin_started_ends_with_its_process(run_probe: RunProbe, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    start = f"import subprocess; open({str(note)!r}, 'w').write(str(subprocess.Popen(['sleep', '60']).pid))"
    async with run_probe(command(f"{start}; time.sleep(60)")) as bot:
        await bot.platform.receive("/block")
        await bot.until_strike(1)
        pid = int(note.read_text(encoding="ascii"))
        await until(lambda: not is_alive(pid))
