"""What Telegram sends: reads one update of the Bot API into an event."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from glmbot.adapters.telegram_files import attachments_of
from glmbot.events import MAX_TEXT, Chat, ChatKind, Language, MessageEvent, Reaction, Sender

ATTACHMENTS = frozenset(
    {
        "animation",
        "audio",
        "checklist",
        "contact",
        "dice",
        "document",
        "game",
        "location",
        "paid_media",
        "photo",
        "poll",
        "sticker",
        "story",
        "venue",
        "video",
        "video_note",
        "voice",
    }
)
"""What a message may have instead of a text (https://core.telegram.org/bots/api#message)."""
MAX_QUERY_ID = 64
MAX_NAME = 66
"""UTF-16 units of an entity that are looked at: a user name with its @ has 33, with a command before it 66."""
KINDS = {
    "private": ChatKind.PRIVATE,
    "group": ChatKind.GROUP,
    "supergroup": ChatKind.GROUP,
    "channel": ChatKind.GROUP,
}
EDIT_KINDS = ("edited_message", "edited_channel_post")
MESSAGE_KINDS = ("message", "channel_post", *EDIT_KINDS)
"""The updates that hold a message to be read."""
UPDATE_KINDS = (*MESSAGE_KINDS, "callback_query", "message_reaction")
STAND_INS = frozenset({1087968824, 136817688})
"""@GroupAnonymousBot and @Channel_Bot: who writes in their name is the chat that the message names beside them."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who the bot itself is on Telegram; `username` is without the @."""

    user_id: int
    username: str


def read_event(update: object, adapter: str, account: Account) -> MessageEvent | None:
    """Return the event of an update, or None where there is nothing to answer.

    Service messages and what bots write are not answered, nor what a group shows of its channel by itself.
    Raises pydantic's ValidationError, which names the field but does not quote it, where the update has not the form
    of the Bot API.
    """
    found = _Update.model_validate(update)
    if found.callback_query is not None:
        return _pressed(found.callback_query, adapter)
    if found.message_reaction is not None:
        return _reacted(found.message_reaction, found.update_id, adapter)
    message = found.any_message
    if message is None or message.is_automatic_forward or message.chat.type not in KINDS:
        return None
    if (sender := _sender(message)) is None:
        return None
    text, entities = (message.text, message.entities) if message.text else (message.caption, message.caption_entities)
    is_edit = not (found.message or found.channel_post)
    if not text and (is_edit or not _has_attachment(update)):
        return None
    calls = _Calls.in_text(text, entities, account)
    return MessageEvent(
        message_id=message_id_of(message.chat.id, message.message_id),
        chat=_chat(message, adapter),
        sender=sender,
        text=calls.rest,
        sent_at=float(message.date),
        is_addressed=message.chat.type == "private" or calls.is_for(account, message.reply_to_message),
        is_edit=is_edit,
        attachments=attachments_of(_raw_message(update)),
    )


def press_of(update: object) -> str | None:
    """Return the id of a press of a button, which Telegram wants to be answered; None for any other update."""
    query = update.get("callback_query") if isinstance(update, dict) else None
    query_id = query.get("id") if isinstance(query, dict) else None
    return query_id if isinstance(query_id, str) else None


def album_of(update: object) -> str | None:
    """Return the album that an update's message is one picture of: they come as a message each."""
    album = _raw_message(update).get("media_group_id")
    return album if isinstance(album, str) else None


def message_id_of(chat_id: int | str, number: int) -> str:
    """Return the name of a message that is unique within the adapter: Telegram numbers them per chat."""
    return f"{chat_id}:{number}"


def number_of(message_id: str, chat_id: str) -> int | None:
    """Return Telegram's number of a message of this chat, None for another chat's."""
    chat, _, number = message_id.rpartition(":")
    return int(number) if chat == chat_id and number.isdecimal() else None


def mended(text: str) -> str:
    """Replace halves of surrogate pairs, which no UTF-8 can carry, by U+FFFD; each stays one UTF-16 unit."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _mended_if_text(value: object) -> object:
    """Mend a text; of one that nobody wants to see, as much as shows that it is too long."""
    return mended(value[: MAX_TEXT + 1]) if isinstance(value, str) else value


def _has_attachment(update: object) -> bool:
    return not ATTACHMENTS.isdisjoint(_raw_message(update))


def _raw_message(update: object) -> dict[str, object]:
    """Return an update's message as it came, nothing where it has none."""
    found = [update[kind] for kind in MESSAGE_KINDS if kind in update] if isinstance(update, dict) else []
    return found[0] if found and isinstance(found[0], dict) else {}


# The forms below follow https://core.telegram.org/bots/api#available-types, reduced to what is used here.
_Text = Annotated[str, BeforeValidator(_mended_if_text)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class _User(_Form):
    id: int
    is_bot: bool
    first_name: _Text
    last_name: _Text = ""
    language_code: _Text | None = None


class _Chat(_Form):
    id: int
    type: str


class _SenderChat(_Form):
    id: int
    title: _Text = ""


class _Entity(_Form):
    """A marked piece of a text; `offset` and `length` count UTF-16 units."""

    type: str
    offset: int = Field(ge=0)
    length: int = Field(ge=0)
    user: _User | None = None


class _RepliedTo(_Form):
    sender: _User | None = Field(None, alias="from")
    forum_topic_created: object = None


class _Message(_Form):
    message_id: int
    date: int = Field(ge=0, lt=2**53)
    chat: _Chat
    sender: _User | None = Field(None, alias="from")
    sender_chat: _SenderChat | None = None
    is_automatic_forward: bool = False
    text: _Text = ""
    entities: tuple[_Entity, ...] = ()
    caption: _Text = ""
    caption_entities: tuple[_Entity, ...] = ()
    message_thread_id: int | None = None
    is_topic_message: bool = False
    reply_to_message: _RepliedTo | None = None


class _PressedMessage(_Form):
    """The message above a button; when it is old, hardly more than its place is told."""

    chat: _Chat
    message_thread_id: int | None = None
    is_topic_message: bool = False


class _CallbackQuery(_Form):
    id: str = Field(max_length=MAX_QUERY_ID)
    sender: _User = Field(alias="from")
    message: _PressedMessage | None = None
    data: _Text = ""


class _Emoji(_Form):
    """An emoji; those of Telegram's own design have a number instead, and paid stars nothing."""

    emoji: _Text = ""


class _MessageReaction(_Form):
    chat: _Chat
    message_id: int
    user: _User | None = None
    actor_chat: _SenderChat | None = None
    date: int = Field(ge=0, lt=2**53)
    old_reaction: tuple[_Emoji, ...] = ()
    new_reaction: tuple[_Emoji, ...] = ()


class _Update(_Form):
    update_id: int = 0
    message: _Message | None = None
    channel_post: _Message | None = None
    edited_message: _Message | None = None
    edited_channel_post: _Message | None = None
    callback_query: _CallbackQuery | None = None
    message_reaction: _MessageReaction | None = None

    @property
    def any_message(self) -> _Message | None:
        return self.message or self.channel_post or self.edited_message or self.edited_channel_post


def _pressed(query: _CallbackQuery, adapter: str) -> MessageEvent | None:
    """Return the event of a pressed button: whoever pressed it says what it stands for."""
    message = query.message
    if message is None or message.chat.type not in KINDS or query.sender.is_bot or not query.data:
        return None
    return MessageEvent(
        message_id=f"{message.chat.id}:pressed:{query.id}",
        chat=_chat(message, adapter),
        sender=_user(query.sender),
        text=query.data,
        sent_at=time.time(),
        is_addressed=True,
    )


def _reacted(change: _MessageReaction, update_id: int, adapter: str) -> MessageEvent | None:
    """Return the event of a reaction: of one that takes another's place, the new one. The topic is not told."""
    user, chat = change.user, change.actor_chat
    old, new = ([one.emoji for one in group if one.emoji] for group in (change.old_reaction, change.new_reaction))
    changes = [(emoji, False) for emoji in new if emoji not in old] + [(one, True) for one in old if one not in new]
    if change.chat.type not in KINDS or not changes or (user is not None and user.is_bot):
        return None
    if user is not None:
        sender = _user(user)
    elif chat is not None:
        sender = Sender(str(chat.id), chat.title or str(chat.id))
    else:
        return None
    emoji, is_removed = changes[0]
    return MessageEvent(
        message_id=f"{change.chat.id}:reaction:{update_id}",
        chat=Chat(adapter, str(change.chat.id), KINDS[change.chat.type]),
        sender=sender,
        text="",
        sent_at=float(change.date),
        is_addressed=True,
        reaction=Reaction(message_id_of(change.chat.id, change.message_id), emoji, is_removed),
    )


def _chat(message: _Message | _PressedMessage, adapter: str) -> Chat:
    # Outside of topics Telegram gives a thread id to every chain of replies: those are not places.
    has_topic = message.is_topic_message and message.message_thread_id is not None
    thread_id = str(message.message_thread_id) if has_topic else None
    return Chat(adapter, str(message.chat.id), KINDS[message.chat.type], thread_id)


def _sender(message: _Message) -> Sender | None:
    """Return who wrote, a chat where somebody wrote in its name; None for a bot."""
    user, chat = message.sender, message.sender_chat
    if chat is not None and (user is None or user.id in STAND_INS):
        return Sender(str(chat.id), chat.title or str(chat.id))
    return None if user is None or user.is_bot else _user(user)


def _user(user: _User) -> Sender:
    language = None
    if user.language_code:
        language = Language.CHINESE if user.language_code.lower().startswith("zh") else Language.ENGLISH
    return Sender(str(user.id), f"{user.first_name} {user.last_name}".strip(), language)


@dataclass(frozen=True, slots=True)
class _Calls:
    """What the entities of a text say about whom it is meant for; `rest` is the text without our own name."""

    rest: str
    names_bot: bool
    has_command: bool
    names_other_bot: bool

    @classmethod
    def in_text(cls, text: str, entities: Sequence[_Entity], account: Account) -> "_Calls":
        utf16 = text.encode("utf-16-le")
        own_name = f"@{account.username}".lower()
        cuts: list[tuple[int, int]] = []
        has_command = names_other_bot = False
        for entity in entities:
            start, end = entity.offset, entity.offset + entity.length
            part = _decode(utf16, start, min(end, start + MAX_NAME + 1))
            if entity.type == "bot_command":
                name = part[part.find("@") :].lower() if "@" in part else ""
                if name == own_name:
                    cuts.append((end - len(name), end))
                elif start == 0:
                    has_command, names_other_bot = not name, bool(name)
            elif (entity.type == "mention" and part.lower() == own_name) or (
                entity.user is not None and entity.user.id == account.user_id
            ):
                cuts.append((start, end))
        # A message that is nothing but our name keeps it: an empty text could not be answered.
        # One that is too long stays so.
        rest = text if len(text) > MAX_TEXT else _without(utf16, sorted(cuts)) or text
        return cls(rest, bool(cuts), has_command, names_other_bot)

    def is_for(self, account: Account, replied_to: _RepliedTo | None) -> bool:
        """Tell whether the bot is meant, in a chat of many."""
        if self.names_other_bot:
            return False
        return self.names_bot or self.has_command or _is_by(account, replied_to)


def _is_by(account: Account, message: _RepliedTo | None) -> bool:
    """Tell whether the bot wrote a message. A topic's first one counts for nobody: all in it "reply" to that."""
    if message is None or message.sender is None or message.forum_topic_created is not None:
        return False
    return message.sender.id == account.user_id


def _without(utf16: bytes, cuts: Iterable[tuple[int, int]]) -> str:
    """Return the text without the cut pieces, and without the second of the two spaces around each."""
    kept: list[str] = []
    position = 0
    for start, end in cuts:
        kept.append(_decode(utf16, position, start))
        is_after_space = not kept[-1] or kept[-1][-1].isspace()
        position = max(position, end + (is_after_space and _decode(utf16, end, end + 1) == " "))
    kept.append(_decode(utf16, position, len(utf16) // 2))
    return "".join(kept).strip()


def _decode(utf16: bytes, start: int, end: int) -> str:
    """Return the text between two offsets, in UTF-16 units."""
    return utf16[2 * start : 2 * end].decode("utf-16-le", "replace")
