"""Backups: made while others write, verified, kept in number, put back; and what is no backup."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from glmbot.errors import ConfigError
from glmbot.storage import backups, sqlite
from glmbot.storage.backups import BackupSchedule, restore
from glmbot.storage.database import Database
from glmbot.storage.files import backups_of
from glmbot.storage.inbox import Inbox
from glmbot.storage.migrate import migrations_folder
from glmbot.storage.sqlite import SqliteBackend
from tests.storage.conftest import event

HEADER_BYTES = 100


@pytest.fixture
def file(url: str) -> Path:
    """Return a database with one event in it."""
    add(url, "first")
    return sqlite.file_of(make_url(url))


def add(url: str, message_id: str) -> None:
    async def run() -> None:
        database = await Database.open(url)
        await Inbox(database).add(event(message_id))
        await database.close()

    asyncio.run(run())


def messages(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("SELECT message_id FROM inbox ORDER BY inbox_id")]


def back(url: str, backup: Path) -> backups.Restored:
    return restore(SqliteBackend.of(make_url(url)), migrations_folder(), backup)


def overwrite_the_middle(file: Path) -> Callable[[], object]:
    """Damage a database; return what mends it."""
    whole = file.read_bytes()
    middle = len(whole) // 2 // 4096 * 4096
    file.write_bytes(whole[:middle] + b"\xff" * 4096 + whole[middle + 4096 :])
    return lambda: file.write_bytes(whole)


def test_a_backup_has_what_was_committed_and_no_more(url: str, file: Path) -> None:
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("UPDATE inbox SET message_id = 'uncommitted'")
        made = sqlite.back_up(file, "by-hand")
        writer.rollback()
    assert messages(made) == ["first"]
    assert made.stat().st_mode == file.stat().st_mode
    assert not list(file.parent.glob("*.part*"))


def test_a_damaged_database_is_not_backed_up(file: Path) -> None:
    overwrite_the_middle(file)
    with pytest.raises(sqlite.DamagedError, match="is damaged"):
        sqlite.back_up(file, "by-hand")
    assert backups_of(file) == []
    assert not list(file.parent.glob("*.part*"))


def test_backups_are_known_by_their_names_the_newest_first(file: Path) -> None:
    names = ("scheduled-20260102T030405", "schema-0001_initial-20270102T030405", "by-hand-20250102T030405")
    for name in (*names, "notes"):
        file.with_name(f"{file.name}.{name}.backup").write_bytes(b"")
    assert [found.label for found in backups_of(file)] == ["schema-0001_initial", "scheduled", "by-hand"]


def test_a_restored_backup_takes_the_place_and_the_old_is_kept(url: str, file: Path) -> None:
    made = sqlite.back_up(file, "by-hand")
    add(url, "second")
    done = back(url, made)
    assert messages(file) == ["first"]
    assert done.kept is not None
    assert messages(done.kept) == ["first", "second"]
    add(url, "third")
    assert messages(file) == ["first", "third"]


def test_what_is_still_in_the_log_of_a_killed_bot_is_kept(url: str, file: Path) -> None:
    made = sqlite.back_up(file, "by-hand")
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("UPDATE inbox SET message_id = 'in the log'")
        writer.commit()
        pages, log = file.read_bytes(), file.with_name(f"{file.name}-wal").read_bytes()
    # closing brought the log into the file; a kill does not
    file.write_bytes(pages)
    file.with_name(f"{file.name}-wal").write_bytes(log)
    done = back(url, made)
    assert done.kept is not None
    assert messages(done.kept) == ["in the log"]
    assert messages(file) == ["first"]


def test_a_damaged_database_is_put_aside(url: str, file: Path) -> None:
    made = sqlite.back_up(file, "by-hand")
    overwrite_the_middle(file)
    damaged = file.read_bytes()[HEADER_BYTES:]
    with pytest.raises(ConfigError, match=f"`glmbot db restore` puts back the newest backup, '{made}'"):
        asyncio.run(Database.open(url))
    done = back(url, made)
    assert done.kept is not None
    assert ".damaged-" in done.kept.name
    assert done.kept.read_bytes()[HEADER_BYTES:] == damaged
    assert messages(file) == ["first"]


def test_a_missing_database_is_restored(url: str, file: Path) -> None:
    made = sqlite.back_up(file, "by-hand")
    file.unlink()
    assert back(url, made).kept is None
    assert messages(file) == ["first"]


def test_a_database_in_use_is_not_replaced(url: str, file: Path) -> None:
    made = sqlite.back_up(file, "by-hand")
    with closing(sqlite3.connect(file)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM inbox").fetchall()
        with pytest.raises(ConfigError, match="is held by another program"):
            back(url, made)
    assert messages(file) == ["first"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; take another one"),
        (b"no database at all" * 100, "is damaged or not a database"),
        (None, "does not exist"),
    ],
)
def test_what_is_no_backup_is_not_put_back(url: str, file: Path, content: bytes | None, message: str) -> None:
    backup = file.with_name("a.backup")
    if content is not None:
        backup.write_bytes(content)
    with pytest.raises(ConfigError, match=f"{backup}'.*{message}"):
        back(url, backup)
    assert messages(file) == ["first"]
    assert not list(file.parent.glob("*.part*"))


def test_a_damaged_backup_and_that_of_a_newer_glmbot_are_not_put_back(url: str, file: Path) -> None:
    made = sqlite.back_up(file, "by-hand")
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(ConfigError, match=r"by-hand.*was made by a newer glmbot \(schema '9999'\)"):
        back(url, made)
    overwrite_the_middle(made)
    with pytest.raises(ConfigError, match=r"by-hand.*is damaged"):
        back(url, made)
    assert messages(file) == ["first"]


async def test_backups_are_made_on_schedule_and_the_newest_are_kept(file: Path) -> None:
    by_hand = sqlite.back_up(file, "by-hand")
    old = [file.with_name(f"{file.name}.scheduled-2020010{day}T000000.backup") for day in (1, 2, 3)]
    for path in old:
        path.write_bytes(b"")
    schedule = asyncio.create_task(BackupSchedule(SqliteBackend(file), interval_s=3600, num_kept=2).run())
    await until(lambda: not old[1].exists())
    schedule.cancel()
    left = backups_of(file)
    assert [found.label for found in left].count("scheduled") == 2
    assert old[2].exists()
    assert by_hand.exists()
    newest = next(found for found in left if found.label == "scheduled")
    assert messages(newest.path) == ["first"]


async def test_no_backup_is_made_before_it_is_due(file: Path) -> None:
    made = sqlite.back_up(file, "scheduled")
    with suppress(TimeoutError):
        async with asyncio.timeout(0.3):
            await BackupSchedule(SqliteBackend(file), interval_s=3600, num_kept=2).run()
    assert [found.path for found in backups_of(file)] == [made]


async def test_a_backup_that_fails_is_reported_and_tried_again(
    file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "RETRY_AFTER", 0.01)
    mend = overwrite_the_middle(file)
    schedule = asyncio.create_task(BackupSchedule(SqliteBackend(file), interval_s=3600, num_kept=2).run())
    await until(lambda: "no backup was made: database" in caplog.text)
    mend()
    await until(lambda: bool(backups_of(file)))
    schedule.cancel()


async def test_a_backup_that_the_system_refuses_does_not_end_the_bot(
    file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sqlite, "back_up", refuse)
    schedule = asyncio.create_task(BackupSchedule(SqliteBackend(file), interval_s=3600, num_kept=2).run())
    await until(lambda: schedule.done() or "No space left" in caplog.text)
    assert not schedule.done()
    schedule.cancel()


async def until(is_done: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_done():
            await asyncio.sleep(0.01)


def test_two_backups_of_one_second_are_two(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one took the place of the first."""
    monkeypatch.setattr("glmbot.storage.files.timestamp", lambda: "20260101T000000")
    first, second = sqlite.back_up(file, "by-hand"), sqlite.back_up(file, "by-hand")
    assert {backup.path for backup in backups_of(file)} == {first, second}
    assert {backup.label for backup in backups_of(file)} == {"by-hand"}
