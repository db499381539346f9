"""How much each sender and chat may ask: buckets for the minute, in memory, and quotas for the day, in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from glmbot.dispatch.roles import Roles
from glmbot.phrases import Phrase, duration_in_words, language_of
from glmbot.plugin.schedule import Clock
from glmbot.settings import LimitSettings
from glmbot.storage.inbox import ClaimedEvent
from glmbot.storage.quotas import Quota, Quotas
from glmbot.storage.subjects import Subject, SubjectKind, subjects_of
from glmbot.verdicts import Refusal

MAX_BUCKETS = 10_000
"""Buckets that are kept; above it those go that are full again: a new one is full as well."""
FAST = {SubjectKind.SENDER: Phrase.TOO_FAST, SubjectKind.CHAT: Phrase.CHAT_TOO_FAST}
USED_UP = {SubjectKind.SENDER: Phrase.QUOTA_USED_UP, SubjectKind.CHAT: Phrase.CHAT_QUOTA_USED_UP}

Number = TypeVar("Number", int, float)


@dataclass(slots=True)
class Bucket:
    """What a subject has left of its burst; `per_second` is how fast it fills again."""

    left: float
    per_second: float
    burst: int
    filled_at: float
    is_told: bool = False

    def fill(self, now: float) -> None:
        """Fill it up for the time that went by; a clock that was set back gives nothing."""
        self.left = min(self.burst, self.left + max(0.0, now - self.filled_at) * self.per_second)
        self.filled_at = now

    @property
    def wait(self) -> float:
        """Seconds until there is one to take."""
        return max(0.0, 1 - self.left) / self.per_second

    def take(self) -> None:
        """Take one."""
        self.left -= 1
        self.is_told = False

    def claim_notice(self) -> bool:
        """Return True once until something can be taken again."""
        was_told, self.is_told = self.is_told, True
        return not was_told


class Limits:
    """Counts what is asked. A message that is handled again, or was approved by an admin, is not counted again;
    a reaction is no question.
    """

    def __init__(self, settings: LimitSettings, roles: Roles, quotas: Quotas, clock: Clock) -> None:
        self._settings = settings
        self._roles = roles
        self._quotas = quotas
        self._clock = clock
        self._buckets: dict[Subject, Bucket] = {}

    async def check(self, claimed: ClaimedEvent) -> Refusal | None:
        """Count a message, unless it is one too many: then return when it would not be."""
        if claimed.is_approved or claimed.event.reaction is not None or self._roles.is_admin(claimed.event):
            return None
        if claimed.attempts == 1 and (refusal := self._too_fast(claimed)):
            return refusal
        return await self._over_quota(claimed)

    def today(self) -> str:
        """Return the day that is counted for now, in the zone of the machine."""
        return datetime.fromtimestamp(self._clock.now()).date().isoformat()

    def _too_fast(self, claimed: ClaimedEvent) -> Refusal | None:
        buckets = self._buckets_of(claimed)
        for subject, bucket in buckets.items():
            if bucket.wait > 0:
                return _refusal(claimed, subject, FAST, bucket.wait, bucket.claim_notice())
        for bucket in buckets.values():
            bucket.take()
        return None

    def _buckets_of(self, claimed: ClaimedEvent) -> Mapping[Subject, Bucket]:
        settings, roles = self._settings, self._roles.of(claimed.event)
        sender, chat = subjects_of(claimed.event)
        per_minute = {
            sender: (_of_roles(settings.messages_per_minute, settings.role_messages_per_minute, roles), settings.burst),
            chat: (settings.chat_messages_per_minute, settings.chat_burst),
        }
        return {one: self._bucket(one, rate, burst) for one, (rate, burst) in per_minute.items() if rate}

    def _bucket(self, subject: Subject, per_minute: float, burst: int) -> Bucket:
        now = self._clock.now()
        if len(self._buckets) >= MAX_BUCKETS:
            self._forget_full(now)
        bucket = self._buckets.setdefault(subject, Bucket(burst, per_minute / 60, burst, now))
        bucket.fill(now)
        return bucket

    def _forget_full(self, now: float) -> None:
        for bucket in self._buckets.values():
            bucket.fill(now)
        self._buckets = {subject: bucket for subject, bucket in self._buckets.items() if bucket.left < bucket.burst}

    async def _over_quota(self, claimed: ClaimedEvent) -> Refusal | None:
        quotas = self._quotas_of(claimed)
        if not quotas:
            return None
        used_up = await self._quotas.admit(claimed.inbox_id, claimed.event.message_id, quotas, self.today())
        if used_up is None:
            return None
        return _refusal(claimed, used_up.subject, USED_UP, self._until_midnight(), used_up.is_first)

    def _quotas_of(self, claimed: ClaimedEvent) -> Sequence[Quota]:
        settings, roles = self._settings, self._roles.of(claimed.event)
        sender, chat = subjects_of(claimed.event)
        messages = _of_roles(settings.daily_messages, settings.role_daily_messages, roles)
        tokens = _of_roles(settings.daily_tokens, settings.role_daily_tokens, roles)
        both = (Quota(sender, messages, tokens), Quota(chat, settings.chat_daily_messages, settings.chat_daily_tokens))
        return both if any(one.max_messages or one.max_tokens for one in both) else ()

    def _until_midnight(self) -> float:
        now = datetime.fromtimestamp(self._clock.now())
        return (datetime.combine(now.date() + timedelta(days=1), datetime.min.time()) - now).total_seconds()


def counts_tokens(settings: LimitSettings) -> bool:
    """Tell whether anything is limited by tokens."""
    return bool(settings.daily_tokens or settings.chat_daily_tokens or any(settings.role_daily_tokens.values()))


def _of_roles(of_all: Number, of_role: Mapping[str, Number], roles: frozenset[str]) -> Number:
    """Return the most generous of what a sender's roles give, else what everybody has; 0 is no limit."""
    theirs = [limit for role, limit in of_role.items() if role in roles]
    if not theirs:
        return of_all
    return min(theirs) if 0 in theirs else max(theirs)


def _refusal(
    claimed: ClaimedEvent, subject: Subject, phrases: Mapping[SubjectKind, Phrase], wait: float, is_first: bool
) -> Refusal:
    reason = f"the {subject.kind} is over its limit"
    if not is_first:
        return Refusal(reason)
    language = language_of(claimed.event)
    return Refusal(reason, phrases[subject.kind].in_language(language, wait=duration_in_words(wait, language)))
