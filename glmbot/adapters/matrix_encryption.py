"""End-to-end encryption in Matrix rooms: who is to have which key, and what the homeserver is told of ours.

Trust is by first use: a device's key may not change, and every device of everybody in a room gets the room's key.
"""

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from glmbot.adapters.matrix_client import Client, Refused
from glmbot.adapters.matrix_content import Content
from glmbot.adapters.matrix_rooms import ENCRYPTED
from glmbot.adapters.matrix_sync import Event, Sync

logger = logging.getLogger(__name__)

Devices = dict[str, list[str]]
Messages = dict[str, dict[str, Any]]


class Keys(Protocol):
    """What `matrix_keys.Keyring` does; its module is there only with the extra."""

    user_id: str
    device_id: str

    async def close(self) -> None: ...
    async def identity(self) -> str: ...
    async def to_upload(self, num_at_homeserver: int | None) -> Mapping[str, Any] | None: ...
    async def note_uploaded(self) -> None: ...
    async def take(self, events: Sequence[Event]) -> bool: ...
    async def learn_devices(self, answer: Mapping[str, Any]) -> None: ...
    async def learn_one_time_keys(self, answer: Mapping[str, Any]) -> None: ...
    async def encrypted_rooms(self) -> set[str]: ...
    async def note_encrypted(self, room_id: str) -> None: ...
    async def decrypt(self, event: Event, room_id: str) -> Event | None: ...
    async def ask_for(self, event: Event, room_id: str) -> dict[str, Any] | None: ...
    async def strangers(self, room_id: str, users: set[str]) -> Devices: ...
    async def shares(self, room_id: str, users: set[str]) -> list[tuple[set[tuple[str, str]], Messages]]: ...
    async def note_shared(self, room_id: str, devices: Iterable[tuple[str, str]]) -> None: ...
    async def encrypt(self, room_id: str, kind: str, content: Content) -> Content: ...
    async def wedged(self) -> Devices: ...
    async def outgoing(self) -> list[Messages]: ...


class Encryption:
    """Encryption for one device. Every method but `forget_members` raises RetryLater and Refused."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self.keys = keys
        self._client = client
        self._encrypted: dict[str, bool] = {}
        self._known_users: set[str] = set()
        self._members: dict[str, set[str]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def start(self) -> bool:
        """Give the homeserver our keys; tell whether it has others for this device, so that nobody will trust ours."""
        user_id, device_id = self.keys.user_id, self.keys.device_id
        self._known_users.clear()  # what changed while nobody listened is not told
        self._encrypted.update(dict.fromkeys(await self.keys.encrypted_rooms(), True))
        found = (await self._client.query_keys([user_id])).get("device_keys")
        try:
            ours = found[user_id][device_id]["keys"][f"ed25519:{device_id}"]  # type: ignore[index]
        except (KeyError, TypeError):
            ours = None
        if ours not in (None, await self.keys.identity()):
            return False
        await self._upload(None)
        return True

    # -- in

    async def take(self, sync: Sync, *, is_first: bool) -> bool:
        """Keep the keys that came, before the homeserver forgets them; tell whether there were any.

        The first answer does not tell whose devices have changed.
        """
        self._known_users -= self._known_users if is_first else set(sync.changed_users)
        return await self.keys.take(sync.to_device) if sync.to_device else False

    async def refresh(self, sync: Sync) -> None:
        """Give the homeserver the keys that it lacks, and those whom we cannot read any more a new beginning."""
        await self._upload(sync.num_one_time_keys)
        if devices := await self.keys.wedged():
            await self._claim(devices)
        for messages in await self.keys.outgoing():
            await self._client.send_to_device(ENCRYPTED, messages, uuid.uuid4().hex)

    async def open(self, event: Event, room_id: str) -> Event | None:
        """Return what an event says; None where it cannot be read, for now at least."""
        if isinstance(sender := event.get("sender"), str):
            try:
                await self._learn({sender})
            except Refused as error:
                logger.info("the devices of %.99r are not known: %s", sender, error)
        return await self.keys.decrypt(event, room_id)

    async def ask_for(self, event: Event, room_id: str) -> None:
        """Ask the sender, and our own other devices, for the key of an event."""
        if request := await self.keys.ask_for(event, room_id):
            messages = {user: {"*": request} for user in {str(event.get("sender")), self.keys.user_id}}
            await self._client.send_to_device("m.room_key_request", messages, uuid.uuid4().hex)

    # -- rooms

    async def note_encrypted(self, room_id: str) -> None:
        """Take note that a room is encrypted, for ever."""
        if not self._encrypted.get(room_id):
            await self.keys.note_encrypted(room_id)
            self._encrypted[room_id] = True

    async def is_encrypted(self, room_id: str) -> bool:
        """Tell whether a room is encrypted; of one that is not known the homeserver is asked."""
        if room_id not in self._encrypted:
            if await self._client.is_encrypted(room_id):
                await self.note_encrypted(room_id)
            else:
                self._encrypted[room_id] = False
        return self._encrypted[room_id]

    def forget_members(self, room_id: str) -> None:
        """Ask anew who is in a room when something is said there next."""
        self._members.pop(room_id, None)

    # -- out

    async def seal(self, room_id: str, kind: str, content: Content) -> Content:
        """Return a content in the room's cipher, when all who are there can read it."""
        async with self._turns[room_id]:
            members = await self._members_of(room_id)
            await self._learn(members)
            if strangers := await self.keys.strangers(room_id, members):
                await self._claim(strangers)
            for devices, messages in await self.keys.shares(room_id, members):
                await self._client.send_to_device(ENCRYPTED, messages, uuid.uuid4().hex)
                await self.keys.note_shared(room_id, devices)
            return await self.keys.encrypt(room_id, kind, content)

    async def _members_of(self, room_id: str) -> set[str]:
        if room_id not in self._members:
            self._members[room_id] = await self._client.members(room_id)
        return self._members[room_id]

    async def _learn(self, users: set[str]) -> None:
        """Ask for the devices of those whose we do not know, or not any more."""
        if strangers := users - self._known_users:
            self._known_users |= strangers  # before the question: what changes from now on is told
            is_known = False
            try:
                await self.keys.learn_devices(await self._client.query_keys(sorted(strangers)))
                is_known = True
            finally:
                if not is_known:
                    self._known_users -= strangers

    async def _claim(self, devices: Devices) -> None:
        await self.keys.learn_one_time_keys(await self._client.claim_keys(devices))

    async def _upload(self, num_at_homeserver: int | None) -> None:
        if keys := await self.keys.to_upload(num_at_homeserver):
            try:
                await self._client.upload_keys(keys)
            except Refused as error:  # it has others by these names: the file was put back, and goes on behind them
                logger.error("new keys are not taken: %s", error)
            await self.keys.note_uploaded()
