"""uvicorn as the model server runs it: it ends cleanly, and when the engine fails."""

import asyncio
import logging
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from glmbot.serving.engine.thread import EngineThread

DRAIN_TIME = 10.0
"""Seconds that running answers get to finish when the server is told to stop."""
LEAVE_TIME = 2.0
"""Seconds after that for connections to close, and for the engine to end."""


class HttpServer(uvicorn.Server):
    """uvicorn, with a limit to the time that running answers get at the end."""

    def __init__(self, config: uvicorn.Config, drain_time: float, on_drain_end: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain_time = drain_time
        self._on_drain_end = on_drain_end

    def stop(self) -> None:
        """Stop gracefully."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests finish; after the drain time cut what is left."""
        timer = asyncio.get_running_loop().call_later(self._drain_time, self._on_drain_end)
        try:
            await super().shutdown(sockets)
        finally:
            timer.cancel()


def build_http_server(app: ASGIApp, engine: EngineThread, drain_time: float = DRAIN_TIME) -> HttpServer:
    """Return the HTTP server, quiet in the log: requests are logged by our own middleware."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=round(drain_time + LEAVE_TIME),
    )
    return HttpServer(config, drain_time, on_drain_end=engine.cancel_all)


async def run_http(server: HttpServer, engine: EngineThread, listener: socket.socket) -> None:
    """Answer requests until told to stop. Raises the engine's failure, should it fail as a whole."""
    await answer(server, engine, listener)
    if engine.failure:
        raise engine.failure


async def answer(server: HttpServer, engine: EngineThread, listener: socket.socket) -> None:
    """Answer requests until told to stop, or until the engine fails."""
    async with asyncio.TaskGroup() as tasks:
        watcher = tasks.create_task(_stop_when_engine_fails(server, engine))
        await server.serve(sockets=[listener])
        watcher.cancel()


async def _stop_when_engine_fails(server: HttpServer, engine: EngineThread) -> None:
    await engine.wait_for_failure()
    server.should_exit = server.force_exit = True
