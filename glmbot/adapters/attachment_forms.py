"""Makes attachments of what platforms tell of files: names that are only names, and no more files than a few."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice

from glmbot.events import Attachment, AttachmentKind

MAX_ATTACHMENTS = 10
"""Of one message; Telegram's albums and Discord's messages have no more."""
MAX_NAME = 120
MAX_FILE_ID = 2000
MAX_SIZE = 2**53
MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that change how a name is shown, such as those that turn the direction of writing."""


def attachment(
    file_id: str, name: str, media_type: str | None, size: int | None, kind: AttachmentKind | None = None
) -> Attachment:
    """Return an attachment with a clean name; its kind is that of its media type where none is given."""
    clean_type = _clean_type(media_type)
    clean_size = size if size is not None and 0 <= size < MAX_SIZE else None
    return Attachment(file_id, clean_name(name), clean_type, clean_size, kind or kind_of(clean_type))


def first_of(found: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """Return as many attachments as are kept of one message."""
    return tuple(islice(_with_ids(found), MAX_ATTACHMENTS))


def clean_name(name: str) -> str:
    """Return a file's name without folders and without characters that nobody sees; "file" where nothing is left."""
    last = re.split(r"[/\\]", name)[-1].replace("`", "'")  # notices show names as code
    seen = "".join(one for one in last if unicodedata.category(one) not in UNSEEN)
    return _shortened(" ".join(seen.split()).strip(". ")) or "file"


def kind_of(media_type: str | None) -> AttachmentKind:
    """Return the kind of a file that was sent as a file."""
    family = (media_type or "").partition("/")[0]
    if family == "image":
        return AttachmentKind.IMAGE
    return AttachmentKind.OTHER if family in ("audio", "video", "font", "model") else AttachmentKind.DOCUMENT


def _with_ids(found: Iterable[Attachment]) -> Iterator[Attachment]:
    return (one for one in found if 0 < len(one.file_id) <= MAX_FILE_ID)


def _clean_type(media_type: str | None) -> str | None:
    bare = (media_type or "").partition(";")[0].strip().lower()
    return bare if MEDIA_TYPE.fullmatch(bare) else None


def _shortened(name: str) -> str:
    """Return a name of at most MAX_NAME characters that keeps its ending."""
    if len(name) <= MAX_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:MAX_NAME]
    return f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}"
