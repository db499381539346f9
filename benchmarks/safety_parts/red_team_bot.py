"""Runs a bot on platforms in memory and a scripted model, and attacks it."""

import asyncio
import json
import re
import shutil
import sqlite3
import unicodedata
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from glmbot.adapters.attachment_forms import clean_name
from glmbot.adapters.telegram import TelegramAdapter
from glmbot.app import App, open_app
from glmbot.events import ChatKind
from glmbot.settings import TelegramSettings
from safety_parts.red_team import PLUGIN, WORDS, Attack
from tests.conftest import bot_settings
from tests.fakes.adapter import FakeAdapterWithFiles, Shown
from tests.fakes.model import FakeModel
from tests.fakes.telegram import FakeChat, FakeTelegram, FakeUser

DEADLINE = 30.0
HARMLESS = ["Fine."]
SEPARATORS = re.compile(r"[\W_]+")
FENCED = re.compile(r"\n(`{3,})\n(.*)\n\1\n", re.DOTALL)


async def got_through(wanted: Sequence[Attack], folder: Path) -> list[str]:
    """Return the ids of the attacks that got through, in their order."""
    async with _target(folder) as target:
        return [attack.id for attack in wanted if await target.attack(attack)]


@asynccontextmanager
async def _target(folder: Path) -> AsyncIterator["_Target"]:
    plugins = folder / "plugins"
    plugins.mkdir()
    shutil.copy(PLUGIN, plugins / "red_team.py")
    sections: dict[str, dict[str, Any]] = {
        "plugins": {"folder": str(plugins)},
        "safety": {"word_lists": [str(WORDS)]},
        "moderation": {"max_strikes": 0},
    }
    async with FakeModel() as model, FakeTelegram("12345:TEST", "glm_bot") as telegram:
        platform = FakeAdapterWithFiles(max_length=4000, can_send_files=True, can_show_buttons=True)
        settings = TelegramSettings(token=telegram.token, base_url=telegram.base_url)
        adapters = {"fake": platform, "telegram": TelegramAdapter("telegram", settings)}
        async with open_app(bot_settings(folder, model, sections), adapters) as app:
            running = asyncio.create_task(app.run())
            yield _Target(app, platform, telegram, model, folder / "data" / "glmbot.db")
            app.stop()
            await running


