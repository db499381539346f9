"""The whole way of a message, in one screen."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from glmbot.delivery.delivery import Delivery
from glmbot.dispatch.admission import Admission
from glmbot.dispatch.router import Router
from glmbot.hooks import Reacted, ReplySent
from glmbot.phrases import Phrase, language_of
from glmbot.safety.safety import Safety
from glmbot.storage.inbox import ClaimedEvent, Inbox
from glmbot.verdicts import Direction, Place, Refusal

logger = logging.getLogger(__name__)


class Dispatcher:
    """Takes one event all the way to its stored reply."""

    def __init__(
        self,
        admission: Admission,
        safety: Safety,
        router: Router,
        delivery: Delivery,
        inbox: Inbox,
        reacted: Sequence[Reacted],
        reply_sent: Sequence[ReplySent],
    ) -> None:
        self.admission = admission
        self.safety = safety
        self.router = router
        self.delivery = delivery
        self.inbox = inbox
        self.reacted = reacted
        self.reply_sent = reply_sent

    async def handle(self, claimed: ClaimedEvent) -> None:
        """Take one event all the way to its stored reply.

        Raises UserError (to be told to the sender), InferenceUnavailable and RetryLater (to be tried again).
        """
        event, started_at = claimed.event, time.monotonic()
        if refusal := await self.admission.check(event):
            return await self.delivery.refuse(claimed, refusal)
        if event.reaction is not None:
            return await self._tell_reaction(claimed)
        scope = self.safety.scope_of(event)
        verdict = await self.safety.check(event.text, Direction.IN, Place.TEXT, scope)
        if verdict.is_blocked:
            return await self.delivery.refuse(claimed, _blocked(claimed, verdict.rule))
        handler = await self.router.route(replace(claimed, event=event.with_text(verdict.text)))
        async with self.delivery.typing(event.chat):
            reply = await handler()
            if reply is None:
                return await self.inbox.finish(claimed.inbox_id)
            text = await self.delivery.deliver(claimed, self.safety.guard(reply, scope))
        logger.info("answered in %.2f s, %d tokens", time.monotonic() - started_at, reply.num_tokens)
        for reply_sent in self.reply_sent:
            await reply_sent(event, text)

    async def _tell_reaction(self, claimed: ClaimedEvent) -> None:
        for reacted in self.reacted:
            await reacted(claimed.event)
        await self.inbox.finish(claimed.inbox_id)


def _blocked(claimed: ClaimedEvent, rule: str | None) -> Refusal:
    language = language_of(claimed.event)
    return Refusal(f"safety rule {rule!r}" if rule else "safety", Phrase.BLOCKED_IN.in_language(language))
