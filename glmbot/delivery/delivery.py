"""From a reply to durable outbox rows, with a live message and a typing sign on the way."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial

from glmbot.adapters.base import Adapter, Reacts
from glmbot.background import in_background
from glmbot.content import Rendered
from glmbot.crash_points import crash_point
from glmbot.delivery.live_message import LiveMessage
from glmbot.delivery.pace import Paces
from glmbot.delivery.render import Say, Whole, render_whole
from glmbot.delivery.sending import Sending
from glmbot.delivery.stop_sign import StopSigns
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import Chat, ChatKind, Language, MessageEvent
from glmbot.phrases import Phrase, duration_in_words, language_of
from glmbot.reply import Reply
from glmbot.status import PlaceInLine
from glmbot.storage.inbox import ClaimedEvent, Inbox
from glmbot.storage.outbox import Outbox
from glmbot.storage.replies import NewTurn, Replies
from glmbot.storage.turn_state import TurnState
from glmbot.verdicts import Refusal
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)


class Delivery:
    """Writes replies into the outbox, from where `OutboxWorker` takes them to the platform."""

    def __init__(
        self,
        adapters: Mapping[str, Adapter],
        inbox: Inbox,
        outbox: Outbox,
        sending: Sending,
        replies: Replies,
        paces: Paces,
        ready: Wakeup,
    ) -> None:
        self._adapters = adapters
        self._inbox = inbox
        self._outbox = outbox
        self._sending = sending
        self._replies = replies
        self._paces = paces
        self._ready = ready
        self.stop_signs = StopSigns()

    async def deliver(self, claimed: ClaimedEvent, reply: Reply) -> str:
        """Show the reply while it grows, then store it for delivery; return what the sender sees."""
        adapter = self._adapter(claimed.event.chat)
        live = LiveMessage(claimed, adapter, self._outbox, self._sending, self._paces, _reply_to(claimed.event))
        reply.on_place = partial(_show_place, live, language_of(claimed.event))
        async with live.running(), aclosing(reply):
            text = await self._collect(claimed.event, reply, live)
        shown = _shown_text(claimed.event, reply, text)
        is_whole = not (reply.blocked_by or reply.is_stopped)
        whole = Whole(shown, reply.buttons, reply.file) if is_whole else Whole(shown)
        await self._complete(claimed, whole, _turn(reply, text), live=live)
        return shown

    async def tell(self, claimed: ClaimedEvent, text: str, *, is_kept: bool = True) -> None:
        """Answer an event with a text of the bot's own. What is not kept is withheld from the database then."""
        await self._complete(claimed, Whole(text), turn=None, is_kept=is_kept)

    async def apologise(self, claimed: ClaimedEvent, text: str, reason: str) -> None:
        """Answer an event that could not be handled, and park it: the operator may have it tried again."""
        await self._complete(claimed, Whole(text), turn=None, parked=reason)

    async def refuse(self, claimed: ClaimedEvent, refusal: Refusal) -> None:
        """End an event without handling it, in silence where the refusal has no text."""
        logger.info("refused: %s", refusal.reason)
        if refusal.text is None:
            await self._inbox.finish(claimed.inbox_id)
        else:
            await self.tell(claimed, refusal.text, is_kept=refusal.is_kept)

    async def send(self, chat: Chat, text: str) -> None:
        """Store a message that answers no event."""
        await self.store(chat, text)
        self.wake()

    async def store(self, chat: Chat, text: str) -> None:
        """Store a message that answers no event; it leaves at the next `wake`."""
        await self._outbox.add(chat, await self._render(chat, Whole(text), _in_both_languages))

    async def rendered(self, chat: Chat, whole: Whole) -> Sequence[Rendered]:
        """Return the messages that show something in a chat, for a transaction of the caller's.

        Raises NotDelivered when the chat's platform is not connected.
        """
        return await self._render(chat, whole, _in_both_languages)

    def wake(self) -> None:
        """Let stored messages leave."""
        self._ready.call()

    @asynccontextmanager
    async def typing(self, chat: Chat) -> AsyncIterator[None]:
        """Show the typing sign while the body runs."""
        async with in_background(partial(self._keep_typing, chat), "typing sign"):
            yield

    async def react(self, event: MessageEvent, emoji: str) -> bool:
        """Put an emoji under a message, or where that is a reaction, beside it; tell whether it is there."""
        adapter = self._adapter(event.chat)
        if not isinstance(adapter, Reacts):
            return False
        try:
            message_id = event.reaction.message_id if event.reaction else event.message_id
            await adapter.react(event.chat, message_id, emoji)
        except (NotDelivered, RetryLater) as error:
            logger.info("no reaction: %s", error)
            return False
        return True

    async def _collect(self, event: MessageEvent, reply: Reply, live: LiveMessage) -> str:
        text = ""
        with self.stop_signs.watch(event) as sign:
            async for piece in sign.guard(reply.pieces):
                text += piece
                live.show(text)
                crash_point("answering")
            reply.is_stopped = sign.is_set
        return text

    async def _complete(
        self,
        claimed: ClaimedEvent,
        whole: Whole,
        turn: NewTurn | None,
        parked: str | None = None,
        live: LiveMessage | None = None,
        is_kept: bool = True,
    ) -> None:
        say = partial(_in_language, language_of(claimed.event))
        bodies = await self._render(claimed.event.chat, whole, say)
        crash_point("answered")
        self._ready.call()  # the look for it comes behind it in the database's queue, and shares its commit
        shown = live.shown_parts(bodies) if live else ()
        await self._replies.complete(claimed, bodies, _reply_to(claimed.event), turn, parked, shown, is_kept=is_kept)
        crash_point("completed")

    async def _render(self, chat: Chat, whole: Whole, say: Say) -> Sequence[Rendered]:
        return await render_whole(whole, self._adapter(chat).capabilities, say)

    def _adapter(self, chat: Chat) -> Adapter:
        try:
            return self._adapters[chat.adapter]
        except KeyError:
            raise NotDelivered(f"adapter {chat.adapter!r} is not configured") from None

    async def _keep_typing(self, chat: Chat) -> None:
        adapter = self._adapter(chat)
        interval = adapter.capabilities.typing_interval
        while interval is not None:
            pause = interval
            try:
                await adapter.show_typing(chat)
            except RetryLater as error:
                pause = max(pause, error.after)
            except NotDelivered:
                return
            await asyncio.sleep(pause)