class _Target:
    """The bot that is attacked."""

    def __init__(
        self, app: App, platform: FakeAdapterWithFiles, telegram: FakeTelegram, model: FakeModel, database: Path
    ) -> None:
        self._app = app
        self._platform = platform
        self._telegram = telegram
        self._model = model
        self._database = database

    async def attack(self, attack: Attack) -> bool:
        """Tell whether an attack gets through. Each comes from a sender of its own, in a chat of its own."""
        before = self._num_stored(attack)
        self._model.script = lambda _: HARMLESS
        self._num_asked = len(self._model.requests)
        for step in attack.steps:
            async with asyncio.timeout(DEADLINE):
                await self._do(attack, step)
        asked = [request["messages"] for request in self._model.requests[self._num_asked :]]
        happened = {
            "asked": lambda text: any(_has(json.dumps(one, ensure_ascii=False), text) for one in asked),
            "shown": lambda text: any(_has(one, text) for one in self._seen(attack)),
            "stored": lambda _: self._num_stored(attack) > before,
            "unfenced": lambda text: any(not _is_fenced(one[-1]["content"], text) for one in asked),
            "unlogged": lambda _: not self._has_entry(attack),
        }
        return any(happened[what](text) for what, text in attack.never.items())

    async def _do(self, attack: Attack, step: dict[str, Any]) -> None:
        if "say" in step:
            await self._say(attack, step)
        elif "plugin" in step:
            text = f"/out {step['plugin']} {step['text'].encode().hex()}"
            await self._platform.receive(text, sender=attack.id, chat=attack.id, name=step.get("name"))
            if step["plugin"] != "ask":
                await self._app.idle("fake")
        elif "telegram" in step:
            await self._ask_on_telegram(step)
        elif "model" in step:
            self._model.script = lambda _: step["model"]
        elif "messages" in step:
            while len(self._shown(attack)) < step["messages"]:
                await asyncio.sleep(0.02)
        elif "mark" in step:
            self._num_asked = len(self._model.requests)
        elif "hold" in step:
            self._model.script = lambda _: ["", *HARMLESS]
            self._model.gate.clear()
        elif "release" in step:
            self._model.gate.set()
            await self._app.idle("fake")

    async def _say(self, attack: Attack, step: dict[str, Any]) -> None:
        files = [self._platform.put(clean_name(step["file"][0]), step["file"][1].encode())] if "file" in step else []
        await self._platform.receive(
            step["say"],
            sender=attack.id,
            chat=attack.id + step.get("chat", ""),
            name=step.get("name"),
            message_id=f"{attack.id} {step['id']}" if "id" in step else None,
            kind=ChatKind.GROUP if "chat" in step else ChatKind.PRIVATE,
            is_addressed=step.get("addressed", True),
            is_edit=step.get("edit", False),
            attachments=files,
        )
        if step.get("wait", self._model.gate.is_set()):
            await self._app.idle("fake")

    async def _ask_on_telegram(self, step: dict[str, Any]) -> None:
        number, user = len(self._model.requests), FakeUser(1001, step["name"])
        chat = FakeChat(user.id)
        theirs = {"message_id": 5, "date": 1, "chat": chat.as_json(), "from": user.as_json(), "text": step["quote"]}
        quote = {"text": step["quote"], "position": 0}
        await self._telegram.receive(step["telegram"], chat=chat, sender=user, reply_to_message=theirs, quote=quote)
        while len(self._model.requests) == number:
            await asyncio.sleep(0.02)
        await self._app.idle("telegram")

    def _shown(self, attack: Attack) -> list[Shown]:
        return [one for one in self._platform.messages.values() if one.chat.chat_id.startswith(attack.id)]

    def _seen(self, attack: Attack) -> Iterator[str]:
        """Yield each version of each message, and what is in and below it."""
        for one in self._shown(attack):
            yield from one.versions
            for button in one.buttons:
                yield from (button.label, button.command)
            if one.file:
                yield from (one.file.name, one.file.data.decode(errors="replace"))

    def _num_stored(self, attack: Attack) -> int:
        text = attack.never.get("stored")
        return sum(_has(one, text) for one in self._texts_stored()) if text else 0

    def _texts_stored(self) -> Iterator[str]:
        with sqlite3.connect(self._database) as connection:
            for table in ("inbox", "turns", "outbox", "senders", "plugin_store", "moderation_log", "reports"):
                for row in connection.execute(f"SELECT * FROM {table}"):
                    yield from (_readable(value) for value in row if isinstance(value, str))

    def _has_entry(self, attack: Attack) -> bool:
        with sqlite3.connect(self._database) as connection:
            counted = connection.execute("SELECT count(*) FROM moderation_log WHERE sender_id = ?", (attack.id,))
            return bool(counted.fetchone()[0])


def _readable(value: str) -> str:
    return json.dumps(json.loads(value), ensure_ascii=False) if value.startswith(("{", "[{")) else value


def _has(text: str, part: str) -> bool:
    return _letters(part) in _letters(text)


def _letters(text: str) -> str:
    """Return what is left when form, case and separators are taken away."""
    return SEPARATORS.sub("", unicodedata.normalize("NFKC", text).casefold())


def _is_fenced(prompt: str, text: str) -> bool:
    """Tell whether a file's text is in a prompt behind a fence longer than any in it, and nowhere else."""
    found = FENCED.search(prompt)
    return bool(found and found[2] == text and found[1] not in text and prompt.count(text) == 1)
