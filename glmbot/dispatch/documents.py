"""Fetches the files that come with messages, and makes of their texts what the model is asked."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace

from glmbot.adapters.base import Adapter, FetchesFiles
from glmbot.attachments.extracted import MAX_BYTES, Problem, Unreadable
from glmbot.attachments.kinds import refusal_by_name
from glmbot.attachments.reading import read_text
from glmbot.conversation.question import FileText, Question
from glmbot.dispatch.moderation import Moderation
from glmbot.errors import FileTooLarge, NotDelivered, RetryLater, UserError
from glmbot.events import Attachment, Language, MessageEvent
from glmbot.phrases import Phrase, language_of
from glmbot.safety.safety import Safety
from glmbot.storage.inbox import ClaimedEvent
from glmbot.verdicts import Direction, Place, Refusal

logger = logging.getLogger(__name__)

NUM_AT_ONCE = 2
"""Files that are read at the same time: each may take half a gigabyte."""
PHRASES = {
    Problem.ARCHIVE: Phrase.FILE_IS_ARCHIVE,
    Problem.PROGRAM: Phrase.FILE_IS_PROGRAM,
    Problem.UNKNOWN_KIND: Phrase.FILE_KIND_UNKNOWN,
    Problem.ENCRYPTED: Phrase.FILE_ENCRYPTED,
    Problem.NO_TEXT: Phrase.FILE_WITHOUT_TEXT,
    Problem.DAMAGED: Phrase.FILE_DAMAGED,
    Problem.TOO_COMPLEX: Phrase.FILE_TOO_COMPLEX,
    Problem.TOO_LARGE: Phrase.FILE_TOO_LARGE,
    Problem.NEEDS_EXTRA: Phrase.FILE_NEEDS_EXTRA,
}


class Documents:
    """Reads attachments by the adapters that they came by."""

    def __init__(self, adapters: Mapping[str, Adapter], safety: Safety, moderation: Moderation) -> None:
        self._adapters = adapters
        self._safety = safety
        self._moderation = moderation
        self._turns = asyncio.Semaphore(NUM_AT_ONCE)

    async def question_of(self, claimed: ClaimedEvent) -> Question | Refusal:
        """Return what the sender asks, with the files, or the refusal where safety blocks one.

        Raises UserError where no file can be read, and RetryLater.
        """
        event = claimed.event
        language = language_of(event)
        files: list[FileText] = []
        notices: list[str] = []
        for attachment in event.documents():
            try:
                files.append(await self._read(claimed, attachment, language))
            except _Blocked as blocked:
                return blocked.refusal
            except _NotRead as error:
                notices.append(str(error))
        if notices and not files:
            raise UserError("\n".join(notices))
        return Question(event.text, language, tuple(files), tuple(notices))

    async def content(self, event: MessageEvent, index: int, max_bytes: int) -> bytes:
        """Return an attachment as it is, for a plugin. Raises UserError, ValueError for one that there is not."""
        if not 0 <= index < len(event.attachments):
            raise ValueError(f"the message has {len(event.attachments)} attachments, none is number {index}")
        attachment, language = event.attachments[index], language_of(event)
        try:
            return await self._fetch(event, attachment, min(max_bytes, MAX_BYTES))
        except FileTooLarge as error:
            limit = f"{min(max_bytes, MAX_BYTES) / 1e6:.3g}"
            raise UserError(Phrase.FILE_TOO_LARGE.in_language(language, name=attachment.name, limit=limit)) from error
        except (NotDelivered, RetryLater) as error:
            raise UserError(Phrase.FILE_NOT_FETCHED.in_language(language, name=attachment.name)) from error

    async def _read(self, claimed: ClaimedEvent, attachment: Attachment, language: Language) -> FileText:
        name = await self._passed(attachment.name, Place.FILE_NAME, claimed)  # first: the sender may be told it
        attachment = replace(attachment, name=name)
        try:
            if problem := refusal_by_name(name):
                raise Unreadable(problem)
            data = await self._fetch(claimed.event, attachment, MAX_BYTES)
            async with self._turns:
                found = await read_text(name, data)
        except FileTooLarge as error:
            raise _not_read(Phrase.FILE_TOO_LARGE, attachment, language) from error
        except Unreadable as error:
            raise _not_read(PHRASES[error.problem], attachment, language) from error
        except NotDelivered as error:
            logger.info("a file could not be fetched: %s", error)
            raise _not_read(Phrase.FILE_NOT_FETCHED, attachment, language) from error
        text = await self._passed(found.text, Place.FILE_TEXT, claimed)
        return FileText(name, text, found.is_cut)

    async def _fetch(self, event: MessageEvent, attachment: Attachment, max_bytes: int) -> bytes:
        if attachment.size is not None and attachment.size > max_bytes:
            raise FileTooLarge(f"the file is said to have {attachment.size} bytes")
        adapter = self._adapters.get(event.chat.adapter)
        if not isinstance(adapter, FetchesFiles):
            raise NotDelivered(f"adapter {event.chat.adapter!r} fetches no files")
        return await adapter.fetch(attachment, max_bytes)

    async def _passed(self, text: str, place: Place, claimed: ClaimedEvent) -> str:
        """Return what safety lets pass of a file. Raises _Blocked where it blocks it, and no admin has approved it."""
        scope = self._safety.scope_of(claimed.event)
        verdict = await self._safety.check(text, Direction.IN, place, scope)
        if refusal := await self._moderation.act(claimed, verdict, place):
            raise _Blocked(refusal)
        if verdict.is_blocked:  # its text is as it was; what is redacted anywhere is redacted in what is approved, too
            text, _ = await self._safety.redacted(text, place, scope)
            return text
        return verdict.text


class _Blocked(Exception):
    """A file is not let through."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class _NotRead(Exception):
    """A file is not read; the text tells the sender why."""


def _not_read(phrase: Phrase, attachment: Attachment, language: Language) -> _NotRead:
    return _NotRead(phrase.in_language(language, name=attachment.name, limit=MAX_BYTES // 10**6))
