"""What became of a turn."""

from enum import StrEnum


class TurnState(StrEnum):
    """Complete and stopped turns are part of later prompts, the others are only kept."""

    COMPLETE = "complete"
    STOPPED = "stopped"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


VISIBLE = (TurnState.COMPLETE, TurnState.STOPPED)
