"""A classifier that the rules for injection ask."""

from pathlib import Path
from typing import Any

import pytest

from glmbot.events import Language
from glmbot.phrases import Phrase
from tests.conftest import RunBot
from tests.dispatch.moderated import log_of
from tests.fakes.adapter import FakeAdapterWithFiles
from tests.fakes.model import FakeModel

BLOCKED = Phrase.BLOCKED_IN.in_language(Language.ENGLISH)


@pytest.fixture
async def platform() -> FakeAdapterWithFiles:
    return FakeAdapterWithFiles()


def asking(folder: Path, **more: Any) -> dict[str, Any]:
    return {"safety": {"classifier": str(folder), **more}}


def by_words(**values: float) -> Any:
    """Return a classifier that knows words."""
    return lambda text: max([values[word] for word in values if word in text], default=0.0)


async def test_what_it_is_certain_of_is_blocked_and_what_it_suspects_is_written_down(
    platform: FakeAdapterWithFiles, model: FakeModel, run_bot: RunBot, tmp_path: Path
) -> None:
    model.classifier = by_words(evil=0.95, odd=0.6)
    async with run_bot(**asking(tmp_path)) as app:
        await platform.receive("something evil")
        await platform.until(BLOCKED)
        await platform.receive("something odd")
        await platform.until(BLOCKED, "echo: something odd")
        entries = [(one.rule, one.action, one.excerpt) for one in await log_of(app)]
    assert entries == [
        ("injection.sender_certain", "block", "0.95: classifier"),
        ("injection.sender", "log", "0.60: classifier"),
    ]


async def test_the_texts_of_files_are_asked_about_under_their_own_rule(
    platform: FakeAdapterWithFiles, model: FakeModel, run_bot: RunBot, tmp_path: Path
) -> None:
    model.classifier = by_words(evil=0.95)
    model.script = lambda _: ["an answer"]
    async with run_bot(**asking(tmp_path)) as app:
        await platform.receive("look", attachments=[platform.put("a.txt", b"something evil")])
        await platform.until("an answer")
        assert [one.rule for one in await log_of(app)] == ["injection.document"]


@pytest.mark.parametrize("more", [{"classifier_timeout": 0.2}, {"classifier_label": "OTHER"}])
async def test_without_its_answer_nothing_is_let_through_and_nobody_is_blamed(
    platform: FakeAdapterWithFiles, model: FakeModel, run_bot: RunBot, tmp_path: Path, more: dict[str, Any]
) -> None:
    model.classifier = by_words() if "classifier_label" in more else None
    async with run_bot(**asking(tmp_path, **more), moderation={"max_strikes": 1}) as app:
        await platform.receive("hello")
        await platform.receive("hello again")
        await platform.until(BLOCKED, BLOCKED)
        assert {one.category for one in await log_of(app)} == {"failed check"}
    assert model.requests == []


async def test_it_is_not_asked_unless_the_operator_says_so(
    platform: FakeAdapterWithFiles, model: FakeModel, run_bot: RunBot
) -> None:
    model.classifier = by_words(evil=0.95)
    async with run_bot():
        await platform.receive("something evil")
        await platform.until("echo: something evil")
