"""What tests of the server ask of it over the wire."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.serving.engine_fake import MODEL_NAME


def chat_body(text: str, **fields: Any) -> dict[str, Any]:
    return {"model": MODEL_NAME, "messages": [{"role": "user", "content": text}]} | fields


@dataclass
class Streamed:
    """What a stream of events said."""

    chunks: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    is_done: bool = False

    @property
    def pieces(self) -> list[str]:
        deltas = [choice["delta"] for chunk in self.chunks for choice in chunk["choices"]]
        return [delta["content"] for delta in deltas if delta.get("content")]

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def finish(self) -> str | None:
        reasons = [choice["finish_reason"] for chunk in self.chunks for choice in chunk["choices"]]
        return reasons[-1] if reasons else None


PLACE = re.compile(r": queued [0-9]+ [0-9]+\.[0-9]")
"""The comment that tells how many come first, and for how many seconds that keeps us waiting."""


class Client:
    """An HTTP client of one server."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.AsyncClient(base_url=url, headers=headers, timeout=20, trust_env=False)

    async def ask(self, text: str, **fields: Any) -> httpx.Response:
        return await self.http.post("/v1/chat/completions", json=chat_body(text, **fields))

    async def answer(self, text: str, **fields: Any) -> str:
        response = await self.ask(text, **fields)
        assert response.status_code == 200, response.text
        content: str = response.json()["choices"][0]["message"]["content"]
        return content

    async def stream(self, text: str, **fields: Any) -> Streamed:
        streamed = Streamed()
        async for event in self.events(text, **fields):
            assert not streamed.is_done, "an event after the end mark"
            if event == "[DONE]":
                streamed.is_done = True
            else:
                content = json.loads(event)
                (streamed.errors if "error" in content else streamed.chunks).append(content)
        return streamed

    async def events(self, text: str, **fields: Any) -> AsyncIterator[str]:
        body = chat_body(text, stream=True, **fields)
        async with self.http.stream("POST", "/v1/chat/completions", json=body) as response:
            assert response.status_code == 200, await response.aread()
            assert response.headers["content-type"].startswith("text/event-stream")
            async for line in response.aiter_lines():
                if line and not PLACE.fullmatch(line):
                    assert line.startswith("data: ")
                    yield line.removeprefix("data: ")


@asynccontextmanager
async def client_of(url: str, token: str | None = None) -> AsyncIterator[Client]:
    client = Client(url, token)
    async with client.http:
        yield client


async def open_request(port: int, text: str, **fields: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a request over a bare socket, so that the test can drop it."""
    body = json.dumps(chat_body(text, **fields)).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    return reader, writer
