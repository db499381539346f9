"""Opening, migrating and refusing databases; many writers; the plugins' store."""

import asyncio
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from glmbot.errors import ConfigError, RetryLater
from glmbot.storage.backend import backend_of
from glmbot.storage.database import Database
from glmbot.storage.inbox import Inbox
from glmbot.storage.migrate import downgrade, migrations_folder, upgrade
from glmbot.storage.plugin_store import PluginStore
from tests.storage.conftest import Told, event

NEXT_MIGRATION = """
import os, signal
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9998", {head!r}

def upgrade() -> None:
    op.add_column("senders", sa.Column("mood", sa.Text))
    op.get_bind().exec_driver_sql("UPDATE senders SET mood = 'good'")
    {ending}

def downgrade() -> None:
    raise NotImplementedError
"""


def file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def migrations_with_one_more(tmp_path: Path, ending: str) -> Path:
    folder = tmp_path / "100% newer"
    shutil.copytree(migrations_folder(), folder)
    head = max(path.stem for path in (folder / "versions").glob("*.py"))
    (folder / "versions" / "9998.py").write_text(NEXT_MIGRATION.format(head=head, ending=ending), encoding="utf-8")
    return folder


def columns_of_senders(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [row[1] for row in connection.execute("PRAGMA table_info(senders)")]


def backups_of(url: str) -> list[Path]:
    return list(file_of(url).parent.glob("*.backup"))


@contextmanager
def another_program_writes(url: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file_of(url), isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


async def fill_up(database: Database) -> None:
    """Let the database not grow any more."""

    def work(connection: Connection) -> None:
        num_pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {num_pages}")

    await database.run(work)


async def filled(url: str) -> None:
    database = await Database.open(url)
    await Inbox(database).add(event("1"))
    await database.close()


async def test_up_down_and_up_again(url: str) -> None:
    database = await Database.open(url)
    await Inbox(database).add(event("1"))
    await database.close()
    downgrade(backend_of(url, Path()), migrations_folder(), "base")
    upgrade(backend_of(url, Path()), migrations_folder())
    database = await Database.open(url)
    assert await Inbox(database).add(event("1"))
    await database.close()


async def test_opening_again_keeps_everything_and_makes_no_backup(url: str) -> None:
    database = await Database.open(url)
    await Inbox(database).add(event("1"))
    await database.close()
    database = await Database.open(url)
    assert await Inbox(database).num_open() == 1
    await database.close()
    assert not list(file_of(url).parent.glob("*.backup"))


async def test_a_newer_database_is_refused(url: str) -> None:
    await (await Database.open(url)).close()
    with sqlite3.connect(file_of(url)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="made by a newer glmbot.*'9999'.*install that version"):
        await Database.open(url)


async def test_a_file_that_is_no_database_is_refused_and_left_alone(url: str) -> None:
    file_of(url).parent.mkdir()
    file_of(url).write_bytes(b"no database" * 100)
    with pytest.raises(ConfigError, match="damaged or not a database"):
        await Database.open(url)
    assert file_of(url).read_bytes() == b"no database" * 100


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/x", "oracle+nothing://x"])
async def test_an_address_that_cannot_be_used_is_explained(url: str) -> None:
    with pytest.raises(ConfigError, match="storage.url"):
        await Database.open(url)


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"the database's folder '.*file/data' cannot be made"):
        await Database.open(f"sqlite:///{tmp_path}/file/data/x.db")


async def test_eight_writers_lose_nothing(url: str) -> None:
    databases = [await Database.open(url) for _ in range(8)]

    def add_one(connection: Connection) -> None:
        value = connection.exec_driver_sql("SELECT value FROM plugin_store").scalar() or 0
        connection.exec_driver_sql(
            "INSERT OR REPLACE INTO plugin_store (plugin, key, value) VALUES ('p', 'k', ?)", (int(value) + 1,)
        )

    async def count_up(database: Database) -> None:
        for _ in range(25):
            await database.run(add_one)

    async with asyncio.TaskGroup() as tasks:
        for database in databases:
            tasks.create_task(count_up(database))
    assert await PluginStore(databases[0], "p").get("k") == 200
    for database in databases:
        await database.close()


async def test_each_plugin_has_a_store_of_its_own(database: Database) -> None:
    mine, yours = PluginStore(database, "mine"), PluginStore(database, "yours")
    await mine.set("a%b", {"text": "你好", "numbers": [1, 2.5, None]})
    await mine.set("a", 1)
    await mine.set("a", 2)
    await yours.set("a", "other")
    assert await mine.items() == [("a", 2), ("a%b", {"text": "你好", "numbers": [1, 2.5, None]})]
    assert await mine.items("a%") == [("a%b", {"text": "你好", "numbers": [1, 2.5, None]})]
    assert (await mine.delete("a"), await mine.delete("a"), await mine.get("a")) == (True, False, None)
    assert await yours.get("a") == "other"


def test_a_checkout_uses_its_own_migrations() -> None:
    assert (migrations_folder() / "versions" / "0001_initial.py").is_file()


def test_a_wheel_brings_its_migrations_beside_the_package(tmp_path: Path) -> None:
    """A folder "migrations" in site-packages may be of anybody."""
    for name in ("glmbot_migrations", "migrations"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "env.py").write_text("", encoding="utf-8")
    assert migrations_folder(tmp_path / "glmbot") == tmp_path / "glmbot_migrations"


def test_an_installation_without_migrations_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="migrations beside '.*glmbot' are missing; install glmbot again"):
        migrations_folder(tmp_path / "glmbot")


