"""Migrations up and down with rows in them, on each kind of database, and killed at every one of their statements."""

import asyncio
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import Engine, inspect

from glmbot.content import Button, File, Rendered
from glmbot.events import Attachment, AttachmentKind, MessageEvent
from glmbot.storage.backend import Backend, backend_of
from glmbot.storage.database import Database
from glmbot.storage.decisions import Decisions, NewReport, StrikeRule
from glmbot.storage.inbox import ClaimedEvent, Inbox
from glmbot.storage.migrate import downgrade, migrations_folder, schema_of, upgrade
from glmbot.storage.outbox import Outbox
from glmbot.storage.plugin_store import PluginStore
from glmbot.storage.portable import num_rows
from glmbot.storage.quotas import Quota, Quotas
from glmbot.storage.replies import NewTurn, Replies
from glmbot.storage.subjects import subjects_of
from glmbot.storage.tables import metadata
from glmbot.storage.turn_state import TurnState
from glmbot.verdicts import Action, Direction, Finding, Place
from tests.storage.conftest import event

NEXT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9998", {head!r}

def upgrade() -> None:
    op.add_column("senders", sa.Column("mood", sa.Text))
    op.execute("UPDATE senders SET mood = 'good'")
    op.create_table("moods", sa.Column("mood", sa.String(8), primary_key=True))
    op.execute("INSERT INTO moods SELECT DISTINCT mood FROM senders")
    with op.batch_alter_table("conversations") as batch:
        batch.add_column(sa.Column("topic", sa.Text))

def downgrade() -> None:
    with op.batch_alter_table("conversations") as batch:
        batch.drop_column("topic")
    op.drop_table("moods")
    with op.batch_alter_table("senders") as batch:
        batch.drop_column("mood")
"""
ATTACK = """
    import os, signal, sys
    from pathlib import Path
    from sqlalchemy import Engine, event
    from glmbot.storage.backend import backend_of
    from glmbot.storage.migrate import downgrade, upgrade
    from tests.storage.test_migrations import state_of

    url, data, migrations, action, *allowed = sys.argv[1:]
    backend, migrations = backend_of(url, Path(data)), Path(migrations)

    def act():
        upgrade(backend, migrations) if action == "up" else downgrade(backend, migrations, action)

    def attempt(kill_at):
        passed = 0
        def kill(*_):
            nonlocal passed
            passed += 1
            if passed == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        event.listen(Engine, "before_cursor_execute", kill)
        event.listen(Engine, "commit", kill)
        act()
        os._exit(0)

    kill_at = 0
    while True:
        kill_at += 1
        child = os.fork()
        if child == 0:
            attempt(kill_at)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit("the last attempt failed" if status else (0 if kill_at > 5 else "nothing was interrupted"))
        state = state_of(backend, migrations)
        if state != allowed[0]:
            sys.exit(f"killed at statement {kill_at}: {state}")
"""


def state_of(backend: Backend, migrations: Path) -> str:
    """Return schema and tables with their columns, to be compared."""
    revision = schema_of(backend, migrations)
    engine: Engine = backend.engine()
    with engine.connect() as connection:
        look = inspect(connection)
        tables = {name: sorted(column["name"] for column in look.get_columns(name)) for name in look.get_table_names()}
    engine.dispose()
    return f"{revision} {sorted(tables.items())}"


@pytest.fixture
def backend(any_url: str, tmp_path: Path) -> Backend:
    return backend_of(any_url, tmp_path / "data")


@pytest.fixture
def with_next(tmp_path: Path) -> Path:
    """Return the migrations, and one more, of several statements."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    head = max(path.stem for path in (folder / "versions").glob("*.py"))
    (folder / "versions" / "9998_next.py").write_text(NEXT.format(head=head), encoding="utf-8")
    return folder


def fill(url: str, folder: Path) -> None:
    """Put rows into every table."""

    async def run() -> None:
        database = await Database.open(url, folder)
        inbox = Inbox(database)
        file = Attachment("AgAD-x", "报告.pdf", "application/pdf", 12_345, AttachmentKind.DOCUMENT)
        for number in range(3):
            await inbox.add(replace(event(str(number), text="你好 😀"), attachments=(file,)))
        (claimed,) = await inbox.claim()
        turn = NewTurn("你好 😀", "Hi\n", 3, TurnState.COMPLETE)
        await Replies(database).complete(claimed, [Rendered("Hi", "Hi")], None, turn)
        await PluginStore(database, "p").set("k", {"a": [1, None, "好"]})
        await fill_moderation(database, claimed)
        await database.close()

    asyncio.run(run())


async def fill_moderation(database: Database, claimed: ClaimedEvent) -> None:
    found = Finding("fraud.transfer", "fraud", Action.BLOCK, Place.TEXT, "转***", "d1")
    sender, chat = subjects_of(claimed.event)
    report = NewReport("code", "fraud.transfer", [])
    for rule in (StrikeRule(1, 60, 60), StrikeRule(9, 60, 60)):
        message = replace(claimed.event, message_id=f"strike {rule.max_strikes}")
        await Decisions(database).record(message, [found], Direction.IN, 5.0, rule, report)
    quotas = [Quota(sender, 5, 0), Quota(chat, 5, 0)]
    assert await Quotas(database).admit(claimed.inbox_id, claimed.event.message_id, quotas, "2026-11-26") is None


