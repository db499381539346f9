"""Renders a reply without holding the event loop up."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from glmbot.adapters.base import Capabilities
from glmbot.content import Button, File, Rendered, TextForm
from glmbot.phrases import Phrase
from glmbot.text.rendering import render_parts, widest_table

QUICK = re.compile(r"[^\[]{0,200}")
"""Texts that take 3 ms at worst, 0.1 ms mostly; 250 opening brackets take 13 ms (2026-11-25). A thread costs 0.2 ms."""
MAX_PARTS = 6
"""Messages that a text may take before the platform gets it as a file, too, if it can show one."""
FILE_NAME = "answer.md"
WIDE = 60
"""Columns of a table that a phone shows as a tangle, and a tablet just so."""


@dataclass(frozen=True, slots=True)
class Whole:
    """All of an answer."""

    text: str
    buttons: Sequence[Button] = ()
    file: File | None = None


class Say(Protocol):
    """Puts a phrase into the language of whoever reads it."""

    def __call__(self, phrase: Phrase, **values: object) -> str: ...


async def render_whole(whole: Whole, capabilities: Capabilities, say: Say) -> list[Rendered]:
    """Return the messages that show an answer; what is very long, or too wide, ends in a file with all of its text.

    What the platform cannot show is written: the commands of buttons, and that there is a file.
    """
    text = _with_notes(whole, capabilities, say)
    parts = await render(text, capabilities.form)
    if capabilities.can_send_files and (len(parts) > MAX_PARTS or await _has_wide_table(text)):
        file = File(FILE_NAME, text.encode(errors="replace"))
        parts = [*parts[: MAX_PARTS - 1], _file_message(file, say(Phrase.ANSWER_IN_FILE))]
    if whole.buttons and capabilities.can_show_buttons and parts:
        parts = [*parts[:-1], replace(parts[-1], buttons=tuple(whole.buttons))]
    if whole.file and capabilities.can_send_files:
        parts.append(_file_message(whole.file, whole.file.name))
    return parts


def _with_notes(whole: Whole, capabilities: Capabilities, say: Say) -> str:
    notes = []
    if whole.file and not capabilities.can_send_files:
        notes.append(say(Phrase.FILE_NOT_SHOWN, name=whole.file.name))
    if not capabilities.can_show_buttons:
        notes += [f"- {one.label}: `{_typed(one.command, capabilities.command_sign)}`" for one in whole.buttons]
    return "\n".join([whole.text, "", *notes]).strip() if notes else whole.text


def _typed(command: str, sign: str) -> str:
    return sign + command[1:] if command.startswith("/") else command


def _file_message(file: File, caption: str) -> Rendered:
    return Rendered(caption, caption, file)


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
