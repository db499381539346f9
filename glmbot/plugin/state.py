"""How a plugin is while the bot runs."""

from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    """Whether a plugin can be called."""

    RUNNING = "running"
    RESTARTING = "restarting"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class PluginState:
    """A plugin's condition, how many strikes it has, and what the last one was for."""

    condition: Condition = Condition.RUNNING
    num_strikes: int = 0
    reason: str = ""
