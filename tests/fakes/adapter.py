"""A chat platform in memory, as strict as a real one."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from glmbot.adapters.base import Accept, Capabilities, OutgoingMessage
from glmbot.content import Button, File, LengthUnit, Markup, Rendered, TextForm
from glmbot.errors import NotDelivered
from glmbot.events import Attachment, AttachmentKind, Chat, ChatKind, MessageEvent, MessageRef, Reaction, Sender


@dataclass(slots=True)
class Shown:
    """A message that is visible on the platform."""

    chat: Chat
    text: str
    key: str
    reply_to: str | None
    versions: list[str] = field(default_factory=list)
    file: File | None = None
    buttons: tuple[Button, ...] = ()


class FakeAdapter:
    """Shows what was sent and edited; `faults` are raised by the next calls, one each.

    `lost_answers` are raised by the next sends after the message was shown, as when a connection breaks.
    """

    def __init__(
        self,
        name: str = "fake",
        edit_interval: float | None = 0.01,
        is_idempotent: bool = True,
        max_length: int = 200,
        can_send_files: bool = False,
        can_show_buttons: bool = False,
        send_interval: float = 0.0,
        command_sign: str = "/",
    ) -> None:
        self.name = name
        self.capabilities = Capabilities(
            form=TextForm(Markup.PLAIN, max_length, LengthUnit.CHARACTERS),
            edit_interval=edit_interval,
            typing_interval=0.05,
            has_idempotent_send=is_idempotent,
            can_send_files=can_send_files,
            can_show_buttons=can_show_buttons,
            send_interval=send_interval,
            command_sign=command_sign,
        )
        self.messages: dict[str, Shown] = {}
        self.faults: deque[Exception] = deque()
        self.lost_answers: deque[Exception] = deque()
        self.num_typing = 0
        self._ids = itertools.count(1)
        self._accept: asyncio.Future[Accept] = asyncio.get_running_loop().create_future()
        self._changed = asyncio.Condition()

    async def run(self, accept: Accept) -> None:
        if not self._accept.done():
            self._accept.set_result(accept)
        await asyncio.Event().wait()

    async def send(self, message: OutgoingMessage) -> MessageRef:
        self._check(message.body)
        for message_id, shown in self.messages.items():
            if self.capabilities.has_idempotent_send and shown.key == message.key:
                return MessageRef(message.chat, message_id)
        message_id = f"m{next(self._ids)}"
        text, body = message.body.text, message.body
        shown = Shown(message.chat, text, message.key, message.reply_to, [text], body.file, body.buttons)
        self.messages[message_id] = shown
        await self._notify()
        if self.lost_answers:
            raise self.lost_answers.popleft()
        return MessageRef(message.chat, message_id)

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        self._check(body)
        if ref.message_id not in self.messages:
            raise NotDelivered("no such message")
        shown = self.messages[ref.message_id]
        shown.text, shown.buttons = body.text, body.buttons
        shown.versions.append(body.text)
        await self._notify()

    async def show_typing(self, chat: Chat) -> None:
        self.num_typing += 1

    def _check(self, body: Rendered) -> None:
        if self.faults:
            raise self.faults.popleft()
        assert 0 < len(body.text) <= self.capabilities.form.max_length, "the platform refuses this length"
        assert self.capabilities.can_send_files or not body.file, "the platform has no files"
        assert self.capabilities.can_show_buttons or not body.buttons, "the platform has no buttons"

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def receive(
        self,
        text: str,
        *,
        sender: str = "ann",
        chat: str = "room",
        thread: str | None = None,
        message_id: str | None = None,
        kind: ChatKind = ChatKind.PRIVATE,
        is_addressed: bool = True,
        is_edit: bool = False,
        reaction: Reaction | None = None,
        attachments: Sequence[Attachment] = (),
        name: str | None = None,
    ) -> MessageEvent:
        """Let a message come in; return when the bot has confirmed it."""
        event = MessageEvent(
            message_id=message_id or f"in{next(self._ids)}",
            chat=Chat(self.name, chat, kind, thread),
            sender=Sender(sender, sender if name is None else name),
            text=text,
            sent_at=time.time(),
            is_addressed=is_addressed,
            is_edit=is_edit,
            reaction=reaction,
            attachments=tuple(attachments),
        )
        await (await self._accept)(event)
        return event

    def texts(self, chat: str = "room") -> list[str]:
        """Return what is visible in a chat, oldest first."""
        return [shown.text for shown in self.messages.values() if shown.chat.chat_id == chat]

    async def until_text(self, part: str, deadline: float = 20.0) -> None:
        """Wait until a message with `part` in it is visible."""
        try:
            async with asyncio.timeout(deadline), self._changed:
                await self._changed.wait_for(lambda: any(part in shown.text for shown in self.messages.values()))
        except TimeoutError:
            raise AssertionError(f"expected {part!r}, visible: {list(self.messages.values())}") from None

    async def until(self, *texts: str, chat: str = "room", deadline: float = 20.0) -> None:
        """Wait until exactly these texts are visible in the chat."""
        try:
            async with asyncio.timeout(deadline), self._changed:
                await self._changed.wait_for(lambda: self.texts(chat) == list(texts))
        except TimeoutError:
            raise AssertionError(f"expected {list(texts)}, visible: {self.texts(chat)}") from None


class FakeAdapterWithFiles(FakeAdapter):
    """The same, of a platform whose files can be fetched."""

    def put(self, name: str, content: bytes) -> Attachment:
        """Keep a file, and return it as a message brings it."""
        file_id = f"file{len(self.files)}"
        self.files[file_id] = content
        return Attachment(file_id, name, None, len(content), AttachmentKind.DOCUMENT)

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The files, by id."""
        return {}

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Return a file."""
        return self.files[attachment.file_id]
