"""Whom limits and restrictions are for: a sender, or a chat."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from glmbot.events import MessageEvent


class SubjectKind(StrEnum):
    """What a subject is."""

    SENDER = "sender"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Subject:
    """A sender or a chat, by the platform's own id."""

    adapter: str
    kind: SubjectKind
    subject_id: str

    @property
    def name(self) -> str:
        """As settings and commands name it."""
        return f"{self.adapter}:{self.subject_id}"


def subjects_of(event: MessageEvent) -> Sequence[Subject]:
    """Return the event's sender and its chat."""
    adapter = event.chat.adapter
    return (
        Subject(adapter, SubjectKind.SENDER, event.sender.sender_id),
        Subject(adapter, SubjectKind.CHAT, event.chat.chat_id),
    )
