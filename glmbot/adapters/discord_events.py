"""What Discord sends: reads the messages and slash commands of its gateway into events."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from glmbot.adapters.base import CommandInfo
from glmbot.adapters.discord_commands import command_text
from glmbot.adapters.discord_files import attachments_of
from glmbot.events import MAX_TEXT, Chat, ChatKind, Language, MessageEvent, Reaction, Sender

EPOCH = 1_420_070_400.0  # the first second of 2015, https://docs.discord.com/developers/reference#snowflakes
ORDINARY_TYPES = (0, 19)  # DEFAULT and REPLY; the others are the platform's own notices and answers to commands
CHANNEL_MESSAGE, DEFERRED_UPDATE = 4, 6  # the callback types CHANNEL_MESSAGE_WITH_SOURCE and DEFERRED_UPDATE_MESSAGE
THREAD_TYPES = (10, 11, 12)


@dataclass(frozen=True, slots=True)
class Account:
    """Who the bot itself is on Discord; `role_id` is the role that a server made for it, if any."""

    user_id: str
    role_id: str | None = None


def mended(text: str) -> str:
    """Replace halves of surrogate pairs, which no UTF-8 can carry, by U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def time_of(snowflake: str) -> float:
    """Return when an id was given out, in seconds since 1970."""
    return (int(snowflake) >> 22) / 1000 + EPOCH


def snowflake_at(time: float) -> int:
    """Return the smallest id of a moment, given in seconds since 1970."""
    return max(0, int((time - EPOCH) * 1000)) << 22


def _mended_if_text(value: object) -> object:
    """Mend a text; of one that nobody wants to see, as much as shows that it is too long."""
    return mended(value[: MAX_TEXT + 1]) if isinstance(value, str) else value


