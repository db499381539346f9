"""Remembers where messages were just shown until the database does: for platforms that know no key."""

import json
import logging
import os
from pathlib import Path

from glmbot.events import Chat, ChatKind, MessageRef
from glmbot.storage.outbox import Outbox

logger = logging.getLogger(__name__)

FILE_NAME = "sent.journal"
MAX_BYTES = 1 << 16
"""Beyond this the file begins anew, as soon as the database knows all that is in it."""


class SentJournal:
    """A file of places. A line is in it as soon as the platform's answer is here.

    The database takes some milliseconds to note a place, and a bot that is killed meanwhile would send the message
    again. One write that does not wait for the disk takes some microseconds, and survives the process.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._unsettled: set[str] = set()
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def note(self, key: str, ref: MessageRef) -> None:
        """Remember where the message with this key is shown."""
        self._unsettled.add(key)
        line = json.dumps([key, ref.chat.adapter, ref.chat.chat_id, ref.chat.kind, ref.chat.thread_id, ref.message_id])
        try:
            os.write(self._file, f"{line}\n".encode())
        except OSError as error:
            logger.warning("%s: %s; a crash just now could show a message twice", self._path, error.strerror)

    def settle(self, key: str) -> None:
        """Forget a message whose place is in the database."""
        self._unsettled.discard(key)
        if not self._unsettled and os.fstat(self._file).st_size > MAX_BYTES:
            os.ftruncate(self._file, 0)

    async def replay(self, outbox: Outbox) -> None:
        """Bring what a bot that died has noted into the database."""
        lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        await outbox.note_places([place for line in lines if (place := _place_of(line))])
        os.ftruncate(self._file, 0)


def _place_of(line: str) -> tuple[str, MessageRef] | None:
    try:
        key, adapter, chat_id, kind, thread_id, message_id = json.loads(line)
    except ValueError:  # the line that was being written
        return None
    return key, MessageRef(Chat(adapter, chat_id, ChatKind(kind), thread_id), message_id)
