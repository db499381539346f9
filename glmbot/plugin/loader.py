"""Finds plugins and loads them; one that fails is reported and left out, and the others load."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from glmbot.errors import ConfigError
from glmbot.plugin.loading import checked_config, import_plugin, nearest
from glmbot.plugin.local_member import LocalPlugin
from glmbot.plugin.member import LoadedPlugin
from glmbot.plugin.process.limits import Limits
from glmbot.plugin.process.plugin_process import PluginProcess
from glmbot.plugin.sources import PluginSource, builtin_folder, entry_point_sources, folder_sources
from glmbot.settings import PluginSettings

MAX_STARTING = 8
"""Plugin processes that start at the same time; more would only take time from each other's deadline."""


class LoadState(StrEnum):
    """What became of a plugin."""

    LOADED = "loaded"
    DISABLED = "disabled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LoadReport:
    """One row of `glmbot plugin list`. `source` is a path or an entry point; `reason` is empty when loaded."""

    name: str
    source: str
    state: LoadState
    reason: str = ""


async def load_plugins(
    settings: PluginSettings, limits: Limits | None = None
) -> tuple[list[LoadedPlugin], list[LoadReport]]:
    """Load the built-in plugins, those of the user's folder and those of installed packages, in this order.

    The built-in ones load into this process, each other one into a process of its own: close what is returned.
    Raises ConfigError when the user's folder cannot be read.
    """
    limits = limits or Limits(max_memory_mb=settings.max_memory_mb)
    builtin = folder_sources(builtin_folder())
    foreign = [*folder_sources(settings.folder), *entry_point_sources()]
    processes = [PluginProcess(source, settings.config, limits) for source in foreign]
    loaded: list[LoadedPlugin] = []
    try:
        await _start([one for one in processes if one.source_name not in settings.disabled])
        reports = [_load_here(loaded, source, settings) for source in builtin]
        reports += [_take(loaded, process, settings) for process in processes]
    except BaseException:
        await close_plugins(processes)
        raise
    await close_plugins([process for process in processes if process not in loaded])
    return loaded, [*reports, *_misnamed(settings, reports)]


async def find_plugins(settings: PluginSettings) -> list[LoadReport]:
    """Return what would become of each plugin. Raises ConfigError when the user's folder cannot be read."""
    loaded, reports = await load_plugins(settings)
    await close_plugins(loaded)
    return reports


async def close_plugins(loaded: Sequence[LoadedPlugin]) -> None:
    """End the processes of plugins."""
    async with asyncio.TaskGroup() as tasks:
        for one in loaded:
            tasks.create_task(one.close())


def format_reports(reports: Sequence[LoadReport]) -> str:
    """Return the reports as a table for people."""
    rows = [(report.name, report.state.value, report.source) for report in reports]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    lines = []
    for (name, state, source), report in zip(rows, reports, strict=True):
        lines.append(f"{name:<{widths[0]}}  {state:<{widths[1]}}  {source}")
        if report.reason:
            lines.append(f"    {report.reason}")
    return "\n".join(lines)


def reports_as_json(reports: Sequence[LoadReport]) -> list[dict[str, str]]:
    """Return the reports for programs: name, source, state and reason of each."""
    return [asdict(report) for report in reports]


async def _start(processes: Sequence[PluginProcess]) -> None:
    places = asyncio.Semaphore(MAX_STARTING)

    async def start(process: PluginProcess) -> None:
        async with places:
            await process.load()

    async with asyncio.TaskGroup() as tasks:
        for process in processes:
            tasks.create_task(start(process))


def _load_here(loaded: list[LoadedPlugin], source: PluginSource, settings: PluginSettings) -> LoadReport:
    """Load a plugin of our own into this process."""
    if source.name in settings.disabled:
        return _disabled(source.name, source.where)
    name = source.name
    try:
        plugin = import_plugin(source)
        name = plugin.name
        if name in settings.disabled:
            source.forget()
            return _disabled(name, source.where)
        config = checked_config(plugin, settings.config.get(name, {}))
        loaded.append(_new(LocalPlugin(plugin, config, source.where), loaded))
    except ConfigError as error:
        source.forget()
        return LoadReport(name, source.where, LoadState.FAILED, str(error))
    return LoadReport(name, source.where, LoadState.LOADED)


def _take(loaded: list[LoadedPlugin], process: PluginProcess, settings: PluginSettings) -> LoadReport:
    """Take in what loaded in a process of its own."""
    name = process.source_name
    if name in settings.disabled:
        return _disabled(name, process.source)
    try:
        name = process.name
        if name in settings.disabled:
            return _disabled(name, process.source)
        _new(process, loaded)
        process.check_config()
        loaded.append(process)
    except ConfigError as error:
        return LoadReport(name, process.source, LoadState.FAILED, str(error))
    return LoadReport(name, process.source, LoadState.LOADED)


def _disabled(name: str, source: str) -> LoadReport:
    return LoadReport(name, source, LoadState.DISABLED, "disabled in plugins.disabled")


def _new(plugin: LoadedPlugin, loaded: Sequence[LoadedPlugin]) -> LoadedPlugin:
    """Return a plugin that shares no name with the others. Raises ConfigError."""
    for other in loaded:
        if other.name == plugin.name:
            raise ConfigError(f"{other.source} is named {plugin.name!r} too; give this one another name")
        if clash := _command_names(plugin) & _command_names(other):
            raise ConfigError(
                f"plugin {other.name!r} has the command /{min(clash)} already; rename it here, "
                f"or disable the other one: plugins.disabled = [{other.name!r}]"
            )
    return plugin


def _command_names(plugin: LoadedPlugin) -> set[str]:
    return {name for command in plugin.commands for name in command.names}


def _misnamed(settings: PluginSettings, reports: Sequence[LoadReport]) -> Iterator[LoadReport]:
    """Report settings for plugins that do not exist: a misspelt name would be ignored in silence."""
    names = [report.name for report in reports]
    for key, named in (("plugins.config", list(settings.config)), ("plugins.disabled", settings.disabled)):
        for name in named:
            if name not in names:
                reason = f"there is no plugin {name!r}{nearest(name, names)}"
                yield LoadReport(name, key, LoadState.FAILED, reason)
