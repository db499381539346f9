"""Has a file read in a process of its own, which a hostile file may hang, crash or bloat as it likes."""

import asyncio
import contextlib
import json
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from glmbot.attachments.extracted import MAX_CHARS, ExtractedText, Problem, Unreadable
from glmbot.attachments.kinds import FileKind

logger = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("child.py")
MAX_ANSWER = 12 * MAX_CHARS + 1000
"""Bytes: a character has twelve at most, where it is escaped."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take: seconds, and bytes of memory."""

    seconds: float = 15.0
    memory: int = 512 * 2**20


class _Answer(BaseModel):
    text: str = ""
    is_cut: bool = False
    problem: Problem | None = None


async def parse(kind: FileKind, data: bytes, limits: Limits) -> ExtractedText:
    """Return the text of a PDF or a Word document. Raises Unreadable."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-B",
        str(PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},  # the bot's holds its secrets
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limits.seconds):
            answer = await _talk(process, _order(kind, limits) + data)
            await process.wait()
    except TimeoutError:
        raise Unreadable(Problem.TOO_COMPLEX) from None
    finally:
        await _end(process)
    return _text_of(answer, process.returncode)


def _order(kind: FileKind, limits: Limits) -> bytes:
    path = [os.path.abspath(place) for place in sys.path]
    order = {"kind": kind, "path": path, "memory": limits.memory, "seconds": max(1, int(limits.seconds))}
    return json.dumps(order).encode() + b"\n"


async def _talk(process: asyncio.subprocess.Process, data: bytes) -> bytes:
    assert process.stdin
    assert process.stdout
    with contextlib.suppress(ConnectionError):  # it has ended: its exit says more
        process.stdin.write(data)
        await process.stdin.drain()
        process.stdin.write_eof()
    answer = bytearray()
    while len(answer) <= MAX_ANSWER and (chunk := await process.stdout.read(65_536)):
        answer += chunk
    return bytes(answer)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.wait()


def _text_of(answer: bytes, exit_code: int | None) -> ExtractedText:
    if exit_code != 0 or len(answer) > MAX_ANSWER:
        logger.info("a file could not be read; its process ended with %s", exit_code)
        raise Unreadable(Problem.TOO_COMPLEX if exit_code is not None and exit_code < 0 else Problem.DAMAGED)
    try:
        found = _Answer.model_validate_json(answer)
    except ValidationError as error:
        raise Unreadable(Problem.DAMAGED) from error
    if found.problem is not None:
        raise Unreadable(found.problem)
    return ExtractedText(found.text[:MAX_CHARS], found.is_cut)
