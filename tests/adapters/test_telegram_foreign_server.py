"""The Telegram adapter against a Bot API server that we did not write: telegram-test-api, from npm.

It knows neither offsets nor long polling nor limits; those are tested against our own strict fake.
"""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from glmbot.adapters.base import CommandInfo, OutgoingMessage
from glmbot.adapters.telegram import TelegramAdapter
from glmbot.adapters.telegram_waits import Waits
from glmbot.content import Rendered
from glmbot.events import Language, MessageEvent
from glmbot.settings import TelegramSettings

FOLDER = Path(__file__).parent.parent / "telegram_test_api"
TOKEN = "666:sampleToken"
INSTALL_DEADLINE = 100.0
DEADLINE = 20.0


@pytest.fixture(scope="module")
def installed() -> None:
    """Install the server where it is missing, or skip."""
    if not (shutil.which("node") and (npm := shutil.which("npm"))):
        pytest.skip("telegram-test-api needs node and npm, and they are not installed")
    if (FOLDER / "node_modules" / "telegram-test-api" / "package.json").is_file():
        return
    try:
        subprocess.run([npm, "ci", "--silent"], cwd=FOLDER, check=True, timeout=INSTALL_DEADLINE, capture_output=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"telegram-test-api could not be installed (npm ci in {FOLDER.name}): {error}")


@pytest.fixture
async def url(installed: None) -> AsyncIterator[str]:
    """Run the server; it ends when its standard input is closed."""
    server = await asyncio.create_subprocess_exec(
        "node", "server.js", cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        async with asyncio.timeout(DEADLINE):
            port = int(await server.stdout.readline())
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stdin.close()
        async with asyncio.timeout(DEADLINE):
            await server.wait()


class Ann:
    """Someone who writes to the bot through the server's own client interface."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self._url = url
        self._client = client

    async def write(self, text: str, **fields: object) -> None:
        ann = {"id": 1, "first_name": "Ann", "is_bot": False}
        message = {"from": ann, "chat": {"id": 1, "type": "private"}, "date": int(time.time()), "text": text}
        route = "sendCommand" if "entities" in fields else "sendMessage"
        await self._post(route, message | {"botToken": TOKEN} | fields)

    async def read(self) -> list[str]:
        """Return what the bot has written, as its messages stand now."""
        answer = await self._post("getUpdatesHistory", {"token": TOKEN})
        return [entry["message"]["text"] for entry in answer["result"] if "chat_id" in entry["message"]]

    async def _post(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        response = await self._client.post(f"{self._url}/{route}", json=body)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


async def test_text_and_commands_make_the_round_trip(url: str) -> None:
    settings = TelegramSettings(token=TOKEN, base_url=f"{url}/bot")
    adapter = TelegramAdapter("telegram", settings, waits=Waits(poll=1, first=0.01))
    adapter.set_commands([CommandInfo("help", {Language.ENGLISH: "Help."})])
    events: asyncio.Queue[MessageEvent] = asyncio.Queue()
    async with httpx.AsyncClient() as client, asyncio.TaskGroup() as tasks, asyncio.timeout(DEADLINE):
        run = tasks.create_task(adapter.run(events.put))
        ann = Ann(url, client)
        await ann.write("你好 😀")
        greeting = await events.get()
        await ann.write("/help me", entities=[{"type": "bot_command", "offset": 0, "length": 5}])
        command = await events.get()
        await adapter.show_typing(greeting.chat)
        await adapter.send(OutgoingMessage(greeting.chat, Rendered("<b>Hello</b>", "Hello"), "1", greeting.message_id))
        ref = await adapter.send(OutgoingMessage(command.chat, Rendered("Hel", "Hel"), "2"))
        await adapter.edit(ref, Rendered("Help is near.", "Help is near."))
        assert await ann.read() == ["<b>Hello</b>", "Help is near."]
        run.cancel()
    assert [(event.text, event.sender.name) for event in (greeting, command)] == [
        ("你好 😀", "Ann"),
        ("/help me", "Ann"),
    ]
