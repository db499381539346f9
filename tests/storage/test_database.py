"""Opening, migrating and refusing databases; many writers; the plugins' store."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from glmbot.errors import ConfigError
from glmbot.storage.database import Database
from glmbot.storage.inbox import Inbox
from glmbot.storage.migrate import downgrade, migrations_folder, upgrade
from glmbot.storage.plugin_store import PluginStore
from glmbot.storage.tables import metadata
from tests.storage.conftest import event


def file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


async def test_the_migrations_make_the_tables_the_code_speaks_of(url: str) -> None:
    await (await Database.open(url)).close()
    with sqlite3.connect(file_of(url)) as connection:
        for table in metadata.tables.values():
            rows = connection.execute(f"PRAGMA table_info({table.name})").fetchall()
            assert [(row[1], bool(row[3]), bool(row[5])) for row in rows] == [
                (column.name, not column.nullable, column.primary_key) for column in table.columns
            ]


async def test_up_down_and_up_again(url: str) -> None:
    database = await Database.open(url)
    await Inbox(database).add(event("1"))
    await database.close()
    downgrade(make_url(url), migrations_folder(), "base")
    upgrade(make_url(url), migrations_folder())
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
        await Database.open(f"sqlite+aiosqlite:///{tmp_path}/file/data/x.db")


async def test_eight_writers_lose_nothing(url: str) -> None:
    databases = [await Database.open(url) for _ in range(8)]

    async def count_up(database: Database) -> None:
        for _ in range(25):
            async with database.begin() as connection:
                value = (await connection.exec_driver_sql("SELECT value FROM plugin_store")).scalar() or 0
                await connection.exec_driver_sql(
                    "INSERT OR REPLACE INTO plugin_store (plugin, key, value) VALUES ('p', 'k', ?)", (int(value) + 1,)
                )

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
