"""The commands by which admins decide: /approve, /mute, /ban, /pardon and /allow."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import timedelta

from glmbot.dispatch.access import Access
from glmbot.dispatch.roles import Roles
from glmbot.events import Chat, ChatKind, Language, MessageEvent, Sender
from glmbot.phrases import Phrase, duration_in_words, language_of
from glmbot.plugin.durations import parse_duration
from glmbot.plugin.schedule import Clock
from glmbot.storage.decisions import Decisions
from glmbot.storage.reports import Report, ReportState
from glmbot.storage.restrictions import Restriction, Standing
from glmbot.storage.subjects import Subject, SubjectKind
from glmbot.wakeup import Wakeup

USAGE = {
    "approve": "`/approve CODE`",
    "mute": "`/mute WHO [1h]`",
    "ban": "`/ban WHO`",
    "pardon": "`/pardon WHO`",
    "allow": "`/allow WHO`",
}
MAX_ID = 255
"""Characters of an id; the database keeps no longer ones."""
LONGEST_MUTE = timedelta(days=3650)
SAID = {Standing.MUTED: Phrase.IS_MUTED, Standing.BANNED: Phrase.IS_BANNED, Standing.ALLOWED: Phrase.IS_ALLOWED}


class AdminDesk:
    """Does what admins say. To anybody else the commands do not exist."""

    def __init__(
        self,
        roles: Roles,
        decisions: Decisions,
        access: Access,
        adapters: Collection[str],
        mute_for: float,
        clock: Clock,
        arrived: Wakeup,
    ) -> None:
        self._roles = roles
        self._decisions = decisions
        self._access = access
        self._adapters = adapters
        self._mute_for = mute_for
        self._clock = clock
        self._arrived = arrived

    def hears(self, event: MessageEvent, command: str | None) -> bool:
        """Tell whether an event is a command of an admin."""
        return command in USAGE and self._roles.is_admin(event)

    async def answer(self, event: MessageEvent, command: str) -> str:
        """Do what a command says, and say what holds then. The same command twice says and leaves the same."""
        _, _, rest = event.text.strip().partition(" ")
        if command == "approve":
            return await self._approve(event, rest.strip().lower())
        acts: dict[str, Callable[[MessageEvent, str], Awaitable[str | None]]] = {
            "mute": self._mute,
            "ban": lambda event, rest: self._restrict(event, rest, Standing.BANNED),
            "allow": lambda event, rest: self._restrict(event, rest, Standing.ALLOWED),
            "pardon": self._pardon,
        }
        text = await acts[command](event, rest.strip())
        return text or Phrase.MODERATION_USAGE.in_language(language_of(event), usage=USAGE[command])

    async def _approve(self, event: MessageEvent, code: str) -> str:
        language, by = language_of(event), _name_of(event)
        about = await self._decisions.find_report(code)
        if about is None:
            return Phrase.REPORT_UNKNOWN.in_language(language, code=code or "…")
        decided = await self._decisions.decide(
            _about_report(event, about), code, ReportState.APPROVED, by, self._clock.now()
        )
        if decided is None or decided.state is ReportState.OPEN:
            return Phrase.REPORT_NOT_APPROVABLE.in_language(language, code=code)
        if decided.state is ReportState.APPROVED:
            self._arrived.call()
            return Phrase.REPORT_APPROVED.in_language(language, code=code, by=decided.decided_by)
        return Phrase.REPORT_DECIDED.in_language(language, code=code, by=decided.decided_by, state=decided.state)

    async def _mute(self, event: MessageEvent, rest: str) -> str | None:
        who, _, last = rest.rpartition(" ")
        try:
            duration = min(parse_duration(last), LONGEST_MUTE) if who else None
        except (ValueError, OverflowError):
            duration = None
        if duration is None:
            return await self._restrict(event, rest, Standing.MUTED, self._mute_for)
        return await self._restrict(event, who, Standing.MUTED, duration.total_seconds())

    async def _restrict(
        self, event: MessageEvent, who: str, standing: Standing, seconds: float | None = None
    ) -> str | None:
        subject, report = await self._find(who)
        if subject is None:
            return None
        now, by, language = self._clock.now(), _name_of(event), language_of(event)
        until = None if seconds is None else now + seconds
        restriction = Restriction(subject, standing, until)
        await self._decisions.restrict(_about(event, subject), restriction, by, now, report)
        await self._access.reload()
        wait = duration_in_words(seconds or 0.0, language).strip()
        return SAID[standing].in_language(language, subject=f"`{subject.name}`", wait=wait)

    async def _pardon(self, event: MessageEvent, who: str) -> str | None:
        subject, _ = await self._find(who)
        if subject is None:
            return None
        await self._decisions.pardon(_about(event, subject), subject, _name_of(event), self._clock.now())
        await self._access.reload()
        return Phrase.IS_PARDONED.in_language(language_of(event), subject=f"`{subject.name}`")

    async def _find(self, who: str) -> tuple[Subject | None, Report | None]:
        """Return whom a command is about: the sender of a report, or a sender or chat by name."""
        kind = SubjectKind.CHAT if who.startswith("chat ") else SubjectKind.SENDER
        adapter, separator, subject_id = who.removeprefix("chat ").strip().partition(":")
        if separator:
            is_known = adapter in self._adapters and 0 < len(subject_id) <= MAX_ID
            return (Subject(adapter, kind, subject_id) if is_known else None), None
        report = await self._decisions.find_report(adapter.lower())
        return (Subject(report.adapter, SubjectKind.SENDER, report.sender_id), report) if report else (None, None)


def _name_of(event: MessageEvent) -> str:
    return f"{event.chat.adapter}:{event.sender.sender_id}"


def _about(event: MessageEvent, subject: Subject) -> MessageEvent:
    """Return an event as the log notes it: the admin's message, and whom it is about."""
    is_chat = subject.kind is SubjectKind.CHAT
    chat = Chat(subject.adapter, subject.subject_id if is_chat else "", ChatKind.PRIVATE)
    return replace(event, chat=chat, sender=Sender("" if is_chat else subject.subject_id, ""))


def _about_report(event: MessageEvent, report: Report) -> MessageEvent:
    chat = Chat(report.adapter, report.chat_id, ChatKind.PRIVATE, report.thread_id or None)
    return replace(event, chat=chat, sender=Sender(report.sender_id, "", Language.ENGLISH))
