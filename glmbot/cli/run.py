"""Runs the bot, on its platforms or in this terminal."""

import asyncio
import logging
import signal
import sys
from functools import partial
from pathlib import Path

from glmbot.adapters.registry import configured_adapters
from glmbot.adapters.terminal import NAME, TerminalAdapter, terminal_language
from glmbot.app import open_app
from glmbot.background import in_background
from glmbot.cli.reload import CONFIGURATION, Configuration, Reload, run_with_reloads, serves_alike, sighup
from glmbot.inference.supervisor import ModelServer
from glmbot.log import set_up_logging
from glmbot.phrases import Phrase
from glmbot.settings import InferenceSettings, LimitSettings, Settings
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)

DEMO = "demo"


async def run_bot(settings: Settings, config: Path | None) -> None:
    """Run the bot on the configured platforms until SIGTERM or Ctrl-C; SIGHUP takes up a changed configuration."""
    configuration = Configuration(config)
    kept = _Kept()
    with sighup() as asked:
        try:
            await run_with_reloads(settings, partial(_run_once, asked, configuration, kept))
        finally:
            await kept.end()


class _Kept:
    """The model server that goes on from one app to the next, while its settings are the same."""

    def __init__(self) -> None:
        self._server: ModelServer | None = None
        self._settings: Settings | None = None

    def keep(self, server: ModelServer | None, settings: Settings) -> None:
        self._server, self._settings = server, settings

    async def server_for(self, settings: Settings) -> ModelServer | None:
        if self._settings is None or not serves_alike(settings, self._settings):
            await self.end()
        return self._server

    async def end(self) -> None:
        if self._server is not None:
            await self._server.end()
        self._server = None


async def _run_once(
    asked: Wakeup, configuration: Configuration, kept: _Kept, settings: Settings, has_failed: bool
) -> Settings | None:
    """Run the bot until it ends; return the settings to go on with, None where it ends for good."""
    set_up_logging(settings.bot.log_level)
    server = await kept.server_for(settings)
    async with open_app(settings, configured_adapters(settings.adapters), kept_server=server) as app:
        kept.keep(app.model_server, settings)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, app.stop)
        if has_failed:
            app.report.trouble(CONFIGURATION, Phrase.CONFIG_KEPT.in_both_languages())
        if _is_demo(settings.inference):
            logger.warning(Phrase.DEMO_NOTICE.in_language(terminal_language()))
        reload = Reload(asked, configuration, settings, app)
        async with in_background(reload.run, "reading the configuration"):
            await app.run()
        return reload.wanted if app.will_restart else None


async def run_in_terminal(settings: Settings, chat_id: str) -> None:
    """Run the bot with this terminal as its only platform, until the input ends. Nobody limits its one user."""
    settings = settings.model_copy(update={"limits": LimitSettings(messages_per_minute=0)})
    async with open_app(settings, {}) as app:
        terminal = TerminalAdapter(chat_id, idle=lambda: app.idle(NAME))
        app.add_adapter(terminal)

        def interrupt() -> None:
            """Ctrl-C stops the answer being written, and else the program."""
            if not terminal.interrupt():
                app.stop()

        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
        if _is_demo(settings.inference):
            sys.stderr.write(f"{Phrase.DEMO_NOTICE.in_language(terminal_language())}\n")
        if terminal.is_interactive:
            sys.stdout.write(f"{Phrase.TERMINAL_HELP.in_language(terminal_language())}\n")
        await app.run()


def _is_demo(settings: InferenceSettings) -> bool:
    return settings.model == DEMO and settings.url is None
