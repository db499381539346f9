"""Checks the promises from the outside: the ledgers of platform and model, and what the database says.

1. Each message that was fed has exactly one terminal outcome: a reply, a refusal or a notice, visible in full.
2. Nothing is visible twice.
3. In each chat the replies stand in the order of the messages, and prompts hold the true history.
4. Each stored turn reads back byte for byte.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, create_engine, text
from sqlalchemy.pool import NullPool

from glmbot.storage.backend import parse
from tests.faults.answers import MARK, AnswerLedger, answer
from tests.faults.platform import Platform, Shown


@dataclass(slots=True)
class Findings:
    """What is broken, a line each; and how many messages ended in a notice of the bot's own, which is no breach."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    surplus: list[Shown] = field(default_factory=list)
    """The visible messages that are duplicates, whole or begun."""
    num_notices: int = 0
    num_left_over: int = 0
    """Parts of an answer that were shown before the bot died, and that the answer given in the end does not need."""

    @property
    def is_clean(self) -> bool:
        """Tell whether every promise was kept, duplicates included."""
        return not (self.lost or self.duplicated or self.out_of_order or self.altered)

    def check(self, max_duplicates: int = 0) -> None:
        """Raise AssertionError where a promise is broken."""
        assert not self.lost, self.lost[:5]
        assert not self.out_of_order, self.out_of_order[:5]
        assert not self.altered, self.altered[:5]
        assert len(self.duplicated) <= max_duplicates, self.duplicated[:5]


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows that matter, read in one go. `inbox` is by message id, the others by inbox id."""

    inbox: dict[str, Row[Any]]
    outbox: dict[int, list[Row[Any]]]
    turns: dict[int, list[Row[Any]]]


def read_stored(url: str) -> Stored:
    """Read the bot's database."""
    engine = create_engine(reading_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        inbox = connection.execute(text("SELECT inbox_id, message_id, state FROM inbox")).all()
        outbox = connection.execute(
            text("SELECT inbox_id, part, text, state, platform_id, reason, key FROM outbox ORDER BY inbox_id, part")
        ).all()
        turns = connection.execute(text("SELECT inbox_id, question, answer, state FROM turns ORDER BY turn_id")).all()
    engine.dispose()
    return Stored({row.message_id: row for row in inbox}, _by_inbox_id(outbox), _by_inbox_id(turns))


def reading_url(url: str, *, is_strict: bool = False) -> str:
    """Return the database's URL, with its driver.

    A strict reader leaves SQLite's log alone: another would bring what a dead bot left there into the database.
    """
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite" and is_strict:
        parsed = parsed.set(database=f"file:{parsed.database}", query={"mode": "ro", "uri": "true"})
    return parsed.render_as_string(hide_password=False)


def findings(platform: Platform, model: AnswerLedger, stored: Stored) -> Findings:
    """Judge what came of all that the platform was fed."""
    found = Findings()
    found.out_of_order += model.false_histories
    belonging: dict[str, tuple[int, int]] = {}  # which message, and which part, a visible message shows
    for index, (message_id, chat, question) in enumerate(_fed(platform)):
        _judge_outcome(found, platform, stored, message_id, chat, belonging, index)
        _judge_turn(found, stored, message_id, question)
    _judge_visible(found, platform, belonging, _left_over(stored))
    return found


def _left_over(stored: Stored) -> set[str]:
    return {part.key for parts in stored.outbox.values() for part in parts if part.state == "dropped"}


def _fed(platform: Platform) -> Iterator[tuple[str, str, str]]:
    """Yield each message once, in the platform's order."""
    seen = set()
    for update in platform.updates:
        if update.message_id not in seen:
            seen.add(update.message_id)
            yield update.message_id, update.chat, update.text


def _judge_outcome(
    found: Findings,
    platform: Platform,
    stored: Stored,
    message_id: str,
    chat: str,
    belonging: dict[str, tuple[int, int]],
    index: int,
) -> None:
    row = stored.inbox.get(message_id)
    if row is None:
        return found.lost.append(f"{message_id} of {chat} was never stored")
    parts = [part for part in stored.outbox.get(row.inbox_id, []) if part.state != "dropped"]
    if row.state not in ("done", "parked") or not parts:
        return found.lost.append(f"{message_id} of {chat} is {row.state} with {len(parts)} messages")
    if row.inbox_id not in stored.turns:
        found.num_notices += 1
    for part in parts:
        shown = _shown(platform, chat, part, belonging)
        if shown is None:
            found.lost.append(f"{message_id} of {chat}, part {part.part}: {part.state}, but not visible as stored")
        else:
            belonging[shown.message_id] = (index, part.part)


def _shown(platform: Platform, chat: str, part: Row[Any], belonging: dict[str, tuple[int, int]]) -> Shown | None:
    """Return the visible message of an outbox row; one that was given up may be visible all the same."""
    if part.state == "sent":
        shown = platform.shown.get(part.platform_id)
        return shown if shown and shown.chat == chat and shown.text == part.text else None
    candidates = (shown for shown in platform.shown.values() if shown.chat == chat and shown.text == part.text)
    return next((shown for shown in candidates if shown.message_id not in belonging), None)


def _judge_turn(found: Findings, stored: Stored, message_id: str, question: str) -> None:
    row = stored.inbox.get(message_id)
    turns = stored.turns.get(row.inbox_id, []) if row else []
    if len(turns) > 1:
        found.altered.append(f"{message_id} has {len(turns)} turns")
    for turn in turns:
        if turn.question != question:
            found.altered.append(f"{message_id}: question {question!r} is stored as {turn.question!r}")
        if turn.state == "complete" and turn.answer != answer(question):
            found.altered.append(f"{message_id}: answer {answer(question)!r} is stored as {turn.answer!r}")


def _judge_visible(
    found: Findings, platform: Platform, belonging: dict[str, tuple[int, int]], left_over: set[str]
) -> None:
    newest: dict[str, tuple[int, int]] = defaultdict(lambda: (-1, -1))
    marks: Counter[str] = Counter()
    for shown in platform.shown.values():
        place = belonging.get(shown.message_id)
        if place is None and shown.key in left_over:
            found.num_left_over += 1
            continue
        if place is None:
            found.surplus.append(shown)
            found.duplicated.append(f"{shown.message_id} in {shown.chat}: {shown.text[:40]!r}")
            continue
        marks.update(MARK.findall(shown.text))
        if place < newest[shown.chat]:
            found.out_of_order.append(f"{shown.message_id} in {shown.chat}: {shown.text[:40]!r} stands too late")
        newest[shown.chat] = max(place, newest[shown.chat])
    found.duplicated += [f"{mark} stands {count} times" for mark, count in marks.items() if count > 1]


def _by_inbox_id(rows: Any) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.inbox_id].append(row)
    return dict(found)
