"""Reads what has no markup: IRC, whose lines have codes, and plain text as QQ gets it."""

import re

from delivery_parts.content import Reading, bare

MAX_BYTES = 400
MAX_CHARACTERS = 4000
CODES = "\x02\x1d\x1e\x1f\x11"
FORBIDDEN = re.compile("[\x00\x01\x07\r\n]")
CODE_LINE = re.compile("^((?:> |  )*)\x11([^\x11]*)$")
INLINE_CODE = re.compile("\x11([^\x11]+)\x11")


def read_irc(line: str) -> Reading:
    """Return what an IRC client shows of one line."""
    reading = Reading(length=len(line.encode()))
    if FORBIDDEN.search(line):
        reading.errors.append("a sign that ends the line or is a command")
    if not line.strip(CODES + " "):
        reading.errors.append("no text to send")
    if found := CODE_LINE.match(line):
        reading.content.codes.append(("", found[2]))
    else:
        reading.content.inline_codes += [bare(code) for code in INLINE_CODE.findall(line)]
        reading.errors += [f"{code!r} is not closed" for code in CODES if line.count(code) % 2]
    reading.shown = re.sub(f"[{CODES}]", "", line)
    reading.content.lines.append(reading.shown)
    return reading


def read_plain(text: str) -> Reading:
    """Return what a client without markup shows: the text itself."""
    reading = Reading(shown=text, length=len(text))
    reading.content.lines.append(text)
    if not text.strip():
        reading.errors.append("an empty message")
    return reading
