"""Telegram, through the Bot API: long polling or a webhook in, messages and live edits out."""

import asyncio
import logging
import mimetypes
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import httpx
from pydantic import ValidationError
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    TelegramError,
)

from glmbot.adapters.base import Accept, Capabilities, CommandInfo, OutgoingMessage
from glmbot.adapters.telegram_albums import Albums, Incoming
from glmbot.adapters.telegram_fetch import fetch_file, files_url_of
from glmbot.adapters.telegram_request import (
    OUTAGE_WAIT,
    AskedToWait,
    ServerError,
    head_of_unreadable,
    new_request,
)
from glmbot.adapters.telegram_token import Token
from glmbot.adapters.telegram_updates import (
    UPDATE_KINDS,
    Account,
    album_of,
    mended,
    number_of,
    press_of,
    read_event,
    read_reactions,
)
from glmbot.adapters.telegram_waits import Waits
from glmbot.content import Button, File, LengthUnit, Markup, Rendered, TextForm
from glmbot.errors import ConfigError, NotDelivered, RetryLater
from glmbot.events import Attachment, Chat, ChatKind, Language, MessageEvent, MessageRef
from glmbot.settings import TelegramSettings

if TYPE_CHECKING:
    from glmbot.adapters.http_server import Address
    from glmbot.adapters.telegram_webhook import WebhookServer

logger = logging.getLogger(__name__)

T = TypeVar("T")
Take = Callable[[Sequence[tuple[int, object]]], Awaitable[None]]

