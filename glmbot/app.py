"""Builds the bot from its settings and runs it: the only place that constructs."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from glmbot.adapters.base import Accept, Adapter, CatchesUp, CommandMenu, HasAccount, KeepsState
from glmbot.conversation.context import Budget
from glmbot.conversation.conversation import Conversation
from glmbot.delivery.delivery import Delivery
from glmbot.delivery.outbox_worker import OutboxWorker
from glmbot.delivery.pace import Paces
from glmbot.delivery.sending import Sending
from glmbot.delivery.sent_journal import SentJournal
from glmbot.dispatch.access import Access
from glmbot.dispatch.admin import Admins
from glmbot.dispatch.admin_desk import AdminDesk
from glmbot.dispatch.admission import Admission
from glmbot.dispatch.dispatcher import Dispatcher
from glmbot.dispatch.documents import Documents
from glmbot.dispatch.intake import intake
from glmbot.dispatch.limits import Limits, counts_tokens
from glmbot.dispatch.moderation import Moderation
from glmbot.dispatch.outgoing import Outgoing
from glmbot.dispatch.plugin_services import PluginServices, StatusReport
from glmbot.dispatch.roles import Roles
from glmbot.dispatch.router import Router
from glmbot.dispatch.supervision import Supervision
from glmbot.dispatch.worker import Worker
from glmbot.errors import ConfigError
from glmbot.hooks import Hooks
from glmbot.inference.classifier import InjectionClassifier
from glmbot.inference.client import Endpoint, EndpointSource, FixedEndpoint, InferenceClient
from glmbot.inference.supervisor import ModelServer, serve_command
from glmbot.instance_lock import account_lock, instance_lock
from glmbot.loop_watch import LoopWatch
from glmbot.plugin.host import PluginHost
from glmbot.plugin.loader import LoadState, close_plugins, load_plugins
from glmbot.plugin.member import LoadedPlugin
from glmbot.plugin.process.limits import Limits as ProcessLimits
from glmbot.plugin.schedule import Clock, SystemClock
from glmbot.plugin.state import PluginState
from glmbot.safety.live_policies import LivePolicies, key_of
from glmbot.safety.safety import Safety
from glmbot.settings import PluginSettings, Settings, StorageSettings
from glmbot.storage.backend import Backend, backend_of
from glmbot.storage.backups import BackupSchedule
from glmbot.storage.changes import watch_changes
from glmbot.storage.conversations import Conversations
from glmbot.storage.database import Database
from glmbot.storage.decisions import Decisions
from glmbot.storage.inbox import Inbox
from glmbot.storage.outbox import Outbox
from glmbot.storage.ownership import Ownership, ownership_of
from glmbot.storage.quotas import Quotas
from glmbot.storage.replies import Replies
from glmbot.storage.restrictions import Restrictions
from glmbot.trouble import TroubleReport
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)

FINISH_DEADLINE = 10.0
"""Seconds that running answers get to finish when the bot stops; then they wait for the next start."""
DRAIN_DEADLINE = 3.0
"""Seconds that stored replies then get to reach their platforms."""
SWITCH_INTERVAL = 0.0005
"""Seconds after which the database's thread lets the event loop go on. Python's own 5 ms would be added to each answer
of a platform that comes while a statement is prepared."""


class App:
    """A bot that is built. `run` it once."""

    def __init__(self, parts: "Parts", adapters: dict[str, Adapter], model_server: ModelServer | None) -> None:
        self._parts = parts
        self._adapters = adapters
        self.model_server = model_server
        self.loop_watch = LoopWatch()
        self.will_restart = False
        self._stopping = asyncio.Event()
        self._ended_adapters: set[str] = set()

    def add_adapter(self, adapter: Adapter) -> None:
        """Add an adapter that is not configured, such as the terminal."""
        self._adapters[adapter.name] = adapter

    @property
    def plugin_states(self) -> Mapping[str, PluginState]:
        """How each plugin is, by name."""
        return self._parts.plugins.states()

    def stop(self) -> None:
        """End `run` in good order."""
        self.will_restart = False
        if self.model_server:
            self.model_server.stays = False
        self._stopping.set()

    def restart(self, *, keep_model: bool) -> None:
        """End `run` in good order, for another app to go on, maybe with our model server: unless it ends for good."""
        self.will_restart = not self._stopping.is_set()
        if self.model_server:
            self.model_server.stays = keep_model and self.will_restart
        self._stopping.set()

    @property
    def report(self) -> TroubleReport:
        """Where trouble is told to the operators."""
        return self._parts.admins

    async def look_at_policies(self) -> None:
        """Read the safety policies again if their files have changed, sooner than they are looked at anyway."""
        await self._parts.policies.look()

    async def idle(self, adapter: str) -> None:
        """Wait until everything that came in by `adapter` has been answered and delivered. One may wait."""
        while await self._parts.inbox.num_open(adapter) or await self._parts.outbox.num_open(adapter):
            await self._parts.progress.wait()

    async def run(self) -> None:
        """Run until `stop`, SIGTERM or the end of the last adapter. Raises ConfigError."""
        if not self._adapters:
            raise ConfigError(
                "no adapter is configured; add the section of a platform to config.toml, such as [adapters.telegram], "
                "or talk to the bot here with `glmbot chat`"
            )
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        sys.setswitchinterval(SWITCH_INTERVAL)
        try:
            with self.loop_watch.running():
                await self._run_all()
        except BaseExceptionGroup as group:
            raise _first(group) from None
        finally:
            loop.remove_signal_handler(signal.SIGTERM)

    async def _run_all(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._prepare_adapters()
            running = self._start(tasks)
            await self._parts.plugins.start()
            await self._stopping.wait()
            await self._finish(running.worker)
            for task in running.all:
                task.cancel()

    def _prepare_adapters(self) -> None:
        for adapter in self._adapters.values():
            if isinstance(adapter, CommandMenu):
                adapter.set_commands(self._parts.plugins.commands())
            if isinstance(adapter, KeepsState):
                adapter.keep_in(self._parts.data_dir / "adapters" / adapter.name)

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
            with _account_of(adapter, parts.data_dir):
                await self._run(adapter)
        except asyncio.CancelledError:
            parts.owned.discard(adapter.name)
            raise

    def _look_for_work(self) -> None:
        self._parts.worker.look()
        self._parts.outbox_worker.look()

    def _look_again(self) -> None:
        """Another process has written something."""
        self._parts.access.changed.call()
        self._look_for_work()

    def _start(self, tasks: asyncio.TaskGroup) -> "_Running":
        parts = self._parts
        worker = tasks.create_task(parts.worker.run(), name="worker")
        others = [
            tasks.create_task(parts.outbox_worker.run(), name="outbox worker"),
            tasks.create_task(parts.ownership.while_owned("plugin jobs", parts.plugins.run_jobs), name="plugin jobs"),
            tasks.create_task(watch_changes(parts.database, self._look_again), name="changes"),
            tasks.create_task(parts.access.run(), name="who may write"),
            tasks.create_task(parts.moderation.run(), name="forgetting what is old"),
            tasks.create_task(parts.plugins.run(), name="plugins"),
            tasks.create_task(parts.admins.run(), name="notices to admins"),
            tasks.create_task(parts.policies.run(), name="policies"),
        ]
        if parts.backups:
            others.append(tasks.create_task(parts.backups.run(), name="backups"))
        if self.model_server:
            others.append(tasks.create_task(self.model_server.run(), name="model server"))
        for adapter in self._adapters.values():
            owned = parts.ownership.while_owned(f"adapter {adapter.name}", partial(self._own, adapter))
            others.append(tasks.create_task(owned, name=f"adapter {adapter.name}"))
        return _Running(worker, [worker, *others])

    async def _run(self, adapter: Adapter) -> None:
        """An adapter may end by itself, as the terminal does; with the last one the bot ends."""
        await self._parts.supervision.run(adapter, self._parts.accept)
        self._ended_adapters.add(adapter.name)
        if self._ended_adapters >= self._adapters.keys():
            self.stop()

    async def _finish(self, worker: asyncio.Task[None]) -> None:
        """Let running answers end and replies leave; what is too slow is taken up at the next start."""
        logger.info("stopping")
        self._parts.worker.stop()
        plugins = asyncio.create_task(self._parts.plugins.stop(), name="stopping plugins")
        await asyncio.wait({worker, plugins}, timeout=FINISH_DEADLINE)
        plugins.cancel()
        with suppress(asyncio.CancelledError):
            await plugins
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

    data_dir: Path
    accept: Accept
    database: Database
    access: Access
    moderation: Moderation
    ownership: Ownership
    owned: set[str]
    """Names of the adapters that this process may work for now."""
    supervision: Supervision
    admins: Admins
    inbox: Inbox
    outbox: Outbox
    worker: Worker
    outbox_worker: OutboxWorker
    plugins: PluginHost
    policies: LivePolicies
    progress: Wakeup
    backups: BackupSchedule | None


@asynccontextmanager
async def open_app(
    settings: Settings,
    adapters: Mapping[str, Adapter],
    limits: ProcessLimits | None = None,
    kept_server: ModelServer | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[App]:
    """Build the bot; close what it opened when the body ends. Raises ConfigError.

    `limits` are those of plugin processes, where not the settings' shall hold. `kept_server` is a model server that
    stayed when an earlier app with the same `inference` settings had ended. `clock` is what limits, mutes and plugins'
    jobs go by, where not the machine's.
    """
    async with AsyncExitStack() as stack:
        backend = backend_of(settings.database_url, settings.bot.data_dir)
        stack.enter_context(instance_lock(settings.bot.data_dir, backend.file))
        database = await Database.open(settings.database_url, settings.bot.data_dir)
        stack.push_async_callback(database.close)
        model_server, source = _inference_of(settings, kept_server)
        classifier = _classifier_of(settings, source)
        if classifier:
            stack.push_async_callback(classifier.close)
        inference = InferenceClient(source, settings.inference)
        stack.push_async_callback(inference.close)
        all_adapters = dict(adapters)
        plugins = await _load(settings.plugins, limits)
        stack.push_async_callback(close_plugins, plugins)
        journal = SentJournal(settings.bot.data_dir)
        stack.callback(journal.close)
        clock = clock or SystemClock()
        parts = _build(settings, all_adapters, database, inference, plugins, journal, classifier, clock)
        await parts.access.reload()
        await journal.replay(parts.outbox)
        yield App(parts, all_adapters, model_server)


def _account_of(adapter: Adapter, data_dir: Path) -> AbstractContextManager[None]:
    """Own the adapter's account among the bots on this machine, where it has one."""
    if isinstance(adapter, HasAccount):
        return account_lock(adapter.name, adapter.account_key, data_dir)
    return nullcontext()


