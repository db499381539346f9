"""The door that all events come in by: when it returns, the event is durable."""

from glmbot.adapters.base import Accept
from glmbot.crash_points import crash_point
from glmbot.dispatch.admin_desk import AdminDesk
from glmbot.dispatch.admission import Admission, is_wordless
from glmbot.dispatch.moderation import Moderation
from glmbot.events import MessageEvent
from glmbot.plugin.host import PluginHost, command_name
from glmbot.safety.safety import Safety
from glmbot.storage.inbox import Inbox
from glmbot.verdicts import Direction, Place
from glmbot.wakeup import Wakeup


def intake(
    inbox: Inbox,
    plugins: PluginHost,
    desk: AdminDesk,
    admission: Admission,
    safety: Safety,
    moderation: Moderation,
    arrived: Wakeup,
) -> Accept:
    """Return the function that adapters hand their events to."""

    async def passes(event: MessageEvent) -> bool:
        verdict = await safety.check(event.text, Direction.IN, Place.TEXT, safety.scope_of(event))
        return await moderation.lets_through(event, verdict)

    async def accept(event: MessageEvent) -> None:
        """Store the event, unless it is a repeat, talk in a group that is not for the bot, or a reaction that no
        plugin wants to be told of: those are not kept.

        A plugin that waits for this sender's next message gets it here, since the conversation is busy
        with that plugin until it does; what safety blocks, and what comes from somebody who is shut out, goes the
        ordinary way to its refusal.

        What safety redacts is redacted before the event is stored: it is kept nowhere.

        The call for the workers comes before the wait for the database: their claim then stands behind the event in
        its queue, and shares the commit.
        """
        crash_point("fetched")
        event, findings = await safety.received(admission.cut(event))
        if event.is_edit and await inbox.amend(event):
            await moderation.record(event, findings, Direction.IN)
            return
        if event.reaction is not None:
            if plugins.wants_reactions:
                arrived.call()
                await inbox.add(event)
        elif admission.is_refused_at_sight(event):
            if event.is_addressed:
                arrived.call()
                await inbox.add(event, is_immediate=True)
        elif plugins.is_waiting_for(event) and not admission.is_shut_out(event) and await passes(event):
            if await inbox.add(event, is_done=True) and not plugins.offer_reply(event):
                await inbox.reopen(event)  # the wait has ended meanwhile
                arrived.call()
        elif event.is_addressed:
            arrived.call()
            is_immediate = plugins.is_immediate(event.text) or desk.hears(event, command_name(event.text))
            is_immediate |= plugins.is_waiting_for(event)  # refused now, not when the wait is over
            await inbox.add(event, is_immediate=is_wordless(event) or is_immediate)
        crash_point("stored")
        await moderation.record(event, findings, Direction.IN)

    return accept
