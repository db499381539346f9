"""The judge itself: it finds each kind of breach, and the platform refuses what a platform refuses."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.faults.answers import AnswerLedger, answer, question
from tests.faults.oracle import Findings, Stored, findings
from tests.faults.platform import MAX_LENGTH, Platform
from tests.faults.spec import Mode


@pytest.fixture
async def platform(mode: Mode) -> AsyncIterator[Platform]:
    async with Platform(mode) as opened:
        for number in (1, 2):
            await opened.receive("c1", question("c1", number))
        yield opened


class Record:
    """What a bot that did all right has shown and stored; a test spoils it."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.inbox = {f"in{n}": SimpleNamespace(inbox_id=n, message_id=f"in{n}", state="done") for n in (1, 2)}
        self.outbox = {n: [outbox_row(n)] for n in (1, 2)}
        self.turns = {n: [turn(n)] for n in (1, 2)}

    async def show(self, *numbers: int) -> "Record":
        async with httpx.AsyncClient(base_url=self.platform.url) as client:
            for index, number in enumerate(numbers):
                body = {"chat": "c1", "text": f"c1-{number}/1", "key": f"key {index}"}
                (await client.post("/send", json=body)).raise_for_status()
        return self

    def judged(self) -> Findings:
        stored: Any = Stored(self.inbox, self.outbox, self.turns)  # type: ignore[arg-type]
        return findings(self.platform, AnswerLedger(), stored)


def outbox_row(number: int) -> SimpleNamespace:
    text, place = f"c1-{number}/1", f"m{number}"
    return SimpleNamespace(part=0, text=text, state="sent", platform_id=place, reason=None, key=f"key {number - 1}")


def turn(number: int) -> SimpleNamespace:
    asked = question("c1", number)
    return SimpleNamespace(question=asked, answer=answer(asked), state="complete")


async def test_what_is_right_is_clean(platform: Platform) -> None:
    record = await Record(platform).show(1, 2)
    assert record.judged().is_clean


async def test_a_message_without_a_row_is_lost(platform: Platform) -> None:
    record = await Record(platform).show(1, 2)
    del record.inbox["in2"]
    assert len(record.judged().lost) == 1


async def test_a_reply_that_is_not_visible_is_lost(platform: Platform) -> None:
    record = await Record(platform).show(1)
    assert len(record.judged().lost) == 1


async def test_a_reply_with_another_text_than_stored_is_lost(platform: Platform) -> None:
    record = await Record(platform).show(1, 2)
    record.outbox[2][0].text = "c1-2/1 and more"
    assert len(record.judged().lost) == 1


async def test_a_message_of_no_row_is_a_duplicate(platform: Platform) -> None:
    record = await Record(platform).show(1, 2, 2)
    found = record.judged()
    assert len(found.duplicated) == len(found.surplus) == 1


async def test_replies_in_another_order_than_their_messages_are_found(platform: Platform) -> None:
    record = await Record(platform).show(2, 1)
    record.outbox[1][0].platform_id, record.outbox[2][0].platform_id = "m2", "m1"
    assert len(record.judged().out_of_order) == 1


@pytest.mark.parametrize("field", ["question", "answer"])
async def test_a_turn_that_differs_by_one_byte_is_altered(platform: Platform, field: str) -> None:
    record = await Record(platform).show(1, 2)
    setattr(record.turns[1][0], field, getattr(record.turns[1][0], field) + " ")
    assert len(record.judged().altered) == 1


def test_a_false_history_is_found() -> None:
    ledger = AnswerLedger()
    asked = question("c1", 1)
    for history in ([asked, "something else"], [question("c1", 3), answer(question("c1", 3))]):
        ledger([{"role": "user", "content": text} for text in (*history, question("c1", 2))])
    assert len(ledger.false_histories) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"chat": "c9", "text": "hello", "key": "1"}',
        b'{"chat": "c1", "text": " ", "key": "1"}',
        b'{"chat": "c1", "text": "%s", "key": "1"}' % (b"x" * (MAX_LENGTH + 1)),
        b'{"chat": "c1", "text": "\xff", "key": "1"}',
    ],
)
async def test_the_platform_refuses_what_platforms_refuse(platform: Platform, body: bytes) -> None:
    async with httpx.AsyncClient(base_url=platform.url) as client:
        assert (await client.post("/send", content=body)).status_code == 400
        assert (await client.post("/edit", json={"chat": "c1", "id": "m9", "text": "x"})).status_code == 400
    assert not platform.shown


async def test_a_repeated_key_brings_back_the_first_message_where_there_are_keys(
    platform: Platform, mode: Mode
) -> None:
    body = {"chat": "c1", "text": "hello", "key": "1"}
    async with httpx.AsyncClient(base_url=platform.url) as client:
        ids = {(await client.post("/send", json=body)).json()["id"] for _ in range(2)}
    assert len(ids) == len(platform.shown) == (1 if mode is Mode.NONCE else 2)
