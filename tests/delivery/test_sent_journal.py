"""Places of messages, noted faster than the database does."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from glmbot.content import Rendered
from glmbot.delivery import sent_journal
from glmbot.delivery.sent_journal import FILE_NAME, SentJournal
from glmbot.events import Chat, ChatKind, MessageRef
from glmbot.storage.database import Database
from glmbot.storage.outbox import Outbox

ROOM = Chat("fake", "room", ChatKind.GROUP, "7")
PLACE = MessageRef(ROOM, "m1")


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'glmbot.db'}")
    outbox = Outbox(database)
    await outbox.add(ROOM, [Rendered("hello", "hello")])
    yield outbox
    await database.close()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SentJournal]:
    opened = SentJournal(tmp_path)
    yield opened
    opened.close()


async def test_what_a_bot_noted_before_it_died_is_known_to_the_next(
    tmp_path: Path, outbox: Outbox, journal: SentJournal
) -> None:
    (row,) = await outbox.due()
    journal.note(row.key, PLACE)
    with closing(SentJournal(tmp_path)) as next_journal:
        await next_journal.replay(outbox)
    (row,) = await outbox.due()
    assert row.ref == PLACE
    assert (tmp_path / FILE_NAME).read_text() == ""


async def test_a_line_that_was_being_written_does_no_harm(tmp_path: Path, outbox: Outbox, journal: SentJournal) -> None:
    (row,) = await outbox.due()
    journal.note(row.key, PLACE)
    with (tmp_path / FILE_NAME).open("a") as file:
        file.write('["unknown", "fake", "ro')
    await journal.replay(outbox)
    (row,) = await outbox.due()
    assert row.ref == PLACE


async def test_a_place_that_the_database_knows_stays(outbox: Outbox, journal: SentJournal) -> None:
    (row,) = await outbox.due()
    await outbox.set_ref(row.outbox_id, PLACE)
    journal.note(row.key, MessageRef(ROOM, "m2"))
    await journal.replay(outbox)
    (row,) = await outbox.due()
    assert row.ref == PLACE


def test_the_file_begins_anew_when_all_in_it_is_in_the_database(
    tmp_path: Path, journal: SentJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_journal, "MAX_BYTES", 10)
    journal.note("a", PLACE)
    journal.note("b", PLACE)
    journal.settle("a")
    assert (tmp_path / FILE_NAME).stat().st_size > 0
    journal.settle("b")
    assert (tmp_path / FILE_NAME).stat().st_size == 0
