"""Who may talk to the bot, and when it is meant."""

from collections.abc import Sequence

from glmbot.events import MessageEvent
from glmbot.hooks import ScreenEvent
from glmbot.settings import AdmissionSettings
from glmbot.verdicts import Refusal


class Admission:
    """The first decision about an event."""

    def __init__(self, settings: AdmissionSettings, screens: Sequence[ScreenEvent]) -> None:
        self._allowed = frozenset(settings.allowed_senders)
        self._blocked = frozenset(settings.blocked_senders)
        self._screens = screens

    async def check(self, event: MessageEvent) -> Refusal | None:
        """Return why the event is not handled, or None when it is."""
        sender = f"{event.chat.adapter}:{event.sender.sender_id}"
        if not event.is_addressed:
            return Refusal("the bot is not addressed")
        if sender in self._blocked or (self._allowed and sender not in self._allowed):
            return Refusal("the sender is not allowed")
        if not event.text.strip():
            return Refusal("the message has no text")
        for screen in self._screens:
            if refusal := await screen(event):
                return refusal
        return None
