"""The door that all events come in by: when it returns, the event is durable."""

import logging

from glmbot.adapters.base import Accept
from glmbot.crash_points import crash_point
from glmbot.dispatch.admission import Admission, is_wordless
from glmbot.events import MessageEvent
from glmbot.plugin.host import PluginHost
from glmbot.safety.safety import Safety
from glmbot.storage.inbox import Inbox
from glmbot.verdicts import Direction, Place
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)


def intake(inbox: Inbox, plugins: PluginHost, admission: Admission, safety: Safety, arrived: Wakeup) -> Accept:
    """Return the function that adapters hand their events to."""

    async def accept(event: MessageEvent) -> None:
        """Store the event, unless it is a repeat, talk in a group that is not for the bot, or a reaction that no plugin
        is told of: they are not kept.

        A plugin that waits for this sender's next message gets it here, since the conversation is busy
        with that plugin until it does; what safety blocks goes the ordinary way to its refusal.

        What safety redacts is redacted before the event is stored: it is kept nowhere.

        The call for the workers comes before the wait for the database: their claim then stands behind the event in
        its queue, and shares the commit.
        """
        crash_point("fetched")
        event, findings = await safety.received(admission.cut(event))
        for finding in findings:
            logger.info("redacted before it is kept: %s, %s", finding.place, finding.rule)
        if event.is_edit and await inbox.amend(event):
            return
        if event.reaction is not None:
            if plugins.wants_reactions:
                arrived.call()
                await inbox.add(event)
        elif admission.is_refused_at_sight(event):
            if event.is_addressed:
                arrived.call()
                await inbox.add(event, is_immediate=True)
        elif plugins.is_waiting_for(event) and not await _is_blocked(event, safety):
            if await inbox.add(event, is_done=True) and not plugins.offer_reply(event):
                await inbox.reopen(event)  # the wait has ended meanwhile
                arrived.call()
        elif event.is_addressed:
            arrived.call()
            await inbox.add(event, is_immediate=is_wordless(event) or plugins.is_immediate(event.text))
        crash_point("stored")

    return accept


async def _is_blocked(event: MessageEvent, safety: Safety) -> bool:
    return (await safety.check(event.text, Direction.IN, Place.TEXT, safety.scope_of(event))).is_blocked
