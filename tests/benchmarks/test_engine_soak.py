"""The soak of the model server lets nothing pass that is wrong."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from engine_parts.soak import Soak, soak

WARM_UP = 0.2


class Server:
    """Answers as the model server does, but for one fault."""

    def __init__(self, fault: str) -> None:
        self.fault = fault

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].split("\r\n")[0] or 0)
            body = await reader.readexactly(length)
            if self.fault == "silent" and body:
                await reader.read()  # until the client leaves
            self._send(writer, json.loads(body) if body else {})
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it has left early
        finally:
            writer.close()

    def _send(self, writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
        kind = "text/event-stream" if asked.get("stream") else "application/json"
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())
        if not asked:
            num_running = 1 if self.fault == "never idle" else 0
            writer.write(json.dumps({"status": "ready", "num_running": num_running, "num_waiting": 0}).encode())
        elif asked.get("stream"):
            for event in self._events(asked):
                writer.write(f"data: {event}\n\n".encode())
        else:
            choice = {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": self._finish}
            writer.write(json.dumps(self._object([choice], self._count(asked))).encode())

    def _events(self, asked: dict[str, Any]) -> list[str]:
        deltas = [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}] * 3
        last = {"index": 0, "delta": {}, "finish_reason": self._finish}
        chunks = [self._object([choice]) for choice in [*deltas, last]] + [self._object([], self._count(asked))]
        return [*map(json.dumps, chunks), *([] if self.fault == "no end mark" else ["[DONE]"])]

    @property
    def _finish(self) -> str | None:
        return None if self.fault == "no finish reason" else "length"

    def _count(self, asked: dict[str, Any]) -> int:
        limit: int = asked["max_tokens"]
        return limit - 1 if self.fault == "a token too few" else limit

    def _object(self, choices: list[dict[str, Any]], count: int | None = None) -> dict[str, Any]:
        usage = {"prompt_tokens": 1, "completion_tokens": count, "total_tokens": 1}
        found = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "bench", "choices": choices}
        return found | ({"usage": usage} if count is not None else {})


async def soaked(fault: str) -> Soak:
    async with Server(fault).listening() as url:
        return await soak(url, os.getpid(), num_clients=3, seconds=1.2, seed=1, patience=1.0)


async def test_a_server_without_faults_passes() -> None:
    came = await soaked("none")
    assert came.is_healthy
    assert came.complete > 10
    assert came.left_early > 0
    assert (came.stuck, came.incomplete, came.refused) == (0, [], 0)


@pytest.mark.parametrize("fault", ["no end mark", "no finish reason", "a token too few"])
async def test_an_answer_that_is_not_complete_is_found(fault: str) -> None:
    came = await soaked(fault)
    assert came.incomplete
    assert not came.as_json(WARM_UP)["is_ok"]


async def test_a_request_that_is_never_answered_is_stuck() -> None:
    assert (await soaked("silent")).stuck > 0


async def test_a_server_that_goes_on_working_for_nobody_is_not_healthy() -> None:
    assert not (await soaked("never idle")).is_healthy
