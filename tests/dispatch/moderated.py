"""A bot whose texts are judged by a plugin: the word for an action has that action, outward only where it blocks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

from glmbot.adapters.base import Adapter
from glmbot.app import App, open_app
from glmbot.plugin.testing import ManualClock
from glmbot.storage.moderation import Entry, Filter, ModerationLog
from tests.conftest import bot_settings
from tests.fakes.model import FakeModel

JUDGE = dedent("""
    from glmbot.api import Action, Context, Direction, Finding, Place, Plugin, Verdict

    plugin = Plugin("judge")

    @plugin.check_text
    async def check(ctx, text: str, direction: Direction) -> Verdict:
        if "crash" in text and direction is Direction.IN:
            raise ValueError("a bug")
        found = [
            Finding(f"test.{action}", "test", action, Place.TEXT, f"{action[:2]}***", f"digest of {action}")
            for action in Action
            if f"bad-{action}" in text and (direction is Direction.IN or action.blocks)  # a model may echo
        ]
        blocked = next((one for one in found if one.action.blocks), None)
        return Verdict(text, blocked is not None, blocked.rule if blocked else None, tuple(found))
""")


class RunModerated:
    """Runs such bots on one data folder."""

    def __init__(self, folder: Path, model: FakeModel, clock: ManualClock) -> None:
        self.folder = folder
        self.clock = clock
        self._model = model
        plugins = folder / "my_plugins"
        plugins.mkdir()
        (plugins / "judge.py").write_text(JUDGE, encoding="utf-8")

    @asynccontextmanager
    async def __call__(self, *adapters: Adapter, **sections: dict[str, Any]) -> AsyncIterator[App]:
        """Run one while the body runs; "fake:admin" is the admins' chat."""
        bot = {"data_dir": str(self.folder / "data"), "admin_chats": ["fake:admin"]} | sections.pop("bot", {})
        plugins = {"folder": str(self.folder / "my_plugins")}
        settings = bot_settings(self.folder, self._model, {"bot": bot, "plugins": plugins} | sections)
        async with running_app(settings, adapters, self.clock) as app:
            yield app


@asynccontextmanager
async def running_app(settings: Any, adapters: tuple[Adapter, ...], clock: ManualClock) -> AsyncIterator[App]:
    async with open_app(settings, {one.name: one for one in adapters}, clock=clock) as app:
        task = asyncio.create_task(app.run())
        try:
            yield app
        finally:
            app.stop()
            await task


async def log_of(app: App, **wanted: Any) -> list[Entry]:
    """Return the moderation log."""
    return await ModerationLog(app._parts.database).entries(Filter(**wanted))


async def facts_of(app: App) -> list[tuple[str, str, str]]:
    """Return rule, action and direction of each entry."""
    return [(one.rule, one.action, one.direction) for one in await log_of(app)]
