"""Builds the bot from its settings and runs it: the only place that constructs."""

import asyncio
import itertools
import logging
import random
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from glmbot.adapters.base import Accept, Adapter, CatchesUp, CommandMenu
from glmbot.conversation.context import Budget
from glmbot.conversation.conversation import Conversation
from glmbot.delivery.delivery import Delivery
from glmbot.delivery.outbox_worker import OutboxWorker
from glmbot.dispatch.admission import Admission
from glmbot.dispatch.dispatcher import Dispatcher
from glmbot.dispatch.intake import intake
from glmbot.dispatch.plugin_services import PluginServices
from glmbot.dispatch.router import Router
from glmbot.dispatch.worker import Worker
from glmbot.errors import ConfigError
from glmbot.hooks import Hooks
from glmbot.inference.client import Endpoint, EndpointSource, FixedEndpoint, InferenceClient
from glmbot.inference.supervisor import ModelServer, serve_command
from glmbot.instance_lock import instance_lock
from glmbot.plugin.host import PluginHost
from glmbot.plugin.loader import LoadState, close_plugins, load_plugins
from glmbot.plugin.member import LoadedPlugin
from glmbot.safety.filter import WordFilter
from glmbot.safety.keywords import load_terms
from glmbot.safety.safety import Safety
from glmbot.settings import InferenceSettings, PluginSettings, SafetySettings, Settings, StorageSettings
from glmbot.storage.backend import Backend, backend_of
from glmbot.storage.backups import BackupSchedule
from glmbot.storage.changes import watch_changes
from glmbot.storage.conversations import Conversations
from glmbot.storage.database import Database
from glmbot.storage.inbox import Inbox
from glmbot.storage.outbox import Outbox
from glmbot.storage.ownership import Ownership, ownership_of
from glmbot.storage.replies import Replies
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)

FINISH_DEADLINE = 10.0
"""Seconds that running answers get to finish when the bot stops; then they wait for the next start."""
DRAIN_DEADLINE = 3.0
"""Seconds that stored replies then get to reach their platforms."""
MAX_BACK_OFF = 60.0


class App:
    """A bot that is built. `run` it once."""

    def __init__(self, parts: "Parts", adapters: dict[str, Adapter], model_server: ModelServer | None) -> None:
        self._parts = parts
        self._adapters = adapters
        self.model_server = model_server
        self._stopping = asyncio.Event()
        self._ended_adapters: set[str] = set()

    def add_adapter(self, adapter: Adapter) -> None:
        """Add an adapter that is not configured, such as the terminal."""
        self._adapters[adapter.name] = adapter

    def stop(self) -> None:
        """End `run` in good order."""
        self._stopping.set()

    async def idle(self, adapter: str) -> None:
        """Wait until everything that came in by `adapter` has been answered and delivered. One may wait."""
        while await self._parts.inbox.num_open(adapter) or await self._parts.outbox.num_open(adapter):
            await self._parts.progress.wait()

    async def run(self) -> None:
        """Run until `stop`, SIGTERM or the end of the last adapter. Raises ConfigError."""
        if not self._adapters:
            raise ConfigError(
                "no adapter is configured; add [adapters.telegram] or [adapters.discord] to config.toml, "
                "or talk to the bot here with `glmbot chat`"
            )
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._prepare_adapters()
                running = self._start(tasks)
                await self._parts.plugins.start()
                await self._stopping.wait()
                await self._finish(running.worker)
                for task in running.all:
                    task.cancel()
        except BaseExceptionGroup as group:
            raise _first(group) from None
        finally:
            loop.remove_signal_handler(signal.SIGTERM)

    def _prepare_adapters(self) -> None:
        for adapter in self._adapters.values():
            if isinstance(adapter, CommandMenu):
                adapter.set_commands(self._parts.plugins.commands())

    async def _own(self, adapter: Adapter) -> None:
        """Run an adapter, with all that is stored for it, while no other process does."""
        parts = self._parts
        num_reopened = await parts.inbox.take_over(adapter.name)
        await parts.outbox.take_over(adapter.name)
        if num_reopened:
            logger.info("taking up %d messages that were being handled when the bot ended", num_reopened)
        if isinstance(adapter, CatchesUp):
            adapter.resume_after(await parts.inbox.newest(adapter.name))
        parts.owned.add(adapter.name)
        self._look_for_work()
        try:
            await self._supervise(adapter)
        except asyncio.CancelledError:
            parts.owned.discard(adapter.name)
            raise

    def _look_for_work(self) -> None:
        self._parts.worker.look()
        self._parts.outbox_worker.look()

    def _start(self, tasks: asyncio.TaskGroup) -> "_Running":
        parts = self._parts
        worker = tasks.create_task(parts.worker.run(), name="worker")
        others = [
            tasks.create_task(parts.outbox_worker.run(), name="outbox worker"),
            tasks.create_task(parts.ownership.while_owned("plugin jobs", parts.plugins.run_jobs), name="plugin jobs"),
            tasks.create_task(watch_changes(parts.database, self._look_for_work), name="changes"),
            tasks.create_task(parts.plugins.run(), name="plugins"),
        ]
        if parts.backups:
            others.append(tasks.create_task(parts.backups.run(), name="backups"))
        if self.model_server:
            others.append(tasks.create_task(self.model_server.run(), name="model server"))
        for adapter in self._adapters.values():
            owned = parts.ownership.while_owned(f"adapter {adapter.name}", partial(self._own, adapter))
            others.append(tasks.create_task(owned, name=f"adapter {adapter.name}"))
        return _Running(worker, [worker, *others])

    async def _supervise(self, adapter: Adapter) -> None:
        """Start an adapter again whenever it fails; only a first start may fail for good."""
        back_off = 1.0
        for attempt in itertools.count(1):
            try:
                await adapter.run(self._parts.accept)
                return self._ended(adapter)
            except ConfigError as error:
                if attempt == 1:
                    raise
                logger.error("adapter %s: %s", adapter.name, error)
                back_off = MAX_BACK_OFF
            except Exception:
                logger.exception("adapter %s failed; starting it again in %.0f s", adapter.name, back_off)
            await asyncio.sleep(back_off * random.uniform(0.8, 1.2))  # noqa: S311  jitter, not a secret
            back_off = min(back_off * 2, MAX_BACK_OFF)

    def _ended(self, adapter: Adapter) -> None:
        """An adapter may end by itself, as the terminal does; with the last one the bot ends."""
        self._ended_adapters.add(adapter.name)
        if self._ended_adapters >= self._adapters.keys():
            self.stop()

    async def _finish(self, worker: asyncio.Task[None]) -> None:
        """Let running answers end and replies leave; what is too slow is taken up at the next start."""
        logger.info("stopping")
        self._parts.worker.stop()
        await self._parts.plugins.stop()
        await asyncio.wait({worker}, timeout=FINISH_DEADLINE)
        try:
            async with asyncio.timeout(DRAIN_DEADLINE):
                while await self._parts.outbox.num_open():
                    await self._parts.progress.wait(0.1)
        except TimeoutError:
            logger.info("some replies are still to be delivered; the next start does it")


