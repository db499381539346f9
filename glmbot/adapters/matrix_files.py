"""The files of Matrix messages: how events name them, and the ciphers of those in encrypted rooms.

https://spec.matrix.org/v1.11/client-server-api/#mfile and #sending-encrypted-attachments
"""

import logging
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from nio.crypto import decrypt_attachment, encrypt_attachment
from nio.exceptions import EncryptionError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from glmbot.adapters.attachment_forms import attachment, first_of
from glmbot.content import File
from glmbot.errors import NotDelivered
from glmbot.events import Attachment, AttachmentKind

logger = logging.getLogger(__name__)

MXC = re.compile(r"mxc://([A-Za-z0-9.:\[\]-]{1,255})/([A-Za-z0-9_-]{1,255})")
NAMES = {"m.file": "file", "m.image": "image.jpg", "m.audio": "audio.ogg", "m.video": "video.mp4"}
"""The messages that are files, and the name of one that has none."""
KINDS = {"m.image": AttachmentKind.IMAGE, "m.audio": AttachmentKind.OTHER, "m.video": AttachmentKind.OTHER}
VOICE = "org.matrix.msc3245.voice"
"""The mark of a voice message (MSC3245), which clients send as `m.audio`."""
MAX_SECRET = 200

_Secret = Annotated[str, Field(max_length=MAX_SECRET)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, populate_by_name=True)


class _Key(_Form):
    k: _Secret


class _Hashes(_Form):
    sha256: _Secret


class EncryptedFile(_Form):
    """Where an encrypted file is, and how to decrypt it."""

    url: str
    key: _Key
    iv: _Secret
    hashes: _Hashes


class _Info(_Form):
    mimetype: str | None = None
    size: int | None = None


class _Content(_Form):
    msgtype: str
    body: str = ""
    filename: str = ""
    url: str | None = None
    file: EncryptedFile | None = None
    info: _Info = _Info()
    voice: Any = Field(None, alias=VOICE)

    @property
    def file_id(self) -> str:
        """How the file is found again: its address, or that with what decrypts it."""
        return self.file.model_dump_json() if self.file else self.url or ""

    @property
    def kind(self) -> AttachmentKind | None:
        return AttachmentKind.VOICE if self.voice is not None else KINDS.get(self.msgtype)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is at the homeserver; `encrypted` is how to decrypt it, where that is needed."""

    server: str
    media_id: str
    encrypted: EncryptedFile | None


def attachments_of(content: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Return the file of a message; one that is malformed is left out."""
    if content.get("msgtype") not in NAMES:
        return ()
    try:
        found = _Content.model_validate(content)
    except ValidationError as error:
        logger.error("Matrix sent a malformed file, it is left out: %s", error)
        return ()
    name = found.filename or found.body or NAMES[found.msgtype]
    return first_of([attachment(found.file_id, name, found.info.mimetype, found.info.size, found.kind)])


def place_of(file_id: str) -> Place:
    """Return where a file is. Raises NotDelivered for what is no address of a homeserver's files."""
    try:
        encrypted = EncryptedFile.model_validate_json(file_id) if file_id.startswith("{") else None
    except ValidationError as error:
        raise NotDelivered("the file's place cannot be read") from error
    found = MXC.fullmatch(encrypted.url if encrypted else file_id)
    if found is None:
        raise NotDelivered("the file is not at a Matrix homeserver")
    return Place(found[1], found[2], encrypted)


def decrypted(data: bytes, found: EncryptedFile) -> bytes:
    """Return what a file says. Raises NotDelivered where it is not the one that was sent."""
    try:
        plain: bytes = decrypt_attachment(data, found.key.k, found.hashes.sha256, found.iv)
    except (EncryptionError, ValueError) as error:
        raise NotDelivered("the file cannot be decrypted: it is not the one that was sent") from error
    return plain


def encrypted(data: bytes) -> tuple[bytes, dict[str, Any]]:
    """Return a file's cipher text, and what decrypts it: a `file` of an event, but for its `url`."""
    cipher_text, secret = encrypt_attachment(data)
    return cipher_text, secret


def media_type_of(file: File) -> str:
    """Return the media type that a file's name tells."""
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"
