"""Matrix, through the client-server API of a homeserver: long polling in, messages and live edits out."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from glmbot.adapters.base import Accept, Capabilities, CommandInfo, OutgoingMessage
from glmbot.adapters.matrix_client import Client
from glmbot.adapters.matrix_content import FORM, Content, edit_content, message_content, reaction_content
from glmbot.adapters.matrix_encryption import Encryption
from glmbot.adapters.matrix_files import decrypted, encrypted, media_type_of, place_of
from glmbot.adapters.matrix_intake import Intake, Rooms
from glmbot.adapters.matrix_rooms import ENCRYPTED, MESSAGE
from glmbot.adapters.matrix_session import NOT_CONNECTED_WAIT, Session
from glmbot.adapters.matrix_waits import Waits
from glmbot.content import File, Rendered
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import Attachment, Chat, MessageRef
from glmbot.settings import MatrixSettings


class MatrixAdapter:
    """One Matrix account.

    Incoming: the homeserver is asked for what is new since its last answer, and asked on only when `accept` has stored
    all of that. The place is not kept: `run` first asks how all rooms are, and reads each back to the newest message
    that was taken in, to the bot's own entrance, or for 24 hours; so it does where an answer has a gap. The inbox drops
    what it has.

    Outgoing: the key is the transaction id, by which the homeserver knows a repeated send from the same device. So the
    device must stay the same: it is the access token's, or one named after the adapter. Every call may be repeated.
    """

    def __init__(self, name: str, settings: MatrixSettings, *, waits: Waits | None = None) -> None:
        self.name = name
        self._session = Session(name, settings, waits or Waits())
        self._account_key = f"{settings.homeserver.rstrip('/')} {settings.user_id}"
        self._commands: frozenset[str] = frozenset()
        self._rooms = Rooms()

    @property
    def capabilities(self) -> Capabilities:
        """What Matrix can do; the homeserver sets limits of its own, and says so when they are met."""
        return Capabilities(
            form=FORM,
            edit_interval=1.5,
            typing_interval=20.0,
            has_idempotent_send=True,
            can_send_files=True,
            command_sign="!",
        )

    @property
    def account_key(self) -> str:
        """Homeserver and user."""
        return self._account_key

    @property
    def last_traffic_at(self) -> float:
        """When the homeserver last answered `run`."""
        return self._session.last_traffic_at

    def keep_in(self, folder: Path) -> None:
        """Keep the keys of encrypted rooms there."""
        self._session.keep_in(folder)

    def set_commands(self, commands: Sequence[CommandInfo]) -> None:
        """Remember which words are commands; Matrix has no menu."""
        self._commands = frozenset(command.name.lower() for command in commands)

    def resume_after(self, newest: Mapping[Chat, str]) -> None:
        """Remember where each room stood when the bot ended."""
        for chat, event_id in newest.items():
            self._rooms.of(chat.chat_id).known.add(event_id)

    async def probe(self) -> bool:
        """Ask whose the token is: when that is answered, and the question for news is not, news are being missed."""
        async with self._session.connected() as client:
            await client.who_am_i()
        return self._rooms.since is not None

    async def run(self, accept: Accept) -> None:
        """Receive messages until cancelled."""
        try:
            async with self._session.logged_in(self._commands) as (client, account):
                await Intake(self._session, client, account, self._rooms, accept).run()
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Send one message; in a group as a reply to the message it answers."""
        async with self._session.connected() as client:
            file = await self._upload(client, message.chat.chat_id, message.body.file) if message.body.file else None
            event_id = await self._say(client, message.chat.chat_id, message_content(message, file), message.key)
        self._rooms.note_sender(event_id, is_ours=True)
        return MessageRef(message.chat, event_id)

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Replace the text of a message: by a further event, the newest of which counts."""
        async with self._session.connected() as client:
            await self._say(client, ref.chat.chat_id, edit_content(ref.message_id, body), uuid.uuid4().hex)

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Return a file of a message."""
        place = place_of(attachment.file_id)
        async with self._session.connected() as client:
            data = await client.download(place, max_bytes)
        return await asyncio.to_thread(decrypted, data, place.encrypted) if place.encrypted else data

    async def react(self, chat: Chat, message_id: str, emoji: str) -> None:
        """Put an emoji under a message."""
        key = uuid.uuid4().hex
        async with self._session.connected() as client:
            await client.send(chat.chat_id, reaction_content(message_id, emoji), key, kind="m.reaction")

    async def show_typing(self, chat: Chat) -> None:
        """Show "typing" for 25 seconds, or until the next message."""
        async with self._session.connected() as client:
            await client.show_typing(chat.chat_id)

    async def _say(self, client: Client, room_id: str, content: Content, key: str) -> str:
        """Send a message, in the room's cipher where it has one. The same key gives the same message each time."""
        if not await self._is_encrypted(room_id):
            return await client.send(room_id, content, key)
        sealed = await self._encryption().seal(room_id, MESSAGE, content)
        return await client.send(room_id, sealed, key, kind=ENCRYPTED)

    async def _upload(self, client: Client, room_id: str, file: File) -> Content:
        """Store a file at the homeserver, and return where it is as an event says it."""
        media_type = media_type_of(file)
        info = {"mimetype": media_type, "size": len(file.data)}
        if not await self._is_encrypted(room_id):
            return {"url": await client.upload(file.data, media_type, file.name), "info": info}
        cipher_text, secret = await asyncio.to_thread(encrypted, file.data)
        url = await client.upload(cipher_text, "application/octet-stream", None)
        return {"file": secret | {"url": url}, "info": info}

    async def _is_encrypted(self, room_id: str) -> bool:
        if self._rooms.of(room_id).is_encrypted or not self._session.can_encrypt:
            return self._rooms.of(room_id).is_encrypted
        return await self._encryption().is_encrypted(room_id)

    def _encryption(self) -> Encryption:
        """Return what encrypts. Raises NotDelivered where there is nothing, RetryLater before the log-in."""
        if self._session.encryption:
            return self._session.encryption
        if self._session.can_encrypt:
            raise RetryLater(f"adapter {self.name!r} is not connected", NOT_CONNECTED_WAIT)
        raise NotDelivered("the room is encrypted, and the bot cannot encrypt; pip install 'glmbot[matrix-e2ee]'")