def counts(backend: Backend) -> dict[str, int]:
    engine = backend.engine()
    with engine.connect() as connection:
        found = num_rows(connection)
    engine.dispose()
    return found


async def attack(url: str, folder: Path, migrations: Path, action: str, state: str) -> None:
    """Kill a migration at its first statement, its second, and so on, until it comes to its end."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [url, str(folder / "data"), str(migrations), action, state]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "ignore",
        "-c",
        dedent(ATTACK),
        *arguments,
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()


def test_the_migrations_make_the_tables_the_code_speaks_of(backend: Backend) -> None:
    upgrade(backend, migrations_folder())
    engine = backend.engine()
    with engine.connect() as connection:
        for table in metadata.tables.values():
            columns = inspect(connection).get_columns(table.name)
            found = {column["name"]: column["nullable"] for column in columns}
            assert found == {column.name: column.nullable for column in table.columns}
            keys = inspect(connection).get_pk_constraint(table.name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key]
    engine.dispose()


TEXT_FILE = Rendered("long", "long", File("answer.md", "# 你好".encode()), (Button("Yes", "/yes"),))
OTHER_FILE = Rendered("picture", "picture", File("cat.png", bytes(range(256))))
NUL_FILE = Rendered("text", "text", File("nul.txt", b"a\0b"))
NEWEST = "0004_moderation"


@pytest.mark.parametrize(
    ("revision", "left"),
    [
        (NEWEST, [TEXT_FILE, OTHER_FILE, NUL_FILE]),
        (
            "0002_answer_files",
            [replace(TEXT_FILE, buttons=()), replace(OTHER_FILE, file=None), replace(NUL_FILE, file=None)],
        ),
        ("0003_buttons_and_files", [TEXT_FILE, OTHER_FILE, NUL_FILE]),
        ("0001_initial", [Rendered(body.text, body.plain) for body in (TEXT_FILE, OTHER_FILE, NUL_FILE)]),
    ],
)
def test_a_message_that_waits_leaves_with_what_an_older_bot_knows(
    backend: Backend, any_url: str, tmp_path: Path, revision: str, left: list[Rendered]
) -> None:
    async def put_into_outbox() -> None:
        database = await Database.open(any_url, tmp_path / "data")
        for number, body in enumerate((TEXT_FILE, OTHER_FILE, NUL_FILE)):
            await Outbox(database).add(event(str(number), chat=f"chat {number}").chat, [body])
        await database.close()

    async def take_out() -> list[Rendered]:
        database = await Database.open(any_url, tmp_path / "data")
        bodies = [message.body for message in await Outbox(database).due()]
        await database.close()
        return bodies

    asyncio.run(put_into_outbox())
    if revision != NEWEST:
        downgrade(backend, migrations_folder(), revision)
    assert asyncio.run(take_out()) == left


def test_attachments_stay_in_the_inbox_when_the_schema_goes_back_and_forth(
    backend: Backend, any_url: str, tmp_path: Path
) -> None:
    file = Attachment("AgAD-x", "报告.pdf", "application/pdf", 12_345, AttachmentKind.DOCUMENT)
    stored = replace(event("1", text=""), attachments=(file,))

    async def put() -> None:
        database = await Database.open(any_url, tmp_path / "data")
        await Inbox(database).add(stored)
        await database.close()

    async def claim() -> MessageEvent:
        database = await Database.open(any_url, tmp_path / "data")
        (claimed,) = await Inbox(database).claim()
        await database.close()
        return claimed.event

    asyncio.run(put())
    downgrade(backend, migrations_folder(), "0001_initial")
    assert asyncio.run(claim()) == stored


def test_up_and_down_with_rows(backend: Backend, any_url: str, tmp_path: Path, with_next: Path) -> None:
    fill(any_url, tmp_path / "data")
    before = counts(backend)
    assert min(before.values()) > 0
    old = state_of(backend, with_next)
    upgrade(backend, with_next)
    assert counts(backend) == before | {"moods": 1}
    downgrade(backend, with_next, "-1")
    assert state_of(backend, with_next) == old
    assert counts(backend) == before
    assert len(backend.backups()) >= 1


def test_down_to_nothing_and_up_again(backend: Backend, any_url: str, tmp_path: Path) -> None:
    fill(any_url, tmp_path / "data")
    downgrade(backend, migrations_folder(), "base")
    fill(any_url, tmp_path / "data")
    assert counts(backend)["inbox"] == 3


async def test_a_first_migration_killed_at_every_statement_leaves_nothing(
    backend: Backend, any_url: str, tmp_path: Path
) -> None:
    backend.prepare()
    await attack(any_url, tmp_path, migrations_folder(), "up", state_of(backend, migrations_folder()))
    await asyncio.to_thread(fill, any_url, tmp_path / "data")


@pytest.mark.parametrize("action", ["up", "-1"])
async def test_a_migration_killed_at_every_statement_leaves_the_old_schema_and_all_rows(
    backend: Backend, any_url: str, tmp_path: Path, with_next: Path, action: str
) -> None:
    await asyncio.to_thread(fill, any_url, tmp_path / "data")
    before = counts(backend)
    if action == "-1":
        upgrade(backend, with_next)
    await attack(any_url, tmp_path, with_next, action, state_of(backend, with_next))
    assert {name: count for name, count in counts(backend).items() if name != "moods"} == before
    assert ("9998" in state_of(backend, with_next)) == (action == "up")
