"""Finds text that is written in a code: base64, hex, bits, rot13, backwards, escapes, or in pieces."""

import base64
import binascii
import codecs
import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

MAX_PAYLOADS = 50
MAX_PAYLOAD = 4_000
"""Encoded characters that are decoded of one payload."""

BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}+={0,2}")
HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x|\\x)?(?:[0-9A-Fa-f]{2}(?:[ :,]|\\x)?){8,}+")
BITS = re.compile(r"(?<![0-9])(?:[01]{8}[ ,]{0,2}){3,}+")
ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})")
MAX_WHOLE = 20_000
"""Characters that are decoded of a text that is in a code as a whole."""
ROT13_WORDS = ("vafgehpgvba", "cebzcg", "qvfertneq", "erfgevpgvba", "thvqryvar", "ehyrf", "cbyvpl", "svygre")
REVERSED_WORDS = (
    *("snoitcurtsni", "tpmorp", "erongi", "dragersid", "senilediug", "selur", "laever"),
    *("令指", "则规", "词示提", "示提统系", "示指", "制限"),
)
QUOTED = re.compile(r"[\"'“「『`]([^\"'“”「」『』`\n]{1,60})[\"'”」』`]")


def payloads(text: str) -> Iterator[str]:
    """Yield what the text says to those who decode it."""
    num_left = MAX_PAYLOADS
    for pattern, decode in ((BASE64, _from_base64), (HEX, _from_hex), (BITS, _from_bits)):
        for match in pattern.finditer(text):
            if num_left and (decoded := decode(match[0][:MAX_PAYLOAD])):
                num_left -= 1
                yield decoded
    yield from _whole(text)


def joined_quotes(text: str) -> str:
    """Return what the quoted pieces of a text say one behind the other; empty for fewer than two, or for many."""
    pieces = [match[1] for match in QUOTED.finditer(text[:MAX_PAYLOAD])]
    if not 2 <= len(pieces) <= 12:
        return ""
    return f"{''.join(pieces)}\n\n{' '.join(pieces)}"


def _whole(text: str) -> Iterator[str]:
    lower = text.lower()
    if (place := text.find("%")) >= 0:
        yield unquote(_around(text, place))
    if (place := text.find("&#")) >= 0:
        yield html.unescape(_around(text, place))
    if (place := text.find("\\u")) >= 0:
        yield ESCAPED.sub(lambda match: chr(int(match[1], 16)), _around(text, place))
    if (place := _first(lower, ROT13_WORDS)) >= 0:
        yield codecs.encode(_around(text, place), "rot13")
    if (place := _first(lower, REVERSED_WORDS)) >= 0:
        yield _around(text, place)[::-1]


def _first(text: str, words: Iterable[str]) -> int:
    """Return the first place of any of the words, or -1."""
    return min((place for word in words if (place := text.find(word)) >= 0), default=-1)


def _around(text: str, place: int) -> str:
    return text[max(0, place - MAX_WHOLE // 2) : place + MAX_WHOLE // 2]


def _from_base64(word: str) -> str:
    plain = word.rstrip("=").replace("-", "+").replace("_", "/")
    plain = plain[: len(plain) - (len(plain) % 4 == 1)]
    return _readable(base64.b64decode(plain + "=" * (-len(plain) % 4)))


def _from_hex(word: str) -> str:
    digits = re.sub(r"0x|\\x|[ :,]", "", word)
    return _readable(binascii.unhexlify(digits[: len(digits) // 2 * 2]))


def _from_bits(word: str) -> str:
    bits = re.sub(r"[ ,]", "", word)
    return _readable(bytes(int(bits[place : place + 8], 2) for place in range(0, len(bits) // 8 * 8, 8)))


def _readable(data: bytes) -> str:
    """Return the text that the bytes are, or nothing where they are none."""
    text = data.decode("utf-8", errors="ignore")
    num_letters = sum(character.isalnum() or character in " ,.，。\n" for character in text)
    is_text = len(text.encode()) > len(data) * 0.9 and num_letters > len(text) * 0.8
    return text if is_text else ""
