"""One connection to an IRC server, from the welcome to its end: what comes in, channels, and the nick."""

import logging
import time
from collections.abc import AsyncIterator, Collection

from glmbot.adapters.irc_channels import REFUSALS, Channels
from glmbot.adapters.irc_events import Presence, read_event
from glmbot.adapters.irc_line import Line, line_of
from glmbot.adapters.irc_names import is_target
from glmbot.adapters.irc_registration import Login, Welcome
from glmbot.adapters.irc_talk import OUTAGE_WAIT, FormattingRefused, Refused, Talk
from glmbot.adapters.irc_text import lines_of
from glmbot.adapters.irc_waits import Pace, Waits
from glmbot.adapters.irc_wire import Wire
from glmbot.adapters.news import News
from glmbot.content import Rendered
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import MessageEvent
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)

LONGEST_USER_HOST = 74
"""Characters of user@host, as long as servers let them be; what ours is, the server tells with our first JOIN."""
RARE_COST = 3
"""What a change of mode or nick costs, in messages: InspIRCd counts a MODE as five lines."""
FLOOD_WORDS = ("flood", "sendq", "recvq", "throttl")


class Connection:
    """The bot on a server. Incoming messages go into `news`; where that is full, nothing more is read.

    `moved` is called when `keep_place` has something to do.
    """

    def __init__(
        self,
        wire: Wire,
        welcome: Welcome,
        login: Login,
        channels: Collection[str],
        commands: Collection[str],
        news: News[MessageEvent],
        moved: Wakeup,
        pace: Pace,
        waits: Waits,
    ) -> None:
        self._wire = wire
        self._login = login
        self._commands = commands
        self._news = news
        self._pace = pace
        self._waits = waits
        self._traits = welcome.traits
        self._nick = welcome.nick
        self._user_host_length = LONGEST_USER_HOST
        self._channels = Channels(list(channels), welcome.traits.folded, waits)
        self._talk = Talk(wire, pace, waits, welcome.traits)
        self._moved = moved
        self._is_marked = False
        self._regain_at = time.monotonic() + waits.regain

    @property
    def last_traffic_at(self) -> float:
        """When the server was last heard."""
        return self._wire.last_traffic_at

    async def listen(self, lines: AsyncIterator[Line]) -> None:
        """Take in what the server says until the connection ends, which is an OSError."""
        try:
            async for line in lines:
                await self._hear(line)
        finally:
            self._talk.end()

    async def say(self, target: str, body: Rendered) -> None:
        """Say a text, a line each for its lines; where the channel takes no formatting, the plain one."""
        if not is_target(target):
            raise NotDelivered(f"{target[:100]!r} names no channel and no user")
        if self._news.is_full:
            raise RetryLater("nothing is read while messages wait to be stored", OUTAGE_WAIT)
        if self._channels.is_on_the_way(target):
            raise RetryLater(f"the bot is not in {target} yet", OUTAGE_WAIT)
        try:
            await self._say_in_form(target, body)
        except Refused as error:
            if self._channels.is_on_the_way(target):
                raise RetryLater(f"the bot was put out of {target}", OUTAGE_WAIT) from error
            raise

    async def ping(self) -> None:
        """Ask the server for a sign of life. Raises OSError where none comes."""
        await self._talk.ping()

    async def _say_in_form(self, target: str, body: Rendered) -> None:
        try:
            await self._talk.say(target, self._lines(target, body.text))
        except FormattingRefused:
            await self._talk.say(target, self._lines(target, body.plain))

    def _lines(self, target: str, text: str) -> list[str]:
        """Return the text as lines that fit, as the server passes them on with who said them."""
        frame = len(f":{self._nick}! PRIVMSG {target} :\r\n".encode())
        lines = list(lines_of(text, self._traits.max_line - frame - self._user_host_length))
        if not lines:
            raise NotDelivered("a message with nothing to see in it")
        return lines

    # -- receiving

    async def _hear(self, line: Line) -> None:
        self._talk.hear(line)
        if line.command == "PRIVMSG":
            await self._take_message(line)
        elif line.command == "ERROR":
            self._hang_up(line)
        elif line.command == "396":  # the server shows another host of ours from now on, maybe a longer one
            self._user_host_length = LONGEST_USER_HOST
        elif line.command in REFUSALS:
            self._note_refusal(line)
        elif line.source.is_user:
            self._note_move(line)

    async def _take_message(self, line: Line) -> None:
        presence = Presence(self._login.adapter, self._nick, self._login.nick, self._traits, self._commands)
        if event := read_event(line, presence):
            await self._news.put(event)

    def _hang_up(self, line: Line) -> None:
        if any(word in line.last.lower() for word in FLOOD_WORDS):
            self._pace.slow_down()
        raise ConnectionError(f"the server hangs up: {self._login.quoted(line.last)}")

    def _note_refusal(self, line: Line) -> None:
        if self._channels.refused(line.parameter(1)):
            logger.warning(
                "adapter %r: not let into channel %r (%s %s); trying again in %.0f s",
                *(self._login.adapter, line.parameter(1)[:100], line.command, self._login.quoted(line.last)),
                self._waits.refused,
            )

    def _note_move(self, line: Line) -> None:
        """Note who came, went or changed the nick, as far as it concerns the bot."""
        folded = self._traits.folded
        who, is_me = folded(line.source.nick), folded(line.source.nick) == folded(self._nick)
        match line.command:
            case "JOIN" if is_me:
                self._user_host_length = len(line.source.user_host.encode())
                self._channels.joined(line.parameter(0))
            case "PART" if is_me:
                self._put_out(line.parameter(0))
            case "KICK" if folded(line.parameter(1)) == folded(self._nick):
                self._put_out(line.parameter(0))
            case "NICK" if is_me and line.last:
                self._nick = line.last
            case "NICK" | "QUIT" if who == folded(self._login.nick):
                self._regain_at = 0.0
                self._moved.call()

    def _put_out(self, channel: str) -> None:
        logger.warning("adapter %r: the bot was put out of %r", self._login.adapter, channel[:100])
        self._channels.left(channel)
        self._moved.call()

    # -- keeping channels and nick

    async def keep_place(self) -> float:
        """Join and take the nick where that is due; return after how many seconds to look again."""
        for channel in self._channels.to_join():
            await self._say("JOIN", channel)
        if self._traits.bot_mode and not self._is_marked:
            self._is_marked = True
            await self._say("MODE", self._nick, f"+{self._traits.bot_mode}", cost=RARE_COST)
        if self._traits.folded(self._nick) != self._traits.folded(self._login.nick):
            await self._regain_nick()
        return min(self._channels.next_try_in(), self._waits.regain)

    async def _regain_nick(self) -> None:
        if time.monotonic() >= self._regain_at:
            self._regain_at = time.monotonic() + self._waits.regain
            await self._say("NICK", self._login.nick, cost=RARE_COST)

    async def _say(self, command: str, *parameters: str, cost: int = 1) -> None:
        await self._pace.turn(cost)
        await self._wire.write(line_of(command, *parameters))