COMMAND_FORM = re.compile(r"[a-z0-9_]{1,32}")  # https://core.telegram.org/bots/api#botcommand
MAX_COMMANDS = 100
VOICE_KINDS = ("audio/ogg", "audio/opus")
SHORT_LABEL = 12  # characters of a button's label that leave room for two more beside it on a phone
MAX_COMMAND_HELP = 256
LANGUAGE_CODES = {Language.ENGLISH: None, Language.CHINESE: "zh"}  # None: whoever has no list of their own
MAX_UPDATES = 100  # of one answer to getUpdates; Telegram gives no more
UPDATE_NUMBER = re.compile(rb'"update_id"\s*:\s*([0-9]{1,18})\b')
BAD_TOKEN_WAIT = 60.0  # seconds until a send is tried again, while the operator mends the token
NOTHING_WAS_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class TelegramAdapter:
    """One Telegram bot.

    Incoming: an update is confirmed only by asking for the ones after it, or by answering the webhook's request, so
    nothing is lost before `accept` has stored it; Telegram keeps unconfirmed updates for 24 hours.

    Outgoing: Telegram knows no key for a send. Where nothing was sent (no connection, 429, 5xx) `send` raises
    `RetryLater`; should Telegram ever answer 5xx to what it has sent, that makes one duplicate. Where the
    answer was lost after the request had left (time-out, cut connection, 504) the message may well be visible,
    so it raises `NotDelivered` rather than show it twice. Edits and the typing sign do no harm when repeated:
    for them both are `RetryLater`.
    """

    def __init__(self, name: str, settings: TelegramSettings, *, waits: Waits | None = None) -> None:
        self.name = name
        self._waits = waits or Waits()
        self._token = Token(settings.token.get_secret_value(), name)
        self._settings = settings
        self._base_url = settings.base_url
        self._webhook_url = settings.webhook_url
        self._request = new_request(self._waits.answer)
        with self._token.hidden():
            self._bot = Bot(
                self._token.value, settings.base_url, request=self._request, get_updates_request=self._request
            )
        self._commands: Sequence[CommandInfo] | None = None
        self._num_users = 0
        self._albums = Albums()
        self._first_poll_at: float | None = None
        self.last_traffic_at = 0.0
        self._has_polled = False
        self._num_conflicts = 0

    @property
    def capabilities(self) -> Capabilities:
        """What Telegram can do (https://core.telegram.org/bots/api#sendmessage, #sendchataction)."""
        return Capabilities(
            form=TextForm(Markup.TELEGRAM_HTML, 4096, LengthUnit.UTF16_PARSED),
            edit_interval=1.5,  # about one message a second and chat, and edits count
            typing_interval=4.0,  # the sign lasts 5 s
            has_idempotent_send=False,
            send_interval=1 / 30,  # https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
            can_send_files=True,
            can_show_buttons=True,
        )

    @property
    def account_key(self) -> str:
        """Address and token."""
        return f"{self._base_url} {self._token.value}"

    def set_commands(self, commands: Sequence[CommandInfo]) -> None:
        """Remember the commands for the menu; `run` registers them."""
        self._commands = tuple(commands)

    async def run(self, accept: Accept) -> None:
        """Receive messages until cancelled."""
        async with self._connection():
            account = await self._persist(self._introduce)
            logger.info("adapter %r: connected as @%s", self.name, account.username)
            take = partial(self._take, account, accept)
            await (self._serve(take) if self._webhook_url else self._poll(take))

    async def probe(self) -> bool:
        """Ask Telegram who the bot is, and whether updates wait."""
        async with self._connection():
            await self._bot.get_me()
            info = await self._bot.get_webhook_info()
            if info.last_error_message:
                logger.warning("adapter %r: Telegram could not deliver: %s", self.name, info.last_error_message)
            return bool(info.pending_update_count)

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Send one message; in a group as a reply to the message it answers."""
        async with self._connection():
            with _errors_for_caller(_place(message.chat), is_repeatable=False):
                try:
                    return await self._send(message)
                except ChatMigrated as error:
                    moved = replace(message.chat, chat_id=str(error.new_chat_id))
                    logger.info("group %s is now supergroup %s; sending there", message.chat.chat_id, moved.chat_id)
                    return await self._send(replace(message, chat=moved))

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Replace the text of a message."""
        async with self._connection():
            with _errors_for_caller(_place(ref.chat), is_repeatable=True):
                await _with_plain_fallback(body, partial(self._edit_text, ref, body.buttons))

    async def show_typing(self, chat: Chat) -> None:
        """Show "typing" for 5 seconds, or until the next message."""
        async with self._connection():
            with _errors_for_caller(_place(chat), is_repeatable=True):
                await self._bot.send_chat_action(chat.chat_id, ChatAction.TYPING, message_thread_id=_thread(chat))

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Read a file of a message; Telegram gives out 20 MB at most."""
        files_url = files_url_of(self._base_url, self._token.value)
        async with self._connection():
            with _errors_for_caller("a file", is_repeatable=True):
                return await fetch_file(self._bot, self._request, files_url, attachment.file_id, max_bytes)

    async def react(self, chat: Chat, message_id: str, emoji: str) -> None:
        """Put an emoji under a message; Telegram has some seventy for that."""
        number = number_of(message_id, chat.chat_id)
        if number is None:
            raise NotDelivered("nothing that a reaction could stand under")
        async with self._connection():
            with _errors_for_caller(_place(chat), is_repeatable=True):
                await self._bot.set_message_reaction(chat.chat_id, number, mended(emoji))

    # -- connecting

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[None]:
        """Keep the HTTP client open while anyone needs it: replies are still sent when `run` has ended."""
        self._num_users += 1
        try:
            with self._token.hidden():
                await self._request.initialize()
                yield
        finally:
            self._num_users -= 1
            if not self._num_users:
                await self._request.shutdown()

    async def _introduce(self) -> Account:
        """Check the token, make long polling possible where it is wanted, and register the commands."""
        me = await self._bot.get_me()
        if not self._webhook_url and (await self._bot.get_webhook_info()).url:
            logger.warning("adapter %r: removing the bot's webhook, which shuts out long polling", self.name)
            await self._bot.delete_webhook(drop_pending_updates=False)
        await self._register_commands()
        return Account(me.id, me.username or "")

    async def _register_commands(self) -> None:
        if self._commands is None:
            return
        fitting = [command for command in self._commands if COMMAND_FORM.fullmatch(command.name)][:MAX_COMMANDS]
        if left_out := [command.name for command in self._commands if command not in fitting]:
            logger.warning("adapter %r: commands that Telegram's menu cannot hold: %s", self.name, ", ".join(left_out))
        try:
            for language, code in LANGUAGE_CODES.items():
                entries = [BotCommand(command.name, _menu_text(command, language)) for command in fitting]
                await self._bot.set_my_commands(entries, language_code=code)
        except BadRequest as error:
            logger.warning("adapter %r: Telegram refuses the command menu, going on without: %s", self.name, error)

    # -- receiving

    async def _poll(self, take: Take) -> None:
        """Ask for updates, which confirms those before, until cancelled."""
        offset = None
        while True:
            updates = await self._persist(partial(self._fetch, offset))
            await take(updates)
            offset = updates[-1][0] + 1 if updates else offset

    async def _serve(self, take: Take) -> None:
        """Have updates delivered, until cancelled. Our answer confirms one; then Telegram sends the next."""
        serve_updates, address = _webhook_server(self.name, self._settings)
        secret = secrets.token_urlsafe(32)

        async def take_one(update: object) -> None:
            self._note_traffic()
            if (update_id := _update_id(update)) is not None:
                await take([(update_id, update)])

        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(serve_updates(address, secret, take_one))
                await self._persist(partial(self._set_webhook, secret))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _set_webhook(self, secret: str) -> None:
        try:
            await self._bot.set_webhook(
                self._webhook_url or "", max_connections=1, allowed_updates=UPDATE_KINDS, secret_token=secret
            )
        except BadRequest as error:
            setting = f"adapters.{self.name}.webhook_url"
            raise ConfigError(
                f"adapter {self.name!r}: Telegram refuses {setting} ({error}); it begins with https:// and can be "
                "reached from outside"
            ) from error

    async def _take(self, account: Account, accept: Accept, updates: Sequence[tuple[int, object]]) -> None:
        """Take in updates, oldest first."""
        incoming = (one for number, update in updates for one in self._read(number, update, account))
        for event in self._albums.gathered(incoming):
            await self._offer(event, accept)
        for _, update in updates:
            if press := press_of(update):
                await self._acknowledge(press)

    async def _fetch(self, offset: int | None) -> list[tuple[int, object]]:
        """Wait for updates from `offset` on, which confirms all before it; return them with their numbers."""
        try:
            return await self._ask_for_updates(offset, MAX_UPDATES)
        except TelegramError as error:
            if head_of_unreadable(error) is None:
                raise
            logger.warning("adapter %r: %s; asking for the updates one by one", self.name, error)
            return await self._fetch_one(offset)

    async def _fetch_one(self, offset: int | None) -> list[tuple[int, object]]:
        """Fetch the next update alone; one that cannot be read is passed over, or it would shut out all after it."""
        try:
            return await self._ask_for_updates(offset, 1)
        except TelegramError as error:
            found = UPDATE_NUMBER.search(head_of_unreadable(error) or b"")
            if found is None:
                raise
            logger.error("adapter %r: update %d is left out: %s", self.name, int(found[1]), error)
            return [(int(found[1]), {})]

    async def _ask_for_updates(self, offset: int | None, limit: int) -> list[tuple[int, object]]:
        self._first_poll_at = self._first_poll_at or time.monotonic()
        # The library's own get_updates fails a whole batch for one malformed update, so ask for raw ones.
        # It warns where a call bears the name of one of its methods; Telegram does not mind the case.
        raw = await self._bot.do_api_request(
            "getupdates",
            {"offset": offset, "limit": limit, "timeout": self._waits.poll, "allowed_updates": UPDATE_KINDS},
            read_timeout=self._waits.poll + self._waits.answer,
        )
        self._has_polled = True
        updates = [(update_id, update) for update in _as_list(raw) if (update_id := _update_id(update)) is not None]
        if raw and not updates:
            raise TelegramError("an answer to getUpdates without any update in it")
        return updates

    def _read(self, update_id: int, update: object, account: Account) -> list[Incoming]:
        try:
            if reactions := read_reactions(update, self.name):
                return [Incoming(event) for event in reactions]
            return [Incoming(read_event(update, self.name, account), album_of(update))]
        except ValidationError as error:
            logger.error("adapter %r: update %s is malformed and left out: %s", self.name, update_id, error)
            return [Incoming(None)]

    async def _offer(self, event: MessageEvent, accept: Accept) -> None:
        """Offer an event until it is stored; what comes after it waits at Telegram."""
        while True:
            self._note_traffic()  # what is offered came in; that it cannot be stored is nobody's deafness
            try:
                return await accept(event)
            except RetryLater as error:
                logger.warning("adapter %r: message %s waits at Telegram: %s", self.name, event.message_id, error)
                await asyncio.sleep(error.after)

    async def _acknowledge(self, press: str) -> None:
        """End the sign of waiting on a button, if it is there still."""
        try:
            await self._bot.answer_callback_query(press)
        except TelegramError as error:
            logger.info("adapter %r: a pressed button is not acknowledged: %s", self.name, error)

    async def _persist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call until it succeeds, with growing waits; only a refused token or request ends it."""
        num_failures = 0
        while True:
            num_failures += 1
            try:
                answer = await call()
                self._note_traffic()
                return answer
            except InvalidToken as error:
                raise ConfigError(
                    f"adapter {self.name!r}: Telegram refuses the token; take the current one from @BotFather "
                    f"and set {self._token.variable}"
                ) from error
            except BadRequest:
                raise
            except Conflict as error:
                wait = self._wait_after_conflict(num_failures)
                self._note_traffic(wait)
                logger.error("adapter %r: %s; trying again in %.1f s", self.name, _cause(error), wait)
                await asyncio.sleep(wait)
            except TelegramError as error:
                wait = error.after if isinstance(error, AskedToWait) else self._waits.after(num_failures)
                if isinstance(error, AskedToWait | ServerError):
                    self._note_traffic(wait)
                logger.warning("adapter %r: %s; trying again in %.1f s", self.name, _cause(error), wait)
                await asyncio.sleep(wait)

    def _note_traffic(self, wait: float = 0.0) -> None:
        """Note that Telegram is there, and will not be asked before `wait` seconds have passed."""
        self.last_traffic_at = time.monotonic() + wait

    def _wait_after_conflict(self, num_failures: int) -> float:
        """Return how long to wait while another program polls, too. Raises ConfigError where it was there first."""
        self._num_conflicts += 1
        began = self._first_poll_at or 0.0
        is_new = not self._has_polled and time.monotonic() < began + self._waits.claim
        if is_new and self._num_conflicts > 1:
            raise ConfigError(
                f"adapter {self.name!r}: another program polls with this token, maybe on another machine; "
                f"stop it, or give this bot a token of its own by {self._token.variable}"
            )
        return self._waits.claim_again if is_new else self._waits.after(num_failures)

    # -- sending

    async def _send(self, message: OutgoingMessage) -> MessageRef:
        try:
            if file := message.body.file:
                number = await _with_plain_fallback(message.body, partial(self._send_file, message, file))
            else:
                number = await _with_plain_fallback(message.body, partial(self._send_text, message))
        except (KeyError, TypeError, ValueError) as error:  # the library cannot read what came with status 200
            raise TelegramError(f"an answer that cannot be read, {type(error).__name__}") from error
        return MessageRef(message.chat, str(number))

    async def _send_text(self, message: OutgoingMessage, text: str, parse_mode: str | None) -> int:
        sent = await self._bot.send_message(
            message.chat.chat_id,
            text,
            parse_mode,
            message_thread_id=_thread(message.chat),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_parameters=_reply_parameters(message),
            reply_markup=_keyboard(message.body.buttons),
        )
        return sent.message_id

    async def _send_file(self, message: OutgoingMessage, file: File, text: str, parse_mode: str | None) -> int:
        send = self._method_for(file)
        sent = await send(
            message.chat.chat_id,
            file.data,
            filename=file.name,
            caption=text,
            parse_mode=parse_mode,
            message_thread_id=_thread(message.chat),
            reply_parameters=_reply_parameters(message),
            reply_markup=_keyboard(message.body.buttons),
        )
        return sent.message_id

    def _method_for(self, file: File) -> Callable[..., Awaitable[Message]]:
        """Return the method that shows a file best: a picture, a voice message, or a document."""
        kind = mimetypes.guess_type(file.name)[0]
        by_kind = {"image/jpeg": self._bot.send_photo, "image/png": self._bot.send_photo}
        return by_kind.get(kind or "", self._bot.send_voice if kind in VOICE_KINDS else self._bot.send_document)

    async def _edit_text(self, ref: MessageRef, buttons: Sequence[Button], text: str, parse_mode: str | None) -> None:
        try:
            await self._bot.edit_message_text(
                text,
                ref.chat.chat_id,
                int(ref.message_id),
                parse_mode=parse_mode,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_markup=_keyboard(buttons),
            )
        except BadRequest as error:
            if "message is not modified" not in error.message.lower():
                raise


