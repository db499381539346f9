"""IRC: lines in and lines out, on asyncio streams.

There is a kept library, pydle 1.2. It hands each incoming line to a task of its own, so that two may overtake each
other, and reads on while the first cannot be stored; it logs and forgets what fails, and what it sends, passwords
included, is in the debug log. An order that holds and a socket that waits are what this adapter is about, so it speaks
the protocol itself.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Sequence
from contextlib import aclosing

from glmbot.adapters.base import Accept, Capabilities, CommandInfo, OutgoingMessage
from glmbot.adapters.irc_connection import Connection
from glmbot.adapters.irc_line import FORBIDDEN
from glmbot.adapters.irc_registration import Login, register
from glmbot.adapters.irc_waits import Pace, Waits
from glmbot.adapters.irc_wire import open_wire
from glmbot.adapters.news import News
from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.errors import ConfigError, NotDelivered, RetryLater
from glmbot.events import Chat, MessageEvent, MessageRef
from glmbot.settings import IrcSettings
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)

NOT_CONNECTED_WAIT = 2.0


class IrcAdapter:
    """The bot on one IRC network.

    Incoming: the server pushes live, asks for no confirmation and repeats nothing. What came in waits in order until
    `accept` has stored it, also over a new connection and a new `run`; when that is too much, the socket is not read,
    and the server holds back the rest. What is said while the bot is not connected is never seen.

    Outgoing: see `irc_talk.Talk`. Where nothing was sent, `send` raises `RetryLater`; where a line was written and the
    connection cut before the server had confirmed it, `NotDelivered`.
    """

    def __init__(
        self, name: str, settings: IrcSettings, *, waits: Waits | None = None, pace: Pace | None = None
    ) -> None:
        self.name = name
        self._settings = settings
        self._waits = waits or Waits()
        self._pace = pace or Pace()
        self._login = _login(name, settings)
        self._commands: frozenset[str] = frozenset()
        self._news: News[MessageEvent] = News(name)
        self._moved = Wakeup()
        self._connection: Connection | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What IRC can do: lines of 512 bytes with all that goes around them (RFC 2812 section 2.3), and no more."""
        return Capabilities(
            form=TextForm(Markup.IRC, 400, LengthUnit.BYTES),
            edit_interval=None,
            typing_interval=None,
            has_idempotent_send=False,
        )

    @property
    def account_key(self) -> str:
        """Server and nick."""
        return f"{self._settings.host.lower()} {self._settings.nick.lower()}"

    @property
    def last_traffic_at(self) -> float:
        """When the server was last heard, or a message offered: that it cannot be stored is nobody's deafness."""
        return max(self._news.offered_at, self._connection.last_traffic_at if self._connection else 0.0)

    def set_commands(self, commands: Sequence[CommandInfo]) -> None:
        """Remember which words are commands; IRC has no menu."""
        self._commands = frozenset(command.name.lower() for command in commands)

    async def probe(self) -> bool:
        """Ask the server for a sign of life; it keeps no news back."""
        await self._connected().ping()
        return False

    async def run(self, accept: Accept) -> None:
        """Receive messages until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._stay_connected())
                tasks.create_task(self._keep_place())
                tasks.create_task(self._news.take_in(accept))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Say a message; its id is our own key, since IRC gives none."""
        await self._connected().say(message.chat.chat_id, message.body)
        return MessageRef(message.chat, message.key)

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Refuse: what was said on IRC stays as it is."""
        raise NotDelivered("IRC cannot change what was said")

    async def show_typing(self, chat: Chat) -> None:
        """Show nothing: IRC has no such sign."""

    def _connected(self) -> Connection:
        if self._connection is None:
            raise RetryLater(f"adapter {self.name!r} is not connected", NOT_CONNECTED_WAIT)
        return self._connection

    # -- the connection

    async def _stay_connected(self) -> None:
        """Connect, and again whenever the connection ends, with growing waits."""
        num_failures = 0
        while True:
            began = time.monotonic()
            try:
                await self._connect()
            except ssl.SSLCertVerificationError as error:
                raise self._certificate_error(error) from error
            except OSError as error:
                lasted = time.monotonic() - began
                num_failures = 1 if lasted > self._waits.stable else num_failures + 1
                wait = self._waits.after(num_failures)
                logger.warning("adapter %r: %s; connecting again in %.1f s", self.name, self._cause(error), wait)
                await asyncio.sleep(wait)

    async def _connect(self) -> None:
        """Connect and stay until the connection ends, which is an OSError."""
        settings = self._settings
        async with (
            open_wire(settings.host, settings.port, settings.tls, self._waits) as wire,
            aclosing(wire.lines()) as lines,
        ):
            async with asyncio.timeout(self._waits.register):
                welcome = await register(wire, lines, self._login)
            logger.info("adapter %r: on %s as %s", self.name, settings.host, welcome.nick)
            self._connection = Connection(
                wire,
                welcome,
                self._login,
                settings.channels,
                self._commands,
                self._news,
                self._moved,
                self._pace,
                self._waits,
            )
            self._moved.call()
            try:
                await self._connection.listen(lines)
            finally:
                self._connection = None

    async def _keep_place(self) -> None:
        """Keep the bot in its channels and at its nick, whenever it is connected."""
        wait: float | None = None
        while True:
            await self._moved.wait(wait)
            try:
                wait = await self._connection.keep_place() if self._connection else None
            except OSError as error:
                wait = None
                logger.debug("adapter %r: cut off while joining, the next connection does it: %s", self.name, error)

    def _certificate_error(self, error: ssl.SSLCertVerificationError) -> ConfigError:
        return ConfigError(
            f"adapter {self.name!r}: the certificate of {self._settings.host!r} is not trusted "
            f"({error.verify_message}); set adapters.{self.name}.host to the name in it, or, for a server of your own, "
            "the environment variable SSL_CERT_FILE to the file of its authority"
        )

    def _cause(self, error: OSError) -> str:
        what = str(error) or f"{self._settings.host} does not answer in time"
        is_tls_doubtful = self._settings.tls and isinstance(error, ssl.SSLError | TimeoutError)
        return f"{what}; is adapters.{self.name}.port one for TLS?" if is_tls_doubtful else what


def _login(name: str, settings: IrcSettings) -> Login:
    """Return who the bot is on the network. Raises ConfigError for what cannot be right."""
    password = settings.password.get_secret_value()
    variable = f"GLMBOT_ADAPTERS__{name.upper()}__PASSWORD"
    if not settings.host:
        raise ConfigError(f"adapter {name!r}: host is empty; set adapters.{name}.host to the IRC server's name")
    if settings.account and not password:
        raise ConfigError(f"adapter {name!r}: the account has no password; set {variable}")
    if FORBIDDEN.search(password):
        raise ConfigError(
            f"adapter {name!r}: the password has a sign that cannot be sent (a line's end?); set {variable}"
        )
    return Login(name, settings.host, settings.nick, settings.account, password)
