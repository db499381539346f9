"""The connection to Discord: the only importer of discord.py, with glmbot's errors and an address of its own."""

import asyncio
import io
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route
from pydantic import ValidationError

from glmbot.adapters.discord_commands import are_registered
from glmbot.adapters.discord_events import (
    Account,
    Interaction,
    Message,
    ReactionChange,
    mended,
    read_edit,
    read_interaction,
    read_message,
    read_reaction,
)
from glmbot.content import Button, Rendered
from glmbot.errors import ConfigError, NotDelivered, RetryLater

logger = logging.getLogger(__name__)

PAGE = 100  # https://docs.discord.com/developers/resources/message#get-channel-messages
MAX_NEWS = 10_000
MAX_RATE_LIMIT = 30.0  # longer ones are told to the caller; the library takes no less
CLOSE_DEADLINE = 3.0
OUTAGE_WAIT = 5.0
BLOCKED_WAIT = 60.0  # until the next try where Discord does not say: a refused token, a ban of our address
BAD_TOKEN_CLOSE = 4004  # https://docs.discord.com/developers/topics/opcodes-and-status-codes
UNGUARDED = ("READY", "RESUMED")  # without them nothing works, so a malformed one ends the connection
MALFORMED = (AttributeError, LookupError, TypeError, ValueError, discord.DiscordException)
OUT_OF_REACH = (aiohttp.ClientError, OSError)  # TimeoutError is an OSError

T = TypeVar("T")
_Writable = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread


@dataclass(frozen=True, slots=True)
class Waits:
    """How long Discord's adapter waits for what, in seconds."""

    answer: float = 30.0
    """For the answer to one HTTP request."""
    outage: float = 60.0
    """For the gateway to come back by itself, before `run` ends to be started anew."""
    storage: float = 300.0
    """For one event to be stored, before `run` ends; what came after it is then fetched again."""
    given_up: float = 30.0
    """For the end of a global rate limit when the call that waited for it is given up; it is over by then."""


def token_error(adapter: str, fault: str) -> ConfigError:
    """Return the error for a token that cannot be used."""
    variable = f"GLMBOT_ADAPTERS__{adapter.upper()}__TOKEN"
    return ConfigError(f"adapter {adapter!r}: {fault}; set {variable} to the one in the developer portal, page Bot")