# The forms below follow https://docs.discord.com/developers/resources/message#message-object and
# .../interactions/receiving-and-responding#interaction-object, reduced to what is used here.
Snowflake = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
_Text = Annotated[str, BeforeValidator(_mended_if_text)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class _User(_Form):
    id: Snowflake
    username: _Text
    global_name: _Text | None = None
    bot: bool = False


class _Member(_Form):
    nick: _Text | None = None
    user: _User | None = None


class _RepliedTo(_Form):
    author: _User


class Message(_Form):
    """A message somebody wrote. `guild_id` is None in a private chat."""

    id: Snowflake
    channel_id: Snowflake
    guild_id: Snowflake | None = None
    author: _User
    member: _Member | None = None
    content: _Text
    type: int
    webhook_id: Snowflake | None = None
    mentions: tuple[_User, ...] = ()
    mention_roles: tuple[Snowflake, ...] = ()
    referenced_message: _RepliedTo | None = None
    attachments: tuple[object, ...] = ()
    sticker_items: tuple[object, ...] = ()
    poll: object = None
    edited_timestamp: str | None = None
    is_edit: bool = False
    """Whether the gateway told of an edit; a message that is read back is none, however often it was edited."""

    def event(self, chat: Chat, account: Account) -> MessageEvent | None:
        """Return the event, or None where there is nothing to answer: notices, and what bots write."""
        if self.author.bot or self.webhook_id is not None or self.type not in ORDINARY_TYPES:
            return None
        if not (self.content or self.attachments or self.sticker_items or self.poll):
            return None
        return MessageEvent(
            message_id=self.id,
            chat=chat,
            sender=Sender(self.author.id, _name(self.author, self.member)),
            # A message that is nothing but our name keeps it: an empty text could not be answered.
            text=_without_mentions(self.content, account) or self.content,
            sent_at=time_of(self.id),
            is_addressed=chat.kind is ChatKind.PRIVATE or self._is_for(account),
            is_edit=self.is_edit,
            attachments=attachments_of(self.attachments),
        )

    def _is_for(self, account: Account) -> bool:
        if any(user.id == account.user_id for user in self.mentions) or account.role_id in self.mention_roles:
            return True
        return self.referenced_message is not None and self.referenced_message.author.id == account.user_id


class _Emoji(_Form):
    name: _Text | None = None


class ReactionChange(_Form):
    """Somebody put an emoji under a message, or took it away; only the first tells who that is in a server."""

    user_id: Snowflake
    channel_id: Snowflake
    message_id: Snowflake
    guild_id: Snowflake | None = None
    member: _Member | None = None
    emoji: _Emoji
    is_removed: bool = False

    def event(self, chat: Chat, account: Account) -> MessageEvent | None:
        """Return the event, None for what bots do. Its id begins with the message's, which is older than all news."""
        user = self.member.user if self.member else None
        if self.user_id == account.user_id or (user and user.bot) or not self.emoji.name:
            return None
        now = time.time()
        return MessageEvent(
            message_id=f"r{self.message_id}:{self.user_id}:{now:.6f}",
            chat=chat,
            sender=Sender(self.user_id, _name(user, self.member) if user else self.user_id),
            text="",
            sent_at=now,
            is_addressed=True,
            reaction=Reaction(self.message_id, self.emoji.name, self.is_removed),
        )


class _Channel(_Form):
    id: Snowflake
    type: int
    parent_id: Snowflake | None = None


class _Option(_Form):
    name: str
    value: str | int | float | bool = ""


class _Call(_Form):
    name: str
    options: tuple[_Option, ...] = ()


class _Press(_Form):
    custom_id: _Text


class Interaction(_Form):
    """What somebody did that Discord wants to be answered; `token` is good for that, once and within 3 seconds."""

    id: Snowflake
    token: str = Field(repr=False)
    guild_id: Snowflake | None = None
    channel: _Channel
    user: _User | None = None
    member: _Member | None = None
    locale: str = ""

    def said(self, commands: Sequence[CommandInfo]) -> str:
        """Return what the sender means, as if it had been typed."""
        raise NotImplementedError

    @property
    def callback(self) -> dict[str, object]:
        """The answer that Discord shows at once."""
        raise NotImplementedError

    def event(self, adapter: str, commands: Sequence[CommandInfo]) -> MessageEvent | None:
        """Return the event. None where nobody is named as its sender, or nothing is said."""
        user = self.user or (self.member.user if self.member else None)
        if user is None or not (text := self.said(commands)):
            return None
        return MessageEvent(
            message_id=f"i{self.id}",
            chat=self._chat(adapter),
            sender=Sender(user.id, _name(user, self.member), _language(self.locale)),
            text=text,
            sent_at=time_of(self.id),
            is_addressed=True,
        )

    def _chat(self, adapter: str) -> Chat:
        if self.guild_id is None:
            return Chat(adapter, self.channel.id, ChatKind.PRIVATE)
        parent_id = self.channel.parent_id if self.channel.type in THREAD_TYPES else None
        return guild_chat(adapter, self.channel.id, parent_id)


class SlashCommand(Interaction):
    """A slash command that somebody used."""

    call: _Call = Field(alias="data")

    def said(self, commands: Sequence[CommandInfo]) -> str:
        """Return the command with its arguments."""
        values = {option.name: mended(str(option.value)) for option in self.call.options}
        return command_text(self.call.name, values, commands)

    @property
    def callback(self) -> dict[str, object]:
        """A message with the command's name."""
        return {
            "type": CHANNEL_MESSAGE,
            "data": {"content": f"/{self.call.name}", "allowed_mentions": {"parse": []}},
        }


class ButtonPress(Interaction):
    """A button that somebody pressed."""

    press: _Press = Field(alias="data")

    def said(self, commands: Sequence[CommandInfo]) -> str:
        """Return what the button stands for."""
        return self.press.custom_id

    @property
    def callback(self) -> dict[str, object]:
        """Nothing to be seen: what the bot says to it is a message of its own."""
        return {"type": DEFERRED_UPDATE}


def guild_chat(adapter: str, channel_id: str, parent_id: str | None) -> Chat:
    """Return the chat of a server's channel, or of a thread, which has a channel as its parent."""
    if parent_id is None:
        return Chat(adapter, channel_id, ChatKind.GROUP)
    return Chat(adapter, parent_id, ChatKind.GROUP, thread_id=channel_id)


def read_message(raw: object) -> Message:
    """Read a message. Raises pydantic's ValidationError, which names the field but does not quote it."""
    return Message.model_validate(raw)


def read_edit(raw: object) -> Message | None:
    """Read what the gateway tells of a changed message; None where only what surrounds its text has changed."""
    message = Message.model_validate(raw)
    return message.model_copy(update={"is_edit": True}) if message.edited_timestamp and message.content else None


def read_reaction(raw: object, *, is_removed: bool) -> ReactionChange:
    """Read a reaction. Raises pydantic's ValidationError where it has not the form."""
    return ReactionChange.model_validate(raw).model_copy(update={"is_removed": is_removed})


class _Interaction(_Form):
    type: int


INTERACTIONS: dict[int, type[Interaction]] = {2: SlashCommand, 3: ButtonPress}
"""By their types, APPLICATION_COMMAND and MESSAGE_COMPONENT."""


def read_interaction(raw: object) -> Interaction | None:
    """Read an interaction; None for one of a kind that we have none of. Raises ValidationError like `read_message`."""
    form = INTERACTIONS.get(_Interaction.model_validate(raw).type)
    return form.model_validate(raw) if form else None


def _name(user: _User, member: _Member | None) -> str:
    return (member and member.nick) or user.global_name or user.username


def _language(locale: str) -> Language | None:
    if not locale:
        return None
    return Language.CHINESE if locale.lower().startswith("zh") else Language.ENGLISH


def _without_mentions(text: str, account: Account) -> str:
    """Return the text without the bot's own mentions, and without the second of the two spaces around each.

    One that is too long stays so.
    """
    if len(text) > MAX_TEXT:
        return text
    role = f"|<@&{account.role_id}>" if account.role_id else ""
    mention = rf"(?:<@!?{account.user_id}>{role})"
    return re.sub(rf"(?:(?<=\s)|^){mention} ?|{mention}", "", text).strip()