@contextmanager
def _errors_for_caller(what: str, *, is_repeatable: bool) -> Iterator[None]:
    """Turn Telegram's errors into what the caller can do: try again later, or give up."""
    try:
        yield
    except AskedToWait as error:
        raise RetryLater(str(error), error.after) from error
    except InvalidToken as error:
        raise RetryLater("Telegram refuses the bot's token", BAD_TOKEN_WAIT) from error
    except (BadRequest, Forbidden, ChatMigrated) as error:
        raise NotDelivered(f"Telegram refuses this for {what}: {error}") from error
    except TelegramError as error:
        if is_repeatable or _nothing_was_sent(error):
            raise RetryLater(f"Telegram is out of reach: {error}", OUTAGE_WAIT) from error
        raise NotDelivered(
            f"the answer was lost on the way ({error}): the message may be in {what} already, "
            "and sending it again could show it twice"
        ) from error


def _place(chat: Chat) -> str:
    return f"chat {chat.chat_id}"


def _nothing_was_sent(error: TelegramError) -> bool:
    if isinstance(error, ServerError):
        return error.status != httpx.codes.GATEWAY_TIMEOUT
    return isinstance(error.__cause__, NOTHING_WAS_SENT)


async def _with_plain_fallback(body: Rendered, call: Callable[[str, str | None], Awaitable[T]]) -> T:
    """Make a call with the marked-up text, or with the plain one where Telegram cannot read the markup."""
    try:
        return await call(mended(body.text), ParseMode.HTML)
    except BadRequest as error:
        if "can't parse entities" not in error.message.lower():
            raise
        logger.warning("Telegram cannot read the markup, sending plain text: %s", error)
    return await call(mended(body.plain), None)


