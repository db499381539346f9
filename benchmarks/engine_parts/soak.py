"""A crowd of official clients, and what became of their questions."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import openai

from engine_parts.flatness import Samples
from engine_parts.serving import MODEL_NAME

PATIENCE = 60.0
"""Seconds after which a request counts as stuck, and within which the server must become idle at the end."""
LEFT_EARLY = 0.2
NOT_STREAMED = 0.25
DONE = b"data: [DONE]"
WORDS = (
    "你好",
    "What can you do?",
    "Remember that my cat is called Miso.",
    "二加三等于几？",
    "Tell me about storage. ",
)


@dataclass(slots=True)
class Soak:
    """What came of it."""

    seconds: float = 0.0
    complete: int = 0
    left_early: int = 0
    refused: int = 0
    num_tokens: int = 0
    stuck: int = 0
    incomplete: list[str] = field(default_factory=list)
    samples: Samples = field(default_factory=Samples)
    is_healthy: bool = False

    def as_json(self, warm_up: float) -> dict[str, Any]:
        """Return the figures, and whether all is well."""
        memory = self.samples.after(warm_up)
        return {
            "is_ok": self.is_healthy
            and memory.is_flat
            and not self.stuck
            and not self.incomplete
            and self.complete > 0,
            "seconds": round(self.seconds),
            "complete": self.complete,
            "left_early": self.left_early,
            "refused": self.refused,
            "stuck": self.stuck,
            "incomplete": len(self.incomplete),
            "incomplete_first": self.incomplete[:3],
            "tokens_per_s": round(self.num_tokens / max(self.seconds, 1e-9), 1),
            "is_healthy": self.is_healthy,
            **memory.as_json(),
        }


async def soak(url: str, pid: int, num_clients: int, seconds: float, seed: int, patience: float = PATIENCE) -> Soak:
    """Let the crowd talk for some seconds, then see whether the server is idle and healthy."""
    came = Soak()
    started_at = time.monotonic()
    ends_at = started_at + seconds
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(came.samples.watch(pid, ends_at))
        for number in range(num_clients):
            tasks.create_task(_talk(came, url, number, random.Random(f"{seed} {number}"), ends_at, patience))
    came.seconds = time.monotonic() - started_at
    is_idle = await _is_idle(url, patience)
    came.samples.finish(pid)
    came.is_healthy = is_idle and came.samples.has_no_more_handles
    return came


class _Watching(httpx.AsyncHTTPTransport):
    """Keeps the last bytes of the body, since the client says nothing of the end mark. One request at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.tail = b""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request as ever."""
        self.tail = b""
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Tail(response.stream, self)
        return response


class _Tail(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, owner: _Watching) -> None:
        self._stream, self._owner = stream, owner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._owner.tail = (self._owner.tail + part)[-64:]
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _talk(came: Soak, url: str, number: int, chance: random.Random, ends_at: float, patience: float) -> None:
    """Be one client until the end."""
    watching = _Watching()
    async with (
        httpx.AsyncClient(transport=watching, timeout=None) as http,
        openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", http_client=http, max_retries=0) as client,
    ):
        while time.monotonic() < ends_at:
            question = _question(chance, number)
            try:
                async with asyncio.timeout(patience):
                    await _ask(came, client, watching, question, chance)
            except TimeoutError:
                came.stuck += 1
            except openai.RateLimitError as error:
                came.refused += 1
                await asyncio.sleep(float(error.response.headers["Retry-After"]))
            except openai.APIError as error:
                came.incomplete.append(repr(error))


def _question(chance: random.Random, number: int) -> dict[str, Any]:
    turns = [text for _ in range(chance.randint(0, 3)) for text in (chance.choice(WORDS), chance.choice(WORDS))]
    messages = [
        {"role": "user" if index % 2 == 0 else "assistant", "content": text} for index, text in enumerate(turns)
    ]
    messages.append({"role": "user", "content": chance.choice(WORDS) * chance.randint(1, 12)})
    how = {"temperature": chance.choice([0.0, 0.7, 1.0]), "seed": chance.randint(0, 1 << 30)}
    return {
        "model": MODEL_NAME,
        "messages": messages,
        "max_tokens": chance.randint(1, 160),
        "user": f"client {number}",
        **how,
    }


async def _ask(
    came: Soak, client: openai.AsyncOpenAI, watching: _Watching, question: dict[str, Any], chance: random.Random
) -> None:
    leaves_after = chance.choice([0, 1, 5, 20]) if chance.random() < LEFT_EARLY else None
    if chance.random() < NOT_STREAMED:
        await _ask_whole(came, client, question, leaves_after)
    else:
        await _ask_stream(came, client, watching, question, leaves_after)


async def _ask_whole(
    came: Soak, client: openai.AsyncOpenAI, question: dict[str, Any], leaves_after: int | None
) -> None:
    try:
        async with asyncio.timeout(None if leaves_after is None else leaves_after / 20):
            answer = await client.chat.completions.create(**question)
    except TimeoutError:
        came.left_early += 1
        return
    assert answer.usage is not None
    _count(came, question, answer.choices[0].finish_reason, answer.usage.completion_tokens)


async def _ask_stream(
    came: Soak,
    client: openai.AsyncOpenAI,
    watching: _Watching,
    question: dict[str, Any],
    leaves_after: int | None,
) -> None:
    finish, num_tokens = None, None
    options = {"include_usage": True}
    stream = await client.chat.completions.create(**question, stream=True, stream_options=options)
    async with _closing(stream):
        index = 0
        async for chunk in stream:
            if index == leaves_after:
                came.left_early += 1
                return
            index += 1
            finish = chunk.choices[0].finish_reason or finish if chunk.choices else finish
            num_tokens = chunk.usage.completion_tokens if chunk.usage else num_tokens
    if DONE not in watching.tail:
        came.incomplete.append(f"no end mark, but {watching.tail!r}")
    else:
        _count(came, question, finish, num_tokens)


def _count(came: Soak, question: dict[str, Any], finish: str | None, num_tokens: int | None) -> None:
    limit = question["max_tokens"]
    is_right = num_tokens is not None and (num_tokens == limit if finish == "length" else 0 < num_tokens <= limit)
    if finish not in ("stop", "length") or not is_right:
        came.incomplete.append(f"finish {finish!r} after {num_tokens} tokens of {limit}")
        return
    came.complete += 1
    came.num_tokens += num_tokens or 0


@asynccontextmanager
async def _closing(stream: openai.AsyncStream[Any]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await stream.close()


async def _is_idle(url: str, patience: float) -> bool:
    """Tell whether the server says soon that it is ready and has nothing to do, and answers one more question."""
    body = {"model": MODEL_NAME, "messages": [{"role": "user", "content": "你好"}], "max_tokens": 8}
    try:
        async with asyncio.timeout(patience), httpx.AsyncClient(timeout=None) as client:
            while _has_work((await client.get(f"{url}/health")).json()):
                await asyncio.sleep(0.1)
            answer = await client.post(f"{url}/v1/chat/completions", json=body)
            return answer.status_code == httpx.codes.OK
    except (TimeoutError, httpx.HTTPError):
        return False


def _has_work(health: dict[str, Any]) -> bool:
    return bool(health["status"] != "ready" or health["num_running"] or health["num_waiting"])
