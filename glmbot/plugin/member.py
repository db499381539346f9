"""A plugin in its bot, as the host sees it: what it has, and how each part of it is called."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from glmbot.events import MessageEvent
from glmbot.hooks import Hooks, Lifecycle
from glmbot.plugin.context import CommandHelp, ReplyValue, Surroundings
from glmbot.plugin.state import PluginState


@dataclass(frozen=True, slots=True)
class DescribedCommand:
    """A command: its help, the names of what follows it, and whether it passes the message being answered."""

    help: CommandHelp
    parameters: tuple[str, ...]
    is_immediate: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and its aliases."""
        return (self.help.name, *self.help.aliases)


class LoadedPlugin(Protocol):
    """A plugin that was loaded, and may join a bot."""

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str:
        """Where it came from: a path or an entry point."""

    @property
    def commands(self) -> Sequence[DescribedCommand]: ...

    def join(self, surroundings: Surroundings) -> "Member":
        """Become a member of the bot that `surroundings` describes."""

    async def close(self) -> None:
        """End what the plugin runs in."""


class Member(Protocol):
    """A plugin in its bot. What is called may raise whatever the plugin raises: the host sees to that."""

    @property
    def name(self) -> str: ...

    @property
    def commands(self) -> Sequence[DescribedCommand]: ...

    @property
    def hooks(self) -> Hooks:
        """Its hook functions, in the form in which the bot calls them."""

    @property
    def jobs(self) -> Sequence["Job"]: ...

    @property
    def state(self) -> PluginState:
        """How it is."""

    async def answer_command(self, name: str, event: MessageEvent) -> ReplyValue:
        """Answer an event that holds the command. Raises UserError for wrong arguments."""

    async def has_match(self, text: str) -> bool:
        """Tell whether one of its patterns is found in `text`."""

    async def answer_message(self, event: MessageEvent) -> ReplyValue:
        """Answer an event in whose text a pattern is found. Raises UserError for groups of the wrong type."""

    async def run(self, start_again: Lifecycle) -> None:
        """Keep it alive until cancelled; `start_again` is called whenever it had to be begun anew."""


class Job(Protocol):
    """A function of a plugin that runs by itself."""

    @property
    def name(self) -> str: ...

    async def next_after(self, moment: float) -> float:
        """Return the next time to run, which is later than `moment`."""

    async def run(self) -> None:
        """Run it once."""
