"""A person on Matrix who encrypts: nio's own client, as its users run it, with keys in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from nio import AsyncClient, AsyncClientConfig, MegolmEvent, RoomMessage
from nio.crypto import DeviceStore, GroupSessionStore, SessionStore, TrustState, decrypt_attachment, encrypt_attachment

from tests.fakes.matrix_human import DEADLINE, Human, Json

LOOK_EVERY = 0.05


class MemoryStore:
    """Keeps nothing: nio's own stores share their classes with those of the bot in the same process."""

    def __init__(self, *_: Any) -> None: ...

    def __getattr__(self, name: str) -> Callable[..., Any]:
        loaded = {
            "load_sessions": SessionStore,
            "load_inbound_group_sessions": GroupSessionStore,
            "load_device_keys": DeviceStore,
            "load_outgoing_key_requests": dict,
            "load_encrypted_rooms": set,
        }
        return lambda *_: loaded[name]() if name in loaded else None

    def is_device_verified(self, device: Any) -> bool:
        return False

    def ignore_devices(self, devices: list[Any]) -> None:
        for device in devices:
            device.trust_state = TrustState.ignored

    def is_device_ignored(self, device: Any) -> bool:
        return bool(device.trust_state == TrustState.ignored)

    def is_device_blacklisted(self, device: Any) -> bool:
        return False


@dataclass(slots=True)
class EncryptedHuman:
    """Somebody whose client encrypts."""

    human: Human
    client: Any
    events: list[Json] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    async def make_room(self, *invited: str) -> str:
        """Make an encrypted room."""
        state = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        return await self.human.make_room(*invited, is_direct=True, initial_state=[state])

    async def say(self, room_id: str, text: str, **fields: Any) -> str:
        """Send a message in the room's cipher."""
        await self.until(lambda: room_id in self.client.rooms, "the room")
        content = {"msgtype": "m.text", "body": text} | fields
        answer = await self.client.room_send(room_id, "m.room.message", content, ignore_unverified_devices=True)
        event_id: str = answer.event_id
        return event_id

    async def upload(self, data: bytes) -> Json:
        """Store a file encrypted; return what an event says of it."""
        cipher_text, secret = encrypt_attachment(data)
        return secret | {"url": await self.human.upload(cipher_text)}

    async def download(self, file: Json) -> bytes:
        """Return a file that was stored encrypted."""
        data = await self.human.download(file["url"])
        plain: bytes = decrypt_attachment(data, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
        return plain

    def contents(self, room_id: str, sender: str) -> list[Json]:
        """Return what somebody sent, as far as it was encrypted and could be read."""
        found = [event for event in self.events if (event["room_id"], event["sender"]) == (room_id, sender)]
        return [event["content"] | {"id": event["event_id"]} for event in found]

    def shown(self, room_id: str, sender: str) -> list[str]:
        """Return somebody's messages, each with its last text."""
        texts: dict[str, str] = {}
        for content in self.contents(room_id, sender):
            relation = content.get("m.relates_to", {})
            if relation.get("rel_type") == "m.replace":
                texts[relation["event_id"]] = content["m.new_content"]["body"]
            else:
                texts[content["id"]] = content["body"]
        return list(texts.values())

    async def until_shown(self, room_id: str, sender: str, *texts: str) -> None:
        """Wait until somebody's messages are these."""
        try:
            await self.until(lambda: self.shown(room_id, sender) == list(texts), "messages")
        except AssertionError as error:
            raise AssertionError(f"{error}: {texts}, not {self.shown(room_id, sender)}; unread {self.unread}") from None

    async def until(self, is_so: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(DEADLINE):
                while not is_so():
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            raise AssertionError(f"waited {DEADLINE:g} s for {what}") from None

    def note(self, room: Any, event: Any) -> None:
        if isinstance(event, MegolmEvent):
            self.unread.append(event.event_id)
        elif event.decrypted:
            self.events.append(event.source | {"room_id": room.room_id})


@asynccontextmanager
async def encrypted_human(human: Human) -> AsyncIterator[EncryptedHuman]:
    """Let somebody encrypt."""
    device_id = (await human.call("GET", "account", "whoami"))["device_id"]
    config = AsyncClientConfig(store=MemoryStore, encryption_enabled=True)
    client = AsyncClient(str(human.http.base_url), human.user_id, device_id, store_path=".", config=config)
    client.restore_login(human.user_id, device_id, human.account.access_token)
    found = EncryptedHuman(human, client)
    client.add_event_callback(found.note, (RoomMessage, MegolmEvent))
    async with asyncio.TaskGroup() as tasks:
        syncing = tasks.create_task(client.sync_forever(timeout=1000, full_state=True))
        try:
            yield found
        finally:
            syncing.cancel()
            await asyncio.wait({syncing})
            await client.close()
