"""Discord: messages and slash commands come in over its gateway, replies and live edits go out over HTTP."""

import asyncio
import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glmbot.adapters.base import Accept, Capabilities, CommandInfo, OutgoingMessage
from glmbot.adapters.discord_client import Client, Waits, token_error
from glmbot.adapters.discord_commands import fitting, menu_entry
from glmbot.adapters.discord_events import Interaction, Message, ReactionChange, guild_chat, snowflake_at
from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import Attachment, Chat, ChatKind, MessageEvent, MessageRef
from glmbot.guarded_http.fetch import fetch
from glmbot.guarded_http.guard import Guard, origin_named
from glmbot.settings import DiscordSettings

logger = logging.getLogger(__name__)

TOKEN_FORM = re.compile(r"[!-~]+")
MAX_AGE = 24 * 3600.0  # what was missed longer ago is not answered any more; Telegram keeps as much


@dataclass(slots=True)
class _Place:
    """A channel we know: its server (None: a private chat), the last message taken in, its chat once it is known."""

    guild_id: str | None
    position: int
    chat: Chat | None = None


class DiscordAdapter:
    """One Discord bot.

    Incoming: the gateway pushes live and asks for no confirmation. A cut connection is resumed, and what was
    missed replayed. Where Discord gives a new session instead, or `run` is started again, also after a restart
    of the bot, the adapter fetches what came after the last message taken in, in every channel it knows: those
    of the servers at the first session, and those it has had messages of. Nothing older than that is ever fetched.

    Slash commands become events like any message. Once such an event is stored, the adapter answers the
    interaction with the command's name, visible to all; the reply follows as an ordinary message, since only
    those have a key. What the sender wrote is not repeated: it has not been checked, and Discord shows it itself.

    Outgoing: the key goes along as an enforced nonce, so a repeated send within minutes gives the first message.
    """

    def __init__(self, name: str, settings: DiscordSettings, *, waits: Waits | None = None) -> None:
        self.name = name
        self._token = settings.token.get_secret_value().strip()
        if not self._token:
            raise token_error(name, "token is empty")
        if not TOKEN_FORM.fullmatch(self._token):
            raise token_error(name, "token has characters that no token has (a space?)")
        self._api_url = settings.api_url
        self._shard = settings.shard
        self._guard = Guard(frozenset({origin_named(self._api_url)}) if self._api_url else frozenset())
        self._waits = waits or Waits()
        self._commands: Sequence[CommandInfo] | None = None
        self._places: dict[str, _Place] = {}
        self._client: Client | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What Discord can do (https://docs.discord.com/developers/resources/message#create-message)."""
        return Capabilities(
            form=TextForm(Markup.DISCORD, 2000, LengthUnit.CHARACTERS),
            edit_interval=1.5,  # about five calls in five seconds and channel
            typing_interval=8.0,  # the sign lasts 10 s
            has_idempotent_send=True,
            can_send_files=True,
            can_show_buttons=True,
        )

    @property
    def account_key(self) -> str:
        """Address, token and shard."""
        return f"{self._api_url or ''} {self._token} {self._shard or ''}".rstrip()

    def set_commands(self, commands: Sequence[CommandInfo]) -> None:
        """Remember the commands for the menu; `run` registers them."""
        self._commands = tuple(commands)

    def resume_after(self, newest: Mapping[Chat, str]) -> None:
        """Remember where each chat stood when the bot ended.

        A slash command's id is one of the same count; a reaction's begins with that of its message, which is older.
        """
        for chat, message_id in newest.items():
            position = int(message_id.lstrip("ir").partition(":")[0])
            self._places.setdefault(_channel_of(chat), _Place(None, position, chat))

    @property
    def last_traffic_at(self) -> float:
        """When the gateway last said anything: it acknowledges a heartbeat every 41 s, if nothing else."""
        return self._client.last_traffic_at if self._client else 0.0

    async def probe(self) -> bool:
        """Ask Discord who the bot is: when it answers that, and its gateway is silent, news are being missed."""
        await self._connected().look()
        return True

    async def run(self, accept: Accept) -> None:
        """Receive messages until cancelled."""
        client = Client(self.name, self._api_url, self._waits, self._shard, has_gap=bool(self._places))
        try:
            await client.log_in(self._token)
            logger.info("adapter %r: logged in as %s", self.name, client.user)
            self._client = client
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(client.listen())
                tasks.create_task(self._watch(client))
                tasks.create_task(self._settle(client, accept))
                tasks.create_task(self._take_in(client, accept, tasks))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            self._client = None
            await client.close()

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Send one message; in a server as a reply to the message it answers."""
        channel_id, reply_to = _channel_of(message.chat), _replied_to(message)
        sent_id = await self._connected().send(channel_id, message.body, message.key, reply_to)
        return MessageRef(message.chat, sent_id)

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Replace the text of a message."""
        await self._connected().edit(_channel_of(ref.chat), ref.message_id, body)

    async def show_typing(self, chat: Chat) -> None:
        """Show "typing" for 10 seconds, or until the next message."""
        await self._connected().show_typing(_channel_of(chat))

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Read a file of a message, at the address that Discord gave for it."""
        return await fetch(attachment.file_id, max_bytes, self._guard)

    async def react(self, chat: Chat, message_id: str, emoji: str) -> None:
        """Put an emoji under a message."""
        if not message_id.isdecimal():
            raise NotDelivered("a command or a pressed button is no message")
        await self._connected().react(_channel_of(chat), message_id, emoji)

    def _connected(self) -> Client:
        if self._client is None or self._client.is_closed():
            raise RetryLater(f"adapter {self.name!r} is not connected", after=1.0)
        return self._client

    # -- sessions

    async def _watch(self, client: Client) -> None:
        """End `run` when an outage lasts: the library's own waits between attempts grow to 17 minutes."""
        while True:
            await client.is_cut.wait()
            try:
                async with asyncio.timeout(self._waits.outage):
                    await client.is_connected.wait()
            except TimeoutError:
                raise ConnectionError(
                    f"adapter {self.name!r}: no connection for {self._waits.outage:g} s; starting anew"
                ) from None

    async def _settle(self, client: Client, accept: Accept) -> None:
        """In each new session fetch what was missed since the last one, and register the commands."""
        while True:
            await client.has_new_session.wait()
            client.has_new_session.clear()
            num_sessions = client.num_sessions
            if client.has_gap:
                await self._catch_up(client, accept)
            self._learn_places(client)
            if num_sessions == client.num_sessions:
                client.is_settled.set()
            await self._register_commands(client)

    async def _register_commands(self, client: Client) -> None:
        if self._commands is None:
            return
        commands = fitting(self._commands)
        if left_out := [command.name for command in self._commands if command not in commands]:
            logger.warning("adapter %r: commands that Discord's menu cannot hold: %s", self.name, ", ".join(left_out))
        try:
            await client.register([menu_entry(command) for command in commands])
        except (RetryLater, NotDelivered) as error:
            logger.warning("adapter %r: the command menu is not registered, going on without: %s", self.name, error)

    # -- receiving

    async def _take_in(self, client: Client, accept: Accept, tasks: asyncio.TaskGroup) -> None:
        """Take in what the gateway brings, one after another."""
        while True:
            news = await client.news.get()
            if isinstance(news, Interaction):
                await self._take_interaction(client, news, accept, tasks)
                continue
            if isinstance(news, ReactionChange):
                await self._take_reaction(client, news, accept)
                continue
            self._places.setdefault(news.channel_id, _Place(news.guild_id, int(news.id) - 1))
            await client.is_settled.wait()  # a live message must not overtake those that were missed before it
            await self._take_message(client, news, accept)

    async def _take_message(self, client: Client, message: Message, accept: Accept) -> None:
        place = self._places[message.channel_id]
        place.chat = place.chat or await self._chat(client, place.guild_id, message.channel_id)
        if event := message.event(place.chat, client.account(place.guild_id)):
            await self._offer(event, accept)
        place.position = max(place.position, int(message.id))

    async def _take_reaction(self, client: Client, reaction: ReactionChange, accept: Accept) -> None:
        place = self._places.setdefault(reaction.channel_id, _Place(reaction.guild_id, int(reaction.message_id)))
        place.chat = place.chat or await self._chat(client, reaction.guild_id, reaction.channel_id)
        if event := reaction.event(place.chat, client.account(reaction.guild_id)):
            await self._offer(event, accept)

    async def _take_interaction(
        self, client: Client, interaction: Interaction, accept: Accept, tasks: asyncio.TaskGroup
    ) -> None:
        if event := interaction.event(self.name, self._commands or ()):
            await self._offer(event, accept)
            tasks.create_task(self._acknowledge(client, interaction))

    async def _acknowledge(self, client: Client, interaction: Interaction) -> None:
        try:
            await client.acknowledge(interaction)
        except (RetryLater, NotDelivered) as error:
            logger.warning("adapter %r: interaction i%s is not acknowledged: %s", self.name, interaction.id, error)

    async def _offer(self, event: MessageEvent, accept: Accept) -> None:
        """Offer an event until it is stored: Discord keeps nothing for us, so all that comes after it waits."""
        deadline = time.monotonic() + self._waits.storage
        while True:
            try:
                return await accept(event)
            except RetryLater as error:
                if time.monotonic() + error.after > deadline:
                    raise
                logger.warning("adapter %r: message %s waits: %s", self.name, event.message_id, error)
                await asyncio.sleep(error.after)

    async def _chat(self, client: Client, guild_id: str | None, channel_id: str) -> Chat:
        if guild_id is None:
            return Chat(self.name, channel_id, ChatKind.PRIVATE)
        try:
            return guild_chat(self.name, channel_id, await client.parent_of(channel_id))
        except NotDelivered as error:
            logger.warning("adapter %r: taking %s for a channel of its own: %s", self.name, channel_id, error)
            return guild_chat(self.name, channel_id, None)

    async def _catch_up(self, client: Client, accept: Accept) -> None:
        """Take in what was missed in the channels we know."""
        last = {}
        for guild_id, channel_id, message_id in client.last_messages():
            last[channel_id] = message_id
            if channel_id in self._places:
                self._places[channel_id].guild_id = guild_id  # not known yet after a restart of the bot
        oldest = snowflake_at(time.time() - MAX_AGE)
        for channel_id, place in list(self._places.items()):
            if channel_id not in last or last[channel_id] > place.position:
                await self._catch_up_in(client, channel_id, max(place.position, oldest), accept)

    def _learn_places(self, client: Client) -> None:
        """Note where the servers' channels stand, so that gaps are found also where nobody has written yet."""
        for guild_id, channel_id, message_id in client.last_messages():
            self._places.setdefault(channel_id, _Place(guild_id, message_id))

    async def _catch_up_in(self, client: Client, channel_id: str, after: int, accept: Accept) -> None:
        has_more = True
        while has_more:
            try:
                messages, has_more = await client.page(channel_id, after)
            except NotDelivered as error:
                return logger.info("adapter %r: cannot read back: %s", self.name, error)
            for message in messages:
                await self._take_message(client, message, accept)
                after = max(after, int(message.id))
            if messages:
                logger.info("adapter %r: took in %d missed messages of %s", self.name, len(messages), channel_id)


def _channel_of(chat: Chat) -> str:
    """Return where messages go: a thread is a channel with an id of its own."""
    return chat.thread_id or chat.chat_id


def _replied_to(message: OutgoingMessage) -> str | None:
    """Return which message to reply to; a slash command is none."""
    is_reply = message.chat.kind is ChatKind.GROUP and message.reply_to is not None and message.reply_to.isdecimal()
    return message.reply_to if is_reply else None
