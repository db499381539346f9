"""How long the Matrix adapter waits for what."""

from dataclasses import dataclass

from glmbot.back_off import wait_after


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the adapter waits for what, in seconds."""

    poll: float = 30.0
    """The homeserver keeps a question for news open so long when there are none."""
    answer: float = 30.0
    """For the answer to any other call; so poll + answer is when a dead connection is noticed."""
    first_sync: float = 300.0
    """For the first answer about news, which holds all rooms."""
    join: float = 180.0
    """For entering a room, which may be on a slow server far away."""
    first: float = 1.0
    """After the first failure; doubled with each further one."""
    longest: float = 60.0

    def after(self, num_failures: int) -> float:
        """Return how long to wait after so many failures in a row."""
        return wait_after(num_failures, self.first, self.longest)