async def test_a_schema_change_keeps_the_rows_and_a_copy_to_go_back_to(url: str, tmp_path: Path) -> None:
    await filled(url)
    upgrade(backend_of(url, Path()), migrations_with_one_more(tmp_path, "pass"))
    assert "mood" in columns_of_senders(file_of(url))
    with pytest.raises(ConfigError, match="made by a newer glmbot"):
        await Database.open(url)
    (backup,) = backups_of(url)
    restored = await Database.open(f"sqlite:///{backup}")
    assert await Inbox(restored).num_open() == 1
    await restored.close()


async def test_a_schema_change_that_fails_leaves_the_old_schema(url: str, tmp_path: Path) -> None:
    await filled(url)
    with pytest.raises(ZeroDivisionError):
        upgrade(backend_of(url, Path()), migrations_with_one_more(tmp_path, "1 / 0"))
    assert "mood" not in columns_of_senders(file_of(url))


async def test_a_schema_change_that_is_killed_leaves_the_old_schema(url: str, tmp_path: Path) -> None:
    await filled(url)
    folder = migrations_with_one_more(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    program = f"""
from pathlib import Path
from glmbot.storage.backend import backend_of
from glmbot.storage.migrate import upgrade
upgrade(backend_of({url!r}, Path()), Path({str(folder)!r}))
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=environment)
    assert await child.wait() == -signal.SIGKILL
    assert "mood" not in columns_of_senders(file_of(url))
    database = await Database.open(url)
    assert await Inbox(database).num_open() == 1
    await database.close()


async def test_many_bots_may_open_at_the_same_time(url: str, tmp_path: Path) -> None:
    urls = [url] * 4 + [f"sqlite:///{tmp_path}/{number}.db" for number in range(4)]
    async with asyncio.TaskGroup() as tasks:
        opened = [tasks.create_task(Database.open(one)) for one in urls]
    for task in opened:
        assert await Inbox(task.result()).add(event("1")) or task in opened[1:4]
        await task.result().close()


async def test_a_database_of_another_program_is_left_alone(url: str) -> None:
    file_of(url).parent.mkdir()
    with closing(sqlite3.connect(file_of(url))) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(ConfigError, match=r"'.*glmbot\.db' belongs to another program; set storage.url"):
        await Database.open(url)


async def test_a_damaged_database_is_refused_at_start(url: str) -> None:
    database = await Database.open(url)
    for number in range(50):
        await Inbox(database).add(event(str(number), text="x" * 1000))
    await database.close()
    content = bytearray(file_of(url).read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    file_of(url).write_bytes(content)
    with pytest.raises(ConfigError, match="damaged or not a database; put a backup in its place"):
        await Database.open(url)


@pytest.mark.parametrize("path", ["", ":memory:"])
async def test_a_database_without_a_file_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match=r"storage\.url names no file"):
        await Database.open(f"sqlite:///{path}")


async def test_a_password_in_the_address_is_not_told() -> None:
    with pytest.raises(ConfigError, match=r"^(?!.*secret)"):
        await Database.open("postgresql+asyncpg://me:secret@host/x")


async def test_a_start_while_another_program_writes_gives_up_and_says_so(url: str) -> None:
    await filled(url)
    with another_program_writes(url), pytest.raises(ConfigError, match="held by another program: a second glmbot"):
        await Database.open(f"{url}?timeout=0.05")


async def test_everything_waits_while_another_program_writes(url: str, caplog: pytest.LogCaptureFixture) -> None:
    database = await Database.open(f"{url}?timeout=0.05")
    async with asyncio.TaskGroup() as tasks:
        with another_program_writes(url) as other:
            adding = tasks.create_task(Inbox(database).add(event("1")))
            async with asyncio.timeout(20):
                while "everything waits" not in caplog.text:
                    await asyncio.sleep(0.01)
            assert not adding.done()
            other.execute("COMMIT")
    assert adding.result()
    await database.close()


async def test_an_event_that_cannot_be_stored_is_to_be_offered_again(sqlite_database: Database) -> None:
    await fill_up(sqlite_database)
    with pytest.raises(RetryLater, match=r"cannot be stored: the disk of database '.*glmbot\.db' is full"):
        await Inbox(sqlite_database).add(event("1", text="x" * 100_000))
    assert await Inbox(sqlite_database).num_open() == 0


async def test_what_has_no_room_on_the_disk_waits_until_it_has(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are not held up meanwhile, and the trouble is told once, and its end."""
    monkeypatch.setattr("glmbot.storage.database.FULL_PAUSE", 0.01)
    told = Told(sqlite_database)
    await fill_up(sqlite_database)
    store = PluginStore(sqlite_database, "p")
    async with asyncio.TaskGroup() as tasks:
        setting = tasks.create_task(store.set("k", "x" * 100_000))
        async with asyncio.timeout(20):
            while not told.of:
                await asyncio.sleep(0.01)
        assert await store.get("other") is None
        assert not setting.done()
        more = "PRAGMA max_page_count = 1000000"
        await sqlite_database.run(lambda connection: connection.exec_driver_sql(more).close())
    assert len(str(await store.get("k"))) == 100_000
    assert told.of == [("disk full", False), ("disk full", True)]


async def test_cancelled_tasks_end_and_leave_nothing_locked(database: Database) -> None:
    """The cancellations come at many moments of a transaction: one turn of the loop later in each round."""
    inbox, num_begun = Inbox(database), 0

    async def add_for_ever(sender: str) -> None:
        nonlocal num_begun
        while True:
            num_begun += 1
            await inbox.add(event(str(num_begun), sender))

    for number in range(60):
        begun_before = num_begun
        task = asyncio.create_task(add_for_ever(str(number)))
        async with asyncio.timeout(20):
            while num_begun < begun_before + 2:
                await asyncio.sleep(0)
        for _ in range(number):
            await asyncio.sleep(0)
        task.cancel()
        _, still_running = await asyncio.wait({task}, timeout=20)
        assert not still_running
    assert await inbox.num_open() > 60


async def test_an_error_takes_back_its_transaction(database: Database) -> None:
    def set_and_fail(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO plugin_store VALUES ('p', 'k', '1')")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(set_and_fail)
    assert await PluginStore(database, "p").get("k") is None


async def test_a_plugins_keys_are_told_apart_by_case(database: Database) -> None:
    store = PluginStore(database, "p")
    await store.set("Ann 1", 1)
    await store.set("ann 1", 2)
    assert await store.items("ann ") == [("ann 1", 2)]


async def test_a_plugin_may_store_any_text(database: Database) -> None:
    store = PluginStore(database, "p")
    await store.set("k\ud800", {"a\x00": ["b\udfff", "好 \\u0000"]})
    assert await store.get("k\ud800") == {"a\ufffd": ["b\ufffd", "好 \\u0000"]}
    assert await store.items("k\ufffd") == [("k\ufffd", {"a\ufffd": ["b\ufffd", "好 \\u0000"]})]


async def test_a_value_without_a_json_form_is_named(database: Database) -> None:
    value: Any = {"at": datetime(2026, 1, 1)}
    with pytest.raises(TypeError, match="plugin 'p': the value of 'k' cannot be stored: .*datetime"):
        await PluginStore(database, "p").set("k", value)


async def test_damage_that_shows_while_the_bot_runs_is_explained(url: str) -> None:
    database = await Database.open(url)
    for number in range(50):
        await Inbox(database).add(event(str(number), text="x" * 1000))
    await database.run(lambda connection: connection.exec_driver_sql("SELECT 1").close())
    with closing(sqlite3.connect(file_of(url))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = file_of(url).stat().st_size
    with file_of(url).open("rb+") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with closing(sqlite3.connect(file_of(url))) as connection:
        connection.execute("PRAGMA user_version = 7")  # so that what was read before is read again
    with pytest.raises(ConfigError, match="is damaged or not a database"):
        await Inbox(database).newest("fake")
    await database.close()
