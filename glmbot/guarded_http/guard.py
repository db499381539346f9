"""Decides what may be opened, and which address a connection goes to."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import httpx

from glmbot.errors import ConfigError, NotDelivered, RetryLater, UrlRefused
from glmbot.guarded_http.address import host_of, is_public, parsed_address

PORTS = frozenset({80, 443})
DEFAULT_PORTS = {"http": 80, "https": 443}
OUTAGE_WAIT = 5.0

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a name. Raises OSError."""


class Origin(NamedTuple):
    """Scheme, host and port: one server."""

    scheme: str
    host: str
    port: int


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be opened: public addresses at the ports of the Web, and servers that the operator has named.

    A server that is named counts where the message itself leads there, not where another server sends us.
    """

    named: frozenset[Origin] = frozenset()
    ports: frozenset[int] = PORTS
    resolve: Resolve = system_resolve
    is_public: Callable[[str], bool] = is_public
    authorities: ssl.SSLContext | None = None
    """Whose certificates count; None: those the system trusts."""

    async def address_of(self, url: httpx.URL, *, may_be_named: bool) -> str:
        """Return the address to connect to. Raises UrlRefused, NotDelivered, RetryLater."""
        origin = origin_of(url)
        is_named = may_be_named and origin in self.named
        if origin.port not in self.ports and not is_named:
            raise UrlRefused(f"{origin.host!r} is not opened: its port {origin.port} is none of the Web's")
        addresses = await self._addresses(origin)
        if not is_named and not all(self.is_public(address) for address in addresses):
            raise UrlRefused(f"{origin.host!r} is not opened: it leads to an address that is not public")
        return addresses[0]

    async def _addresses(self, origin: Origin) -> Sequence[str]:
        if parsed_address(origin.host):
            return [origin.host]
        try:
            addresses = await self.resolve(origin.host, origin.port)
        except (OSError, UnicodeError) as error:
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
                raise RetryLater(f"{origin.host!r} cannot be looked up now", OUTAGE_WAIT) from error
            raise NotDelivered(f"host {origin.host!r} cannot be found") from error
        if not addresses:
            raise NotDelivered(f"host {origin.host!r} cannot be found")
        return addresses


def name_of(url: httpx.URL) -> str:
    """Return the host as it is looked up: in ASCII, where `url.host` shows it in its own letters."""
    return url.raw_host.decode("ascii").strip("[]")


def origin_of(url: httpx.URL) -> Origin:
    """Return the server of an address."""
    return Origin(url.scheme, name_of(url), url.port or DEFAULT_PORTS[url.scheme])


def origin_named(url: str) -> Origin:
    """Return the server that a setting names. Raises ConfigError unless it is an http or https address."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in DEFAULT_PORTS or not parsed.host:
        raise ConfigError(f"{url!r} is no address that begins with http:// or https://")
    return origin_of(parsed)


def checked_url(url: str) -> httpx.URL:
    """Return a URL that can be read in one way only. Raises UrlRefused."""
    host = host_of(url)
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise UrlRefused(f"{host!r} is not opened: its address cannot be read") from None
    if name_of(parsed) != host or parsed.userinfo:
        raise UrlRefused(f"{host!r} is not opened: its address can be read in two ways")
    return parsed
