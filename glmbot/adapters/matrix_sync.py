"""What a Matrix homeserver answers to a question for news or history; what is malformed in it is left out.

https://spec.matrix.org/v1.11/client-server-api/#get_matrixclientv3sync
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]

TIMELINE = 50
"""Events of a room in one answer; what is more is read back."""
_NOTHING: dict[str, object] = {"types": []}
FILTER: dict[str, Any] = {
    "presence": _NOTHING,
    "account_data": _NOTHING,
    "room": {
        "account_data": _NOTHING,
        "ephemeral": _NOTHING,
        "state": {
            "types": ["m.room.member", "m.room.encryption"],
            "lazy_load_members": True,
            "include_redundant_members": True,
        },
        "timeline": {"limit": TIMELINE, "lazy_load_members": True, "include_redundant_members": True},
    },
}
HISTORY_FILTER: dict[str, Any] = {"lazy_load_members": True, "include_redundant_members": True}


@dataclass(frozen=True, slots=True)
class RoomNews:
    """What is new in a room. Before `events`, oldest first, there is a gap if `is_limited`, to read back by `start`."""

    room_id: str
    events: tuple[Event, ...]
    state: tuple[Event, ...]
    summary: Mapping[str, object]
    is_limited: bool
    start: str


@dataclass(frozen=True, slots=True)
class Sync:
    """News of all rooms, and of keys. `invites` tells of each room whether it is to be a private chat.

    `to_device` are messages to this device, which the homeserver forgets when it is asked on; `changed_users` have
    other devices than before. `num_one_time_keys` is how many of ours the homeserver still has, where it says so.
    """

    next_batch: str
    rooms: tuple[RoomNews, ...]
    invites: Mapping[str, bool]
    left: tuple[str, ...]
    to_device: tuple[Event, ...]
    changed_users: tuple[str, ...]
    num_one_time_keys: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a room's history, newest first; `end` is where the next begins, empty at the room's beginning."""

    events: tuple[Event, ...]
    state: tuple[Event, ...]
    end: str


def read_sync(answer: Mapping[str, object], me: str) -> Sync | None:
    """Read an answer; None for one that does not say how to go on."""
    next_batch = answer.get("next_batch")
    if not isinstance(next_batch, str) or not next_batch:
        return None
    rooms = _dict(answer.get("rooms"))
    joined = {room_id: _dict(news) for room_id, news in _dict(rooms.get("join")).items()}
    invites = {room_id: _is_direct(_dict(invite), me) for room_id, invite in _dict(rooms.get("invite")).items()}
    news = tuple(_room_news(room_id, room) for room_id, room in joined.items())
    changes = _dict(answer.get("device_lists"))
    return Sync(
        next_batch,
        news,
        invites,
        tuple(_dict(rooms.get("leave"))),
        _events(_dict(answer.get("to_device")).get("events")),
        _texts(changes.get("changed")) + _texts(changes.get("left")),
        _count(answer.get("device_one_time_keys_count")),
    )


def read_page(answer: Mapping[str, object]) -> Page:
    """Read a stretch of history."""
    end = answer.get("end")
    return Page(_events(answer.get("chunk")), _events(answer.get("state")), end if isinstance(end, str) else "")


def _room_news(room_id: str, room: Mapping[str, object]) -> RoomNews:
    timeline = _dict(room.get("timeline"))
    start = timeline.get("prev_batch")
    return RoomNews(
        room_id,
        _events(timeline.get("events")),
        _events(_dict(room.get("state")).get("events")),
        _dict(room.get("summary")),
        timeline.get("limited") is True,
        start if isinstance(start, str) else "",
    )


def _is_direct(invite: Mapping[str, object], me: str) -> bool:
    events = _events(_dict(invite.get("invite_state")).get("events"))
    return any(_dict(event.get("content")).get("is_direct") is True for event in events if event.get("state_key") == me)


def _count(counts: object) -> int | None:
    """Return how many one-time keys are left: none where others are counted only."""
    found = counts.get("signed_curve25519", 0) if isinstance(counts, dict) else None
    return found if isinstance(found, int) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _events(value: object) -> tuple[Event, ...]:
    return tuple(event for event in value if isinstance(event, dict)) if isinstance(value, list) else ()


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
