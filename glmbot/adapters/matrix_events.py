"""What Matrix users write: reads one event of a room into an event of the bot."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from glmbot.adapters.matrix_content import AUTOMATED
from glmbot.adapters.matrix_files import attachments_of
from glmbot.adapters.matrix_rooms import MESSAGE, Room
from glmbot.adapters.matrix_text import as_command, has_pill, mended, names_any, without_mention, without_quote
from glmbot.events import MAX_TEXT, Chat, ChatKind, MessageEvent, Sender

MAX_ID = 255
TEXT_TYPES = ("m.text", "m.emote")
ATTACHMENT_TYPES = ("m.image", "m.file", "m.audio", "m.video", "m.location")
REPLACES = "m.replace"
THREAD = "m.thread"


@dataclass(frozen=True, slots=True)
class Account:
    """The bot on Matrix: its adapter, user id and names, and which commands it has."""

    adapter: str
    user_id: str
    names: tuple[str, ...]
    commands: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Message:
    """A message somebody wrote; `reply_to` is the event it answers, if any."""

    event: MessageEvent
    reply_to: str | None


def _mended_if_text(value: object) -> object:
    """Mend a text; of one that nobody wants to see, as much as shows that it is too long."""
    return mended(value[: MAX_TEXT + 1]) if isinstance(value, str) else value


# The forms follow https://spec.matrix.org/v1.11/client-server-api/#mroommessage, reduced to what is used here.
EventId = Annotated[str, Field(pattern=r"^\$\S+$", max_length=MAX_ID)]
UserId = Annotated[str, Field(pattern=r"^@\S+$", max_length=MAX_ID)]
_Text = Annotated[str, BeforeValidator(_mended_if_text)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class _RepliedTo(_Form):
    event_id: EventId


class _Relation(_Form):
    rel_type: str | None = None
    event_id: EventId | None = None
    is_falling_back: bool = False
    in_reply_to: _RepliedTo | None = Field(None, alias="m.in_reply_to")

    @property
    def thread_id(self) -> str | None:
        return self.event_id if self.rel_type == THREAD else None

    @property
    def reply_to(self) -> str | None:
        """The event that is answered; in a thread clients name one for those that know no threads."""
        is_stand_in = self.rel_type == THREAD and self.is_falling_back
        return None if self.in_reply_to is None or is_stand_in else self.in_reply_to.event_id


class _Mentions(_Form):
    user_ids: tuple[str, ...] = ()


class _Content(_Form):
    msgtype: str
    body: _Text
    formatted_body: _Text = ""
    filename: _Text = ""
    relation: _Relation = Field(_Relation(), alias="m.relates_to")
    mentions: _Mentions = Field(_Mentions(), alias="m.mentions")
    is_automated: bool = Field(False, alias=AUTOMATED)

    @property
    def is_said(self) -> bool:
        """Whether a person said this: bots that answer each other would never end, and an edit says nothing new."""
        is_edit = self.relation.rel_type == REPLACES
        return self.msgtype in TEXT_TYPES + ATTACHMENT_TYPES and not self.is_automated and not is_edit

    @property
    def text(self) -> str:
        """What was written, without the message it answers; nothing where an attachment has no words of its own."""
        if self.msgtype in ATTACHMENT_TYPES:
            return self.body if self.filename not in ("", self.body) else ""
        return without_quote(self.body) if self.relation.in_reply_to else self.body

    def mentions_user(self, user_id: str, names: Collection[str]) -> bool:
        """Tell whether somebody is mentioned: by the client's list, by name, or by a link to them."""
        is_listed = user_id in self.mentions.user_ids
        return is_listed or names_any(self.text, names) or has_pill(self.formatted_body, user_id)


class _Event(_Form):
    event_id: EventId
    sender: UserId
    origin_server_ts: int
    content: _Content


def read_message(raw: Mapping[str, Any], room: Room, account: Account) -> Message | None:
    """Read an event; None where there is nothing to answer: our own, what bots write, edits, redactions.

    Raises pydantic's ValidationError, which names the field but does not quote it.
    """
    if raw.get("type") != MESSAGE or raw.get("sender") == account.user_id or not raw.get("content"):
        return None
    found = _Event.model_validate(raw)
    content = found.content
    if not content.is_said:
        return None
    text, is_addressed = _call(content, room, account)
    event = MessageEvent(
        message_id=found.event_id,
        chat=Chat(account.adapter, room.room_id, room.kind, content.relation.thread_id),
        sender=Sender(found.sender, room.name_of(found.sender)),
        text=text,
        sent_at=found.origin_server_ts / 1000,
        is_addressed=is_addressed,
        attachments=attachments_of(raw["content"]),
    )
    return Message(event, content.relation.reply_to)


def _call(content: _Content, room: Room, account: Account) -> tuple[str, bool]:
    """Return the text without our name, as a command where it is one, and whether it is for us."""
    names = {*account.names, room.name_of(account.user_id)}
    is_mentioned = content.mentions_user(account.user_id, names)
    text = without_mention(content.text, names) if is_mentioned else content.text
    command = as_command(text.strip(), account.commands)
    return command or text.strip(), room.kind is ChatKind.PRIVATE or is_mentioned or command is not None