class Client(discord.Client):
    """The library's client, reduced to what the adapter needs: news in their order, and calls of the API.

    The library gives each event to a task of its own, which loses the order, and an event it cannot read ends
    the connection. So its dispatching is replaced, and its event readers are guarded. It keeps the servers'
    channels and roles up to date; messages and interactions are read by our own forms.

    Calls raise `RetryLater` and `NotDelivered`, as an adapter's do.
    `has_gap` tells whether messages may have been missed before this session; so they may before each but the first.
    `shard` is "0/2" for the first of two.
    """

    def __init__(
        self, adapter: str, api_url: str | None, waits: Waits, shard: str | None = None, *, has_gap: bool
    ) -> None:
        # They only stop warnings that voice, which a chat bot has no use for, is not installed.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=discord.Intents(
                guilds=True,
                guild_messages=True,
                dm_messages=True,
                guild_reactions=True,
                dm_reactions=True,
                message_content=True,
            ),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            **_shard_options(shard),
        )
        self._last_event_at = 0.0
        self.http = self._connection.http = _Http(self.loop, api_url, waits)
        self.news: asyncio.Queue[Message | ReactionChange | Interaction] = asyncio.Queue(MAX_NEWS)
        self.num_sessions = 0
        self.has_gap = has_gap
        self.is_settled = asyncio.Event()  # nothing missed is left to be fetched; the adapter sets it where there was
        self.has_new_session = asyncio.Event()
        self.is_cut, self.is_connected = asyncio.Event(), asyncio.Event()
        self._adapter = adapter
        parsers = self._connection.parsers
        parsers |= {event: _guarded(event, parse) for event, parse in parsers.items() if event not in UNGUARDED}
        parsers |= {"MESSAGE_CREATE": self._take_message, "MESSAGE_UPDATE": self._take_edit}
        parsers |= {"MESSAGE_REACTION_ADD": partial(self._take_reaction, is_removed=False)}
        parsers |= {"MESSAGE_REACTION_REMOVE": partial(self._take_reaction, is_removed=True)}
        parsers |= {"INTERACTION_CREATE": self._take_interaction}

    # -- the connection

    async def log_in(self, token: str) -> None:
        """Check the token and open the HTTP client. Raises ConfigError."""
        try:
            await self.login(token)
        except discord.LoginFailure as error:
            raise token_error(self._adapter, "Discord refuses the token") from error

    async def listen(self) -> None:
        """Keep the gateway connected; ends by an error only. Raises ConfigError where it cannot be."""
        try:
            await self.connect()
        except discord.PrivilegedIntentsRequired as error:
            raise ConfigError(
                f"adapter {self._adapter!r}: the bot may not read messages; open the application at "
                "https://discord.com/developers/applications, page Bot, and switch on 'Message Content Intent'"
            ) from error
        except discord.ConnectionClosed as error:
            if error.code == BAD_TOKEN_CLOSE:
                raise token_error(self._adapter, "Discord refuses the token") from error
            raise
        raise ConnectionError(f"adapter {self._adapter!r}: Discord has ended the connection")

    def dispatch(self, event: str, /, *args: object, **kwargs: object) -> None:
        """Note what happens to the connection. "connect" is a new session, "ready" when its servers are known."""
        self._last_event_at = time.monotonic()
        if event == "connect":
            self._begin_session()
        elif event == "ready":
            self.has_new_session.set()
        if event in ("connect", "resumed"):
            self.is_cut.clear()
            self.is_connected.set()
        elif event == "disconnect":
            self.is_connected.clear()
            self.is_cut.set()

    def _begin_session(self) -> None:
        self.num_sessions += 1
        self.has_gap |= self.num_sessions > 1
        if self.has_gap:
            self.is_settled.clear()
        else:
            self.is_settled.set()

    async def close(self) -> None:
        """Close within a short time, also where the other side has fallen silent."""
        try:
            async with asyncio.timeout(CLOSE_DEADLINE):
                await super().close()
        except TimeoutError:
            await self.http.close()

    # A full queue ends the connection on purpose: what there was no room for is fetched in the next session.

    def _take_message(self, raw: object) -> None:
        if message := _readable(read_message, raw):
            self.news.put_nowait(message)

    def _take_edit(self, raw: object) -> None:
        if message := _readable(read_edit, raw):
            self.news.put_nowait(message)

    def _take_reaction(self, raw: object, *, is_removed: bool) -> None:
        if reaction := _readable(partial(read_reaction, is_removed=is_removed), raw):
            self.news.put_nowait(reaction)

    def _take_interaction(self, raw: object) -> None:
        if interaction := _readable(read_interaction, raw):
            self.news.put_nowait(interaction)

    # -- what is known

    @property
    def last_traffic_at(self) -> float:
        """When the gateway said something last, be it that it has heard our heartbeat; by time.monotonic()."""
        # Its debug events tell that too, but make a cycle of references, which keeps lost connections from closing.
        keep_alive = self.ws._keep_alive if self.ws else None
        if keep_alive is None:
            return self._last_event_at
        return max(self._last_event_at, time.monotonic() - (time.perf_counter() - keep_alive._last_recv))

    def account(self, guild_id: str | None) -> Account:
        """Return who the bot is, in a server."""
        assert self.user is not None
        guild = self.get_guild(int(guild_id)) if guild_id else None
        role = guild.self_role if guild else None
        return Account(str(self.user.id), str(role.id) if role else None)

    def last_messages(self) -> Iterator[tuple[str, str, int]]:
        """Yield server, channel and last message of each channel, as they were when the session began."""
        for guild in self.guilds:
            channels: list[_Writable] = [*guild.text_channels, *guild.voice_channels, *guild.stage_channels]
            for channel in [*channels, *guild.threads]:
                yield str(guild.id), str(channel.id), channel.last_message_id or 0

    # -- calls

    async def send(self, channel_id: str, body: Rendered, key: str, reply_to: str | None) -> str:
        """Send a message and return its id; the same key returns the same message for some minutes.

        An earlier attempt may have sent less of a text that was still growing; that message is brought up to date.
        """
        with self._errors(channel_id):
            place = self.get_partial_messageable(int(channel_id))
            options: dict[str, Any] = {"nonce": key, "suppress_embeds": True}
            if reply_to is not None:
                options["reference"] = discord.MessageReference(
                    message_id=int(reply_to), channel_id=int(channel_id), fail_if_not_exists=False
                )
            if body.file is not None:
                options["file"] = discord.File(io.BytesIO(body.file.data), body.file.name)
            text, view = mended(body.text), _view(body.buttons)
            sent = await place.send(text, view=view, **options)
            if sent.content.strip() != text.strip() or len(sent.components) != len(view.to_components()):
                await sent.edit(content=text, view=view)
            return str(sent.id)

    async def edit(self, channel_id: str, message_id: str, body: Rendered) -> None:
        """Replace the text of a message, and its buttons."""
        with self._errors(channel_id):
            place = self.get_partial_messageable(int(channel_id))
            await place.get_partial_message(int(message_id)).edit(content=mended(body.text), view=_view(body.buttons))

    async def react(self, channel_id: str, message_id: str, emoji: str) -> None:
        """Put an emoji under a message."""
        with self._errors(channel_id):
            place = self.get_partial_messageable(int(channel_id))
            await place.get_partial_message(int(message_id)).add_reaction(mended(emoji))

    async def show_typing(self, channel_id: str) -> None:
        """Show the typing sign for 10 seconds, or until the next message."""
        with self._errors(channel_id):
            await self.http.send_typing(int(channel_id))

    async def look(self) -> None:
        """See whether Discord answers."""
        with self._errors("the bot itself"):
            await self.http.request(Route("GET", "/users/@me"))

    async def page(self, channel_id: str, after: int) -> tuple[list[Message], bool]:
        """Return the next messages after one, oldest first, and whether there may be more."""
        with self._errors(channel_id):
            raw = await self.http.logs_from(int(channel_id), PAGE, after=after)
        messages = [message for one in reversed(raw) if (message := _readable(read_message, one))]
        return messages, len(raw) == PAGE and bool(messages)

    async def parent_of(self, channel_id: str) -> str | None:
        """Return the channel that a server's thread belongs to, None for a channel."""
        with self._errors(channel_id):
            channel = self.get_channel(int(channel_id)) or await self.fetch_channel(int(channel_id))
        return str(channel.parent_id) if isinstance(channel, discord.Thread) else None

    async def register(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Let the menu of commands have these entries and no others."""
        assert self.application_id is not None
        route = Route("GET", "/applications/{application_id}/commands", application_id=self.application_id)
        with self._errors("the command menu"):
            registered = await self.http.request(route, params={"with_localizations": "true"})
            if not are_registered(entries, registered):
                await self.http.bulk_upsert_global_commands(self.application_id, [dict(entry) for entry in entries])

    async def acknowledge(self, interaction: Interaction) -> None:
        """Answer an interaction; Discord waits 3 seconds for that."""
        route = Route(
            "POST",
            "/interactions/{webhook_id}/{webhook_token}/callback",
            webhook_id=int(interaction.id),
            webhook_token=interaction.token,
        )
        with self._errors(interaction.channel.id):
            await self.http.request(route, json=interaction.callback)

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        """Turn Discord's errors into what the caller can do: try again later, or give up."""
        try:
            yield
        except discord.RateLimited as error:
            raise RetryLater(f"Discord asks to wait for {error.retry_after:g} s", error.retry_after) from error
        except discord.HTTPException as error:
            if (after := _wait_of(error)) is not None:
                raise RetryLater(f"Discord cannot do this now: {error}", after) from error
            raise NotDelivered(f"Discord refuses this for {what}: {error}") from error
        except OUT_OF_REACH as error:
            raise RetryLater(f"Discord is out of reach: {type(error).__name__} {error}", OUTAGE_WAIT) from error
        except RuntimeError as error:  # what the HTTP client says when it was closed meanwhile
            if not self.is_closed():
                raise
            raise RetryLater(f"adapter {self._adapter!r} has lost its connection", after=1.0) from error


def _shard_options(shard: str | None) -> dict[str, Any]:
    if shard is None:
        return {}
    number, _, total = shard.partition("/")
    return {"shard_id": int(number), "shard_count": int(total)}


def _view(buttons: Sequence[Button]) -> discord.ui.View:
    """Return the buttons in rows of five. A press comes in as an interaction with the command as its id.

    The view is stopped: the library would keep it for ever otherwise, to call it itself.
    """
    view = discord.ui.View(timeout=None)
    for button in buttons:
        view.add_item(discord.ui.Button(label=mended(button.label), custom_id=mended(button.command)))
    view.stop()
    return view


class _Http(HTTPClient):
    """The library's HTTP client with a deadline for each request, and where wanted at another address.

    The library keeps its address in a class, for the whole process; here each client has its own.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, api_url: str | None, waits: Waits) -> None:
        super().__init__(loop, max_ratelimit_timeout=MAX_RATE_LIMIT)
        self._api_url = api_url.rstrip("/") if api_url else None
        self._timeout = aiohttp.ClientTimeout(total=waits.answer)
        self._given_up = waits.given_up

    async def request(self, route: Route, **kwargs: Any) -> Any:
        """Make a request, with the library's waits for rate limits and its repetitions after 5xx."""
        if self._api_url:
            route.url = route.url.replace(Route.BASE, self._api_url, 1)
        try:
            return await super().request(route, timeout=self._timeout, **kwargs)
        except asyncio.CancelledError:
            # The library holds all requests while one waits for the global rate limit: for ever, if that is cancelled.
            if not self._global_over.is_set():
                self.loop.call_later(self._given_up, self._global_over.set)
            raise

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        """Open the gateway; where the address is another one, ask there for that of its gateway."""
        if self._api_url and url.startswith(default := str(DiscordWebSocket.DEFAULT_GATEWAY)):
            _, gateway, _ = await self.get_bot_gateway()
            url = url.replace(default, f"{gateway.rstrip('/')}/", 1)
        return await super().ws_connect(url, compress=compress)


def _guarded(event: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    def parse_or_leave_out(payload: Any) -> None:
        try:
            parse(payload)
        except MALFORMED as error:
            logger.error("Discord sent a malformed %s, it is left out: %s", event, type(error).__name__)

    return parse_or_leave_out


def _readable(read: Callable[[object], T], raw: object) -> T | None:
    try:
        return read(raw)
    except ValidationError as error:
        logger.error("Discord sent something malformed, it is left out: %s", error)
        return None


def _wait_of(error: discord.HTTPException) -> float | None:
    """Return after how many seconds a failed call can succeed, None for one that never will."""
    if error.status == 429:
        asked = error.response.headers.get("Retry-After", "")
        return float(asked) if asked.isdecimal() else BLOCKED_WAIT
    if error.status == 401:
        return BLOCKED_WAIT
    return OUTAGE_WAIT if error.status >= 500 else None