@dataclass(frozen=True, slots=True)
class _Running:
    worker: asyncio.Task[None]
    all: list[asyncio.Task[None]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the app runs."""

    accept: Accept
    database: Database
    ownership: Ownership
    owned: set[str]
    """Names of the adapters that this process may work for now."""
    inbox: Inbox
    outbox: Outbox
    worker: Worker
    outbox_worker: OutboxWorker
    plugins: PluginHost
    progress: Wakeup
    backups: BackupSchedule | None


@asynccontextmanager
async def open_app(settings: Settings, adapters: Mapping[str, Adapter]) -> AsyncIterator[App]:
    """Build the bot; close what it opened when the body ends. Raises ConfigError."""
    async with AsyncExitStack() as stack:
        backend = backend_of(settings.database_url, settings.bot.data_dir)
        stack.enter_context(instance_lock(settings.bot.data_dir, backend.file))
        database = await Database.open(settings.database_url, settings.bot.data_dir)
        stack.push_async_callback(database.close)
        model_server, source = _inference_of(settings.inference, settings.bot.log_level)
        inference = InferenceClient(source, settings.inference)
        stack.push_async_callback(inference.close)
        all_adapters = dict(adapters)
        plugins = await _load(settings.plugins)
        stack.push_async_callback(close_plugins, plugins)
        parts = _build(settings, all_adapters, database, inference, plugins)
        yield App(parts, all_adapters, model_server)


def _inference_of(settings: InferenceSettings, log_level: str) -> tuple[ModelServer | None, EndpointSource]:
    if settings.url:
        return None, FixedEndpoint(Endpoint(settings.url.rstrip("/"), settings.token.get_secret_value()))
    server = ModelServer(serve_command(settings, log_level), settings.load_timeout)
    return server, server


def _build(
    settings: Settings,
    adapters: Mapping[str, Adapter],
    database: Database,
    inference: InferenceClient,
    loaded: Sequence[LoadedPlugin],
) -> Parts:
    arrived, ready, progress = Wakeup(), Wakeup(), Wakeup()
    owned: set[str] = set()
    inbox, outbox, conversations = Inbox(database), Outbox(database), Conversations(database)
    hooks = Hooks()
    budget = Budget(settings.conversation.max_reply_tokens, settings.conversation.fallback_context)
    conversation = Conversation(inference, conversations, hooks, budget)
    delivery = Delivery(adapters, inbox, outbox, Replies(database), ready)
    services = PluginServices(
        database, inference, conversations, conversation, delivery, settings.conversation.max_reply_tokens
    )
    plugins = PluginHost(loaded, services, hooks)
    safety = Safety(_word_filter(settings.safety), hooks.check_text)
    admission = Admission(settings.admission, hooks.screen_event)
    router = Router(plugins, conversation)
    dispatcher = Dispatcher(admission, safety, router, delivery, inbox, hooks.reply_sent)
    return Parts(
        accept=intake(inbox, plugins, safety, arrived),
        database=database,
        ownership=ownership_of(database.backend),
        owned=owned,
        inbox=inbox,
        outbox=outbox,
        worker=Worker(inbox, dispatcher, delivery, owned, settings.bot.num_workers, arrived, progress),
        outbox_worker=OutboxWorker(adapters, owned, outbox, ready, progress),
        plugins=plugins,
        progress=progress,
        backups=_backups_of(settings.storage, database.backend),
    )


def _backups_of(settings: StorageSettings, backend: Backend) -> BackupSchedule | None:
    if not settings.backup_hours:
        return None
    return BackupSchedule(backend, settings.backup_hours * 3600, settings.num_backups)


async def _load(settings: PluginSettings) -> list[LoadedPlugin]:
    loaded, reports = await load_plugins(settings)
    for report in reports:
        if report.state is not LoadState.LOADED:
            logger.warning("plugin %s (%s) is left out: %s", report.name, report.source, report.reason)
    return loaded


def _word_filter(settings: SafetySettings) -> WordFilter:
    if not settings.enabled:
        return WordFilter([])
    return WordFilter(load_terms(settings.word_lists, use_builtin=settings.use_builtin_list))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of a group, whatever groups it is wrapped in."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
