"""Files in OneBot v11's messages, and on their way into a chat.

Version 11 itself knows pictures, voice and films by their addresses; files of other kinds are what NapCat, Lagrange and
LLOneBot have added, all in one form: `upload_group_file` and `upload_private_file` with the content in base64, and
`get_group_file_url` and `get_private_file_url` for a file that came without its address.
"""

import base64
from collections.abc import Iterable, Iterator

from glmbot.adapters.attachment_forms import attachment, first_of
from glmbot.adapters.onebot_message import Segment
from glmbot.content import File
from glmbot.errors import NotDelivered
from glmbot.events import Attachment, AttachmentKind, Chat, ChatKind

KINDS = {
    "image": AttachmentKind.IMAGE,
    "record": AttachmentKind.VOICE,
    "video": AttachmentKind.OTHER,
    "file": AttachmentKind.DOCUMENT,
}
CLIENTS_WITH_FILES = ("napcat", "lagrange", "llonebot", "llbot")
"""How the names begin that they give in `get_version_info`."""


def attachments_of(segments: Iterable[Segment], chat: Chat) -> tuple[Attachment, ...]:
    """Return the files of a message; one that nothing leads to is left out."""
    return first_of(_attachments(segments, chat))


def address_in(file: Attachment) -> str | None:
    """Return the address at which a file is, where its message told it."""
    kind, _, rest = file.file_id.partition(":")
    return rest if kind == "url" else None


def address_call(file: Attachment) -> tuple[str, dict[str, object]]:
    """Return the action that tells a file's address, and its parameters."""
    kind, _, rest = file.file_id.partition(":")
    number, _, file_id = rest.partition(":")
    if kind == "group":
        return "get_group_file_url", {"group_id": int(number), "file_id": file_id}
    return "get_private_file_url", {"user_id": int(number), "file_id": file_id}


def upload_call(file: File, chat: Chat) -> tuple[str, dict[str, object]]:
    """Return the action that puts a file into a chat, and its parameters."""
    content = f"base64://{base64.b64encode(file.data).decode()}"
    if chat.kind is ChatKind.GROUP:
        return "upload_group_file", {"group_id": int(chat.chat_id), "file": content, "name": file.name}
    if chat.thread_id is not None:
        raise NotDelivered("QQ takes no files for a stranger")
    return "upload_private_file", {"user_id": int(chat.chat_id), "file": content, "name": file.name}


def has_files(client: object) -> bool:
    """Tell by its name whether a client takes files."""
    return str(client).lower().startswith(CLIENTS_WITH_FILES)


def _attachments(segments: Iterable[Segment], chat: Chat) -> Iterator[Attachment]:
    for segment in segments:
        if kind := KINDS.get(segment.kind):
            name = segment.data.get("name") or segment.data.get("file") or segment.kind
            yield attachment(_file_id(segment, chat), str(name), None, _size(segment), kind)


def _file_id(segment: Segment, chat: Chat) -> str:
    """Return what leads to a file again; empty where nothing does."""
    url, file_id = segment.data.get("url"), segment.data.get("file_id")
    if isinstance(url, str) and url.startswith(("http://", "https://")):
        return f"url:{url}"
    if segment.kind == "file" and isinstance(file_id, str) and file_id:
        return f"{chat.kind.value}:{chat.chat_id}:{file_id}"
    return ""


def _size(segment: Segment) -> int | None:
    size = str(segment.data.get("file_size", ""))
    return int(size) if size.isdecimal() and size.isascii() and len(size) < 16 else None
