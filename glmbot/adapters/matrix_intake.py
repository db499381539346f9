"""Takes in what is said in the Matrix rooms, in order and without a gap, and enters rooms on invitation."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pydantic import ValidationError

from glmbot.adapters.base import Accept
from glmbot.adapters.matrix_client import Client, Refused
from glmbot.adapters.matrix_events import Account, read_message
from glmbot.adapters.matrix_rooms import ENCRYPTED, Room
from glmbot.adapters.matrix_session import Session
from glmbot.adapters.matrix_sync import Event, RoomNews, Sync
from glmbot.errors import RetryLater
from glmbot.events import MessageEvent

logger = logging.getLogger(__name__)

MAX_AGE = 24 * 3600.0  # what was missed longer ago is not answered any more; Telegram keeps as much
MAX_JOINS = 4  # at the same time; each may take minutes
MAX_JOIN_TRIES = 20  # where the room's server is away
MAX_OURS = 5000


class Rooms:
    """What is kept of the rooms from one `run` to the next: each, where all stood, and which messages are ours."""

    def __init__(self) -> None:
        self.since: str | None = None
        self._rooms: dict[str, Room] = {}
        self._is_ours: dict[str, bool] = {}

    def of(self, room_id: str) -> Room:
        """Return a room, which need not be known."""
        return self._rooms.setdefault(room_id, Room(room_id))

    def forget(self, room_id: str) -> None:
        """Forget a room that we are not in any more."""
        self._rooms.pop(room_id, None)

    def is_ours(self, event_id: str) -> bool | None:
        """Tell whether we sent a message, where that is known."""
        return self._is_ours.get(event_id)

    def note_sender(self, event_id: str, *, is_ours: bool) -> None:
        """Take note of whether we sent a message; those noted longest ago are forgotten."""
        self._is_ours[event_id] = is_ours
        while len(self._is_ours) > MAX_OURS:
            del self._is_ours[next(iter(self._is_ours))]


class Intake:
    """Takes in, for one `run`."""

    def __init__(self, session: Session, client: Client, account: Account, rooms: Rooms, accept: Accept) -> None:
        self._session = session
        self._client = client
        self._account = account
        self._rooms = rooms
        self._accept = accept
        self._joining: set[str] = set()
        self._join_turn = asyncio.Semaphore(MAX_JOINS)

    async def run(self) -> None:
        """Ask for what is new, take it in, and only then ask on."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                sync = await self._ask()
                self._answer_invites(sync, tasks)
                # A gap is read back by further calls, which may fail for long: other rooms need not wait for it.
                for news in sorted(sync.rooms, key=lambda news: news.is_limited):
                    await self._take_room(news)
                self._rooms.since = sync.next_batch

    async def _ask(self) -> Sync:
        try:
            return await self._session.persist(partial(self._client.sync, self._rooms.since))
        except Refused as error:
            if self._rooms.since is None:
                raise
            logger.warning("adapter %r: asking for all rooms anew: %s", self._session.name, error)
            self._rooms.since = None  # the homeserver may have been set up anew, and not know its own words any more
        return await self._session.persist(partial(self._client.sync, None))

    # -- invitations

    def _answer_invites(self, sync: Sync, tasks: asyncio.TaskGroup) -> None:
        for room_id in sync.left:
            self._rooms.forget(room_id)
        for room_id, is_direct in sync.invites.items():
            self._rooms.of(room_id).is_direct = is_direct
            if room_id not in self._joining:
                self._joining.add(room_id)
                tasks.create_task(self._join(room_id))

    async def _join(self, room_id: str) -> None:
        try:
            await self._session.persist(partial(self._enter, room_id), MAX_JOIN_TRIES)
        except (Refused, RetryLater) as error:
            logger.warning("adapter %r: cannot enter room %r: %s", self._session.name, room_id, error)
        else:
            logger.info("adapter %r: entered room %r", self._session.name, room_id)
        finally:
            self._joining.discard(room_id)

    async def _enter(self, room_id: str) -> None:
        async with self._join_turn:
            await self._client.join(room_id)

    # -- rooms

    async def _take_room(self, news: RoomNews) -> None:
        room = self._rooms.of(news.room_id)
        room.count(news.summary)
        room.learn_names(news.state)
        room.learn_names(news.events)
        for event in await self._new_in(room, news):
            await self._take(event, room)
        ids = [event_id for event in news.events if isinstance(event_id := event.get("event_id"), str)]
        if ids:
            room.known = {ids[-1]}

    async def _new_in(self, room: Room, news: RoomNews) -> Sequence[Event]:
        """Return what is new in a room, oldest first, with what was missed."""
        start = room.start_in(news.events, self._account.user_id)
        has_gap = news.is_limited and start is None
        missed = await self._read_back(room, news.start) if has_gap else []
        events = [*missed, *news.events[start or 0 :]]
        return _recent(events) if has_gap or self._rooms.since is None else events

    async def _read_back(self, room: Room, start: str) -> list[Event]:
        """Return what was missed in a room before `start`, oldest first."""
        missed: list[Event] = []
        while start:
            try:
                page = await self._session.persist(partial(self._client.history, room.room_id, start))
            except Refused as error:
                logger.warning("adapter %r: cannot read back room %r: %s", self._session.name, room.room_id, error)
                break
            room.learn_names(page.state)
            events = page.events[::-1]
            begin = room.start_in(events, self._account.user_id)
            missed = [*events[begin or 0 :], *missed]
            is_end = begin is not None or (events and not _recent(events)) or page.end == start
            start = "" if is_end else page.end
        logger.info("adapter %r: read back %d events of room %r", self._session.name, len(missed), room.room_id)
        return missed

    # -- events

    async def _take(self, raw: Event, room: Room) -> None:
        if raw.get("type") == ENCRYPTED:
            return self._tell_encrypted(room)
        event_id = raw.get("event_id")
        if raw.get("sender") == self._account.user_id and isinstance(event_id, str):
            self._rooms.note_sender(event_id, is_ours=True)
        try:
            message = read_message(raw, room, self._account)
        except ValidationError as error:
            return logger.error(
                "adapter %r: event %.99r is malformed and left out: %s", self._session.name, event_id, error
            )
        if message is None:
            return None
        event = message.event
        if message.reply_to and not event.is_addressed:
            event = replace(event, is_addressed=await self._is_ours(room.room_id, message.reply_to))
        await self._offer(event)

    def _tell_encrypted(self, room: Room) -> None:
        if not room.is_told_encrypted:
            room.is_told_encrypted = True
            logger.warning(
                "adapter %r: room %r is encrypted, and the bot reads nothing there; make a room without encryption",
                self._session.name,
                room.room_id,
            )

    async def _is_ours(self, room_id: str, event_id: str) -> bool:
        """Tell whether we sent the message that somebody answers."""
        is_ours = self._rooms.is_ours(event_id)
        if is_ours is None:
            try:
                sender = await self._session.persist(partial(self._client.sender_of, room_id, event_id))
            except Refused:
                sender = ""  # it is gone, or from before our time
            is_ours = sender == self._account.user_id
            self._rooms.note_sender(event_id, is_ours=is_ours)
        return is_ours

    async def _offer(self, event: MessageEvent) -> None:
        """Offer an event until it is stored; what comes after it waits at the homeserver."""
        while True:
            self._session.note_traffic()  # what is offered came in; that it cannot be stored is nobody's deafness
            try:
                return await self._accept(event)
            except RetryLater as error:
                logger.warning("adapter %r: message %s waits: %s", self._session.name, event.message_id, error)
                await asyncio.sleep(error.after)


def _recent(events: Sequence[Event]) -> Sequence[Event]:
    """Return the events from the first one on that is not too old to be answered; one wrong clock does no harm."""
    oldest = (time.time() - MAX_AGE) * 1000
    times = [event.get("origin_server_ts") for event in events]
    begin = next((index for index, at in enumerate(times) if isinstance(at, int) and at >= oldest), len(events))
    return events[begin:]
