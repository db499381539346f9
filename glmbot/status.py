"""How the bot is: plain values, to be shown to a sender or sent over a wire."""

from dataclasses import dataclass
from enum import StrEnum


class ModelState(StrEnum):
    """Whether questions can be answered."""

    READY = "ready"
    LOADING = "loading"
    AWAY = "away"


class AdapterState(StrEnum):
    """How an adapter is."""

    RUNNING = "running"
    SILENT = "silent"
    """It runs, but its platform has not been heard of for long."""
    WAITING = "waiting"
    """It failed, and is started again after a while."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class BotStatus:
    """How the bot is now. `uptime` is in seconds, `num_open` are the messages that are not answered yet."""

    version: str
    uptime: float
    model: ModelState
    num_open: int
    adapters: dict[str, AdapterState]
    """By name."""


@dataclass(frozen=True, slots=True)
class PlaceInLine:
    """Where a question stands that waits for the model: 1 is next. `wait` is about how many seconds that takes.

    A wait of 0 is not known.
    """

    number: int
    wait: float