def _show_place(live: LiveMessage, language: Language, place: PlaceInLine) -> None:
    phrase = Phrase.IN_LINE if place.wait >= 1 else Phrase.IN_LINE_FOR_UNKNOWN_TIME
    wait = duration_in_words(place.wait, language)
    live.show_instead(phrase.in_language(language, number=place.number, wait=wait))


def _in_both_languages(phrase: Phrase, **values: object) -> str:
    return phrase.in_both_languages(**values)


def _in_language(language: Language, phrase: Phrase, **values: object) -> str:
    return phrase.in_language(language, **values)


def _reply_to(event: MessageEvent) -> str | None:
    """In a group, replies show which message they answer."""
    return event.message_id if event.chat.kind is ChatKind.GROUP else None


def _shown_text(event: MessageEvent, reply: Reply, text: str) -> str:
    """Return what the sender sees: the answer, or what stands for it, and the notice."""
    language = language_of(event)
    if reply.blocked_by:
        return Phrase.BLOCKED_OUT.in_language(language)
    if reply.is_stopped:
        return f"{text} {Phrase.STOPPED.in_language(language)}".strip()
    if reply.fault:
        text = f"{text}\n\n{Phrase.ENDED_EARLY.in_language(language)}".strip()
    elif not text.strip() and reply.file is None:
        text = Phrase.EMPTY_REPLY.in_language(language)
    return f"{text}\n\n{reply.notice}" if reply.notice else text


def _turn(reply: Reply, text: str) -> NewTurn | None:
    """Return what is remembered: every question that was given to the model, with what came of it."""
    if reply.question is None:
        return None
    state = TurnState.REFUSED if reply.blocked_by else TurnState.STOPPED if reply.is_stopped else TurnState.COMPLETE
    return NewTurn(reply.question, text, reply.num_tokens, state, reply.supersedes)
