"""The files of a Telegram message (https://core.telegram.org/bots/api#message)."""

import logging
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from glmbot.adapters.attachment_forms import attachment, first_of
from glmbot.events import Attachment, AttachmentKind

logger = logging.getLogger(__name__)

KINDS = {
    "animation": AttachmentKind.OTHER,  # stands before "document", which repeats it for old programs
    "document": None,
    "photo": AttachmentKind.IMAGE,
    "voice": AttachmentKind.VOICE,
    "audio": AttachmentKind.OTHER,
    "video": AttachmentKind.OTHER,
    "video_note": AttachmentKind.OTHER,
    "sticker": AttachmentKind.OTHER,
}
"""The fields of a message that hold its file, of which it has one; None: the media type says what it is."""
NAMES = {"photo": "photo.jpg", "voice": "voice.ogg"}
MEDIA_TYPES = {"photo": "image/jpeg"}


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    file_id: str
    file_name: str | None = None
    mime_type: str | None = None
    file_size: int | None = None
    width: int = 0
    height: int = 0


def attachments_of(message: Mapping[str, object]) -> tuple[Attachment, ...]:
    """Return the files of a message as it came; one that is malformed is left out."""
    return first_of(_files(message))


def _files(message: Mapping[str, object]) -> Iterator[Attachment]:
    field = next((field for field in KINDS if field in message), None)
    if field is None:
        return
    try:
        file = _largest(message[field]) if field == "photo" else _File.model_validate(message[field])
    except ValidationError as error:
        logger.error("Telegram sent a malformed %s, it is left out: %s", field, error)
        return
    if file:
        name = file.file_name or NAMES.get(field, field)
        yield attachment(file.file_id, name, file.mime_type or MEDIA_TYPES.get(field), file.file_size, KINDS[field])


def _largest(sizes: object) -> _File | None:
    """Return the largest of the sizes in which Telegram offers a picture."""
    files = [_File.model_validate(one) for one in sizes] if isinstance(sizes, list) else []
    return max(files, key=lambda file: file.width * file.height, default=None)
