"""The keys of one device on Matrix, in a file of the bot's data folder: the only importer of nio's encryption.

What is written here follows https://spec.matrix.org/v1.11/client-server-api/#end-to-end-encryption.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import peewee
import vodozemac  # noqa: F401  where it is missing nio has no Olm
from nio.crypto import InboundGroupSession, Olm, OutgoingKeyRequest
from nio.events import ForwardedRoomKeyEvent, OlmEvent, ToDeviceEvent
from nio.responses import KeysClaimResponse, KeysQueryResponse
from nio.store import SqliteStore

from glmbot.adapters.matrix_sync import Event
from glmbot.errors import ConfigError, RetryLater

logger = logging.getLogger(__name__)

T = TypeVar("T")

FILE = "keys.db"
MEGOLM = "m.megolm.v1.aes-sha2"
STORE_WAIT = 5.0
MALFORMED = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
"""What nio raises for what others made up; vodozemac's errors are ValueErrors."""

_models = threading.Lock()
"""nio's store points peewee's classes, which the process has once, to its own file while it works."""

Devices = dict[str, list[str]]
"""Devices by user."""
Messages = dict[str, dict[str, Any]]
"""Contents of to-device messages by user and device."""


class _Machine(Olm):  # type: ignore[misc]
    """nio's, but for what it takes from others."""

    def _should_accept_forward(self, sender: str, sender_key: str, event: ForwardedRoomKeyEvent) -> bool:
        """Take a key that we asked for from the device that made it, too: it gave it out in the first place."""
        request, payload = self.outgoing_key_requests.get(event.session_id), event.source
        content, signing_keys = payload["content"], payload.get("keys", {})
        return (
            request is not None
            and (request.room_id, request.algorithm) == (event.room_id, event.algorithm)
            and content["sender_key"] == sender_key
            and content["sender_claimed_ed25519_key"] == signing_keys.get("ed25519")
        )