def _inference_of(settings: Settings, kept: ModelServer | None) -> tuple[ModelServer | None, EndpointSource]:
    inference = settings.inference
    if inference.url:
        return None, FixedEndpoint(Endpoint(inference.url.rstrip("/"), inference.token.get_secret_value()))
    command = serve_command(inference, settings.bot.log_level, settings.safety.classifier)
    server = kept or ModelServer(command, inference.load_timeout)
    server.stays = False
    return server, server


def _classifier_of(settings: Settings, source: EndpointSource) -> InjectionClassifier | None:
    safety = settings.safety
    if safety.classifier is None:
        return None
    trust_env = bool(settings.inference.url)
    return InjectionClassifier(source, safety.classifier_label, safety.classifier_timeout, trust_env)


def _build(
    settings: Settings,
    adapters: Mapping[str, Adapter],
    database: Database,
    inference: InferenceClient,
    loaded: Sequence[LoadedPlugin],
    journal: SentJournal,
    classifier: InjectionClassifier | None,
    clock: Clock,
) -> Parts:
    arrived, ready, progress = Wakeup(), Wakeup(), Wakeup()
    owned: set[str] = set()
    inbox, outbox, conversations = Inbox(database), Outbox(database), Conversations(database)
    hooks = Hooks()
    budget = Budget(settings.conversation.max_reply_tokens, settings.conversation.fallback_context)
    conversation = Conversation(inference, conversations, hooks, budget)
    sending, paces = Sending(adapters, journal), Paces()
    roles = Roles(settings.admission.roles, settings.bot.admin_chats)
    limits = Limits(settings.limits, roles, Quotas(database), clock)
    replies = Replies(database, limits.today if counts_tokens(settings.limits) else None)
    delivery = Delivery(adapters, inbox, outbox, sending, replies, paces, ready)
    admins = Admins(settings.bot.admin_chats, adapters)
    database.report = admins
    supervision = Supervision(report=admins)
    report = StatusReport(inference, inbox, supervision)
    policies = LivePolicies(settings.safety, key_of(settings.bot.data_dir), admins)
    safety = Safety(policies, hooks.check_text, roles.of, classifier)
    access, decisions = Access(settings.admission, Restrictions(database), clock), Decisions(database)
    moderation = Moderation(settings.moderation, settings.bot.admin_chats, decisions, access, roles, delivery, clock)
    documents, outgoing = Documents(adapters, safety, moderation), Outgoing(safety, moderation)
    max_reply_tokens = settings.conversation.max_reply_tokens
    services = PluginServices(
        database, inference, conversations, conversation, delivery, report, documents, outgoing, max_reply_tokens
    )
    plugins = PluginHost(loaded, services, hooks, clock, report=admins)
    desk = AdminDesk(roles, decisions, access, adapters, settings.moderation.mute_hours * 3600, clock, arrived)
    max_chars = settings.admission.max_message_chars
    admission = Admission(max_chars, roles, access, limits, hooks.screen_event, outgoing)
    router = Router(desk, plugins, conversation, documents)
    dispatcher = Dispatcher(admission, safety, router, delivery, moderation, inbox, hooks.reacted, hooks.reply_sent)
    return Parts(
        data_dir=settings.bot.data_dir,
        accept=intake(inbox, plugins, desk, admission, safety, moderation, arrived),
        database=database,
        access=access,
        moderation=moderation,
        ownership=ownership_of(database.backend),
        owned=owned,
        supervision=supervision,
        admins=admins,
        inbox=inbox,
        outbox=outbox,
        worker=Worker(inbox, dispatcher, delivery, outgoing, owned, settings.bot.num_workers, arrived, progress),
        outbox_worker=OutboxWorker(adapters, owned, outbox, sending, paces, ready, progress),
        plugins=plugins,
        policies=policies,
        progress=progress,
        backups=_backups_of(settings.storage, database.backend),
    )


def _backups_of(settings: StorageSettings, backend: Backend) -> BackupSchedule | None:
    if not settings.backup_hours:
        return None
    return BackupSchedule(backend, settings.backup_hours * 3600, settings.num_backups)


async def _load(settings: PluginSettings, limits: ProcessLimits | None) -> list[LoadedPlugin]:
    loaded, reports = await load_plugins(settings, limits)
    for report in reports:
        if report.state is not LoadState.LOADED:
            logger.warning("plugin %s (%s) is left out: %s", report.name, report.source, report.reason)
    return loaded


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of a group, whatever groups it is wrapped in."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
