"""`glmbot model` as a user runs it, against a publisher on this machine."""

import asyncio
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checkpoints.conftest import GOLDEN, model_files
from tests.e2e.program import Ended, environment, glmbot, start
from tests.e2e.test_bad_input import assert_explained
from tests.fakes.hub import FakeHub

WEIGHTS = "model.safetensors"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(model_files()) as hub:
        yield hub


async def run(folder: Path, hub: FakeHub, *arguments: str, deadline: float = 60, **variables: str) -> Ended:
    return await glmbot(folder, "model", *arguments, deadline=deadline, HF_ENDPOINT=hub.url, **variables)


def answer(ended: Ended) -> Any:
    assert ended.exit_code == 0, ended.stderr
    return json.loads(ended.stdout)


async def test_a_model_is_fetched_listed_checked_and_removed(tmp_path: Path, hub: FakeHub) -> None:
    fetched = answer(await run(tmp_path, hub, "fetch", "owner/model", "--json"))
    assert fetched["path"] == str(tmp_path / "share" / "glmbot" / "models" / "owner--model")
    assert fetched["size_bytes"] == fetched["received_bytes"]
    rows = {row["name"]: row["state"] for row in answer(await run(tmp_path, hub, "list", "--json"))}
    assert (rows["owner--model"], rows["chatglm-6b"]) == ("fetched", "available")
    assert answer(await run(tmp_path, hub, "verify", "owner/model", "--json"))["is_whole"]
    assert_explained(await run(tmp_path, hub, "remove", "owner/model"), "say so with --yes")
    assert answer(await run(tmp_path, hub, "remove", "owner/model", "--yes", "--json"))["is_removed"]
    assert {row["state"] for row in answer(await run(tmp_path, hub, "list", "--json"))} == {"available"}


async def test_a_fetch_that_was_killed_goes_on_with_the_rest(tmp_path: Path, hub: FakeHub) -> None:
    gate = hub.trouble.gates[WEIGHTS] = threading.Event()
    process = await start(tmp_path, "model", "fetch", "owner/model", HF_ENDPOINT=hub.url)
    part = tmp_path / "share" / "glmbot" / "models" / "owner--model.part"
    async with asyncio.timeout(60):
        while not any(path.stat().st_size >= 1 << 16 for path in part.glob(f"{WEIGHTS}.*")):
            await asyncio.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    await process.communicate()
    gate.set()
    assert not part.with_name("owner--model").exists()
    hub.asked.clear()
    (partial,) = part.glob(f"{WEIGHTS}.*")
    num_kept = partial.stat().st_size
    fetched = answer(await run(tmp_path, hub, "fetch", "owner/model", "--json"))
    assert [(asked.path, asked.start) for asked in hub.asked[1:]] == [(WEIGHTS, num_kept)]
    assert fetched["received_bytes"] == len(hub.files[WEIGHTS]) - num_kept


async def test_an_interrupted_fetch_says_how_to_go_on(tmp_path: Path, hub: FakeHub) -> None:
    hub.trouble.gates["ice_text.model"] = threading.Event()
    process = await start(tmp_path, "model", "fetch", "owner/model", HF_ENDPOINT=hub.url)
    async with asyncio.timeout(60):
        while not hub.of("ice_text.model"):
            await asyncio.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, stderr = await process.communicate()
    assert process.returncode == 130
    assert "the same command goes on from there" in stderr.decode()
    assert "Traceback" not in stderr.decode()


async def test_the_licence_is_shown_and_a_token_is_not(tmp_path: Path, hub: FakeHub) -> None:
    ended = await run(tmp_path, hub, "fetch", "owner/model", HF_TOKEN="hf_canary", GLMBOT_BOT__LOG_LEVEL="DEBUG")
    assert ended.exit_code == 0, ended.stderr
    assert "have a licence of their own: https://huggingface.co/owner/model" in ended.stderr
    assert "canary" not in ended.stdout + ended.stderr


async def test_what_cannot_be_fetched_ends_with_one_sentence(tmp_path: Path, hub: FakeHub) -> None:
    assert_explained(await run(tmp_path, hub, "fetch", "chatglm-7b"), "'chatglm-7b' is not known", "chatglm-6b")
    assert_explained(await run(tmp_path, hub, "fetch", "owner/other"), "'owner/other' is not there")
    hub.trouble.is_gated = True
    assert_explained(await run(tmp_path, hub, "fetch", "owner/model"), "HF_TOKEN")