class Keyring:
    """Encrypts and decrypts. Everything happens in one thread, and each call is one transaction in the file.

    So a message to this device is taken with all that follows from it, or not at all: then the homeserver tells it
    again.
    """

    def __init__(self, folder: Path, user_id: str, device_id: str) -> None:
        self.user_id = user_id
        self.device_id = device_id
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, "matrix keys")
        self._machine: Any = None

    async def close(self) -> None:
        """Close the file; whoever needs it opens it again. The thread ends with this object."""
        await self._run(self._close)

    async def identity(self) -> str:
        """Return the key that this device signs with."""
        return await self._do(lambda olm: str(olm.account.identity_keys["ed25519"]))

    # -- what the homeserver is to have, and has

    async def to_upload(self, num_at_homeserver: int | None) -> Mapping[str, Any] | None:
        """Return the keys that the homeserver lacks. They are kept before it gets them."""
        return await self._do(lambda olm: _to_upload(olm, num_at_homeserver))

    async def note_uploaded(self) -> None:
        """Take note that the homeserver has them."""
        await self._do(_note_uploaded)

    async def take(self, events: Sequence[Event]) -> bool:
        """Take messages to this device; tell whether there was a key among them."""
        return await self._do(lambda olm: _take(olm, events))

    async def learn_devices(self, answer: Mapping[str, Any]) -> None:
        """Take note of people's devices. One that was there first keeps its place: its key may not change."""
        await self._do(lambda olm: _learn_devices(olm, answer))

    async def learn_one_time_keys(self, answer: Mapping[str, Any]) -> None:
        """Begin to speak with the devices whose one-time keys these are."""
        await self._do(lambda olm: _learn_one_time_keys(olm, answer))

    # -- rooms

    async def encrypted_rooms(self) -> set[str]:
        """Return the rooms that were ever encrypted."""
        return await self._do(lambda olm: set(olm.store.load_encrypted_rooms()))

    async def note_encrypted(self, room_id: str) -> None:
        """Remember that a room is encrypted: nobody can take that back."""
        await self._do(lambda olm: olm.store.save_encrypted_rooms([room_id]))

    async def decrypt(self, event: Event, room_id: str) -> Event | None:
        """Return what an event says; None where its key is missing, or it is forged."""
        return await self._do(lambda olm: _decrypt(olm, event, room_id))

    async def ask_for(self, event: Event, room_id: str) -> dict[str, Any] | None:
        """Return what asks others for the key of an event; None where that was done."""
        return await self._do(lambda olm: _ask_for(olm, event, room_id))

    async def strangers(self, room_id: str, users: Collection[str]) -> Devices:
        """Return the devices that lack the room's key, and that this one has never spoken with."""
        return await self._do(lambda olm: _strangers(olm, room_id, users))

    async def shares(self, room_id: str, users: Collection[str]) -> list[tuple[set[tuple[str, str]], Messages]]:
        """Return the messages that give the room's key to all devices that lack it."""
        return await self._do(lambda olm: _shares(olm, room_id, users))

    async def note_shared(self, room_id: str, devices: Iterable[tuple[str, str]]) -> None:
        """Take note of who has the room's key."""
        await self._do(lambda olm: olm.outbound_group_sessions[room_id].users_shared_with.update(devices))

    async def encrypt(self, room_id: str, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return a content in the room's cipher. How it relates to others stays open, as the specification wants it."""
        return await self._do(lambda olm: _encrypt(olm, room_id, kind, content))

    # -- devices that we lost touch with

    async def wedged(self) -> Devices:
        """Return the devices whose messages cannot be read any more."""
        return await self._do(_wedged)

    async def outgoing(self) -> list[Messages]:
        """Return the messages by which they learn to speak with us anew."""
        return await self._do(_outgoing)

    # -- the thread

    async def _do(self, work: Callable[[Any], T]) -> T:
        return await self._run(lambda: self._transact(work))

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _transact(self, work: Callable[[Any], T]) -> T:
        with _models:
            machine, self._machine = self._machine or self._load(), None
            try:
                with machine.store.database.atomic():
                    done = work(machine)
                self._machine = machine
                return done
            except peewee.PeeweeException as error:
                raise RetryLater(f"the keys in {self._folder / FILE} cannot be kept: {error}", STORE_WAIT) from error
            finally:
                if self._machine is None:
                    machine.store.database.close()  # what is in memory is ahead of the file, which is read again

    def _load(self) -> Any:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _Machine(
                self.user_id, self.device_id, SqliteStore(self.user_id, self.device_id, str(self._folder), "", FILE)
            )
        except (peewee.DatabaseError, OSError, *MALFORMED) as error:
            if isinstance(error, peewee.OperationalError):
                raise RetryLater(f"{self._folder / FILE} cannot be opened: {error}", STORE_WAIT) from error
            raise ConfigError(
                f"the keys in {self._folder / FILE} cannot be read ({error}); restore that file, or move it away: "
                "then the bot is a new device, and cannot read what was encrypted for the old one"
            ) from error

    def _close(self) -> None:
        if self._machine:
            self._machine.store.database.close()
            self._machine = None


def _to_upload(olm: Olm, num_at_homeserver: int | None) -> Mapping[str, Any] | None:
    olm.uploaded_key_count = num_at_homeserver
    if not olm.should_upload_keys:
        return None
    keys: Mapping[str, Any] = olm.share_keys()
    olm.save_account()
    return keys


def _note_uploaded(olm: Olm) -> None:
    olm.account.shared = True
    olm.mark_keys_as_published()
    olm.save_account()


def _take(olm: Olm, events: Sequence[Event]) -> bool:
    num_before = sum(1 for _ in olm.inbound_group_store)
    for event in events:
        try:
            parsed = ToDeviceEvent.parse_event(dict(event))
            if isinstance(parsed, OlmEvent):
                olm.handle_to_device_event(parsed)
        except MALFORMED as error:
            logger.warning("a message between devices is malformed and left out: %s", type(error).__name__)
    if events:
        olm.save_account()  # without the one-time keys that were used up
    return sum(1 for _ in olm.inbound_group_store) > num_before


def _learn_devices(olm: Olm, answer: Mapping[str, Any]) -> None:
    found = {
        user_id: {
            device_id: keys for device_id, raw in devices.items() if (keys := _signed(olm, user_id, device_id, raw))
        }
        for user_id, devices in _dict(answer.get("device_keys")).items()
        if isinstance(devices, dict)
    }
    olm.handle_response(KeysQueryResponse(found, {}))


def _signed(olm: Olm, user_id: str, device_id: str, raw: object) -> dict[str, Any] | None:
    """Return a device's keys, if it signed them itself. Its name, which nobody signed, is left out."""
    keys = {key: value for key, value in _dict(raw).items() if key != "unsigned"}
    try:
        is_good = (keys["user_id"], keys["device_id"]) == (user_id, device_id) and isinstance(
            keys["keys"][f"curve25519:{device_id}"], str
        )
        return (
            keys
            if is_good and olm.verify_json(keys, keys["keys"][f"ed25519:{device_id}"], user_id, device_id)
            else None
        )
    except MALFORMED:
        return None


def _learn_one_time_keys(olm: Olm, answer: Mapping[str, Any]) -> None:
    for user_id, devices in _dict(answer.get("one_time_keys")).items():
        for device_id, keys in _dict(devices).items():
            try:
                olm.handle_response(KeysClaimResponse({user_id: {device_id: keys}}, {}))
            except (*MALFORMED, StopIteration):
                logger.warning("the one-time key of device %.99r of %.99r cannot be used", device_id, user_id)


def _decrypt(olm: Olm, event: Event, room_id: str) -> Event | None:
    content = _dict(event.get("content"))
    session = _session_of(olm, content, room_id)
    if session is None or not _may_be_from(olm, session, str(event.get("sender"))):
        return None
    try:
        text, index = session.decrypt(content["ciphertext"])
        payload = json.loads(text)
        kind, said = payload["type"], dict(payload["content"])
        if payload["room_id"] != room_id or not isinstance(kind, str):
            return None
    except MALFORMED:
        return None
    if olm.message_index_store.setdefault((session.id, index), event.get("event_id")) != event.get("event_id"):
        return None  # the same words under another id: somebody plays them again
    if "m.relates_to" in content:
        said["m.relates_to"] = content["m.relates_to"]
    return {**event, "type": kind, "content": said}


def _session_of(olm: Olm, content: Mapping[str, Any], room_id: str) -> InboundGroupSession | None:
    """Find a session by its id alone: newer clients do not name the device any more."""
    session_id = content.get("session_id")
    if content.get("algorithm") != MEGOLM or not isinstance(session_id, str):
        return None
    by_device = olm.inbound_group_store[room_id].values()
    return next((sessions[session_id] for sessions in by_device if session_id in sessions), None)


def _may_be_from(olm: Olm, session: InboundGroupSession, sender: str) -> bool:
    """Tell whether a key is the sender's, as far as its device is known; it may be gone by now."""
    if session.sender_key == olm.account.identity_keys["curve25519"]:
        return bool(sender == olm.user_id)
    owners = [device for device in olm.device_store if device.curve25519 == session.sender_key]
    return not owners or any((one.user_id, one.ed25519) == (sender, session.ed25519) for one in owners)


def _ask_for(olm: Olm, event: Event, room_id: str) -> dict[str, Any] | None:
    content = _dict(event.get("content"))
    session_id = content.get("session_id")
    if content.get("algorithm") != MEGOLM or not isinstance(session_id, str) or session_id in olm.outgoing_key_requests:
        return None
    request = OutgoingKeyRequest(session_id, session_id, room_id, MEGOLM)
    olm.outgoing_key_requests[session_id] = request
    olm.store.add_outgoing_key_request(request)
    body = {"algorithm": MEGOLM, "room_id": room_id, "session_id": session_id, "sender_key": content.get("sender_key")}
    body = {key: value for key, value in body.items() if isinstance(value, str)}
    return {"action": "request", "body": body, "request_id": session_id, "requesting_device_id": olm.device_id}


def _strangers(olm: Olm, room_id: str, users: Collection[str]) -> Devices:
    """Begin a new session where a device that has the old key is gone, or where it has served long enough."""
    devices = {(user_id, one.id): one for user_id in users for one in olm.device_store.active_user_devices(user_id)}
    session = olm.outbound_group_sessions.get(room_id)
    if session is None or session.expired or session.users_shared_with - devices.keys():
        olm.create_outbound_group_session(room_id)
        session = olm.outbound_group_sessions[room_id]
    missing: Devices = {}
    for user_id, device_id in devices.keys() - session.users_shared_with - session.users_ignored:
        is_ours = (user_id, device_id) == (olm.user_id, olm.device_id)
        if not is_ours and not olm.session_store.get(devices[user_id, device_id].curve25519):
            missing.setdefault(user_id, []).append(device_id)
    return missing


def _shares(olm: Olm, room_id: str, users: Collection[str]) -> list[tuple[set[tuple[str, str]], Messages]]:
    session = olm.outbound_group_sessions[room_id]
    known, shares = set(session.users_shared_with), []
    session.shared = False
    while True:
        devices, wish = olm.share_group_session(
            room_id, list(users), ignore_missing_sessions=True, ignore_unverified_devices=True
        )
        if not devices:
            break
        session.users_shared_with |= devices
        shares.append((devices, wish["messages"]))
    session.users_shared_with = known  # until they are sent
    session.mark_as_shared()
    return shares


def _encrypt(olm: Olm, room_id: str, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    sealed: dict[str, Any] = olm.group_encrypt(room_id, {"type": kind, "content": dict(content)})
    return sealed | ({"m.relates_to": content["m.relates_to"]} if "m.relates_to" in content else {})


def _wedged(olm: Olm) -> Devices:
    return dict(olm.get_users_for_key_claiming()) if olm.wedged_devices else {}


def _outgoing(olm: Olm) -> list[Messages]:
    """Return what nio queued. Cancelled requests, which are in clear, are not worth a call."""
    queued = [one for one in olm.outgoing_to_device_messages if one.type == "m.room.encrypted"]
    olm.outgoing_to_device_messages.clear()
    return [{one.recipient: {one.recipient_device: one.content}} for one in queued]


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
