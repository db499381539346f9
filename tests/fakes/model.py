"""A model server that answers by a script: the OpenAI wire over real HTTP."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from aiohttp import web

Messages = list[dict[str, str]]


def echo(messages: Messages) -> list[str]:
    """Answer with the last question, in two pieces."""
    question = messages[-1]["content"]
    return ["echo: ", question]


class ModelFault(StrEnum):
    """What goes wrong with one request."""

    HANG = "hang"
    """Nothing comes after the first piece, ever."""
    OUT_OF_MEMORY = "out of memory"
    NAN = "nan"
    """An error in the middle of the stream, as our own server tells of a step that computed no numbers."""
    CUT = "cut"


class FakeModel:
    """Answers `script(messages)`, piece by piece; every request is kept in `requests`.

    `classifier` tells how probable it is that a text is an injection; without one, nobody ever tells.
    `gate` is awaited before each piece but the first; `num_cuts` ends that many streams without their end mark;
    `num_refusals` answers that many requests with 503; `faults` strike the next requests, one each; `pause` is how
    many seconds pass before each piece but the first.
    """

    def __init__(self, script: Callable[[Messages], list[str]] = echo, context_length: int = 2048) -> None:
        self.script = script
        self.context_length = context_length
        self.requests: list[dict[str, Any]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.classifier: Callable[[str], float] | None = None
        self.num_cuts = 0
        self.num_refusals = 0
        self.num_open = 0
        self.num_pieces = 0
        self._changed = asyncio.Condition()
        self.pause = 0.0
        self.places: list[str] = []
        """What comments tell before the first piece, which then waits for the gate, too."""
        self.faults: deque[ModelFault] = deque()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> "FakeModel":
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/tokenize", self._tokenize)
        app.router.add_post("/classify", self._classify)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go_away()

    async def go_away(self) -> None:
        """End the server, for good."""
        self.gate.set()
        assert self._runner is not None
        await self._runner.cleanup()

    def questions(self) -> list[str]:
        """Return the last message of every request."""
        return [request["messages"][-1]["content"] for request in self.requests]

    async def until_pieces(self, num_pieces: int, deadline: float = 30.0) -> None:
        """Wait until it is answering, and has sent so many pieces in all."""
        await self._until(lambda: bool(self.requests) and self.num_pieces >= num_pieces, deadline)

    async def until_refused(self, deadline: float = 30.0) -> None:
        """Wait until all refusals are spent."""
        await self._until(lambda: self.num_refusals == 0, deadline)

    async def until_idle(self, deadline: float = 30.0) -> None:
        """Wait until no answer is under way."""
        await self._until(lambda: self.num_open == 0, deadline)

    async def _until(self, condition: Callable[[], bool], deadline: float) -> None:
        async with asyncio.timeout(deadline), self._changed:
            await self._changed.wait_for(condition)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "fake", "object": "model"}]})

    async def _tokenize(self, request: web.Request) -> web.Response:
        body = await request.json()
        count = sum(self.count(message["content"]) for message in body["messages"])
        return web.json_response({"count": count, "max_model_len": self.context_length})

    async def _classify(self, request: web.Request) -> web.Response:
        text = (await request.json())["input"]
        if self.classifier is None:
            await asyncio.Event().wait()
            raise AssertionError
        value = self.classifier(text)
        found = {"index": 0, "label": "SAFE", "labels": ["SAFE", "INJECTION"], "probs": [1 - value, value]}
        return web.json_response({"object": "list", "data": [found | {"num_classes": 2}]})

    @staticmethod
    def count(text: str) -> int:
        """Count tokens: one a character, and two a message."""
        return len(text) + 2

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert body["stream"] is True
        num_tokens = sum(self.count(message["content"]) for message in body["messages"])
        assert num_tokens + body["max_tokens"] <= self.context_length, "prompt and reply exceed the context"
        self.requests.append(body)
        if self.num_refusals:
            self.num_refusals -= 1
            await self._notify()
            return web.json_response({"error": {"message": "loading"}}, status=503)
        fault = self.faults.popleft() if self.faults else None
        if fault is ModelFault.OUT_OF_MEMORY:
            return web.json_response({"error": {"message": "out of memory"}}, status=500)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self.num_open += 1
        await self._notify()
        try:
            await self._stream(response, self.script(body["messages"]), fault)
        except ConnectionResetError:
            return response  # the bot has gone
        finally:
            self.num_open -= 1
            await self._notify()
        return response

    async def _stream(self, response: web.StreamResponse, pieces: list[str], fault: ModelFault | None) -> None:
        for place in self.places:
            await response.write(f": queued {place}\n\n".encode())
        for index, piece in enumerate(pieces):
            if index or self.places:
                await self._between_pieces(response, fault)
            await _event(response, {"choices": [{"index": 0, "delta": {"content": piece}}]})
            self.num_pieces += 1
            await self._notify()
            if self.num_cuts:
                self.num_cuts -= 1
                return _cut(response)
        await _event(response, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        usage = {"prompt_tokens": 1, "completion_tokens": len("".join(pieces)), "total_tokens": 1}
        await _event(response, {"choices": [], "usage": usage})
        await response.write(b"data: [DONE]\n\n")

    async def _between_pieces(self, response: web.StreamResponse, fault: ModelFault | None) -> None:
        if self.pause:
            await asyncio.sleep(self.pause)
        await self.gate.wait()
        match fault:
            case ModelFault.HANG:
                await asyncio.Event().wait()
            case ModelFault.NAN:
                await _event(response, {"error": {"message": "the step computed no numbers"}})
            case ModelFault.CUT:
                _cut(response)


def _cut(response: web.StreamResponse) -> None:
    assert response._req is not None
    assert response._req.transport is not None
    response._req.transport.abort()


async def _event(response: web.StreamResponse, payload: dict[str, Any]) -> None:
    await response.write(f"data: {json.dumps(payload)}\n\n".encode())
