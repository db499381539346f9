"""Stands between the adapter and a real homeserver: passes all on, but for the faults that a test asks for."""

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.fakes.matrix_human import DEADLINE

DROPPED = ("Host", "Content-Length", "Transfer-Encoding", "Connection")

Change = Callable[[Any], Any]


@dataclass(slots=True)
class Fault:
    """What becomes of calls whose path has `part` in it."""

    part: str
    times: int
    status: int = 0
    body: bytes = b""
    location: str = ""
    is_late: bool = False
    """Whether the homeserver gets the call, and only its answer is lost."""


@dataclass(slots=True)
class MatrixProxy:
    """The proxy; `paths` are the calls that came, in order."""

    upstream: str
    url: str = ""
    paths: list[str] = field(default_factory=list)
    change: Change | None = None
    """Changes each answer to a question for news."""
    _is_repeat: bool = False
    _news: Any = None
    _faults: list[Fault] = field(default_factory=list)
    _polls: "set[asyncio.Task[Any]]" = field(default_factory=set)
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None
    _http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._http
        assert self._runner
        await self._runner.cleanup()
        await self._http.close()

    def refuse(self, part: str, status: int, body: Any = None, times: int = 1) -> None:
        """Answer the next calls in the homeserver's stead."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._faults.append(Fault(part, times, status, raw))

    def redirect(self, part: str, location: str) -> None:
        """Answer the next call by naming another address."""
        self._faults.append(Fault(part, 1, 302, location=location))

    def cut(self, part: str, times: int = 1, *, is_late: bool = False) -> None:
        """Cut the next connections without an answer. The adapter's library tries once more by itself."""
        self._faults.append(Fault(part, times, is_late=is_late))

    def heal(self) -> None:
        """Forget all faults that are still to come."""
        self._faults.clear()

    def cut_polls(self) -> None:
        """Cut the connections that wait for news."""
        for poll in self._polls:
            poll.cancel()

    def repeat_news(self) -> None:
        """Let the homeserver tell the last news once more."""
        self._is_repeat = True
        self.cut_polls()

    def num_calls(self, part: str) -> int:
        """Return how many calls came to such a path."""
        return sum(part in path for path in self.paths)

    async def until_called(self, part: str, times: int) -> None:
        """Wait until so many calls came to such a path."""
        try:
            async with asyncio.timeout(DEADLINE):
                while self.num_calls(part) < times:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            raise AssertionError(f"waited for {times} calls of {part}; calls: {self.paths[-20:]}") from None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path_qs)
        self._moved.set()
        fault = self._fault_for(request.path)
        if fault and fault.status:
            headers = {"Location": fault.location} if fault.location else {}
            return web.Response(status=fault.status, body=fault.body, content_type="application/json", headers=headers)
        if fault and not fault.is_late:
            return _cut(request)
        task = asyncio.ensure_future(self._pass_on(request))
        if "since" in request.query:
            self._polls.add(task)
            task.add_done_callback(self._polls.discard)
            if self._is_repeat:
                task.cancel()
        await asyncio.wait({task})
        if task.cancelled() and self._is_repeat:
            self._is_repeat = False
            return web.json_response(self._news | {"next_batch": request.query["since"]})
        return _cut(request) if fault or task.cancelled() else task.result()

    def _fault_for(self, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.part in path:
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
                return fault
        return None

    async def _pass_on(self, request: web.Request) -> web.Response:
        assert self._http
        headers = {key: value for key, value in request.headers.items() if key not in DROPPED}
        async with self._http.request(
            request.method, self.upstream + request.raw_path, headers=headers, data=io.BytesIO(await request.read())
        ) as response:
            raw = await response.read()
            if request.path.endswith("/sync") and response.status == 200:
                raw = self._noted(raw)
            kept = {key: value for key, value in response.headers.items() if key == "Content-Type"}
            return web.Response(status=response.status, body=raw, headers=kept)

    def _noted(self, raw: bytes) -> bytes:
        """Take note of news, and change them where a test wants that."""
        news = json.loads(raw)
        if self.change:
            news = self.change(news)
        if news.get("rooms", {}).get("join"):
            self._news = news
        return json.dumps(news).encode()


def _cut(request: web.Request) -> web.Response:
    assert request.transport
    request.transport.abort()
    return web.Response()
