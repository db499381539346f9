"""The platform of the pipeline benchmark: it lets no wrong answer pass, and glmbot gives none."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pipeline_parts import onebot
from pipeline_parts.onebot import Platform, WrongAnswer
from websockets.asyncio.client import connect

BOT = Path(onebot.__file__).with_name("glmbot_bot.py")
Answers = Callable[[str], list[str]]
"""What a bot says to a message."""


@asynccontextmanager
async def running_bot(url: str, answers: Answers) -> AsyncIterator[None]:
    """Run a bot of OneBot v11 that answers as it is told, while the body runs."""

    async def run() -> None:
        async with connect(url, compression=None) as connection:
            async for frame in connection:
                event: dict[str, Any] = json.loads(frame)
                for text in answers(event["raw_message"]) if event.get("post_type") == "message" else []:
                    params = {"user_id": event["user_id"], "message": text}
                    await connection.send(json.dumps({"action": "send_msg", "params": params, "echo": "1"}))

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()


async def ask_twice(answers: Answers) -> None:
    platform = Platform()
    async with asyncio.timeout(20), platform.listening() as url, running_bot(url, answers):
        await platform.ask(1)
        await platform.all_answered()
        await platform.ask(1)
        await platform.all_answered()


async def test_right_answers_pass() -> None:
    await ask_twice(lambda text: [f"echo: {text}"])


@pytest.mark.parametrize(
    "answers",
    [lambda text: ["something else"], lambda text: [f"echo: {text}"] * 2, lambda text: [f"echo: {text}!"]],
    ids=["another text", "twice", "too long"],
)
async def test_wrong_answers_do_not(answers: Answers) -> None:
    with pytest.raises(WrongAnswer, match="user 1 got"):
        await ask_twice(answers)


async def test_glmbot_answers_every_message_once_and_in_order(tmp_path: Path) -> None:
    platform = Platform()
    async with asyncio.timeout(60), platform.listening() as url:
        bot = await asyncio.create_subprocess_exec(sys.executable, BOT, url, tmp_path / "data")
        try:
            for number in range(30):
                await platform.ask(number % 3)
            await platform.all_answered()
        finally:
            bot.terminate()
            await bot.wait()
    assert bot.returncode == 0
