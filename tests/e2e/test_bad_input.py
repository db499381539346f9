"""What a user gets wrong ends with one clear sentence and exit code 2."""

import asyncio
import json
import shutil
import socket
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.program import Ended, glmbot
from tests.fakes.model import FakeModel

GOLDEN = Path(__file__).parent.parent / "golden" / "chatglm"


def assert_explained(ended: Ended, *words: str) -> None:
    """Check for exit code 2 and a last line that holds these words, without a traceback."""
    assert ended.exit_code == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert all(word in last for word in words), last


async def test_an_unknown_config_key(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[inference]\nmodle = "x"\n', encoding="utf-8")
    assert_explained(await glmbot(tmp_path, "run"), "inference.modle", "did you mean 'inference.model'?")


async def test_no_adapter(tmp_path: Path) -> None:
    assert_explained(await glmbot(tmp_path, "run"), "no adapter is configured", "glmbot chat")


@pytest.mark.parametrize("adapter", ["telegram", "discord"])
async def test_an_empty_token(tmp_path: Path, adapter: str) -> None:
    (tmp_path / "config.toml").write_text(f"[adapters.{adapter}]\n", encoding="utf-8")
    variable = f"GLMBOT_ADAPTERS__{adapter.upper()}__TOKEN"
    assert_explained(await glmbot(tmp_path, "run"), adapter, "token is empty", variable)


async def test_an_unknown_adapter(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[adapters.telegrm]\ntoken = "x"\n', encoding="utf-8")
    assert_explained(await glmbot(tmp_path, "run"), "adapters.telegrm", "'telegram'")


async def test_a_missing_checkpoint_directory(tmp_path: Path) -> None:
    assert_explained(await glmbot(tmp_path, "serve", "--model", "nowhere", "--port", "0"), "'nowhere'")


async def test_a_checkpoint_with_a_missing_shard_ends_server_and_bot(tmp_path: Path) -> None:
    directory = tmp_path / "model"
    shutil.copytree(GOLDEN / "v1_e2e", directory)
    shard = "model-00001-of-00002.safetensors"
    (directory / "model.safetensors").unlink()
    index = {"metadata": {}, "weight_map": {"lm_head.weight": shard, "transformer.word_embeddings.weight": shard}}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    assert_explained(await glmbot(tmp_path, "serve", "--model", str(directory), "--port", "0"), shard)
    chat = await glmbot(tmp_path, "chat", stdin="hi\n", GLMBOT_INFERENCE__MODEL=str(directory))
    assert_explained(chat, shard)


async def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert_explained(await glmbot(tmp_path, "serve", "--port", port), port, "in use")


async def test_listening_beyond_loopback_needs_a_token(tmp_path: Path) -> None:
    assert_explained(await glmbot(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0"), "GLMBOT_SERVE_TOKEN")


async def test_a_database_of_a_newer_version(tmp_path: Path, model: FakeModel) -> None:
    assert (await glmbot(tmp_path, "chat", stdin="hi\n", GLMBOT_INFERENCE__URL=model.url)).exit_code == 0
    with sqlite3.connect(tmp_path / "data" / "glmbot.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    ended = await glmbot(tmp_path, "chat", stdin="hi\n", GLMBOT_INFERENCE__URL=model.url)
    assert_explained(ended, "newer")


async def test_a_file_that_is_no_database(tmp_path: Path, model: FakeModel) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "glmbot.db").write_bytes(b"this is no database, it is a text " * 100)
    ended = await glmbot(tmp_path, "chat", stdin="hi\n", GLMBOT_INFERENCE__URL=model.url)
    assert_explained(ended, "glmbot.db")


async def test_a_second_bot_on_the_same_data(tmp_path: Path, model: FakeModel) -> None:
    from tests.e2e.program import running

    async with running(tmp_path, "chat", GLMBOT_INFERENCE__URL=model.url) as first:
        async with asyncio.timeout(20):
            while not (tmp_path / "data" / "glmbot.lock").exists():
                await asyncio.sleep(0.05)
        ended = await glmbot(tmp_path, "chat", stdin="hi\n", GLMBOT_INFERENCE__URL=model.url)
        assert_explained(ended, "in use by another glmbot", str(first.pid))
