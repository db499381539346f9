"""`glmbot safety` as an operator uses it, on what a bot has written."""

import json
from pathlib import Path

from glmbot.events import Chat, ChatKind, MessageEvent, Sender
from glmbot.storage.database import Database
from glmbot.storage.decisions import Decisions
from glmbot.verdicts import Action, Direction, Finding, Place
from tests.e2e.program import glmbot
from tests.e2e.test_bad_input import assert_explained

NOW = 1_780_000_000.0


async def fill(folder: Path) -> None:
    """Write down what was found in the messages of two senders, one of whom has a hostile id."""
    database = await Database.open(f"sqlite:///{folder}/data/glmbot.db", folder / "data")
    for number, sender in enumerate(["ann", "ann", "e\x1b[2Jve"]):
        event = MessageEvent(
            f"m{number}", Chat("fake", "room", ChatKind.GROUP), Sender(sender, "x"), "secret 4711", NOW, True
        )
        found = Finding("诈骗.转账", "fraud", Action.BLOCK, Place.QUOTE, "转***", "d1")
        await Decisions(database).record(event, [found], Direction.IN, NOW + number, None, None)
    await database.close()


async def test_the_log_is_shown_counted_explained_exported_and_erased(tmp_path: Path) -> None:
    await fill(tmp_path)
    shown = (await glmbot(tmp_path, "safety", "log")).stdout
    assert len(shown.splitlines()) == 3
    assert "block     诈骗.转账  fake:ann  in quote  转***" in shown
    assert "\x1b" not in shown
    only = await glmbot(tmp_path, "safety", "log", "--sender", "fake:ann", "--since", "2020-01-01", "--json")
    assert [one["message_id"] for one in json.loads(only.stdout)] == ["m0", "m1"]
    assert (await glmbot(tmp_path, "safety", "log", "--rule", "other")).stdout == (
        "the moderation log has no such entry\n"
    )
    assert (await glmbot(tmp_path, "safety", "stats")).stdout.split() == ["3", "诈骗.转账", "block", "in"]
    explained = (await glmbot(tmp_path, "safety", "explain", "2")).stdout
    assert "message   m1" in explained
    assert "found     3 times in the log" in explained
    lines = (await glmbot(tmp_path, "safety", "export")).stdout.splitlines()
    assert [json.loads(line)["entry_id"] for line in lines] == [1, 2, 3]
    assert (await glmbot(tmp_path, "safety", "erase", "fake:ann")).stdout == "2 entries deleted\n"
    assert len((await glmbot(tmp_path, "safety", "log")).stdout.splitlines()) == 1


async def test_what_cannot_be_is_explained(tmp_path: Path) -> None:
    assert_explained(await glmbot(tmp_path, "safety", "log"), "there is no database")
    await fill(tmp_path)
    assert_explained(await glmbot(tmp_path, "safety", "explain", "99"), "no entry 99")
    assert_explained(await glmbot(tmp_path, "safety", "log", "--since", "yesterday"), "'yesterday' is no time")
    assert_explained(await glmbot(tmp_path, "safety", "log", "--sender", "ann"), "'ann' is no sender")


RULE = """
[[rules]]
id = "test.word"
kind = "words"
category = "test"
action = "redact"
terms = ["frobnicate"]
"""


async def test_a_text_can_be_tried_on_the_policies(tmp_path: Path) -> None:
    assert (await glmbot(tmp_path, "safety", "test", "good morning, 早上好")).stdout == "let through\n"
    assert "they can be used" in (await glmbot(tmp_path, "safety", "reload")).stdout
    key = "-----BEGIN PRIVATE KEY-----\n" + "QUJD" * 20 + "\n-----END PRIVATE KEY-----\n"
    found = await glmbot(tmp_path, "safety", "test", "-", "--json", stdin=key)
    verdict = json.loads(found.stdout)
    assert not verdict["is_blocked"]
    assert "QUJD" not in verdict["text"]
    assert verdict["findings"][0]["rule"] == "pii.secrets"


async def test_policies_that_cannot_be_used_are_explained(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "own.toml").write_text(RULE)
    folder = {"GLMBOT_SAFETY__POLICIES": str(tmp_path / "policies")}
    tried = await glmbot(tmp_path, "safety", "test", "please frobnicate it", **folder)
    assert tried.stdout.splitlines()[0].startswith("redact    test.word")
    assert tried.stdout.splitlines()[-1].startswith("let through as: please ")
    (tmp_path / "policies" / "own.toml").write_text(RULE.replace("redact", "explode"))
    assert_explained(await glmbot(tmp_path, "safety", "reload", **folder), "test.word", "action")
