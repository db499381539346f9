"""Which addresses anybody on the Internet can reach, and which URLs can be read in one way only."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from glmbot.errors import UrlRefused

Address = IPv4Address | IPv6Address

MAX_URL = 2048
URL = re.compile(
    r"(?i:https?)://(?P<host>\[[0-9a-fA-F:.]+\]|[0-9a-zA-Z._-]{1,253})(?::(?P<port>[0-9]{1,5}))?(?:[/?#].*)?"
)
ODD = re.compile(r"[^!-~]|\\")
"""What has no place in a URL: spaces, control characters, backslashes, letters beyond ASCII."""
NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")

GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
NOT_PUBLIC = (
    IPv4Network("192.0.0.0/24"),  # for protocols, and a cloud's own service
    IPv4Network("192.88.99.0/24"),  # once the relays to IPv6
    IPv6Network("3fff::/20"),  # for documentation, since 2024
    IPv6Network("2001::/23"),  # for protocols, Teredo among them
    IPv6Network("2001:db8::/32"),
)


def is_public(address: str) -> bool:
    """Tell whether an address is one that anybody can reach; one that carries another is what it carries."""
    parsed = parsed_address(address)
    if parsed is None:
        return False
    if any(parsed in network for network in NOT_PUBLIC if network.version == parsed.version):
        return False
    if isinstance(parsed, IPv4Address):
        return parsed.is_global and not (parsed.is_multicast or parsed.is_reserved)
    if parsed.ipv4_mapped:
        return is_public(str(parsed.ipv4_mapped))
    if parsed in NAT64:
        return is_public(str(IPv4Address(int(parsed) & 0xFFFFFFFF)))
    if parsed not in GLOBAL_UNICAST or not parsed.is_global:
        return False
    return parsed.sixtofour is None or is_public(str(parsed.sixtofour))


def parsed_address(host: str) -> Address | None:
    """Return a host as an address, None where it is a name."""
    try:
        return ip_address(host.partition("%")[0])  # without the network card of a link-local one
    except ValueError:
        return None


def host_of(url: str) -> str:
    """Return the host of a URL, an IPv6 address without its brackets.

    Raises UrlRefused unless it is plain http or https: what one program reads in another way than the next is how such
    checks are passed by. The host is in ASCII, as IDNA has it, without a user, and an IPv4 address has four numbers.
    """
    if len(url) > MAX_URL:
        raise UrlRefused(f"an address of more than {MAX_URL} characters is not opened")
    found = URL.fullmatch(url)
    if found is None or ODD.search(url):
        raise UrlRefused("an address that is not plain http://host/... or https://host/... is not opened")
    host = found["host"].lower()
    if host.startswith("["):
        return _ipv6(host.strip("[]"))
    labels = host.split(".")
    if not all(labels):
        raise UrlRefused(f"{host!r} is not opened: it has a dot too many")
    if NUMBER.fullmatch(labels[-1]) and not isinstance(parsed_address(host), IPv4Address):
        raise UrlRefused(f"{host!r} is not opened: an IPv4 address has four decimal numbers")
    return host


def _ipv6(host: str) -> str:
    if not isinstance(parsed_address(host), IPv6Address):
        raise UrlRefused(f"{host!r} is not opened: it is no IPv6 address")
    return host
