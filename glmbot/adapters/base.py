"""The protocol between the bot and a chat platform: four methods and two values."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from glmbot.content import Rendered, TextForm
from glmbot.events import Attachment, Chat, Language, MessageEvent, MessageRef

Accept = Callable[[MessageEvent], Awaitable[None]]
"""Takes an event in. When it returns, the event is durable and may be confirmed to the platform.

Raises `RetryLater` when the event could not be stored: do not confirm, offer it again later.
"""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do. Intervals are in seconds."""

    form: TextForm
    edit_interval: float | None
    """Shortest time between two edits of a live message in a private chat; None: cannot edit."""
    typing_interval: float | None
    """How often the typing sign must be renewed; None: has none."""
    has_idempotent_send: bool
    """Whether a repeated `OutgoingMessage.key` returns the first message instead of sending twice."""
    send_interval: float = 0.0
    """Shortest time between two messages of the account, whatever the chat."""
    can_send_files: bool = False
    """Whether a message may carry `Rendered.file`; such a message is never edited."""
    can_show_buttons: bool = False
    """Whether a message may carry `Rendered.buttons`. Elsewhere they are written as a list of commands."""
    command_sign: str = "/"
    """What people write before a command, where their clients keep "/" for themselves."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message to send. `key` is the same at every attempt, and another for every message.

    `reply_to` is the platform's id of the message it answers, where the platform can show that.
    """

    chat: Chat
    body: Rendered
    key: str
    reply_to: str | None = None


class Adapter(Protocol):
    """A chat platform.

    `send`, `edit` and `show_typing` raise `RetryLater` when the platform asks to wait or is out of reach and
    nothing was sent, and `NotDelivered` when it refuses for good. Where the platform rejects the markup,
    the adapter sends `body.plain` instead. An edit that changes nothing is not an error. `run` raises
    `ConfigError` when the platform refuses the token, and any other error to be started again with back-off.
    """

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def run(self, accept: Accept) -> None:
        """Receive messages until cancelled (or until the platform ends for good)."""

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Send one message."""

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Replace the text of a message sent before."""

    async def show_typing(self, chat: Chat) -> None:
        """Show once that an answer is being written; the sign ends by itself."""


@dataclass(frozen=True, slots=True)
class CommandInfo:
    """A command as a platform's menu shows it: name without the slash, and its help in one line per language.

    `parameters` are the names of what follows the command, in order; the last may hold spaces.
    """

    name: str
    help: dict[Language, str]
    parameters: tuple[str, ...] = ()


@runtime_checkable
class CommandMenu(Protocol):
    """An optional ability: the platform has a menu of commands."""

    def set_commands(self, commands: Sequence[CommandInfo]) -> None:
        """Remember the commands; `run` registers them with the platform whenever it has connected."""


@runtime_checkable
class Probed(Protocol):
    """An optional ability: the adapter notices traffic, so that one which has gone deaf can be built anew."""

    @property
    def last_traffic_at(self) -> float:
        """When the platform was last heard of, in seconds of time.monotonic()."""

    async def probe(self) -> bool:
        """Ask the platform something cheap; tell whether it has news that should have come in by now.

        Called while there is no traffic; raises where no answer comes.
        """


@runtime_checkable
class HasAccount(Protocol):
    """An optional ability: the adapter speaks for an account that only one bot at a time may receive messages of."""

    @property
    def account_key(self) -> str:
        """What tells the account from every other: token and address, say. It is a secret, and kept as a hash only."""


@runtime_checkable
class CatchesUp(Protocol):
    """An optional ability: the platform lets us read back what was written while the bot was not running."""

    def resume_after(self, newest: Mapping[Chat, str]) -> None:
        """Remember the newest message id taken in of each chat; `run` takes in what came after it."""


@runtime_checkable
class KeepsState(Protocol):
    """An optional ability: the adapter keeps what must not be lost in files of its own, such as keys."""

    def keep_in(self, folder: Path) -> None:
        """Remember the folder, which need not exist; `run` makes it. Nobody else writes there."""


@runtime_checkable
class FetchesFiles(Protocol):
    """An optional ability: the files that come with messages can be read."""

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Return a file of a message of this platform.

        Raises FileTooLarge when it has more than `max_bytes`, however many it was said to have; RetryLater while the
        platform is out of reach, and NotDelivered when the file cannot be had any more.
        """


@runtime_checkable
class Reacts(Protocol):
    """An optional ability: the bot can put an emoji under somebody's message."""

    async def react(self, chat: Chat, message_id: str, emoji: str) -> None:
        """Put an emoji under a message that came in. Raises NotDelivered and RetryLater; nobody tries again."""
