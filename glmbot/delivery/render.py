"""Renders a reply without holding the event loop up."""

import asyncio
import re

from glmbot.adapters.base import Capabilities
from glmbot.content import Rendered, TextFile, TextForm
from glmbot.text.rendering import render_parts

QUICK = re.compile(r"[^\[]{0,200}")
"""Texts that take 3 ms at worst, 0.1 ms mostly; 250 opening brackets take 13 ms (2026-11-25). A thread costs 0.2 ms."""
MAX_PARTS = 6
"""Messages that a text may take before the platform gets it as a file, too, if it can show one."""
FILE_NAME = "answer.md"


async def render_whole(text: str, capabilities: Capabilities, caption: str) -> list[Rendered]:
    """Return the messages that show all of a text: what is very long ends in a file with the whole of it."""
    parts = await render(text, capabilities.form)
    if not capabilities.can_send_files or len(parts) <= MAX_PARTS:
        return parts
    return [*parts[: MAX_PARTS - 1], Rendered(caption, caption, TextFile(FILE_NAME, text))]


async def render_live(text: str, capabilities: Capabilities) -> list[Rendered]:
    """Return the messages that show a text while it is written: those that stay when it ends in a file."""
    parts = await render(text, capabilities.form)
    return parts[: MAX_PARTS - 1] if capabilities.can_send_files else parts


async def render(text: str, form: TextForm) -> list[Rendered]:
    """Do as `render_parts`; on a thread where that may take more time than the loop may be held."""
    if QUICK.fullmatch(text):
        return render_parts(text, form)
    return await asyncio.to_thread(render_parts, text, form)
