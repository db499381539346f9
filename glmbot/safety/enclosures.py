"""Judges what comes with a reply besides its text: labels and commands of buttons, name and text of a file."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from glmbot.content import File
from glmbot.reply import Reply
from glmbot.verdicts import Place, Verdict

Judge = Callable[[str, Place], Awaitable[Verdict]]


async def check_enclosures(reply: Reply, judge: Judge) -> None:
    """Redact what comes with a reply, and add to its findings; where something is blocked, set its `blocked_by`."""
    try:
        await _check_labels(reply, judge)
        if reply.file and not reply.blocked_by:
            await _check_file_text(reply, reply.file, judge)
    except ValueError:  # what stands in the place of something redacted is no name, label or command
        reply.blocked_by = reply.findings[0].rule if reply.findings else "a plugin"


async def _check_labels(reply: Reply, judge: Judge) -> None:
    """Judge all labels at once: a term may be spread over them. Commands can be seen where there are no buttons."""
    names = [reply.file.name] if reply.file else []
    labels = [*names, *(one.label for one in reply.buttons), *(one.command for one in reply.buttons)]
    if not labels:
        return
    whole = "\n".join(labels)
    verdict = await judge(whole, Place.LABEL)
    _take(reply, verdict)
    if verdict.is_blocked or verdict.text == whole:
        return
    shown = {label: (await judge(label, Place.LABEL)).text for label in labels}
    reply.buttons = tuple(replace(one, label=shown[one.label], command=shown[one.command]) for one in reply.buttons)
    if reply.file:
        reply.file = replace(reply.file, name=shown[reply.file.name])


async def _check_file_text(reply: Reply, file: File, judge: Judge) -> None:
    text = _text_of(file)
    if not text:
        return
    verdict = await judge(text, Place.FILE_TEXT)
    _take(reply, verdict)
    if not verdict.is_blocked and verdict.text != text:
        reply.file = replace(file, data=verdict.text.encode())


def _take(reply: Reply, verdict: Verdict) -> None:
    reply.findings += verdict.findings
    if verdict.is_blocked:
        reply.blocked_by = verdict.rule or "a plugin"


def _text_of(file: File) -> str | None:
    """Return what people read in a file that is plain text."""
    try:
        return None if b"\0" in file.data else file.data.decode()
    except UnicodeDecodeError:
        return None
