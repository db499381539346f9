"""Reads the configuration again when SIGHUP asks for it; what cannot be used never takes the place of what can."""

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from glmbot import config_file
from glmbot.errors import ConfigError
from glmbot.phrases import Phrase
from glmbot.settings import Settings
from glmbot.trouble import TroubleReport
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)

TRIAL = 60.0
"""Seconds from its start in which a new configuration that fails gives way to the last good one."""
CONFIGURATION = "configuration"


class Configuration:
    """The settings file, or the default one where none is named, as it is now."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file = path or config_file.DEFAULT_FILE
        self._has_content = self._is_written()

    def read(self) -> Settings:
        """Read the settings again. Raises ConfigError, also where the file had something in it and has no more."""
        if self._has_content and not self._is_written():
            raise ConfigError(f"config file {str(self._file)!r} is empty or gone, and was not when the bot started")
        return config_file.load_settings(self._path)

    def _is_written(self) -> bool:
        try:
            return bool(self._file.read_bytes().strip(b"\0 \t\r\n"))
        except OSError:
            return False


def serves_alike(one: Settings, other: Settings) -> bool:
    """Tell whether two configurations have the same model server."""
    is_same_model = one.inference.model_dump() == other.inference.model_dump()
    is_same_classifier = one.safety.classifier == other.safety.classifier
    return is_same_model and is_same_classifier and one.bot.log_level == other.bot.log_level


class Restartable(Protocol):
    """What is told to begin anew, and of trouble: the app."""

    @property
    def report(self) -> TroubleReport: ...

    def restart(self, *, keep_model: bool) -> None: ...


async def run_with_reloads(
    settings: Settings, run_once: Callable[[Settings, bool], Awaitable[Settings | None]]
) -> None:
    """Run the bot with `settings`, and again with each that a run ends with.

    `run_once` is also told whether a configuration has just failed. Raises ConfigError of the first configuration,
    and of one that has stood its trial.
    """
    last_good: Settings | None = None
    has_failed = False
    while True:
        started_at = time.monotonic()
        try:
            wanted = await run_once(settings, has_failed)
        except ConfigError as error:
            if last_good is None or time.monotonic() - started_at > TRIAL:
                raise
            logger.error("the new configuration does not work, going back to the last good one: %s", error)
            settings, last_good, has_failed = last_good, None, True
            continue
        if wanted is None:
            return
        settings, last_good, has_failed = wanted, settings, False


@contextmanager
def sighup() -> Iterator[Wakeup]:
    """Have SIGHUP call a wakeup while the body runs; it would end the program else."""
    asked, loop = Wakeup(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, asked.call)
    try:
        yield asked
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


class Reload:
    """Looks after the configuration of one app; `wanted` is the one that the app is to begin anew with."""

    def __init__(self, asked: Wakeup, configuration: Configuration, current: Settings, app: Restartable) -> None:
        self.wanted: Settings | None = None
        self._asked = asked
        self._configuration = configuration
        self._current = current
        self._app = app

    async def run(self) -> None:
        """Read the configuration whenever that is asked for, until it is another, good one."""
        while self.wanted is None:
            await self._asked.wait()
            try:
                settings = await asyncio.to_thread(self._configuration.read)
            except ConfigError as error:
                logger.error("the configuration was read again and cannot be used, the last good one stays: %s", error)
                self._app.report.trouble(CONFIGURATION, Phrase.CONFIG_KEPT.in_both_languages())
            else:
                self._app.report.over(CONFIGURATION)
                self._take(settings)

    def _take(self, settings: Settings) -> None:
        if settings.model_dump() == self._current.model_dump():
            return logger.info("the configuration was read again and is the same")
        logger.info("the configuration has changed; starting again with it")
        self.wanted = settings
        self._app.restart(keep_model=serves_alike(settings, self._current))
