"""Fetches a file of a Telegram message: asks for its path, then reads it from the Bot API's own address."""

import asyncio
import re

import httpx
from pydantic import BaseModel, ValidationError
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from glmbot.adapters.bounded_http import AnswerRefused
from glmbot.adapters.telegram_request import Request
from glmbot.errors import FileTooLarge, NotDelivered

PATH = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
"""A file's path. A server in local mode gives one of its own disk, which begins with a slash and is none of ours."""
DEADLINE = 60.0
"""Seconds for the whole of a file; Telegram gives out 20 MB at most."""


class _Found(BaseModel):
    file_path: str
    file_size: int = 0


async def fetch_file(bot: Bot, request: Request, files_url: str, file_id: str, max_bytes: int) -> bytes:
    """Return a file. Raises FileTooLarge, NotDelivered, and TelegramError where it may be had later."""
    try:
        async with asyncio.timeout(DEADLINE):
            path = await _path_of(bot, file_id, max_bytes)
            status, content = await request.do_request(f"{files_url}/{path}", "GET")
    except TimeoutError as error:
        raise TelegramError(f"the file did not come within {DEADLINE:g} s") from error
    except TelegramError as error:
        if isinstance(error.__cause__, AnswerRefused) and error.__cause__.head:
            raise FileTooLarge(f"a file of Telegram has more than {max_bytes} bytes") from error
        raise
    if status != httpx.codes.OK:
        raise NotDelivered(f"Telegram does not give out the file ({status})")
    if len(content) > max_bytes:
        raise FileTooLarge(f"a file of Telegram has {len(content)} bytes")
    return content


def files_url_of(base_url: str, token: str) -> str:
    """Return where the files are of the bot whose calls go to `base_url`, which ends before the token."""
    address, _, last = base_url.rpartition("/")
    return f"{address}/file/{last}{token}"


async def _path_of(bot: Bot, file_id: str, max_bytes: int) -> str:
    try:
        # In lower case, since the library warns where a call bears the name of one of its methods.
        found = _Found.model_validate(await bot.do_api_request("getfile", {"file_id": file_id}))
    except BadRequest as error:
        if "file is too big" in error.message.lower():
            raise FileTooLarge("Telegram does not give out so large a file") from error
        raise
    except ValidationError as error:
        raise NotDelivered("Telegram does not say where the file is") from error
    if found.file_size > max_bytes:
        raise FileTooLarge(f"a file of Telegram has {found.file_size} bytes")
    if not PATH.fullmatch(found.file_path):
        raise NotDelivered("Telegram gives out the file by a path that is not of its own address")
    return found.file_path
