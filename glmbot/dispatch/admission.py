"""Who may talk to the bot, and when it is meant."""

from collections.abc import Sequence
from dataclasses import replace

from glmbot.dispatch.access import Access
from glmbot.dispatch.limits import Limits
from glmbot.dispatch.outgoing import Outgoing
from glmbot.dispatch.roles import Roles
from glmbot.events import MessageEvent
from glmbot.hooks import ScreenEvent
from glmbot.phrases import Phrase, language_of
from glmbot.storage.inbox import ClaimedEvent
from glmbot.verdicts import Refusal

CUT_MARK = "…"
MAX_NAME = 256
"""Characters of a sender's name, and of an emoji; no platform lets them have as many."""


class Admission:
    """The first decision about an event."""

    def __init__(
        self,
        max_message_chars: int,
        roles: Roles,
        access: Access,
        limits: Limits,
        screens: Sequence[ScreenEvent],
        outgoing: Outgoing,
    ) -> None:
        self._max_chars = max_message_chars
        self._roles = roles
        self._access = access
        self._limits = limits
        self._screens = screens
        self._outgoing = outgoing

    def cut(self, event: MessageEvent) -> MessageEvent:
        """Return the event as it is kept: of a text that is too long as much as shows that it is, and a mark."""
        if len(event.sender.name) > MAX_NAME:
            event = replace(event, sender=replace(event.sender, name=event.sender.name[:MAX_NAME]))
        if event.reaction and len(event.reaction.emoji) > MAX_NAME:
            event = replace(event, reaction=replace(event.reaction, emoji=event.reaction.emoji[:MAX_NAME]))
        return event.with_text(event.text[: self._max_chars] + CUT_MARK) if self._is_too_long(event) else event

    def is_refused_at_sight(self, event: MessageEvent) -> bool:
        """Tell whether an event has nothing to handle, or a text too long for anybody to look into."""
        return not (event.text or event.attachments or event.reaction) or self._is_too_long(event)

    def is_shut_out(self, event: MessageEvent) -> bool:
        """Tell whether a list, a ban or a mute keeps the sender out."""
        return not self._roles.is_admin(event) and self._access.is_refused(event)

    async def check(self, claimed: ClaimedEvent) -> Refusal | None:
        """Return why the event is not handled, or None when it is. No list shuts an admin out."""
        event = claimed.event
        if not event.is_addressed:
            return Refusal("the bot is not addressed")
        if not self._roles.is_admin(event) and (refusal := await self._access.refusal(event)):
            return refusal
        if refusal := await self._limits.check(claimed):
            return refusal
        if self.is_refused_at_sight(event):
            return self._refusal_at_sight(event)
        if not (event.text.strip() or event.attachments or event.reaction):
            return Refusal("the message has no text")
        for screen in self._screens:
            if refusal := await screen(event):
                return await self._outgoing.refusal(event, refusal)
        return None

    def _is_too_long(self, event: MessageEvent) -> bool:
        return len(event.text) > self._max_chars

    def _refusal_at_sight(self, event: MessageEvent) -> Refusal:
        if event.text:
            text = Phrase.MESSAGE_TOO_LONG.in_language(language_of(event), limit=self._max_chars)
            return Refusal(f"the message has more than {self._max_chars} characters", text)
        return Refusal("the message has no words", words_wanted(event))


def is_wordless(event: MessageEvent) -> bool:
    """Tell whether an event says nothing that the model could be given: it has pictures only, say."""
    return not event.text.strip() and not event.documents()


def words_wanted(event: MessageEvent) -> str:
    """Return the notice for an event without words."""
    language = event.sender.language
    return Phrase.ATTACHMENT_ONLY.in_language(language) if language else Phrase.ATTACHMENT_ONLY.in_both_languages()
