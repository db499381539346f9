"""How the bot gets into an IRC server: capabilities, password or SASL, and a nick."""

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from glmbot.adapters.irc_line import Line, line_of
from glmbot.adapters.irc_names import ServerTraits, other_nicks
from glmbot.adapters.irc_wire import Wire
from glmbot.errors import ConfigError

WANTED = ("message-tags", "account-tag")
"""Message ids and marks of bots, and who the senders are by the network's accounts."""
SASL_CHUNK = 400  # https://ircv3.net/specs/extensions/sasl-3.1
USER_NAME = "glmbot"
MAX_QUOTE = 200
NICK_TAKEN = ("433", "436", "437")
GREETING_END = ("376", "422")
DENIED = re.compile("password|access denied|authori[sz]ed", re.IGNORECASE)
"""What servers that hang up without a 464 say: ngIRCd 26 and InspIRCd 3, tried in November 2026."""
SASL_REFUSED = ("902", "904", "905", "906", "908")


@dataclass(frozen=True, slots=True)
class Login:
    """Who the bot is; `account` empty: `password` is the server's."""

    adapter: str
    host: str
    nick: str
    account: str
    password: str = field(repr=False)

    def quoted(self, said: str) -> str:
        """Quote what a server says, for the log: without the password, and not at any length."""
        return repr((said.replace(self.password, "<password>") if self.password else said)[:MAX_QUOTE])

    def error(self, what: str, *keys: str) -> ConfigError:
        """Return an error that says what the server refuses, and which settings to look at."""
        settings = " and ".join(f"adapters.{self.adapter}.{key}" for key in keys)
        return ConfigError(f"adapter {self.adapter!r}: {self.host!r} {what}; set {settings}")


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the server says when the bot is in: how it is called, and what kind of server this is."""

    nick: str
    traits: ServerTraits


async def register(wire: Wire, lines: AsyncIterator[Line], login: Login) -> Welcome:
    """Get in. Raises ConfigError where the server refuses for good, ConnectionError where it hangs up."""
    registration = _Registration(wire, login)
    await registration.begin()
    async for line in lines:
        if welcome := await registration.take(line):
            return welcome
    raise ConnectionError("the server has closed the connection")


class _Registration:
    def __init__(self, wire: Wire, login: Login) -> None:
        self._wire = wire
        self._login = login
        self._other_nicks = iter(other_nicks(login.nick))
        self._offered: set[str] = set()
        self._nick = ""
        self._traits = ServerTraits()

    async def begin(self) -> None:
        """Say who we are; a server without capabilities ignores the first line."""
        await self._say("CAP", "LS", "302")
        if self._login.password and not self._login.account:
            await self._say("PASS", self._login.password)
        await self._say("NICK", self._login.nick)
        await self._say("USER", USER_NAME, "0", "*", USER_NAME)

    async def take(self, line: Line) -> Welcome | None:
        """Answer a line; return the welcome when its greeting is complete."""
        match line.command:
            case "CAP":
                await self._negotiate(line)
            case "AUTHENTICATE" if line.last == "+" and self._login.account:
                await self._log_in()
            case "903":
                await self._say("CAP", "END")
            case "001":
                self._nick = line.parameter(0)
            case "005":
                self._traits = self._traits.after(line.parameters[1:-1])
            case command if command in NICK_TAKEN and not self._nick:
                await self._take_another_nick()
            case command if command in GREETING_END and self._nick:
                return Welcome(self._nick, self._traits)
            case _:
                self._check(line)
        return None

    async def _negotiate(self, line: Line) -> None:
        match line.parameter(1).upper():
            case "LS":
                self._offered |= {name.partition("=")[0] for name in line.last.split()}
                if line.parameter(2) != "*" or len(line.parameters) < 4:  # else more of the list follows
                    await self._ask_for(self._offered)
            case "ACK" if "sasl" in line.last.split():
                await self._say("AUTHENTICATE", "PLAIN")
            case "ACK":
                await self._say("CAP", "END")
            case "NAK" if self._login.account:
                raise ConnectionError("the server refuses the capabilities it offers, SASL among them")
            case "NAK":
                await self._say("CAP", "END")

    async def _ask_for(self, offered: set[str]) -> None:
        wanted = [name for name in WANTED if name in offered]
        if self._login.account:
            if "sasl" not in offered:  # maybe the network's services are away, so this is no error of the settings
                raise ConnectionError(
                    f"the server offers no log-in with an account (SASL); if it never does, leave out the setting "
                    f"adapters.{self._login.adapter}.account"
                )
            wanted.append("sasl")
        if wanted:
            await self._say("CAP", "REQ", " ".join(wanted))
        else:
            await self._say("CAP", "END")

    async def _log_in(self) -> None:
        account = self._login.account
        secret = base64.b64encode(f"\0{account}\0{self._login.password}".encode()).decode()
        chunks = [secret[start : start + SASL_CHUNK] for start in range(0, len(secret), SASL_CHUNK)]
        for chunk in chunks if len(chunks[-1]) < SASL_CHUNK else [*chunks, "+"]:
            await self._say("AUTHENTICATE", chunk)

    async def _take_another_nick(self) -> None:
        nick = next(self._other_nicks, None)
        if nick is None:
            raise ConnectionError(f"the nick {self._login.nick!r} and all that are like it are in use")
        await self._say("NICK", nick)

    def _check(self, line: Line) -> None:
        """Raise what a refusal means."""
        said = self._login.quoted(line.last)
        if line.command in SASL_REFUSED and self._login.account:
            raise self._login.error(f"refuses the account ({said})", "account", "password")
        if line.command == "464" or (line.command == "ERROR" and DENIED.search(line.last)):
            raise self._login.error(f"lets nobody in with this password, or without one ({said})", "password")
        if line.command == "465":
            raise self._login.error(f"has banned the bot ({said}); ask its operators, or take another server", "host")
        if line.command == "432" and not self._nick:
            raise self._login.error(f"refuses the nick {self._login.nick!r} ({said})", "nick")
        if line.command == "ERROR":
            raise ConnectionError(f"the server hangs up: {said}")

    async def _say(self, command: str, *parameters: str) -> None:
        await self._wire.write(line_of(command, *parameters))
