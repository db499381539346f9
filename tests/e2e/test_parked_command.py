"""`glmbot parked` as an operator uses it, with the bot running."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from glmbot.storage.tables import metadata
from tests.conftest import RunBot
from tests.e2e.program import glmbot
from tests.e2e.test_bad_input import assert_explained
from tests.fakes.adapter import FakeAdapter
from tests.fakes.model import FakeModel


async def test_a_question_that_found_no_model_is_answered_when_the_operator_says_so(
    platform: FakeAdapter, model: FakeModel, run_bot: RunBot, tmp_path: Path
) -> None:
    model.num_refusals = 5
    async with run_bot():
        await platform.receive("hello")
        async with asyncio.timeout(60):
            while not platform.texts():
                await asyncio.sleep(0.05)
        listed = await glmbot(tmp_path, "parked", "list", "--json")
        (parked,) = json.loads(listed.stdout)
        assert (parked["kind"], parked["text"]) == ("question", "hello")
        assert "no answer from the model" in parked["reason"]
        shown = await glmbot(tmp_path, "parked", "list")
        assert "question 1  fake:room  hello" in shown.stdout
        retried = await glmbot(tmp_path, "parked", "retry", "question", "1")
        assert retried.stdout == "trying 1 again\n"
        await platform.until("echo: hello")
    assert (await glmbot(tmp_path, "parked", "list")).stdout == "nothing was put aside\n"
    assert_explained(await glmbot(tmp_path, "parked", "retry", "question", "1"), "no question 1 was put aside")
    assert_explained(await glmbot(tmp_path, "parked", "retry", "answers"), 'write "question NUMBER"')


async def test_there_must_be_a_database_of_this_version(tmp_path: Path) -> None:
    assert_explained(await glmbot(tmp_path, "parked", "list"), "there is no database 'data/glmbot.db' yet")
    assert (await glmbot(tmp_path, "db", "upgrade")).exit_code == 0
    with closing(sqlite3.connect(tmp_path / "data" / "glmbot.db")) as connection:
        connection.execute("DELETE FROM alembic_version")
        for table in reversed(metadata.sorted_tables):
            connection.execute(f"DROP TABLE {table.name}")
        connection.commit()
    assert_explained(await glmbot(tmp_path, "parked", "list"), "has an older schema", "glmbot db upgrade")
