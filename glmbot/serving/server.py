"""The model server as a program: bind, answer over HTTP, load the model meanwhile, end cleanly."""

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import SecretStr

from glmbot.checkpoints.store import Store
from glmbot.errors import ConfigError
from glmbot.serving.api.classify import FindClassifier
from glmbot.serving.api.openai import build_app
from glmbot.serving.classifier import Classifier, load_classifier
from glmbot.serving.engine.thread import STUCK_AFTER, EngineThread
from glmbot.serving.http_server import LEAVE_TIME, answer, build_http_server
from glmbot.serving.listener import announce, listen
from glmbot.serving.loaded_model import LoadedModel
from glmbot.serving.loading.model_directory import name_of, resolve
from glmbot.serving.restart import MOST_RESTARTS, next_restart, restarts_so_far, start_again
from glmbot.serving.threads import wait_shortly

if TYPE_CHECKING:
    from glmbot.serving.loading.checkpoint import LoadOptions

logger = logging.getLogger(__name__)

AUTO = "auto"
MAX_RUNNING = 8
MAX_WAITING = 64

_Kind = TypeVar("_Kind", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What `glmbot serve` was asked to do.

    `model` is "demo", a directory, or the name of a model in `models_dir` (None: in the user's data folder); port 0
    takes a free one; `precision` and `kv_precision` may be "auto".
    """

    model: str
    models_dir: Path | None
    host: str
    port: int
    token: SecretStr | None
    device: str
    precision: str
    kv_precision: str
    lora: Path | None
    prefix: Path | None
    classifier: Path | None
    served_name: str | None
    exit_when_stdin_closes: bool


Load = Callable[[Path, ServeOptions], LoadedModel]


def serve(options: ServeOptions, load: "Load | None" = None, stuck_after: float = STUCK_AFTER) -> None:
    """Serve a model until SIGTERM or Ctrl-C. Raises ConfigError for what the operator must mend.

    An engine that fails, or is stuck for `stuck_after` seconds, ends the server where a program waits for that. Without
    one the server starts again, some times an hour.
    """
    with listen(options.host, options.port, options.token) as listener:
        directory = resolve(options.model, Store(options.models_dir))
        _on_stop_signals(_leave_at_once)  # until there is something to finish
        announce(listener)
        if options.exit_when_stdin_closes:
            threading.Thread(target=_exit_at_end_of_stdin, name="stdin", daemon=True).start()
        beside = _Beside()
        engine = EngineThread(
            lambda: load(directory, options) if load else _load(directory, options, beside),
            max_open=MAX_RUNNING + MAX_WAITING,
            stuck_after=stuck_after,
        )
        port = listener.getsockname()[1]
        asyncio.run(_serve(options, engine, listener, lambda: beside.classifier))
        if engine.failure:
            _start_again(options, engine, engine.failure, port)
            raise engine.failure


def _start_again(options: ServeOptions, engine: EngineThread, failure: Exception, port: int) -> None:
    """Start again, and do not return; return where that would not help, or somebody else does it."""
    times = restarts_so_far()
    if options.exit_when_stdin_closes or isinstance(failure, ConfigError) or not (engine.was_ready or times):
        return
    restart = next_restart(times, time.time())
    if restart is None:
        logger.critical("the engine failed, and the server has started again %d times within an hour", MOST_RESTARTS)
        return
    _on_stop_signals(_leave_at_once)
    start_again(restart, failure, port)


async def _serve(
    options: ServeOptions, engine: EngineThread, listener: socket.socket, find_classifier: FindClassifier
) -> None:
    app = build_app(engine, options.served_name or name_of(options.model), options.token, find_classifier)
    engine.start()
    try:
        server = build_http_server(app, engine)
        _on_stop_signals(server.stop)
        await answer(server, engine, listener)
    finally:
        await engine.stop(LEAVE_TIME)
    if engine.is_alive and not engine.failure:
        _leave_at_once()


@dataclass(slots=True)
class _Beside:
    """What is loaded before the model, so that a server that is ready has it."""

    classifier: Classifier | None = None


def _load(directory: Path, options: ServeOptions, beside: _Beside) -> LoadedModel:
    """Load the model, in the engine's thread; torch is imported here, so that the server listens before it."""
    wait_shortly()
    from glmbot.serving.loading.checkpoint import load

    if options.classifier:
        beside.classifier = load_classifier(options.classifier)
    return load(directory, options.device, MAX_RUNNING, _load_options(options))


def _load_options(options: ServeOptions) -> "LoadOptions":
    from glmbot.serving.loading.checkpoint import LoadOptions
    from glmbot.serving.loading.precision import KvPrecision, Precision

    return LoadOptions(
        precision=_choice(Precision, "precision", options.precision),
        kv_precision=_choice(KvPrecision, "kv_precision", options.kv_precision),
        prefix=options.prefix,
        lora=options.lora,
    )


def _choice(kind: type[_Kind], option: str, value: str) -> _Kind | None:
    """Return what a word of the command line means, None for "auto"."""
    if value == AUTO:
        return None
    try:
        return kind(value)
    except ValueError as error:
        names = ", ".join([AUTO, *(str(member) for member in kind)])
        raise ConfigError(f"{option} {value!r} is unknown; use one of {names}") from error


def _on_stop_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM and Ctrl-C.

    uvicorn handles them itself while it runs and raises them again afterwards: they arrive here, and do no more harm.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


def _exit_at_end_of_stdin() -> None:
    """End at once when the program that started us dies: nobody waits for an answer any more."""
    while os.read(0, 4096):
        pass
    _leave_at_once()


def _leave_at_once() -> None:
    """End the process without waiting for its threads: nothing can interrupt torch while it loads."""
    os._exit(0)
