"""How long the IRC adapter waits for what, and how fast it talks."""

import asyncio
import time
from dataclasses import dataclass

from glmbot.back_off import wait_after


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the adapter waits for what, in seconds."""

    connect: float = 30.0
    register: float = 60.0
    """From the connection to the end of the greeting; servers look up names for half of that."""
    quiet: float = 60.0
    """Without a word from the server it is asked for one."""
    answer: float = 60.0
    """For the server's PONG; a server that holds back a talkative client answers late."""
    fresh: float = 15.0
    """A connection that was silent for longer is tried before a message is entrusted to it."""
    first: float = 1.0
    """After the first failure to connect; doubled with each further one."""
    longest: float = 120.0
    stable: float = 60.0
    """A connection that lasted so long was none of those failures."""
    rejoin: float = 10.0
    """After having been put out of a channel."""
    refused: float = 300.0
    """Until a channel that does not let the bot in is tried again."""
    regain: float = 60.0
    """Between two tries to get the nick that somebody else has."""
    farewell: float = 1.0

    def after(self, num_failures: int) -> float:
        """Return how long to wait after so many failures in a row."""
        return wait_after(num_failures, self.first, self.longest)


class Pace:
    """Lets some lines pass at once and then one each interval: servers cut off those who talk faster.

    Two seconds are what RFC 1459 section 8.10 asks of clients, and common servers still count so. Of the ten lines
    that InspIRCd takes at once where it does not hold back, four messages, each with its PING, are eight.
    """

    def __init__(self, burst: int = 4, interval: float = 2.0) -> None:
        self._burst = burst
        self._interval = interval
        self._slowness = 1.0
        self._spent_until = 0.0
        """When all that has passed will have been paid for."""

    async def turn(self, cost: int = 1) -> None:
        """Wait until another line may pass, or one that costs as much as several; turns come in the order of calls."""
        self._slowness = max(1.0, self._slowness * 0.98)  # so that 35 lines after a complaint all is as before
        interval = self._interval * self._slowness
        now = time.monotonic()
        self._spent_until = max(self._spent_until, now) + cost * interval
        wait = self._spent_until - self._burst * interval - now
        if wait > 0:
            await asyncio.sleep(wait)

    def slow_down(self) -> float:
        """Talk half as fast for a while, since the server complains; return how long to be silent first."""
        self._slowness = min(8.0, self._slowness * 2)
        interval = self._interval * self._slowness
        self._spent_until = time.monotonic() + self._burst * interval
        return interval
