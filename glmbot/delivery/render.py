"""Renders a reply without holding the event loop up."""

import asyncio
import re

from glmbot.content import Rendered, TextForm
from glmbot.text.rendering import render_parts

QUICK = re.compile(r"[^\[]{0,200}")
"""Texts that take 3 ms at worst, 0.1 ms mostly; 250 opening brackets take 13 ms (2026-11-25). A thread costs 0.2 ms."""


async def render(text: str, form: TextForm) -> list[Rendered]:
    """Do as `render_parts`; on a thread where that may take more time than the loop may be held."""
    if QUICK.fullmatch(text):
        return render_parts(text, form)
    return await asyncio.to_thread(render_parts, text, form)