async def test_a_damaged_model_is_reported_and_named(tmp_path: Path, hub: FakeHub) -> None:
    shutil.copytree(GOLDEN, tmp_path / "model")
    path = tmp_path / "model" / WEIGHTS
    path.write_bytes(path.read_bytes()[:-10])
    ended = await run(tmp_path, hub, "verify", "model", "--json")
    assert_explained(ended, "1 files", repr(WEIGHTS))
    assert json.loads(ended.stdout)["problems"][0]["file"] == WEIGHTS


async def test_what_a_model_needs_is_told_before_and_after_it_is_fetched(tmp_path: Path, hub: FakeHub) -> None:
    known = answer(await run(tmp_path, hub, "info", "chatglm-6b", "--conversations", "4", "--json"))
    assert (known["is_fetched"], known["family"], known["fp16_kv_bytes_per_token"]) == (False, "chatglm", 448 * 1024)
    found = answer(await run(tmp_path, hub, "info", str(GOLDEN), "--json"))
    assert (found["family"], found["precision"], found["num_params"]) == ("chatglm", "fp16", 143_088)
    assert found.keys() == known.keys()


@pytest.mark.timeout(300)  # torch is imported twice
async def test_a_converted_model_is_stored_beside_the_first(tmp_path: Path, hub: FakeHub) -> None:
    answer(await run(tmp_path, hub, "fetch", "owner/model", "--json"))
    written = answer(await run(tmp_path, hub, "convert", "owner/model", "--to", "int8", "--json", deadline=120))
    assert (written["name"], written["precision"]) == ("owner--model-int8", "int8")
    assert answer(await run(tmp_path, hub, "verify", "owner--model-int8", "--json"))["has_checksums"]
    assert_explained(
        await run(tmp_path, hub, "convert", "owner/model", "--to", "int8", deadline=120), "is there already"
    )


@pytest.mark.parametrize("reply", ["y", "n"])
async def test_on_a_terminal_a_missing_model_is_offered(tmp_path: Path, hub: FakeHub, reply: str) -> None:
    hub.repo = "zai-org/chatglm-6b"
    ours, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "glmbot", "chat"),
        cwd=tmp_path,
        env=environment(tmp_path, HF_ENDPOINT=hub.url, GLMBOT_INFERENCE__MODEL="chatglm-6b"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, f"{reply}\n".encode())
    shown = ""
    while ("is ready, in" if reply == "y" else "error: ") not in shown:
        shown += (await asyncio.to_thread(os.read, ours, 4096)).decode()
    if reply == "y":
        process.kill()
    await process.wait()
    os.close(ours)
    assert "Fetch it now (13.4 GB, from zai-org/chatglm-6b)? [y/N]" in shown
    assert "https://huggingface.co/zai-org/chatglm-6b/blob/main/MODEL_LICENSE" in shown
    assert (tmp_path / "share" / "glmbot" / "models" / "chatglm-6b").is_dir() == (reply == "y")


@pytest.mark.parametrize("command", ["serve", "chat"])
async def test_a_model_that_is_not_fetched_names_the_command(tmp_path: Path, command: str) -> None:
    arguments = ["--model", "chatglm-6b", "--port", "0"] if command == "serve" else []
    ended = await glmbot(tmp_path, command, *arguments, GLMBOT_INFERENCE__MODEL="chatglm-6b")
    assert_explained(ended, "'chatglm-6b' is not fetched yet; run: glmbot model fetch chatglm-6b")


@pytest.mark.timeout(300)
async def test_a_bot_answers_with_a_model_of_the_store_in_the_precision_it_is_told(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN, tmp_path / "models" / "chatglm-6b")
    settings = {"MODEL": "chatglm-6b", "MODELS_DIR": str(tmp_path / "models"), "PRECISION": "int8", "DEVICE": "cpu"}
    variables = {f"GLMBOT_INFERENCE__{name}": value for name, value in settings.items()}
    # `chat` shows warnings only, and the model server says what it chose at INFO: so ask the server itself.
    process = await start(tmp_path, "serve", "--model", "chatglm-6b", "--port", "0", "--precision", "int8", **variables)
    assert process.stderr is not None
    async with asyncio.timeout(140):
        while line := (await process.stderr.readline()).decode():
            if "model ready" in line:
                break
            assert "precision" not in line or "int8" in line
    os.kill(process.pid, signal.SIGKILL)
    await process.communicate()
    ended = await glmbot(tmp_path, "chat", stdin="你好\n", deadline=140, **variables)
    assert ended.exit_code == 0, ended.stderr
    assert len(ended.stdout.strip()) > 0
