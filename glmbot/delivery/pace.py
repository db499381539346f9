"""How fast the messages of a chat may change while they are written."""

import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from glmbot.events import Chat, ChatKind

GROUP_FACTOR = 2.0
"""Groups have a tighter limit than private chats (Telegram: 20 messages a minute, edits count)."""
SLOWER = 2.0
"""By how much a chat slows down when its platform asks to wait."""
FASTER = 0.9
"""By how much it speeds up again with each call that goes through."""
MAX_FACTOR = 16.0


class Pace:
    """One chat's budget of calls, shared by all answers that are being written there.

    Live edits take turns. What is final never waits for a turn: it takes the next one away from the live edits, so
    that there is always room for it.
    """

    def __init__(self, interval: float, now: Callable[[], float] = time.monotonic) -> None:
        self._shortest = self._interval = interval
        self._now = now
        self._free_at = 0.0

    @property
    def interval(self) -> float:
        """Seconds between two calls for now."""
        return self._interval

    def reserve(self) -> float:
        """Take the next turn for a live edit; return how many seconds to wait for it."""
        at = max(self._now(), self._free_at)
        self._free_at = at + self._interval
        return at - self._now()

    def spend(self, num_calls: int = 1) -> None:
        """Note calls that waited for no turn, above all those for final messages."""
        self._free_at = max(self._free_at, self._now()) + num_calls * self._interval

    def note_success(self) -> None:
        """Note that the platform took a live edit."""
        self._interval = max(self._shortest, self._interval * FASTER)

    def note_wait(self, seconds: float) -> None:
        """Note that the platform asked to be left alone for so long, or was out of reach."""
        self._interval = min(self._interval * SLOWER, self._shortest * MAX_FACTOR)
        self._free_at = max(self._free_at, self._now() + seconds)


class Paces:
    """The pace of each chat in which an answer is being written; threads of a chat share it."""

    def __init__(self) -> None:
        self._paces: WeakValueDictionary[tuple[str, str], Pace] = WeakValueDictionary()

    def of(self, chat: Chat, edit_interval: float) -> Pace:
        """Return the chat's pace; it is kept as long as somebody holds it. The interval is that of private chats."""
        key = (chat.adapter, chat.chat_id)
        pace = self._paces.get(key)
        if pace is None:
            pace = Pace(edit_interval * GROUP_FACTOR if chat.kind is ChatKind.GROUP else edit_interval)
            self._paces[key] = pace
        return pace

    def find(self, chat: Chat) -> Pace | None:
        """Return the chat's pace if an answer is being written there."""
        return self._paces.get((chat.adapter, chat.chat_id))
