"""The adapter that docs/adapters.md shows is complete, and small."""

import asyncio
import itertools
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from glmbot.adapters import conformance
from glmbot.adapters.base import Adapter
from glmbot.adapters.conformance import Conformance, Stage
from glmbot.errors import NotDelivered
from glmbot.events import Chat, ChatKind

GUIDE = Path(__file__).parents[2] / "docs" / "adapters.md"
MAX_LINES = 60


def source() -> str:
    """Return the adapter's source, as it is printed."""
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return next(block for block in blocks if "class SmallAdapter" in block)


def make(text: str, url: str) -> Adapter:
    """Make the adapter that is printed, or one that was altered."""
    namespace: dict[str, Any] = {}
    exec(compile(text, str(GUIDE), "exec"), namespace)
    adapter: Adapter = namespace["SmallAdapter"]("small", {"url": url})
    return adapter


def test_it_is_small() -> None:
    """Nobody should need more for a first adapter."""
    assert len(source().splitlines()) <= MAX_LINES


class SmallStage(Stage):
    """The chat with two calls."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._messages: list[dict[str, Any]] = []
        self._shown: dict[str, str] = {}
        self._ids = itertools.count(1)
        self._refusals: list[web.Response] = []
        self._is_blocked = False
        self._is_cut = False

    async def start(self) -> web.AppRunner:
        """Listen on a port of this machine."""
        app = web.Application()
        app.router.add_get("/messages", self._poll)
        app.router.add_post("/messages", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        adapter = make(self._text, f"http://127.0.0.1:{runner.addresses[0][1]}")
        super().__init__(adapter, Chat("small", "ann", ChatKind.PRIVATE))
        return runner

    async def _poll(self, request: web.Request) -> web.Response:
        after = int(request.query["after"])
        while not (news := [message for message in self._messages if message["id"] > after]):
            if self._is_cut:
                self._is_cut = False
                assert request.transport is not None
                request.transport.close()
            await asyncio.sleep(0.02)
        return web.json_response(news)

    async def _take(self, request: web.Request) -> web.Response:
        if self._refusals:
            return self._refusals.pop()
        fields = await request.json()
        if self._is_blocked or fields["chat"] != "ann" or not 0 < len(fields["text"]) <= 1000:
            return web.Response(status=403)
        self._shown.setdefault(fields["key"], fields["text"])
        return web.json_response({"id": list(self._shown).index(fields["key"])})

    async def write(self, text: str) -> None:
        who = {"chat": "ann", "from": "ann", "name": "Ann"}
        self._messages.append({"id": next(self._ids), "text": text, "time": time.time(), **who})

    async def shown(self) -> Sequence[str]:
        return list(self._shown.values())

    async def ask_to_wait(self, seconds: float) -> None:
        self._refusals.append(web.Response(status=429, headers={"Retry-After": str(seconds)}))

    async def refuse(self) -> None:
        self._is_blocked = True

    async def cut(self) -> None:
        self._is_cut = True


class TestSmallAdapter(Conformance):
    """It passes the kit."""

    text = source()

    @asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        stage = SmallStage(self.text)
        runner = await stage.start()
        try:
            yield stage
        finally:
            await runner.cleanup()


@pytest.mark.parametrize(
    ("right", "wrong", "test"),
    [
        ('message["text"]', 'message["text"].lower()', "test_receives_whole_texts"),
        ('str(message["id"])', '"1"', "test_keeps_the_order_and_tells_messages_apart"),
        ("await asyncio.sleep(error.after)", "return", "test_offers_again_what_could_not_be_stored"),
        (
            '"key": message.key',
            '"key": message.key + asyncio.get_running_loop().time().hex()',
            "test_sends_once_with_one_key",
        ),
        ("Markup.PLAIN, 1000", "Markup.PLAIN, 1001", "test_sends_as_much_as_it_declares"),
        ('raise NotDelivered("this chat has no edits")', "return", "test_edits"),
        ('float(response.headers["Retry-After"])', "0.1", "test_waits_as_long_as_it_is_asked"),
        ("raise NotDelivered(f", "raise RetryLater(after=0.1, message=f", "test_gives_up_what_is_refused_for_good"),
    ],
)
def test_the_kit_finds_what_is_wrong(right: str, wrong: str, test: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these adapters breaks one promise, and the test of that promise says so."""
    monkeypatch.setattr(conformance, "DEADLINE", 2.0)
    assert right in source()

    class Broken(TestSmallAdapter):
        text = source().replace(right, wrong)

    with pytest.raises((AssertionError, TimeoutError, NotDelivered, pytest.fail.Exception)):
        getattr(Broken(), test)()
