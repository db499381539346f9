"""Reads the text of a file that came with a message."""

import asyncio

from glmbot.attachments.extracted import MAX_BYTES, ExtractedText, Problem, Unreadable
from glmbot.attachments.kinds import FileKind, kind_of
from glmbot.attachments.parsing import Limits, parse
from glmbot.attachments.plain_text import plain_text


async def read_text(name: str, data: bytes, limits: Limits | None = None) -> ExtractedText:
    """Return the text of a file, of a long one as much as is read.

    Its media type is not asked: it is the sender's word. Raises Unreadable.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(Problem.TOO_LARGE)
    kind = kind_of(name, data)
    if kind is FileKind.TEXT:
        return await asyncio.to_thread(plain_text, data)
    return await parse(kind, data, limits or Limits())
