"""Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) with their comments."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

LINE_END = re.compile(r"\r\n|\n|\r(?!\Z)")
"""A carriage return at the end of what has come may have its line feed in the next piece."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that is no event; readers that do not know it pass over it."""

    text: str


async def read_events(pieces: AsyncIterator[str]) -> AsyncGenerator[str | Comment]:
    """Yield the data of each event, and the comments; an event that the end cuts off is none."""
    parts: list[str] = []
    async with aclosing(_lines(pieces)) as lines:
        async for line in lines:
            if line.startswith(":"):
                yield Comment(line[1:].strip())
            elif line.startswith("data:"):
                parts.append(line.removeprefix("data:").removeprefix(" "))
            elif not line and parts:
                yield "\n".join(parts)
                parts = []


async def _lines(pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
    """Split at what ends a line there, and nowhere else: U+2028 may stand within JSON."""
    rest = ""
    async for piece in pieces:
        *whole, rest = LINE_END.split(rest + piece)
        for line in whole:
            yield line
    yield rest.removesuffix("\r")
