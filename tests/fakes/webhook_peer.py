"""Another system at the webhook channel: signs and checks by the library of Standard Webhooks, not by our code."""

import asyncio
import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from aiohttp import web
from standardwebhooks.webhooks import Webhook


class WebhookPeer:
    """Posts messages to `url`, and takes the bot's at `deliver_to`; repetitions of a `webhook-id` it drops.

    `refusals` answer the next deliveries, one each.
    """

    def __init__(self, secret: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/messages"
        self.deliver_to = ""
        self.taken: dict[str, dict[str, Any]] = {}
        self.refusals: list[web.Response] = []
        self.is_closed = False
        self.num_deliveries = 0
        self._signer = Webhook(secret)
        self._ids = itertools.count(1)
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "WebhookPeer":
        app = web.Application()
        app.router.add_post("/answers", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.deliver_to = f"http://127.0.0.1:{self._runner.addresses[0][1]}/answers"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go_away()

    async def go_away(self) -> None:
        """Take nothing any more."""
        assert self._runner is not None
        await self._runner.cleanup()

    def message(self, text: str, **fields: object) -> dict[str, object]:
        """Return a message with an id of its own."""
        return {"id": f"m{next(self._ids)}", "chat": "room 7", "sender": "ann", "text": text} | fields

    def signed(self, body: bytes, at: datetime | None = None) -> dict[str, str]:
        """Return the headers that go with a body."""
        at = at or datetime.now(UTC)
        signature = self._signer.sign("msg_1", at, body.decode())
        return {"webhook-id": "msg_1", "webhook-timestamp": f"{int(at.timestamp())}", "webhook-signature": signature}

    async def post(self, message: object, **headers: str) -> httpx.Response:
        """Post a message once; headers of a test's own replace the right ones."""
        body = json.dumps(message).encode()
        return await self.post_raw(body, self.signed(body) | headers)

    async def post_raw(self, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Post anything, as soon as the server is there."""
        async with httpx.AsyncClient(timeout=20) as http, asyncio.timeout(20):
            while True:
                try:
                    return await http.post(self.url, content=body, headers=headers)
                except httpx.ConnectError:
                    await asyncio.sleep(0.02)

    async def until_taken(self, number: int) -> None:
        """Wait until so many messages of the bot's have come."""
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: len(self.taken) >= number)

    async def _take(self, request: web.Request) -> web.Response:
        self.num_deliveries += 1
        if self.refusals:
            return self.refusals.pop(0)
        if self.is_closed:
            return web.Response(status=410)
        message = self._signer.verify(await request.read(), dict(request.headers))
        self.taken.setdefault(request.headers["webhook-id"], message)
        async with self._changed:
            self._changed.notify_all()
        return web.Response(status=204)
