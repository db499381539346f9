"""The program of a plugin process: loads one plugin and serves it to the bot, until the bot closes the connection."""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from dataclasses import fields
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn, TypeVar

from pydantic import BaseModel, TypeAdapter

from glmbot.errors import ConfigError
from glmbot.hooks import Hooks
from glmbot.plugin.context import Surroundings
from glmbot.plugin.loading import checked_config, import_plugin
from glmbot.plugin.local_member import LocalPlugin
from glmbot.plugin.plugin import Plugin
from glmbot.plugin.process.child_services import RemoteServices, RemoteWaits
from glmbot.plugin.process.codec import dumped
from glmbot.plugin.process.frames import encode_json, receive_body
from glmbot.plugin.process.interfaces import (
    CONFIGURE,
    CONFIGURED,
    JOIN,
    LOAD,
    LOADED,
    Configured,
    Description,
    Join,
    Load,
    Loaded,
    PluginSide,
)
from glmbot.plugin.process.lifeline import end_with
from glmbot.plugin.process.output import LineFormatter
from glmbot.plugin.process.peer import Peer
from glmbot.plugin.process.plugin_server import PluginServer
from glmbot.plugin.schedule import SystemClock
from glmbot.plugin.sources import source_at

T = TypeVar("T")


def main() -> None:
    """Load what the bot says, and serve it."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(connection.fileno(), False)  # programs that the plugin starts must not keep it open
    end_with(connection)
    loaded = _load(connection)
    join = _receive(connection, JOIN)
    asyncio.run(_serve(connection, loaded, join))
    _end()


def _load(connection: socket.socket) -> LocalPlugin:
    """Take the bot's first words, and answer them."""
    load = _receive(connection, LOAD)
    _prepare(load)
    try:
        plugin = _imported(load)
    except ConfigError as error:
        connection.sendall(encode_json(dumped(LOADED, Loaded(None, str(error)))))
        _end()
    connection.sendall(encode_json(dumped(LOADED, Loaded(_described(plugin)))))
    config, problem = None, ""
    try:
        config = checked_config(plugin, _receive(connection, CONFIGURE).config)
    except ConfigError as error:
        problem = str(error)
    connection.sendall(encode_json(dumped(CONFIGURED, Configured(problem))))
    return LocalPlugin(plugin, config, load.place.path or load.place.value)


def _prepare(load: Load) -> None:
    sys.path[:] = load.import_path
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("%(name)s: %(message)s"))
    logging.basicConfig(level=load.log_level, handlers=[handler], force=True)
    with contextlib.suppress(OSError):  # where the system has it: should memory run out, the plugin goes first
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _imported(load: Load) -> Plugin[BaseModel | None]:
    try:
        return import_plugin(source_at(load.place))
    except KeyboardInterrupt:
        raise ConfigError("it raised KeyboardInterrupt while it was loaded") from None


def _described(plugin: Plugin[BaseModel | None]) -> Description:
    return Description(
        plugin.name,
        tuple(command.described() for command in plugin.commands),
        len(plugin.message_handlers),
        {hook.name: len(getattr(plugin.hooks, hook.name)) for hook in fields(Hooks)},
        tuple(job.function.__name__ for job in plugin.jobs),
    )


async def _serve(connection: socket.socket, loaded: LocalPlugin, join: Join) -> None:
    reader, writer = await asyncio.open_connection(sock=connection)
    peer = Peer(reader, writer, PluginSide)
    surroundings = Surroundings(RemoteServices(peer), SystemClock(), RemoteWaits(peer), join.commands)
    await peer.run(PluginServer(loaded.join(surroundings)))


def _receive(connection: socket.socket, adapter: TypeAdapter[T]) -> T:
    """Return the bot's next word; end where there is none."""
    body = receive_body(connection)
    if body is None:
        _end()
    return adapter.validate_json(body)


def _end() -> NoReturn:
    """End at once, whatever threads the plugin has left behind."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
