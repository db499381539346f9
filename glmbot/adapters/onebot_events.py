"""What OneBot v11 clients report: reads a message event (github.com/botuniverse/onebot-11, event/message.md)."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from glmbot.adapters.onebot_files import attachments_of
from glmbot.adapters.onebot_message import as_id, read_message, segments_of
from glmbot.adapters.onebot_reactions import read_reactions
from glmbot.events import Chat, ChatKind, MessageEvent, Sender

MAX_NAME = 100
ID_SEPARATOR = ":"
LATEST = 1 << 33
"""Seconds since 1970, in the year 2242."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message or a reaction. Where it is not addressed, but answers a message, that may be one of the bot's."""

    event: MessageEvent
    self_id: str
    replied_to: str | None


def heard_in(payload: Mapping[str, Any], adapter: str, commands: Collection[str]) -> list[Heard]:
    """Return what a payload tells: a message, or reactions. Raises ValueError like `read_event`."""
    if message := read_event(payload, adapter, commands):
        return [message]
    reactions = read_reactions(payload, adapter, _sent_at(payload))
    return [Heard(event, _id(payload, "self_id"), None) for event in reactions]


def read_event(payload: Mapping[str, Any], adapter: str, commands: Collection[str]) -> Heard | None:
    """Return the message of a payload; None for any other payload, and for what the account wrote itself.

    Raises ValueError where a message lacks what every message has.
    """
    if payload.get("post_type") != "message":
        return None
    self_id, user_id = _id(payload, "self_id"), _id(payload, "user_id")
    if user_id == self_id:
        return None
    said = read_message(payload.get("message"), self_id)
    chat = _chat(payload, adapter, user_id)
    is_addressed = chat.kind is ChatKind.PRIVATE or self_id in said.mentioned or _is_command(said.text, commands)
    event = MessageEvent(
        message_id=message_id_in(payload),
        chat=chat,
        sender=Sender(_sender_id(payload, user_id), _name(payload, user_id)),
        text=said.text,
        sent_at=_sent_at(payload) or time.time(),
        is_addressed=is_addressed,
        attachments=attachments_of(segments_of(payload.get("message")), chat),
    )
    return Heard(event, self_id, said.replied_to)


def platform_id(message_id: str) -> str:
    """Return the platform's own id of an event's message."""
    return message_id.rpartition(ID_SEPARATOR)[2]


def message_id_in(payload: Mapping[str, Any]) -> str:
    """Return an id that is the bot's for ever: the platform's own are hashes of 32 bits, which come again some day."""
    return f"{_sent_at(payload)}{ID_SEPARATOR}{_id(payload, 'message_id')}"


def _sent_at(payload: Mapping[str, Any]) -> int:
    """Return when a message was sent, 0 where that is not told."""
    sent_at = payload.get("time")
    return sent_at if isinstance(sent_at, int) and 0 <= sent_at < LATEST else 0


def _chat(payload: Mapping[str, Any], adapter: str, user_id: str) -> Chat:
    """Return where the answer goes; a private chat with a stranger goes by way of a group, which is its thread."""
    if payload.get("message_type") == "group":
        return Chat(adapter, _id(payload, "group_id"), ChatKind.GROUP)
    group = as_id(payload.get("group_id")) or as_id(_sender(payload).get("group_id"))
    is_by_group = payload.get("sub_type") == "group" and group not in (None, "0")
    return Chat(adapter, user_id, ChatKind.PRIVATE, group if is_by_group else None)


def _sender_id(payload: Mapping[str, Any], user_id: str) -> str:
    """Return who wrote this; those who write anonymously have an id of their own there, and share one user id."""
    anonymous = payload.get("anonymous")
    number = as_id(anonymous.get("id")) if isinstance(anonymous, dict) else None
    return f"anonymous{ID_SEPARATOR}{number}" if number else user_id


def _name(payload: Mapping[str, Any], user_id: str) -> str:
    sender = _sender(payload)
    name = sender.get("card") or sender.get("nickname")
    return name[:MAX_NAME] if isinstance(name, str) else user_id


def _sender(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    sender = payload.get("sender")
    return sender if isinstance(sender, dict) else {}


def _is_command(text: str, commands: Collection[str]) -> bool:
    """Tell whether this is a command of the bot's: other bots in the group have theirs."""
    name = text[1:].split(maxsplit=1)[:1]
    return text.startswith("/") and bool(name) and name[0].lower() in commands


def _id(payload: Mapping[str, Any], name: str) -> str:
    value = as_id(payload.get(name))
    if value is None:
        raise ValueError(f"{name} is missing or no number")
    return value
