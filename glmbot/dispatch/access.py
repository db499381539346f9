"""The lists of who may talk to the bot: those of the settings, and what admins and strikes made of them since."""

from collections.abc import Sequence

from glmbot.events import MessageEvent
from glmbot.phrases import Phrase, duration_in_words, language_of
from glmbot.plugin.schedule import Clock
from glmbot.settings import AdmissionSettings
from glmbot.storage.restrictions import Restriction, Restrictions, Standing
from glmbot.storage.subjects import Subject, SubjectKind, subjects_of
from glmbot.verdicts import Refusal
from glmbot.wakeup import Wakeup


class Access:
    """Knows how everybody stands, without asking the database; `changed` is called when another process wrote to it."""

    def __init__(self, settings: AdmissionSettings, restrictions: Restrictions, clock: Clock) -> None:
        self._allowed = {SubjectKind.SENDER: settings.allowed_senders, SubjectKind.CHAT: settings.allowed_chats}
        self._blocked = {SubjectKind.SENDER: settings.blocked_senders, SubjectKind.CHAT: settings.blocked_chats}
        self._restrictions = restrictions
        self._clock = clock
        self._standing: dict[Subject, Restriction] = {}
        self.changed = Wakeup()

    async def run(self) -> None:
        """Keep up with other processes until cancelled."""
        while True:
            await self.changed.wait()
            await self.reload()

    async def reload(self) -> None:
        """Learn how everybody stands."""
        self._standing = {one.subject: one for one in await self._restrictions.all()}

    def is_refused(self, event: MessageEvent) -> bool:
        """Tell whether an event's sender, or its chat, is not answered."""
        subjects = subjects_of(event)
        return self._is_shut_out(subjects) or any(self._mute_of(one) for one in subjects)

    async def refusal(self, event: MessageEvent) -> Refusal | None:
        """Return why an event's sender, or its chat, is not answered."""
        subjects = subjects_of(event)
        if self._is_shut_out(subjects):
            return Refusal("the sender or the chat is not allowed")
        for subject in subjects:
            if restriction := self._mute_of(subject):
                return await self._muted(event, restriction)
        return None

    def _mute_of(self, subject: Subject) -> Restriction | None:
        restriction = self._now(subject)
        return restriction if restriction and restriction.standing is Standing.MUTED else None

    def _is_shut_out(self, subjects: Sequence[Subject]) -> bool:
        return any(self._is_blocked(one) or not self._is_on_list(one) for one in subjects)

    def _is_blocked(self, subject: Subject) -> bool:
        if restriction := self._now(subject):
            return restriction.standing is Standing.BANNED
        return subject.name in self._blocked[subject.kind]

    def _is_on_list(self, subject: Subject) -> bool:
        listed = self._allowed[subject.kind]
        restriction = self._now(subject)
        return not listed or subject.name in listed or bool(restriction and restriction.standing is Standing.ALLOWED)

    def _now(self, subject: Subject) -> Restriction | None:
        restriction = self._standing.get(subject)
        is_over = restriction and restriction.until is not None and restriction.until <= self._clock.now()
        return None if is_over else restriction

    async def _muted(self, event: MessageEvent, restriction: Restriction) -> Refusal:
        """Say it once; then be quiet."""
        reason = f"the {restriction.subject.kind} is muted"
        if event.reaction is not None or not await self._restrictions.claim_notice(
            restriction.subject, event.message_id
        ):
            return Refusal(reason)
        language = language_of(event)
        left = (restriction.until or 0.0) - self._clock.now()
        return Refusal(reason, Phrase.MUTED.in_language(language, wait=duration_in_words(left, language)))
