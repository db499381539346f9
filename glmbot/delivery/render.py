"""Renders a reply without holding the event loop up."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace

from glmbot.adapters.base import Capabilities
from glmbot.content import Button, Rendered, TextFile, TextForm
from glmbot.text.rendering import render_parts, widest_table

QUICK = re.compile(r"[^\[]{0,200}")
"""Texts that take 3 ms at worst, 0.1 ms mostly; 250 opening brackets take 13 ms (2026-11-25). A thread costs 0.2 ms."""
MAX_PARTS = 6
"""Messages that a text may take before the platform gets it as a file, too, if it can show one."""
FILE_NAME = "answer.md"
WIDE = 60
"""Columns of a table that a phone shows as a tangle, and a tablet just so."""


async def render_whole(
    text: str, capabilities: Capabilities, caption: str, buttons: Sequence[Button] = ()
) -> list[Rendered]:
    """Return the messages that show all of a text; what is very long, or too wide, ends in a file with the whole of it.

    Buttons are below the last; where the platform has none, what they would say stands there.
    """
    if buttons and not capabilities.can_show_buttons:
        text = "\n".join([text, "", *(f"- {button.label}: `{button.command}`" for button in buttons)])
        buttons = ()
    parts = await render(text, capabilities.form)
    if capabilities.can_send_files and (len(parts) > MAX_PARTS or await _has_wide_table(text)):
        parts = [*parts[: MAX_PARTS - 1], Rendered(caption, caption, TextFile(FILE_NAME, text))]
    return [*parts[:-1], replace(parts[-1], buttons=tuple(buttons))]


async def _has_wide_table(text: str) -> bool:
    return "|" in text and await asyncio.to_thread(widest_table, text) > WIDE


async def render_live(text: str, capabilities: Capabilities) -> list[Rendered]:
    """Return the messages that show a text while it is written: those that stay when it ends in a file."""
    parts = await render(text, capabilities.form)
    return parts[: MAX_PARTS - 1] if capabilities.can_send_files else parts


async def render(text: str, form: TextForm) -> list[Rendered]:
    """Do as `render_parts`; on a thread where that may take more time than the loop may be held."""
    if QUICK.fullmatch(text):
        return render_parts(text, form)
    return await asyncio.to_thread(render_parts, text, form)
