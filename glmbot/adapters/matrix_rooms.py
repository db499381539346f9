"""The Matrix rooms the bot is in: who is there, what was taken in, and from where on to read."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from glmbot.adapters.matrix_text import mended
from glmbot.events import ChatKind

MAX_NAME = 255
MAX_PAIR = 2
ENCRYPTED = "m.room.encrypted"
ENCRYPTION = "m.room.encryption"
MESSAGE = "m.room.message"
MEMBER = "m.room.member"


@dataclass(slots=True)
class Room:
    """A room. `known` are ids of events taken in: the newest of each chat before a restart, or the last one."""

    room_id: str
    known: set[str] = field(default_factory=set)
    is_direct: bool = False
    """As the invitation had it; counts only while the homeserver has not told how many are in the room."""
    num_joined: int | None = None
    num_invited: int = 0
    is_encrypted: bool = False
    is_told_encrypted: bool = False
    _names: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> ChatKind:
        """A room of two is a private chat."""
        is_pair = self.is_direct if self.num_joined is None else self.num_joined + self.num_invited <= MAX_PAIR
        return ChatKind.PRIVATE if is_pair else ChatKind.GROUP

    def count(self, summary: Mapping[str, object]) -> None:
        """Take note of how many are here; the homeserver tells it when it changes."""
        joined, invited = summary.get("m.joined_member_count"), summary.get("m.invited_member_count")
        self.num_joined = joined if isinstance(joined, int) else self.num_joined
        self.num_invited = invited if isinstance(invited, int) else self.num_invited

    def learn_names(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take note of what those who are here call themselves."""
        for event in events:
            if event.get("type") == MEMBER and isinstance(user_id := event.get("state_key"), str):
                name = _content(event).get("displayname")
                self._names[user_id] = one_line(name) if isinstance(name, str) else ""

    def name_of(self, user_id: str) -> str:
        """Return what somebody calls themselves here, or else the name of their account."""
        return self._names.get(user_id) or one_line(localpart(user_id))

    def start_in(self, events: Sequence[Mapping[str, Any]], me: str) -> int | None:
        """Return from where on a stretch of events, oldest first, is new; None where all of it may be."""
        marks = (index for index in reversed(range(len(events))) if self._is_known(events[index], me))
        return next((index + 1 for index in marks), None)

    def _is_known(self, event: Mapping[str, Any], me: str) -> bool:
        """Tell whether everything up to this event is taken in, or was never for us.

        That is: it was taken in. Or we came in by it; in a private chat we read from the invitation on, since people
        write before we have entered. In a room that we never heard anything of, what we said ends what is old.
        """
        if event.get("event_id") in self.known:
            return True
        if event.get("type") == MEMBER and event.get("state_key") == me:
            if _content(event).get("membership") != "join":
                return True
            return self.kind is ChatKind.GROUP and _membership_before(event) != "join"
        return not self.known and event.get("sender") == me and event.get("type") in (MESSAGE, ENCRYPTED)


def localpart(user_id: str) -> str:
    """Return the name in a user id: "ann" of "@ann:example.org"."""
    return user_id.removeprefix("@").partition(":")[0]


def one_line(name: str) -> str:
    """Return a name without line ends and whatever else breaks a line of a log or prompt."""
    return re.sub(r"\s+", " ", mended(name)).strip()[:MAX_NAME]


def _content(event: Mapping[str, Any]) -> Mapping[str, Any]:
    content = event.get("content")
    return content if isinstance(content, dict) else {}


def _membership_before(event: Mapping[str, Any]) -> object:
    unsigned = event.get("unsigned")
    before = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
    return before.get("membership") if isinstance(before, dict) else None
