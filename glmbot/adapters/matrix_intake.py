"""Takes in what is said in the Matrix rooms, in order and without a gap, and enters rooms on invitation."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pydantic import ValidationError

from glmbot.adapters.base import Accept
from glmbot.adapters.matrix_client import Client, Refused
from glmbot.adapters.matrix_content import notice_content
from glmbot.adapters.matrix_encryption import Encryption
from glmbot.adapters.matrix_events import Account, read_message
from glmbot.adapters.matrix_reactions import Reactions
from glmbot.adapters.matrix_rooms import ENCRYPTED, ENCRYPTION, MEMBER, Room
from glmbot.adapters.matrix_session import Session
from glmbot.adapters.matrix_sync import Event, Page, RoomNews, Sync
from glmbot.errors import RetryLater
from glmbot.events import MessageEvent
from glmbot.phrases import Phrase

logger = logging.getLogger(__name__)

MAX_AGE = 24 * 3600.0  # what was missed longer ago is not answered any more; Telegram keeps as much
MAX_AT_ONCE = 4  # entrances and readings back; each may take minutes
MAX_TRIES = 20  # where the homeserver is in trouble with one room, for a quarter of an hour
MAX_OURS = 5000
MAX_UNREAD = 500  # events that wait for their key


class Rooms:
    """What is kept from one `run` to the next: the rooms, where all stood, which messages are ours, what is unread."""

    def __init__(self) -> None:
        self.since: str | None = None
        self.reactions = Reactions()
        self.unread: deque[tuple[Event, Room]] = deque(maxlen=MAX_UNREAD)
        """Events whose key has not come."""
        self.told: deque[object] = deque(maxlen=MAX_UNREAD)
        """Ids of those that the log tells of."""
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
    """Takes in, for one `run`.

    A room with a gap is read back in a task of its own, for as long as that takes: should the homeserver have lost a
    room's history, the others go on. What else comes from that room waits at the homeserver, and is read back with it.
    """

    def __init__(self, session: Session, client: Client, account: Account, rooms: Rooms, accept: Accept) -> None:
        self._session = session
        self._client = client
        self._account = account
        self._rooms = rooms
        self._accept = accept
        self._joining: set[str] = set()
        self._behind: dict[str, RoomNews] = {}
        self._turn = asyncio.Semaphore(MAX_AT_ONCE)
        self._offer_turn = asyncio.Lock()

    async def run(self) -> None:
        """Ask for what is new, take it in, and only then ask on."""
        self._rooms.since = None  # the last run may have left a gap
        async with asyncio.TaskGroup() as tasks:
            while True:
                sync = await self._ask()
                await self._take_keys(sync)
                self._answer_invites(sync, tasks)
                for news in sync.rooms:
                    await self._take_news(news, tasks)
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
            await self._session.persist(partial(self._enter, room_id), MAX_TRIES)
        except (Refused, RetryLater) as error:
            logger.warning("adapter %r: cannot enter room %r: %s", self._session.name, room_id, error)
        else:
            logger.info("adapter %r: entered room %r", self._session.name, room_id)
        finally:
            self._joining.discard(room_id)

    async def _enter(self, room_id: str) -> None:
        async with self._turn:
            await self._client.join(room_id)

    # -- rooms

    async def _take_news(self, news: RoomNews, tasks: asyncio.TaskGroup) -> None:
        room = self._rooms.of(news.room_id)
        room.count(news.summary)
        room.learn_names(news.state)
        room.learn_names(news.events)
        await self._learn_encryption([*news.state, *news.events], room)
        is_behind = news.room_id in self._behind
        start = room.start_in(news.events, self._account.user_id)
        if is_behind or (news.is_limited and start is None):
            self._behind[news.room_id] = news
            if not is_behind:
                tasks.create_task(self._catch_up(room))
            return
        events = news.events[start or 0 :]
        await self._take_all(_recent(events) if self._rooms.since is None else events, room)

    async def _catch_up(self, room: Room) -> None:
        """Take in what was missed in a room, and what came meanwhile."""
        is_behind = True
        while is_behind:
            news = self._behind[room.room_id]
            start = room.start_in(news.events, self._account.user_id)
            missed = await self._read_back(room, news.start) if start is None else []
            await self._take_all(_recent([*missed, *news.events[start or 0 :]]), room)
            is_behind = self._behind[room.room_id] is not news
        del self._behind[room.room_id]

    async def _read_back(self, room: Room, start: str) -> list[Event]:
        """Return what was missed in a room before `start`, oldest first."""
        missed: list[Event] = []
        while start:
            try:
                page = await self._session.persist(partial(self._history, room.room_id, start))
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

    async def _history(self, room_id: str, start: str) -> Page:
        async with self._turn:
            return await self._client.history(room_id, start)

    # -- events

    async def _take_all(self, events: Sequence[Event], room: Room) -> None:
        for event in events:
            await self._take(event, room)
        ids = [event_id for event in events if isinstance(event_id := event.get("event_id"), str)]
        room.known = {ids[-1]} if ids else room.known

    async def _take(self, raw: Event, room: Room) -> None:
        event_id = raw.get("event_id")
        if raw.get("sender") == self._account.user_id and isinstance(event_id, str):
            self._rooms.note_sender(event_id, is_ours=True)
        if raw.get("type") == ENCRYPTED:
            opened = await self._open(raw, room)
            if opened is None:
                return None
            raw = opened
        try:
            if reacted := self._rooms.reactions.read(raw, room, self._account):
                return await self._offer(reacted)
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

    # -- encryption

    async def _take_keys(self, sync: Sync) -> None:
        """Keep the keys that came, before we ask on and the homeserver forgets them; then read what waited for one."""
        encryption = self._session.encryption
        if encryption is None:
            return
        has_key = await self._session.persist(partial(encryption.take, sync, is_first=self._rooms.since is None))
        try:
            await self._session.persist(partial(encryption.refresh, sync))
        except Refused as error:
            logger.warning("adapter %r: other devices cannot be served: %s", self._session.name, error)
        waiting = self._rooms.unread
        for _ in range(len(waiting) if has_key else 0):
            await self._take(*waiting.popleft())

    async def _learn_encryption(self, events: Sequence[Event], room: Room) -> None:
        kinds = {event.get("type") for event in events if isinstance(event.get("state_key"), str)}
        encryption = self._session.encryption
        if encryption and MEMBER in kinds:
            encryption.forget_members(room.room_id)
        if ENCRYPTION in kinds:
            room.is_encrypted = True
            if encryption:
                await self._session.persist(partial(encryption.note_encrypted, room.room_id))

    async def _open(self, raw: Event, room: Room) -> Event | None:
        """Return what an encrypted event says; one that cannot be read waits for its key."""
        encryption = self._session.encryption
        if encryption is None:
            await self._tell_encrypted(room)
            return None
        opened = await self._session.persist(partial(encryption.open, raw, room.room_id))
        if opened is None and raw.get("sender") != self._account.user_id:
            self._rooms.unread.append((raw, room))
            await self._ask_for_key(encryption, raw, room)
        return opened

    async def _ask_for_key(self, encryption: Encryption, raw: Event, room: Room) -> None:
        event_id = raw.get("event_id")
        if event_id in self._rooms.told:
            return
        self._rooms.told.append(event_id)
        logger.warning(
            "adapter %r: message %.99r in room %r cannot be decrypted, its key is asked for",
            self._session.name,
            event_id,
            room.room_id,
        )
        try:
            await encryption.ask_for(raw, room.room_id)
        except (Refused, RetryLater) as error:
            logger.info("adapter %r: no key could be asked for: %s", self._session.name, error)

    async def _tell_encrypted(self, room: Room) -> None:
        """Say once what the operator can do: in the log, and in the room, where nobody would know why."""
        if room.is_told_encrypted:
            return
        room.is_told_encrypted = True
        logger.warning(
            "adapter %r: room %r is encrypted, and the bot reads nothing there; pip install 'glmbot[matrix-e2ee]', or "
            "make a room without encryption",
            self._session.name,
            room.room_id,
        )
        try:
            notice = notice_content(Phrase.ROOM_ENCRYPTED.in_both_languages())
            await self._client.send(room.room_id, notice, f"encrypted {room.room_id}")
        except (Refused, RetryLater) as error:
            logger.info("adapter %r: room %r is not told: %s", self._session.name, room.room_id, error)

    async def _is_ours(self, room_id: str, event_id: str) -> bool:
        """Tell whether we sent the message that somebody answers."""
        is_ours = self._rooms.is_ours(event_id)
        if is_ours is None:
            try:
                sender = await self._session.persist(partial(self._client.sender_of, room_id, event_id), MAX_TRIES)
            except (Refused, RetryLater):
                sender = ""  # it is gone, or from before our time
            is_ours = sender == self._account.user_id
            self._rooms.note_sender(event_id, is_ours=is_ours)
        return is_ours

    async def _offer(self, event: MessageEvent) -> None:
        """Offer an event until it is stored; what comes after it waits at the homeserver."""
        while True:
            self._session.note_traffic()  # what is offered came in; that it cannot be stored is nobody's deafness
            try:
                async with self._offer_turn:
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
