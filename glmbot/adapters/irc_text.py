"""The text of an IRC message: formatting codes, who is called, and what fits on a line."""

import re
import unicodedata
from collections.abc import Collection, Iterator

from glmbot.adapters.irc_names import ServerTraits

# https://modern.ircdocs.horse/formatting: colours, colours in hex, and signs that switch something.
FORMATTING = re.compile(
    r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?|[\x02\x0f\x11\x16\x1d-\x1f]"
)
OTHER_CONTROLS = re.compile(r"[\0-\x08\x0b-\x1f\x7f]")
CTCP = re.compile(r"\x01(\S*) ?(.*?)\x01?", re.DOTALL)
NEVER_SENT = re.compile(r"[\0\x01]")
LINE_ENDS = re.compile(r"[\r\n]+")
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
NICK_SIGN = r"[\w\[\]\\`^{|}-]"
JOINERS = "\u200d\ufe0e\ufe0f"


def said(text: str) -> str | None:
    """Return what was said, without formatting; None for requests between programs (CTCP), which nobody said.

    What somebody does (/me) counts as said.
    """
    if text.startswith("\x01"):
        found = CTCP.fullmatch(text)
        if found is None or found[1].upper() != "ACTION":
            return None
        text = found[2]
    return OTHER_CONTROLS.sub("", FORMATTING.sub("", text)).strip()


def without_call(text: str, nick: str, traits: ServerTraits) -> str | None:
    """Return the text without the nick it begins with ("nick: ", "nick, ", "@nick"); None where it calls nobody."""
    name = re.escape(traits.folded(nick))
    found = re.match(rf"@?{name}\s*[:,]\s*|@{name}(?!{NICK_SIGN})\s*", traits.folded(text))
    # a message that is nothing but our name keeps it: an empty text could not be answered
    return None if found is None else text[found.end() :] or text


def names(text: str, nick: str, traits: ServerTraits) -> bool:
    """Tell whether the text has the nick in it, as a word."""
    name = re.escape(traits.folded(nick))
    return bool(re.search(rf"(?<!{NICK_SIGN}){name}(?!{NICK_SIGN})", traits.folded(text)))


def as_command(text: str, commands: Collection[str]) -> str | None:
    """Return a known command, written "/name" or "!name", as "/name ..."; None for any other text.

    IRC clients keep a leading "/" for themselves, so people write "!".
    """
    name, _, _ = text[1:].partition(" ")
    return f"/{text[1:]}" if text[:1] in ("/", "!") and name.lower() in commands else None


def lines_of(text: str, max_bytes: int) -> Iterator[str]:
    """Yield the text as lines of at most `max_bytes` in UTF-8; no line holds what could begin another."""
    clean = NEVER_SENT.sub("", LONE_SURROGATE.sub("\ufffd", text))
    for line in LINE_ENDS.split(clean):
        rest = line.rstrip()
        while rest.strip():
            end = _end_of_line(rest, max_bytes)
            yield rest[:end].rstrip()
            rest = rest[end:].lstrip()


def _end_of_line(text: str, max_bytes: int) -> int:
    """Return how many characters go on a line: up to a space in its second half, or between two characters."""
    end = len(text.encode()[:max_bytes].decode(errors="ignore"))
    if end == len(text):
        return end
    space = text.rfind(" ", end // 2, end + 1)
    if space > 0:
        return space
    cut = end
    while cut > 1 and _belongs_together(text[cut - 1], text[cut]):
        cut -= 1
    return cut if cut > 1 else end


def _belongs_together(before: str, after: str) -> bool:
    is_skin_tone = "\U0001f3fb" <= after <= "\U0001f3ff"
    return before == "\u200d" or after in JOINERS or is_skin_tone or bool(unicodedata.combining(after))
