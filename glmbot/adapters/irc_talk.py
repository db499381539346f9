"""Says messages on an IRC connection, and learns of each whether the server took it."""

import asyncio
import itertools
import logging
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from glmbot.adapters.irc_line import Line, line_of
from glmbot.adapters.irc_names import ServerTraits
from glmbot.adapters.irc_waits import Pace, Waits
from glmbot.adapters.irc_wire import Wire
from glmbot.errors import NotDelivered, RetryLater

logger = logging.getLogger(__name__)

# https://modern.ircdocs.horse/#numerics and https://defs.ircdocs.horse/defs/numerics
REFUSALS = frozenset({"401", "402", "403", "404", "407", "408", "413", "414", "415", "416", "442", "477"})
"""No such target, or it does not want this."""
PRIVATE_REFUSALS = frozenset({"486", "487", "489", "492", "494", "502", "531", "716"})
"""The same, for reasons of one network's or user's own: only those who are logged in may write, say."""
COMPLAINTS = frozenset({"263", "439", "707"})
"""The line was dropped since the bot talks too fast, or to too many."""
FORMATTING = re.compile("colou?r|formatting", re.IGNORECASE)
"""What servers say (with 404) where a channel takes no formatting; 408 says that by itself."""
OUTAGE_WAIT = 2.0


class Refused(NotDelivered):
    """The server does not pass a message on; nothing of it was shown."""


class FormattingRefused(Refused):
    """A channel takes no formatting; the plain text may pass."""


class Talk:
    """One connection's outgoing messages, one line at a time.

    Each line is followed by a PING. A server works off what it is told in order, so its PONG says that it has taken
    the line, and what it complains of before that is about this line. At most two lines ever wait at the server, which
    no flood control minds. A connection that is cut before the PONG leaves open whether the line was shown:
    it is given up then, rather than shown twice.
    """

    def __init__(self, wire: Wire, pace: Pace, waits: Waits, traits: ServerTraits) -> None:
        self._wire = wire
        self._pace = pace
        self._waits = waits
        self._traits = traits
        self._turn = asyncio.Lock()
        self._tokens = (f"glmbot{number}" for number in itertools.count(1))
        self._pongs: dict[str, asyncio.Future[None]] = {}
        self._said: tuple[str, asyncio.Future[None]] | None = None

    async def say(self, target: str, lines: Sequence[str]) -> None:
        """Say the lines one after another. Raises RetryLater or Refused where none was said, else NotDelivered."""
        async with self._turn:
            for index, line in enumerate(lines):
                try:
                    await self._say_line(target, line)
                except (RetryLater, Refused) as error:
                    if index == 0:
                        raise
                    raise NotDelivered(f"only {index} of {len(lines)} lines were said: {error}") from error

    async def ping(self) -> None:
        """Ask the server for a sign of life. Raises an OSError where none comes."""
        with self._expected() as (token, answer):
            await self._wire.write(line_of("PING", token))
            await self._await(answer)

    def hear(self, line: Line) -> None:
        """Take note of what the server says about what was said."""
        if line.command == "PONG":
            if answer := self._pongs.get(line.last):
                _settle(answer, None)
        elif line.command in COMPLAINTS:
            logger.warning("the server finds the bot too talkative (%s); slowing down", line.command)
            wait = self._pace.slow_down()
            if self._is_about_what_was_said(line):
                self._refuse(RetryLater("the server asks to talk more slowly", wait))
        elif line.command in REFUSALS | PRIVATE_REFUSALS and self._is_about_what_was_said(line):
            kind = FormattingRefused if line.command == "408" or FORMATTING.search(line.last) else Refused
            self._refuse(kind(f"the server refuses it ({line.command}): {line.last[:200]!r}"))

    def end(self) -> None:
        """Tell those who wait that the connection is gone."""
        for answer in self._pongs.values():
            _settle(answer, ConnectionError("the connection was cut"))

    async def _say_line(self, target: str, line: str) -> None:
        await self._find_open()
        await self._pace.turn()
        if not self._wire.is_open:
            raise RetryLater("the connection was cut", OUTAGE_WAIT)
        with self._expected() as (token, answer):
            self._said = (self._traits.folded(target), answer)
            try:
                await self._wire.write(line_of("PRIVMSG", target, line), line_of("PING", token))
                await self._await(answer)
            except OSError as error:
                raise NotDelivered(f"cut off before it was confirmed ({error}): it may have been shown") from error
            finally:
                self._said = None

    async def _find_open(self) -> None:
        """After a silence, see whether the server is there before a message is entrusted to the connection."""
        if time.monotonic() - self._wire.last_traffic_at < self._waits.fresh:
            return
        try:
            await self.ping()
        except OSError as error:
            raise RetryLater(f"the server does not answer: {error}", OUTAGE_WAIT) from error

    @contextmanager
    def _expected(self) -> "Iterator[tuple[str, asyncio.Future[None]]]":
        """Provide a new token, and what is settled when the server sends it back."""
        token = next(self._tokens)
        answer = self._pongs[token] = asyncio.get_running_loop().create_future()
        try:
            yield token, answer
        finally:
            del self._pongs[token]
            if answer.done() and not answer.cancelled():
                answer.exception()  # the write may have failed with it before anybody waited for it

    async def _await(self, answer: "asyncio.Future[None]") -> None:
        try:
            async with asyncio.timeout(self._waits.answer):
                await answer
        except TimeoutError:
            self._wire.cut()
            raise

    def _is_about_what_was_said(self, line: Line) -> bool:
        """Tell whether a complaint names the line under way, by target or (263) command; our own nick comes first."""
        named = {self._traits.folded(name) for name in line.parameters[1:-1]}
        return self._said is not None and not named.isdisjoint({self._said[0], self._traits.folded("PRIVMSG")})

    def _refuse(self, error: Exception) -> None:
        if self._said is not None:
            _settle(self._said[1], error)


def _settle(answer: "asyncio.Future[None]", error: Exception | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(None)
    else:
        answer.set_exception(error)
