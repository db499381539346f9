"""The files of a Discord message (https://docs.discord.com/developers/resources/message#attachment-object)."""

import logging
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict, ValidationError

from glmbot.adapters.attachment_forms import attachment, first_of
from glmbot.events import Attachment, AttachmentKind

logger = logging.getLogger(__name__)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    url: str
    filename: str
    content_type: str | None = None
    size: int | None = None
    waveform: str | None = None
    """How a voice message looks; no other file has one."""


def attachments_of(raw: Sequence[object]) -> tuple[Attachment, ...]:
    """Return the files of a message as they came; one that is malformed is left out."""
    return first_of(_files(raw))


def _files(raw: Sequence[object]) -> Iterator[Attachment]:
    for one in raw:
        try:
            file = _File.model_validate(one)
        except ValidationError as error:
            logger.error("Discord sent a malformed attachment, it is left out: %s", error)
            continue
        kind = None if file.waveform is None else AttachmentKind.VOICE
        yield attachment(file.url, file.filename, file.content_type, file.size, kind)
