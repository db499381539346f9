"""The whole way of a message, in one screen."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from glmbot.delivery.delivery import Delivery
from glmbot.dispatch.admission import Admission
from glmbot.dispatch.moderation import Moderation
from glmbot.dispatch.router import Router
from glmbot.hooks import Reacted, ReplySent
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
        moderation: Moderation,
        inbox: Inbox,
        reacted: Sequence[Reacted],
        reply_sent: Sequence[ReplySent],
    ) -> None:
        self.admission = admission
        self.safety = safety
        self.router = router
        self.delivery = delivery
        self.moderation = moderation
        self.inbox = inbox
        self.reacted = reacted
        self.reply_sent = reply_sent

    async def handle(self, claimed: ClaimedEvent) -> None:
        """Take one event all the way to its stored reply.

        Raises UserError (to be told to the sender), InferenceUnavailable and RetryLater (to be tried again).
        """
        event, started_at = claimed.event, time.monotonic()
        refusal = await self.admission.check(claimed)
        if event.reaction is not None:
            return await self._tell_reaction(claimed, refusal)
        if refusal is not None:
            return await self.delivery.refuse(claimed, refusal)
        scope = self.safety.scope_of(event)
        verdict = await self.safety.check(event.text, Direction.IN, Place.TEXT, scope)
        if refusal := await self.moderation.act(claimed, verdict):
            return await self.delivery.refuse(claimed, refusal)
        handler = await self.router.route(replace(claimed, event=event.with_text(verdict.text)))
        async with self.delivery.typing(event.chat):
            reply = await handler()
            if isinstance(reply, Refusal):
                return await self.delivery.refuse(claimed, reply)
            if reply is None:
                return await self.inbox.finish(claimed.inbox_id)
            guarded = self.moderation.watch(claimed, verdict, self.safety.guard(reply, scope))
            text = await self.delivery.deliver(claimed, guarded)
        logger.info("answered in %.2f s, %d tokens", time.monotonic() - started_at, reply.num_tokens)
        for reply_sent in self.reply_sent:
            await reply_sent(event, text)

    async def _tell_reaction(self, claimed: ClaimedEvent, refusal: Refusal | None) -> None:
        """Tell the plugins of a reaction, unless it is refused: in silence, since nobody has said anything."""
        for reacted in () if refusal else self.reacted:
            await reacted(claimed.event)
        await self.inbox.finish(claimed.inbox_id)
