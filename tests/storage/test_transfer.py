"""Whole databases as portable files: out of one kind and into the other, and files that are not whole."""

import asyncio
import hashlib
import json
from pathlib import Path

import pytest

from glmbot.errors import ConfigError
from glmbot.storage.backend import Backend, backend_of
from glmbot.storage.backups import restore
from glmbot.storage.database import Database
from glmbot.storage.inbox import Inbox
from glmbot.storage.migrate import migrations_folder
from glmbot.storage.plugin_store import PluginStore
from glmbot.storage.transfer import export_to, import_from
from tests.postgres import PostgresServer
from tests.storage.conftest import event
from tests.storage.test_migrations import counts, fill

MIGRATIONS = migrations_folder()


@pytest.fixture
def filled(any_url: str, tmp_path: Path) -> Backend:
    fill(any_url, tmp_path / "data")
    return backend_of(any_url, tmp_path / "data")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "sqlite":
        return backend_of(f"sqlite:///{tmp_path}/other/glmbot.db", tmp_path / "other")
    server: PostgresServer = request.getfixturevalue("postgres")
    return backend_of(server.new_url(), tmp_path / "other")


def add(backend: Backend, url: str, folder: Path, message_id: str) -> None:
    async def run() -> None:
        database = await Database.open(url, folder)
        assert await Inbox(database).add(event(message_id))
        await database.close()

    asyncio.run(run())


def test_everything_goes_from_any_kind_to_any_kind(filled: Backend, empty: Backend, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    summary = export_to(filled, MIGRATIONS, first)
    assert import_from(empty, MIGRATIONS, first) == summary
    assert counts(empty) == counts(filled) == summary.num_rows
    export_to(empty, MIGRATIONS, second)
    assert sorted(first.read_text().splitlines()[:-1]) == sorted(second.read_text().splitlines()[:-1])


def test_new_rows_are_numbered_behind_those_that_came_in(filled: Backend, empty: Backend, tmp_path: Path) -> None:
    export_to(filled, MIGRATIONS, tmp_path / "file")
    import_from(empty, MIGRATIONS, tmp_path / "file")

    async def run() -> None:
        database = Database(empty)
        assert await Inbox(database).add(event("new", sender="bob"))
        assert await PluginStore(database, "p").get("k") == {"a": [1, None, "好"]}
        await database.close()

    asyncio.run(run())


def test_a_database_with_rows_is_not_overwritten(filled: Backend, tmp_path: Path) -> None:
    export_to(filled, MIGRATIONS, tmp_path / "file")
    with pytest.raises(ConfigError, match="is not empty; set storage.url to an empty one"):
        import_from(filled, MIGRATIONS, tmp_path / "file")
    with pytest.raises(ConfigError, match="is there already; name a new file"):
        export_to(filled, MIGRATIONS, tmp_path / "file")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", "is no file of `glmbot db export`"),
        (lambda text: "[1]\n", "or no file of `glmbot db export`"),
        (lambda text: '{"a": 1}\n', "is no file of `glmbot db export`"),
        (lambda text: text[: len(text) // 2], "is not whole"),
        (lambda text: text[: text.rindex("\n", 0, -1) + 1], "is not whole"),
        (lambda text: text.replace("Hi", "Ho"), "is not whole"),
        (lambda text: text + text, "is not whole"),
        (lambda text: text.replace('"version":1', '"version":2'), "written by a newer glmbot"),
    ],
)
def test_a_file_that_is_none_or_not_whole_changes_nothing(
    filled: Backend, empty: Backend, tmp_path: Path, change: object, message: str
) -> None:
    file = tmp_path / "file"
    export_to(filled, MIGRATIONS, file)
    assert callable(change)
    file.write_text(change(file.read_text()))
    with pytest.raises(ConfigError, match=message):
        import_from(empty, MIGRATIONS, file)
    empty.prepare()
    with pytest.raises(ConfigError, match="is empty"):
        export_to(empty, MIGRATIONS, tmp_path / "other file")


def test_rows_of_another_schema_are_refused_as_a_whole(filled: Backend, empty: Backend, tmp_path: Path) -> None:
    file = tmp_path / "file"
    export_to(filled, MIGRATIONS, file)
    lines = file.read_text().splitlines()
    lines[-2] = json.dumps({"table": "alembic_version", "row": {"version_num": "evil"}})
    body = "\n".join(lines[:-1]) + "\n"
    end = {"rows": len(lines) - 2, "sha256": hashlib.sha256(body.encode()).hexdigest()}
    file.write_text(body + json.dumps(end) + "\n")
    with pytest.raises(ConfigError, match="rows of 'alembic_version' that do not fit"):
        import_from(empty, MIGRATIONS, file)


def test_a_backup_of_a_server_is_put_back_and_what_was_there_is_kept(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.new_url()
    backend = backend_of(url, tmp_path)
    fill(url, tmp_path)
    backup = backend.back_up("by-hand")
    before = counts(backend)
    add(backend, url, tmp_path, "later")
    done = restore(backend, MIGRATIONS, backup)
    assert counts(backend) == before
    assert done.kept is not None
    restore(backend, MIGRATIONS, done.kept)
    assert counts(backend)["inbox"] == before["inbox"] + 1
    assert {one.label for one in backend.backups()} == {"by-hand", "before-restore"}


def test_a_damaged_backup_of_a_server_is_not_put_back(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.new_url()
    backend = backend_of(url, tmp_path)
    fill(url, tmp_path)
    backup = backend.back_up("by-hand")
    backup.write_bytes(backup.read_bytes()[:-100])
    with pytest.raises(ConfigError, match="is not whole"):
        restore(backend, MIGRATIONS, backup)
    assert counts(backend)["inbox"] == 3
