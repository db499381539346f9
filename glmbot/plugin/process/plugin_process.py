"""A plugin that was loaded in a process of its own."""

import asyncio
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from glmbot.background import in_background
from glmbot.errors import ConfigError
from glmbot.plugin.context import Surroundings
from glmbot.plugin.member import DescribedCommand, Member
from glmbot.plugin.process.codec import dumped
from glmbot.plugin.process.frames import WireError, encode_json, read_body
from glmbot.plugin.process.interfaces import (
    CONFIGURE,
    CONFIGURED,
    LOAD,
    LOADED,
    Configure,
    Description,
    Load,
)
from glmbot.plugin.process.limits import Limits
from glmbot.plugin.process.process_member import ProcessMember
from glmbot.plugin.process.spawn import Child, start_child
from glmbot.plugin.sources import PluginSource

logger = logging.getLogger(__name__)

T = TypeVar("T")


class PluginProcess:
    """A plugin and its process. `load` comes first; without a plugin the other methods raise ConfigError."""

    def __init__(self, source: PluginSource, config: Mapping[str, Mapping[str, Any]], limits: Limits) -> None:
        self.source_name = source.name
        self.source = source.where
        self._place = source.place
        self._config = config
        self._limits = limits
        self._opened: _Opened | None = None
        self._problem = "it was not loaded"

    @property
    def name(self) -> str:
        """The plugin's name. Raises ConfigError that says why there is no plugin."""
        return self.description.name

    @property
    def commands(self) -> Sequence[DescribedCommand]:
        """What the host knows of its commands."""
        return self.description.commands

    @property
    def description(self) -> Description:
        """What the plugin has. Raises ConfigError that says why there is no plugin."""
        if self._opened is None:
            raise ConfigError(self._problem)
        return self._opened.description

    @property
    def pid(self) -> int | None:
        """The process's id, None without a plugin."""
        return self._opened.child.process.pid if self._opened else None

    def check_config(self) -> None:
        """Raise ConfigError when the plugin's settings are wrong."""
        if self._opened and self._opened.config_problem:
            raise ConfigError(self._opened.config_problem)

    async def load(self) -> None:
        """Start the process and have it load the plugin. What goes wrong is said by `name` and `check_config`."""
        try:
            self._opened = await self._open()
        except ConfigError as error:
            self._problem = str(error)

    async def load_again(self) -> Child:
        """Start another process in the place of one that has ended. Raises ConfigError."""
        before = self.description
        self._opened = await self._open()
        self.check_config()
        if self._opened.description != before:
            await self._opened.child.end()
            raise ConfigError("its commands, hooks or jobs have changed; start the bot again to use them")
        return self._opened.child

    def join(self, surroundings: Surroundings) -> Member:
        """Become a member of the bot that `surroundings` describes."""
        assert self._opened
        return ProcessMember(self.description, self._opened.child, self.load_again, surroundings, self._limits)

    async def close(self) -> None:
        """End the process."""
        if self._opened:
            await self._opened.child.end()

    async def _open(self) -> "_Opened":
        child = await start_child(self.source_name)
        try:
            return await self._opened_in_time(child)
        except BaseException:
            await child.end()
            await child.output.forward_rest()
            raise

    async def _opened_in_time(self, child: Child) -> "_Opened":
        try:
            async with (
                in_background(child.output.forward, "log of a plugin"),
                asyncio.timeout(self._limits.load_deadline),
            ):
                return await self._shake_hands(child)
        except TimeoutError:
            raise ConfigError(f"it took longer than {self._limits.load_deadline:g} seconds to load") from None
        except (WireError, ValidationError) as error:
            raise ConfigError(f"its process does not speak as it should: {error}") from error

    async def _shake_hands(self, child: Child) -> "_Opened":
        load = Load(self._place, list(sys.path), logging.getLogger().getEffectiveLevel())
        loaded = await _ask(child, dumped(LOAD, load), LOADED)
        if loaded.plugin is None:
            raise ConfigError(loaded.problem)
        config: dict[str, JsonValue] = to_jsonable_python(self._config.get(loaded.plugin.name, {}))
        configured = await _ask(child, dumped(CONFIGURE, Configure(config)), CONFIGURED)
        return _Opened(child, loaded.plugin, configured.problem)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A process that has loaded its plugin."""

    child: Child
    description: Description
    config_problem: str


async def _ask(child: Child, word: JsonValue, answer: TypeAdapter[T]) -> T:
    child.writer.write(encode_json(word))
    body = await read_body(child.reader)
    if body is None:
        raise ConfigError(f"{await child.exit_manner()} while it was loaded")
    return answer.validate_json(body)
