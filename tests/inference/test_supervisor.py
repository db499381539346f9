"""The model server as a child: started, watched, started again; and the bot while it is away."""

import asyncio
import itertools
import os
import signal
import sys
from pathlib import Path

import pytest

from glmbot.app import open_app
from glmbot.cli.reload import serves_alike
from glmbot.config_file import load_settings
from glmbot.errors import ConfigError, InferenceUnavailable
from glmbot.inference.supervisor import ModelServer, serve_command
from glmbot.settings import InferenceSettings, SafetySettings, Settings
from tests.fakes.adapter import FakeAdapter

GOLDEN = Path(__file__).parent.parent / "golden" / "chatglm" / "v1_e2e"


def child(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_every_setting_of_the_model_reaches_its_server() -> None:
    settings = InferenceSettings(
        model="chatglm-6b",
        models_dir=Path("/models"),
        precision="int4",
        kv_precision="int8",
        lora=Path("a"),
        prefix=Path("p"),
    )
    command = list(serve_command(settings, "INFO"))
    options = dict(itertools.pairwise(command))
    assert (options["--model"], options["--models-dir"], options["--precision"]) == ("chatglm-6b", "/models", "int4")
    assert (options["--kv-precision"], options["--lora"], options["--prefix"]) == ("int8", "a", "p")
    assert "--lora" not in serve_command(InferenceSettings(), "INFO")
    assert "--classifier" not in serve_command(InferenceSettings(), "INFO")
    assert dict(itertools.pairwise(serve_command(settings, "INFO", Path("c"))))["--classifier"] == "c"


def test_another_classifier_needs_another_model_server() -> None:
    classifying = Settings(safety=SafetySettings(classifier=Path("c")))
    assert serves_alike(Settings(), Settings())
    assert not serves_alike(Settings(), classifying)


async def test_a_child_that_cannot_run_ends_the_supervisor_with_its_own_sentence() -> None:
    server = ModelServer(child("import sys; sys.stderr.write('error: no such model\\n'); sys.exit(2)"), 5)
    with pytest.raises(ConfigError, match="^no such model$"):
        await server.run()


async def test_a_child_that_crashes_is_started_again(tmp_path: Path) -> None:
    note = tmp_path / "starts"
    program = f"open({str(note)!r}, 'a').write('x'); import os; os._exit(9)"
    running = asyncio.create_task(ModelServer(child(program), 5).run())
    async with asyncio.timeout(20):
        while not note.exists() or len(note.read_text(encoding="utf-8")) < 2:
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.wait({running})


async def test_a_child_that_stays_is_gone_on_with_and_ended_in_the_end(tmp_path: Path) -> None:
    note = tmp_path / "starts"
    program = f"open({str(note)!r}, 'a').write('x'); import time; time.sleep(60)"
    server = ModelServer(child(program), 5)
    server.stays = True
    pids = set()
    for _ in range(2):
        running = asyncio.create_task(server.run())
        async with asyncio.timeout(20):
            while not note.exists() or server.pid is None:
                await asyncio.sleep(0.05)
        pids.add(server.pid)
        running.cancel()
        await asyncio.wait({running})
    (pid,) = pids
    assert pid is not None
    os.kill(pid, 0)
    await server.end()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert note.read_text(encoding="utf-8") == "x"


async def test_a_model_that_never_loads_is_unavailable_in_the_end() -> None:
    with pytest.raises(InferenceUnavailable, match="not loaded"):
        await ModelServer(child("pass"), load_timeout=0.05).endpoint()


async def test_a_server_killed_in_the_middle_of_an_answer_returns_and_the_question_is_answered(
    tmp_path: Path,
) -> None:
    sections = {
        "bot": {"data_dir": str(tmp_path / "data")},
        "inference": {"model": str(GOLDEN), "temperature": 0, "device": "cpu"},
        "conversation": {"max_reply_tokens": 150},
    }
    platform = FakeAdapter(max_length=2000)
    settings = load_settings(secrets_dir=tmp_path / "none", overrides=sections)
    async with open_app(settings, {platform.name: platform}) as app:
        running = asyncio.create_task(app.run())
        await platform.receive("你好")
        await app.idle(platform.name)
        (expected,) = platform.texts()
        await platform.receive("/reset")
        await app.idle(platform.name)
        assert app.model_server is not None
        first = app.model_server.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)  # so that the kill below comes before the answer's end
        await platform.receive("你好")
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(60):
            await app.idle(platform.name)
        assert platform.texts()[-1] == expected
        assert app.model_server.pid != first
        assert not running.done()
        app.stop()
        await running
