"""The web chat and the webhook channel keep the promises of the adapter protocol."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from glmbot.adapters.conformance import Conformance, Stage
from glmbot.adapters.web import WebAdapter
from glmbot.adapters.web_waits import Waits
from glmbot.adapters.webhook import WebhookAdapter
from glmbot.events import Chat, ChatKind
from glmbot.settings import WebhookSettings, WebSettings
from tests.fakes.page import FakePage, free_port
from tests.fakes.webhook_peer import WebhookPeer


class WebStage(Stage):
    """A browser with one tab. Who is not seen for a second gets no more messages."""

    def __init__(self, port: int) -> None:
        adapter = WebAdapter("web", WebSettings(port=port), waits=Waits(shown=0.3, away=0.1, forget=1.0))
        super().__init__(adapter, Chat("web", "", ChatKind.PRIVATE))
        self._adapter = adapter
        self._page = FakePage(port)
        self._last = ("", "")

    async def connected(self) -> None:
        await self._page.open()
        chat_id = self._adapter._sessions.chat_id(self._page.cookies)
        assert chat_id is not None
        self.chat = Chat("web", chat_id, ChatKind.PRIVATE)

    async def write(self, text: str) -> None:
        self._last = (text, await self._page.write(text))

    async def write_again(self) -> None:
        await self._page.write(*self._last)

    async def shown(self) -> Sequence[str]:
        return list(self._page.shown.values())

    async def files(self) -> Sequence[tuple[str, bytes]]:
        return list(self._page.files.values())

    async def press(self, label: str) -> None:
        await self._page.press(label)

    async def refuse(self) -> None:
        await self._page.close()

    async def cut(self) -> None:
        await self._page.close()

    async def close(self) -> None:
        await self._page.close()


class TestWeb(Conformance):
    """The web chat."""

    @asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        stage = WebStage(free_port())
        try:
            yield stage
        finally:
            await stage.close()


class WebhookStage(Stage):
    """A system that sends again what was not taken, before what comes after it."""

    def __init__(self, peer: WebhookPeer, secret: str, port: int) -> None:
        settings = WebhookSettings(port=port, secret=secret, deliver_to=peer.deliver_to)
        super().__init__(WebhookAdapter("webhook", settings), Chat("webhook", "room 7", ChatKind.PRIVATE))
        self._peer = peer
        self._messages: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._last: dict[str, object] = {}

    async def post_all(self) -> None:
        while True:
            message = await self._messages.get()
            while (response := await self._peer.post(message)).status_code == 503:
                await asyncio.sleep(float(response.headers["Retry-After"]) / 20)
            assert response.status_code == 202

    async def write(self, text: str) -> None:
        self._last = self._peer.message(text)
        self._messages.put_nowait(self._last)

    async def write_again(self) -> None:
        self._messages.put_nowait(self._last)

    async def shown(self) -> Sequence[str]:
        return [message["plain"] for message in self._peer.taken.values()]

    async def ask_to_wait(self, seconds: float) -> None:
        self._peer.refusals.append(web.Response(status=429, headers={"Retry-After": str(round(seconds))}))

    async def refuse(self) -> None:
        self._peer.is_closed = True


class TestWebhook(Conformance):
    """The webhook channel; it has no connection to cut."""

    @asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        secret, port = base64.b64encode(os.urandom(32)).decode(), free_port()
        async with WebhookPeer(secret, port) as peer, asyncio.TaskGroup() as tasks:
            stage = WebhookStage(peer, secret, port)
            posting = tasks.create_task(stage.post_all())
            yield stage
            posting.cancel()
