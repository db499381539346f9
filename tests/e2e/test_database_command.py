"""`glmbot db` as a user runs it."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.program import Ended, glmbot
from tests.e2e.test_bad_input import assert_explained
from tests.postgres import PostgresServer


async def run(folder: Path, *arguments: str) -> Ended:
    return await glmbot(folder, "db", *arguments)


async def answer(folder: Path, *arguments: str) -> Any:
    ended = await run(folder, *arguments, "--json")
    assert ended.exit_code == 0, ended.stderr
    return json.loads(ended.stdout)


async def test_a_database_is_made_checked_backed_up_and_restored(tmp_path: Path) -> None:
    assert_explained(await run(tmp_path, "check"), "there is no database 'data/glmbot.db' yet")
    made = await answer(tmp_path, "upgrade")
    assert made["before"] is None
    again = await answer(tmp_path, "upgrade")
    assert again["before"] == again["after"] == made["after"]
    backup = await answer(tmp_path, "backup")
    found = await answer(tmp_path, "check")
    assert (found["is_whole"], found["schema"]) == (True, made["after"])
    assert [(one["path"], one["why"]) for one in found["backups"]] == [(backup["path"], "by-hand")]
    assert_explained(await run(tmp_path, "restore"), "nobody to ask whether to replace", "--yes")
    restored = await answer(tmp_path, "restore", "--yes")
    assert restored["backup"] == backup["path"]
    assert (tmp_path / restored["kept"]).is_file()
    vacuumed = await answer(tmp_path, "vacuum")
    assert vacuumed["after_bytes"] <= vacuumed["before_bytes"]


async def test_a_damaged_database_is_reported_and_can_be_replaced(tmp_path: Path) -> None:
    await answer(tmp_path, "upgrade")
    backup = await answer(tmp_path, "backup")
    (tmp_path / "data" / "glmbot.db").write_bytes(b"garbage" * 1000)
    ended = await run(tmp_path, "check")
    assert_explained(ended, "is damaged or not a database", "`glmbot db restore` puts back", backup["path"])
    assert ".damaged-" in (await answer(tmp_path, "restore", "--yes"))["kept"]
    assert (await answer(tmp_path, "check"))["is_whole"]


async def test_a_database_moves_to_a_server_and_back(tmp_path: Path, postgres: PostgresServer) -> None:
    await answer(tmp_path, "upgrade")
    exported = await answer(tmp_path, "export", "out.jsonl")
    url = postgres.new_url()
    on_server = {"GLMBOT_STORAGE__URL": url}
    moved = await glmbot(tmp_path, "db", "import", "out.jsonl", "--json", **on_server)
    assert json.loads(moved.stdout) == exported
    for command in (["upgrade"], ["backup"], ["check"], ["vacuum"], ["restore", "--yes"], ["export", "back.jsonl"]):
        ended = await glmbot(tmp_path, "db", *command, "--json", **on_server)
        assert ended.exit_code == 0, ended.stderr
    lines = [(tmp_path / name).read_text().splitlines()[:-1] for name in ("out.jsonl", "back.jsonl")]
    assert sorted(lines[0]) == sorted(lines[1])


async def test_a_server_that_is_not_there_is_explained_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://me:hunter2@127.0.0.1:1/x"
    ended = await glmbot(tmp_path, "db", "check", GLMBOT_STORAGE__URL=url)
    assert_explained(ended, "database postgresql://127.0.0.1/x cannot be opened", "check storage.url")
    assert "hunter2" not in ended.stdout + ended.stderr
