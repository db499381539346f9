"""A real SQLite file for each test."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from glmbot.events import Chat, ChatKind, MessageEvent, Sender
from glmbot.storage.database import Database
from tests.postgres import PostgresServer


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'folder' / 'glmbot.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, url: str) -> str:
    """Return the URL of an empty database of each kind."""
    if request.param == "sqlite":
        return url
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_url()


@pytest.fixture
async def database(any_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(any_url, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_database(url: str) -> AsyncIterator[Database]:
    opened = await Database.open(url)
    yield opened
    await opened.close()


def event(message_id: str, sender: str = "ann", text: str = "hello", chat: str = "room") -> MessageEvent:
    return MessageEvent(
        message_id=message_id,
        chat=Chat("fake", chat, ChatKind.PRIVATE, thread_id=None),
        sender=Sender(sender, sender),
        text=text,
        sent_at=time.time(),
        is_addressed=True,
    )


class Told:
    """Notes what a database tells of trouble: (kind, whether it is over)."""

    def __init__(self, database: Database) -> None:
        self.of: list[tuple[str, bool]] = []
        database.report = self

    def trouble(self, kind: str, text: str) -> None:
        assert text
        self.of.append((kind, False))

    def over(self, kind: str) -> None:
        self.of.append((kind, True))
