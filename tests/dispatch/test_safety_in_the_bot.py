"""Policies in a running bot: what reaches the model and the database, and what does not."""

import sqlite3
from pathlib import Path

from tests.conftest import RunBot
from tests.fakes.adapter import FakeAdapter
from tests.fakes.model import FakeModel
from tests.test_bot import until_asked

CARD = "4111 1111 1111 1111"
RULE = '[[rules]]\nid = "own"\nkind = "words"\ncategory = "own"\naction = "{}"\nterms = ["{}"]\n'


def stored(folder: Path) -> bytes:
    """Return all bytes of the database."""
    with sqlite3.connect(next(folder.rglob("*.db"))) as connection:
        return "\n".join(connection.iterdump()).encode()


async def test_what_is_redacted_reaches_neither_the_model_nor_the_database(
    platform: FakeAdapter, model: FakeModel, run_bot: RunBot, tmp_path: Path
) -> None:
    async with run_bot():
        await platform.receive(f"my card is {CARD}, is it valid?")
        await platform.until("echo: my card is [BANK_CARD], is it valid?")
    assert "4111" not in str(model.requests)
    assert b"4111" not in stored(tmp_path)


async def test_an_edit_is_redacted_before_it_is_kept(
    platform: FakeAdapter, model: FakeModel, run_bot: RunBot, tmp_path: Path
) -> None:
    model.gate.clear()
    async with run_bot():
        await platform.receive("first")
        await until_asked(model, 1)
        await platform.receive("a card", message_id="77")
        await platform.receive(f"my card {CARD}", message_id="77", is_edit=True)
        model.gate.set()
        await platform.until("echo: first", "echo: my card [BANK_CARD]")
    assert b"4111" not in stored(tmp_path)


async def test_a_secret_in_an_answer_is_neither_shown_nor_remembered(
    platform: FakeAdapter, model: FakeModel, run_bot: RunBot, tmp_path: Path
) -> None:
    model.script = lambda _: ["It is 4111 ", "1111 1111", " 1111, she said"]
    async with run_bot():
        await platform.receive("which card?")
        await platform.until("It is [BANK_CARD], she said")
    assert b"4111" not in stored(tmp_path)


async def test_a_changed_policy_holds_in_a_running_bot(platform: FakeAdapter, run_bot: RunBot, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "own.toml").write_text(RULE.format("block", "sesame"), encoding="utf-8")
    async with run_bot(safety={"policies": str(folder)}) as app:
        await platform.receive("gizmo")
        await platform.until("echo: gizmo")
        (folder / "own.toml").write_text(RULE.format("block", "gizmo"), encoding="utf-8")
        await app.look_at_policies()
        await platform.receive("gizmo again")
        await platform.until("echo: gizmo", "I can't help with that. Please rephrase your message.")


async def test_a_plugins_answer_is_checked(platform: FakeAdapter, run_bot: RunBot, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "own.toml").write_text(RULE.format("redact", "pong"), encoding="utf-8")
    async with run_bot(safety={"policies": str(folder)}):
        await platform.receive("/ping")
        await platform.until("[…]")


async def test_the_arguments_of_a_command_are_checked(
    platform: FakeAdapter, run_bot: RunBot, model: FakeModel, tmp_path: Path
) -> None:
    (tmp_path / "terms.txt").write_text("sesame\n", encoding="utf-8")
    async with run_bot(safety={"word_lists": [str(tmp_path / "terms.txt")]}):
        await platform.receive("/persona open s-e-s-a-m-e")
        await platform.until("I can't help with that. Please rephrase your message.")
    assert model.requests == []


async def test_a_refused_answer_is_kept_as_refused_and_in_no_later_prompt(
    platform: FakeAdapter, model: FakeModel, run_bot: RunBot, tmp_path: Path
) -> None:
    (tmp_path / "terms.txt").write_text("sesame\n", encoding="utf-8")
    model.script = lambda _: ["it begins well, then ", "ses", "ame"]
    async with run_bot(safety={"word_lists": [str(tmp_path / "terms.txt")]}):
        await platform.receive("an odd question")
        await platform.until("I stopped this answer because it broke the rules here. Please ask something else.")
        model.script = lambda _: ["fine"]
        await platform.receive("next")
        await until_asked(model, 2)
    assert "odd question" not in str(model.requests[1])
    assert b"sesame" not in stored(tmp_path)
    assert b"'refused'" in stored(tmp_path)
