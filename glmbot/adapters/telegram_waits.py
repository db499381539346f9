"""How long the Telegram adapter waits for what."""

from dataclasses import dataclass

from glmbot.back_off import wait_after


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the adapter waits for what, in seconds."""

    poll: int = 30
    """Telegram keeps a question for news open so long when there are none."""
    answer: float = 15.0
    """For the answer to any other call; so poll + answer is when a dead connection is noticed."""
    first: float = 1.0
    """After the first failure; doubled with each further one."""
    longest: float = 60.0
    claim: float = 5.0
    """From the first poll on: two conflicts within it, before any answer, say that another program was there first."""
    claim_again: float = 0.2
    """After the first conflict, which may be the end of that program."""

    def after(self, num_failures: int) -> float:
        """Return how long to wait after so many failures in a row."""
        return wait_after(num_failures, self.first, self.longest)