def _reply_parameters(message: OutgoingMessage) -> ReplyParameters | None:
    if message.reply_to is None or message.chat.kind is ChatKind.PRIVATE:
        return None
    number = number_of(message.reply_to, message.chat.chat_id)
    return None if number is None else ReplyParameters(number, allow_sending_without_reply=True)


def _keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Return the buttons in rows: of three, where they are short."""
    if not buttons:
        return None
    width = 3 if max(len(button.label) for button in buttons) <= SHORT_LABEL else 1
    keys = [InlineKeyboardButton(mended(one.label), callback_data=mended(one.command)) for one in buttons]
    return InlineKeyboardMarkup([keys[start : start + width] for start in range(0, len(keys), width)])


def _thread(chat: Chat) -> int | None:
    return None if chat.thread_id is None else int(chat.thread_id)


def _menu_text(command: CommandInfo, language: Language) -> str:
    text = command.help.get(language) or command.help.get(Language.ENGLISH) or command.name
    return text[:MAX_COMMAND_HELP]


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _update_id(update: object) -> int | None:
    """Return an update's number; None for what cannot be confirmed by itself (the next update does)."""
    update_id = update.get("update_id") if isinstance(update, dict) else None
    if isinstance(update_id, int):
        return update_id
    logger.error("Telegram sent an update without a number; it is left out")
    return None


def _webhook_server(name: str, settings: TelegramSettings) -> "tuple[WebhookServer, Address]":
    """Return the server of webhooks, which only those need who use it."""
    try:
        from glmbot.adapters.http_server import Address
        from glmbot.adapters.telegram_webhook import serve_updates
    except ImportError as error:
        raise ConfigError(
            f"adapter {name!r}: webhook_url needs a library ({error.name}); run: pip install 'glmbot[webhook]'"
        ) from error
    return serve_updates, Address(name, settings.webhook_host, settings.webhook_port)


def _cause(error: TelegramError) -> str:
    if isinstance(error, Conflict):
        return (
            "another program receives messages with this token; stop it, or give this bot a token of its own "
            f"(Telegram says: {error})"
        )
    return str(error)
