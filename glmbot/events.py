"""What comes in: a message, who sent it, and in which chat."""

from dataclasses import dataclass, replace
from enum import StrEnum

MAX_TEXT = 200_000
"""The most characters of a message that anybody wants to see; an adapter cuts what is longer to one more."""


class ChatKind(StrEnum):
    """Whether a chat has one sender or many."""

    PRIVATE = "private"
    GROUP = "group"


class Language(StrEnum):
    """The languages glmbot itself speaks."""

    ENGLISH = "en"
    CHINESE = "zh"


@dataclass(frozen=True, slots=True)
class Chat:
    """A place on one platform where messages come from and replies go to.

    `adapter` is the adapter's name, `chat_id` and `thread_id` are the platform's own ids.
    """

    adapter: str
    chat_id: str
    kind: ChatKind
    thread_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote a message. `language` is the platform's hint, where it gives one."""

    sender_id: str
    name: str
    language: Language | None = None


class AttachmentKind(StrEnum):
    """What a file that came with a message is, as far as the platform says."""

    DOCUMENT = "document"
    IMAGE = "image"
    VOICE = "voice"
    OTHER = "other"
    """Music, films, stickers."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. Nothing of it is true for sure: the platform has it from the sender.

    `file_id` is how the platform finds it again: Telegram's file id, Discord's URL. `size` is in bytes.
    """

    file_id: str
    name: str
    media_type: str | None
    size: int | None
    kind: AttachmentKind


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji that somebody put under a message, or took away. An emoji of the server's own is its name."""

    message_id: str
    """Of the message, as it came in or was sent."""
    emoji: str
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """One message from a platform, complete enough to be answered after a restart.

    `message_id` is unique within an adapter: the inbox drops repeats by it. `sent_at` is in seconds since
    1970, UTC. `is_addressed` is true where the bot is meant: any private chat; in a group a mention of the
    bot (cut out of `text` by the adapter), a reply to one of its messages, or a command.
    `text` is empty where a message has no words of its own: then it has attachments, or what is nobody's file, such as
    a location.

    An edit has the id of the message that it changes. It counts while that waits for its answer; where that was not for
    the bot, and the edit is, it counts as a message.

    A reaction is an event without text, with an id of its own; nobody answers it, plugins are told.
    """

    message_id: str
    chat: Chat
    sender: Sender
    text: str
    sent_at: float
    is_addressed: bool
    attachments: tuple[Attachment, ...] = ()
    is_edit: bool = False
    reaction: Reaction | None = None

    def with_text(self, text: str) -> "MessageEvent":
        """Return the same event with another text."""
        return replace(self, text=text)

    def documents(self) -> tuple[Attachment, ...]:
        """Return the attachments that may hold text."""
        return tuple(one for one in self.attachments if one.kind is AttachmentKind.DOCUMENT)


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message we sent, as the platform names it: enough to edit it, also after a restart."""

    chat: Chat
    message_id: str
