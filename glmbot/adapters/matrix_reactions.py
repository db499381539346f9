"""Emoji that people on Matrix put under messages, and take away.

https://spec.matrix.org/v1.11/client-server-api/#event-annotations-and-reactions
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from glmbot.adapters.matrix_events import Account, EventId, UserId
from glmbot.adapters.matrix_rooms import Room
from glmbot.adapters.matrix_text import mended
from glmbot.events import Chat, MessageEvent, Reaction, Sender

REACTION = "m.reaction"
REDACTION = "m.room.redaction"
MAX_EMOJI = 100  # characters; a key may be any text
MAX_KEPT = 5000


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class _Annotation(_Form):
    rel_type: Literal["m.annotation"]
    event_id: EventId
    key: Annotated[str, BeforeValidator(lambda key: mended(key[:MAX_EMOJI]) if isinstance(key, str) else key)]


class _Content(_Form):
    relation: _Annotation = Field(alias="m.relates_to")


class _Event(_Form):
    event_id: EventId
    sender: UserId
    origin_server_ts: int


class _Reaction(_Event):
    content: _Content


@dataclass(slots=True)
class Reactions:
    """Reads reactions. Of one that is taken away the homeserver tells no more than its id, so they are remembered."""

    _kept: dict[str, Reaction] = field(default_factory=dict)

    def read(self, raw: Mapping[str, Any], room: Room, account: Account) -> MessageEvent | None:
        """Read an event; None where it is no reaction, or our own. Raises pydantic's ValidationError."""
        if raw.get("sender") == account.user_id:
            return None
        if raw.get("type") == REACTION and raw.get("content"):
            found = _Reaction.model_validate(raw)
            relation = found.content.relation
            reaction = self._kept[found.event_id] = Reaction(relation.event_id, relation.key)
            while len(self._kept) > MAX_KEPT:
                del self._kept[next(iter(self._kept))]
            return _event(found, reaction, room, account)
        if raw.get("type") == REDACTION and (kept := self._kept.pop(_redacted(raw), None)):
            taken_away = Reaction(kept.message_id, kept.emoji, is_removed=True)
            return _event(_Event.model_validate(raw), taken_away, room, account)
        return None


def _redacted(raw: Mapping[str, Any]) -> str:
    """Return which event is taken back; since room version 11 the content says so."""
    content = raw.get("content")
    found = content.get("redacts") if isinstance(content, dict) else None
    return str(found or raw.get("redacts"))


def _event(found: _Event, reaction: Reaction, room: Room, account: Account) -> MessageEvent:
    return MessageEvent(
        message_id=found.event_id,
        chat=Chat(account.adapter, room.room_id, room.kind),
        sender=Sender(found.sender, room.name_of(found.sender)),
        text="",
        sent_at=found.origin_server_ts / 1000,
        is_addressed=True,
        reaction=reaction,
    )
