"""The Matrix adapter's standing with its homeserver: logged in or not, heard of when, and what is tried again."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from glmbot.adapters.matrix_client import AskedToWait, BadToken, Client, NotMatrix, Refused, ServerError
from glmbot.adapters.matrix_device import device_in, has_library, open_keys, renew_device
from glmbot.adapters.matrix_encryption import Encryption
from glmbot.adapters.matrix_events import Account
from glmbot.adapters.matrix_rooms import localpart
from glmbot.adapters.matrix_waits import Waits
from glmbot.errors import ConfigError, RetryLater
from glmbot.settings import MatrixSettings

logger = logging.getLogger(__name__)

T = TypeVar("T")

NOT_CONNECTED_WAIT = 1.0


class Session:
    """One account at one homeserver. Raises ConfigError for settings that cannot be right."""

    def __init__(self, name: str, settings: MatrixSettings, waits: Waits) -> None:
        self.name = name
        self._waits = waits
        self._user_id = settings.user_id
        self._token = settings.access_token.get_secret_value().strip()
        self._password = settings.password.get_secret_value()
        self._check(settings.homeserver)
        self._client = Client(settings.homeserver, settings.user_id, self._token, waits)
        self._folder: Path | None = None
        self.can_encrypt = False
        """Whether there will be encryption, as soon as we are logged in."""
        self.encryption: Encryption | None = None
        self.last_traffic_at = 0.0

    def keep_in(self, folder: Path) -> None:
        """Remember where the keys are kept; without them encrypted rooms are not read."""
        self._folder = folder
        self.can_encrypt = has_library()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """Provide the connection to somebody who has something to say. Raises RetryLater before the log-in."""
        async with self._client.opened():
            if not self._client.token:
                raise RetryLater(f"adapter {self.name!r} is not connected", NOT_CONNECTED_WAIT)
            yield self._client

    @asynccontextmanager
    async def logged_in(self, commands: frozenset[str]) -> AsyncIterator[tuple[Client, Account]]:
        """Log in where there is no token, and provide the connection and who we are. Raises ConfigError."""
        async with self._client.opened():
            try:
                user_id, device_id = await self.persist(self._log_in)
            except Refused as error:
                raise self._refused(str(error)) from error
            if user_id != self._user_id:
                raise self._error(f"the token is that of {user_id}", self._setting("user_id"))
            names = (user_id, localpart(user_id), await self.persist(self._client.display_name))
            await self._start_encryption(device_id)
            try:
                yield self._client, Account(self.name, user_id, names, commands)
            finally:
                if self.encryption:
                    await self.encryption.keys.close()

    async def persist(self, call: Callable[[], Awaitable[T]], max_tries: int | None = None) -> T:
        """Make a call until it succeeds, with growing waits; only a refusal ends it, or the last try."""
        num_tries = 0
        while True:
            num_tries += 1
            try:
                answer = await call()
            except BadToken as error:
                raise self._lost(error) from error
            except RetryLater as error:
                if num_tries == max_tries:
                    raise
                await self._wait_after(error, num_tries)
            else:
                self.note_traffic()
                return answer

    def note_traffic(self, wait: float = 0.0) -> None:
        """Note that the homeserver is there, and will not be asked before `wait` seconds have passed."""
        self.last_traffic_at = time.monotonic() + wait

    async def _wait_after(self, error: RetryLater, num_failures: int) -> None:
        wait = error.after if isinstance(error, AskedToWait) else self._waits.after(num_failures)
        if isinstance(error, AskedToWait | ServerError):
            self.note_traffic(wait)
        logger.warning("adapter %r: %s; trying again in %.1f s", self.name, error, wait)
        await asyncio.sleep(wait)

    async def _log_in(self) -> tuple[str, str]:
        """Get a token where there is none, and return whose it is, and of which device."""
        try:
            if not self._client.token:
                await self._client.log_in(self._password, await asyncio.to_thread(device_in, self._folder, self.name))
            return await self._client.who_am_i()
        except NotMatrix as error:
            raise self._error(str(error), self._setting("homeserver")) from error

    async def _start_encryption(self, device_id: str) -> None:
        """Read the keys of this device, once, and give them to the homeserver."""
        if self._folder is None or not self.can_encrypt:
            return
        if not device_id:
            raise self._error(
                "its access token is that of no device, which encryption needs", self._setting("password")
            )
        if self.encryption is None or self.encryption.keys.device_id != device_id:
            self.encryption = Encryption(self._client, open_keys(self._folder, self._user_id, device_id))
        if await self.persist(self.encryption.start):
            return
        self.encryption = None
        if self._token:
            raise self._error(
                f"the homeserver has other keys of device {device_id!r} than {self._folder} has, so nobody would trust "
                "what the bot encrypts; restore that folder, or take a token of a new device",
                self._variable("ACCESS_TOKEN"),
            )
        await asyncio.to_thread(renew_device, self._folder, self.name)
        self._client.token = ""
        raise ConnectionError(f"the keys of device {device_id!r} are lost; logging in as another one")

    # -- what the operator must mend

    def _check(self, homeserver: str) -> None:
        for value, what in ((homeserver, "homeserver"), (self._user_id, "user_id")):
            if not value:
                raise self._error(f"{what} is empty", self._setting(what))
        if not self._token and not self._password:
            raise self._error("it has neither access token nor password", self._variable("ACCESS_TOKEN"))
        if not (self._token.isascii() and self._token.isprintable()) or " " in self._token:
            raise self._error("the access token has signs that no token has", self._variable("ACCESS_TOKEN"))

    def _lost(self, error: BadToken) -> Exception:
        """Return what becomes of a token that is not good any more: ours is mended here, by a further log-in."""
        if self._token:
            return self._refused(str(error))
        self._client.token = ""
        return ConnectionError(f"{error}; logging in again")

    def _refused(self, reason: str) -> ConfigError:
        what, variable = ("access token", "ACCESS_TOKEN") if self._token else ("password", "PASSWORD")
        return self._error(f"{what} or user_id is refused ({reason})", self._variable(variable))

    def _error(self, reason: str, remedy: str) -> ConfigError:
        return ConfigError(f"adapter {self.name!r}: {reason}; set {remedy}")

    def _setting(self, key: str) -> str:
        return f"adapters.{self.name}.{key}"

    def _variable(self, key: str) -> str:
        return f"GLMBOT_ADAPTERS__{self.name.upper()}__{key}"
