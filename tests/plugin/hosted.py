"""Plugins of a folder in their own processes, around a bot in memory."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

from glmbot.events import Chat, ChatKind, MessageEvent, Sender
from glmbot.hooks import Hooks
from glmbot.plugin.context import ReplyValue
from glmbot.plugin.host import PluginHost, command_name
from glmbot.plugin.loader import close_plugins, load_plugins
from glmbot.plugin.member import LoadedPlugin
from glmbot.plugin.process.limits import Limits
from glmbot.plugin.process.plugin_process import PluginProcess
from glmbot.plugin.schedule import Clock
from glmbot.plugin.state import Condition, PluginState
from glmbot.plugin.testing import MemoryServices, echo
from glmbot.settings import PluginSettings

QUICK = Limits(ping_interval=0.1, max_silent=5, back_off=0.05)
"""Half a second of silence is long enough for a test."""


class HostedBot:
    """A host, and what the router does with it."""

    def __init__(self, loaded: Sequence[LoadedPlugin], clock: Clock | None = None, **deadlines: float) -> None:
        self.hooks = Hooks()
        self.rows: dict[str, str] = {}
        self.services = MemoryServices(self.hooks, echo, self.rows)
        self.host = PluginHost(loaded, self.services, self.hooks, clock, **deadlines)
        self.processes = [one for one in loaded if isinstance(one, PluginProcess)]

    async def ask(self, text: str, sender: str = "ann") -> ReplyValue:
        """Have a message answered as the router has it answered; None where no plugin answers it."""
        told = event(text, sender)
        if name := command_name(text):
            command = self.host.find_command(name)
            assert command
            return await command(told)
        handler = await self.host.match_message(text)
        return await handler(told) if handler else None

    async def say(self, text: str, sender: str = "ann") -> str | None:
        """Do the same, and return the whole text."""
        reply = await self.ask(text, sender)
        if reply is None or isinstance(reply, str):
            return reply
        async with aclosing(reply):  # type: ignore[type-var]
            return "".join([piece async for piece in reply])

    def state(self, plugin: str) -> PluginState:
        """Return how a plugin is."""
        return self.host.states()[plugin]

    def pid(self, plugin: str) -> int:
        """Return the id of a plugin's process."""
        (process,) = (one for one in self.processes if one.name == plugin)
        assert process.pid
        return process.pid

    async def until(self, plugin: str, condition: Condition, num_strikes: int) -> None:
        """Wait until a plugin is in a condition, with so many strikes."""
        await until(lambda: self.state(plugin).condition is condition and self.state(plugin).num_strikes == num_strikes)


def event(text: str = "hello", sender: str = "ann", chat: str = "chat") -> MessageEvent:
    """Return a message."""
    message_id = f"m{next(_numbers)}"
    return MessageEvent(message_id, Chat("test", chat, ChatKind.PRIVATE), Sender(sender, sender), text, 0.0, True)


_numbers = itertools.count(1)


async def until(is_true: Callable[[], bool], deadline: float = 30.0) -> None:
    """Wait for something."""
    async with asyncio.timeout(deadline):
        while not is_true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def hosted(
    loaded: Sequence[LoadedPlugin], clock: Clock | None = None, **deadlines: float
) -> AsyncIterator[HostedBot]:
    """Run loaded plugins, and close them at the end."""
    bot = HostedBot(loaded, clock, **deadlines)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(bot.host.run()), tasks.create_task(bot.host.run_jobs())]
            try:
                await bot.host.start()
                yield bot
                await bot.host.stop()
            finally:
                for task in running:
                    task.cancel()
    except BaseExceptionGroup as group:  # an error of the test comes out as it is
        raise group.exceptions[0] from None
    finally:
        await close_plugins(loaded)


@asynccontextmanager
async def hosted_code(
    folder: Path, code: str, limits: Limits = QUICK, clock: Clock | None = None, **deadlines: Any
) -> AsyncIterator[HostedBot]:
    """Run a plugin that consists of `code` behind the usual first lines; it is named "probe"."""
    write_probe(folder, code)
    loaded, reports = await load_plugins(PluginSettings(folder=folder), limits)
    assert [report.reason for report in reports if report.reason] == []
    async with hosted(loaded, clock, **deadlines) as bot:
        yield bot


def write_probe(folder: Path, code: str) -> None:
    """Write the plugin "probe" into a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "probe.py").write_text(FIRST_LINES + code, encoding="utf-8")


FIRST_LINES = """
import asyncio, os, re, socket, sys, time
from datetime import timedelta
from glmbot.api import *
plugin = Plugin("probe")
"""
