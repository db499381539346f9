"""Finds IP addresses in a folded text."""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from glmbot.safety.pii.spans import PiiKind, Span

IPV4 = re.compile(r"[0-9]{1,3}+(?:\.[0-9]{1,3}+){3}(?![0-9A-Za-z_]|\.[0-9])")
NO_ADDRESS_BEFORE = re.compile(r"[0-9_.]\Z|§[ ]?\Z|(?<![0-9])[~^]\Z|[A-Za-z][/-]\Z|[=<>!~]=\s?\Z")
"""A longer number, a version of something, a comparison."""
VERSION_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:v|ver|version|release|build|rev|revision|firmware|driver|sdk|sections?|sec|chapter|clause|paragraph|"
    r"appendix|figure|oid|upgraded? to|updated? to)|版本号?|固件|驱动|(?:升|升级|更新)[到至]|章节|条款|小节|第|附录)"
    r"\.?[\s\"(]{0,2}(?:[:：=#]|is|no\.?|number|是|为|号)?\s?v?\Z",
    re.IGNORECASE,
)
VERSION_AFTER = re.compile(r"[ ]?[版节章条]|-(?:alpha|beta|rc|dev|snapshot|release)", re.IGNORECASE)
WORD_BEFORE = re.compile(r"[A-Za-z]+\Z")
ADDRESS_WORD = re.compile(r"(?:ip|ipv4|addr|address|host|server|dns|gateway)", re.IGNORECASE)
CONTEXT = 24

COLONS = re.compile(r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]*+")
MAX_IPV6 = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")
IN_USE = re.compile(
    r"[23][0-9a-f]{3}:|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|ff[0-7][0-9a-f]:|::ffff:|64:ff9b::", re.IGNORECASE
)
"""The networks of IPv6 that machines have addresses in. The rest is rather code (`a::b`, `x[1::2]`) or a time."""


def find_addresses(text: str) -> Iterator[Span]:
    """Yield IP addresses of machines, without port and prefix length."""
    if text.count(".") >= 3:
        for match in IPV4.finditer(text):
            if _is_ipv4(match[0]) and not _is_version(text, match.start(), match.end()):
                yield Span(match.start(), match.end(), PiiKind.IPV4)
    if text.count(":") >= 2:
        yield from _ipv6(text)


def _is_ipv4(written: str) -> bool:
    """Tell whether it is the address of a machine: no mask, and not this one."""
    try:
        address = IPv4Address(written)
    except AddressValueError:
        return False
    return not (address.is_loopback or written.startswith(("0.", "255.")))


def _is_version(text: str, start: int, end: int) -> bool:
    """Tell whether it is rather the number of a version, or of a section."""
    before = text[max(0, start - CONTEXT) : start]
    if NO_ADDRESS_BEFORE.search(before) or VERSION_BEFORE.search(before) or VERSION_AFTER.match(text, end):
        return True
    word = WORD_BEFORE.search(before)
    return word is not None and not ADDRESS_WORD.fullmatch(word[0])


def _ipv6(text: str) -> Iterator[Span]:
    for match in COLONS.finditer(text):
        written = match[0].rstrip(".")
        if written.endswith(":") and not written.endswith("::"):
            written = written[:-1]
        start, end = match.start(), match.start() + len(written)
        if written.startswith(":") and not written.startswith("::"):
            start, written = start + 1, written[1:]
        is_in_word = _is_letter(text, start - 1) or _is_letter(text, end)
        if not is_in_word and len(written) <= MAX_IPV6 and _is_ipv6(written):
            yield Span(start, end, PiiKind.IPV6)


def _is_ipv6(written: str) -> bool:
    try:
        return IN_USE.match(written) is not None and bool(IPv6Address(written))
    except AddressValueError:
        return False


def _is_letter(text: str, place: int) -> bool:
    character = text[place] if 0 <= place < len(text) else " "
    return character == "_" or (character.isascii() and character.isalnum())
