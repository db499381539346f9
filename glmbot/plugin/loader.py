"""Finds plugins and loads them; one that fails is reported and left out, and the others load."""

import difflib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError

from glmbot.errors import ConfigError
from glmbot.plugin.plugin import Plugin
from glmbot.plugin.sources import PluginSource, builtin_folder, entry_point_sources, explain, folder_sources
from glmbot.settings import PluginSettings

logger = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin with its checked settings, ready for the host."""

    plugin: Plugin[BaseModel | None]
    config: BaseModel | None
    source: str


def load_plugins(settings: PluginSettings) -> tuple[list[LoadedPlugin], list[LoadReport]]:
    """Load the built-in plugins, those of the user's folder and those of installed packages, in this order.

    Raises ConfigError when the user's folder cannot be read.
    """
    loaded: list[LoadedPlugin] = []
    reports: list[LoadReport] = []
    for source in _sources(settings):
        reports.append(_load_into(loaded, source, settings))
    return loaded, [*reports, *_misnamed(settings, reports)]


def checked_config(plugin: Plugin[Any], values: Mapping[str, Any]) -> BaseModel | None:
    """Return the plugin's settings as its model has them. Raises ConfigError that names each wrong key.

    The error holds no values: they may be secret.
    """
    section = f"[plugins.config.{plugin.name}]"
    if plugin.config_model is None:
        if values:
            raise ConfigError(f"it takes no settings; remove {section}")
        return None
    _check_keys(plugin.config_model, values, section)
    try:
        return plugin.config_model.model_validate(values)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, row['loc'])) or 'as a whole'}: {row['msg']}" for row in error.errors()]
        raise ConfigError(f"{section} {'; '.join(problems)}") from None


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


def _sources(settings: PluginSettings) -> list[PluginSource]:
    return [*folder_sources(builtin_folder()), *folder_sources(settings.folder), *entry_point_sources()]


def _load_into(loaded: list[LoadedPlugin], source: PluginSource, settings: PluginSettings) -> LoadReport:
    if source.name in settings.disabled:
        return LoadReport(source.name, source.where, LoadState.DISABLED, "disabled in plugins.disabled")
    name = source.name
    try:
        plugin = _imported(source)
        name = plugin.name
        if name in settings.disabled:
            source.forget()
            return LoadReport(name, source.where, LoadState.DISABLED, "disabled in plugins.disabled")
        _check_is_new(plugin, loaded)
        loaded.append(LoadedPlugin(plugin, checked_config(plugin, settings.config.get(plugin.name, {})), source.where))
    except ConfigError as error:
        source.forget()
        return LoadReport(name, source.where, LoadState.FAILED, str(error))
    return LoadReport(name, source.where, LoadState.LOADED)


def _imported(source: PluginSource) -> Plugin[BaseModel | None]:
    try:
        found = source.load()
    except KeyboardInterrupt:
        source.forget()
        raise
    except BaseException as error:
        logger.debug("plugin %s does not load", source.where, exc_info=True)
        raise ConfigError(explain(error, source)) from error
    if found is None:
        raise ConfigError('it has no object named "plugin"; add: plugin = Plugin("name")')
    if not isinstance(found, Plugin):
        raise ConfigError(f'its "plugin" is a {type(found).__name__}; it must be a Plugin of glmbot.api')
    return found


def _check_is_new(plugin: Plugin[BaseModel | None], loaded: Sequence[LoadedPlugin]) -> None:
    for other in loaded:
        if other.plugin.name == plugin.name:
            raise ConfigError(f"{other.source} is named {plugin.name!r} too; give this one another name")
        if clash := _command_names(plugin) & _command_names(other.plugin):
            raise ConfigError(
                f"plugin {other.plugin.name!r} has the command /{min(clash)} already; rename it here, "
                f"or disable the other one: plugins.disabled = [{other.plugin.name!r}]"
            )


def _command_names(plugin: Plugin[BaseModel | None]) -> set[str]:
    return {name for command in plugin.commands for name in (command.name, *command.aliases)}


def _check_keys(model: type[BaseModel], values: Mapping[str, Any], section: str) -> None:
    """Refuse keys that the model would ignore in silence."""
    if model.model_config.get("extra") in ("allow", "forbid"):
        return
    known = [str(key) for name, field in model.model_fields.items() for key in (name, field.alias) if key]
    for key in values:
        if key not in known:
            raise ConfigError(f"{section} {key}: there is no such setting{_nearest(key, known)}")


def _misnamed(settings: PluginSettings, reports: Sequence[LoadReport]) -> Iterator[LoadReport]:
    """Report settings for plugins that do not exist: a misspelt name would be ignored in silence."""
    names = [report.name for report in reports]
    for key, named in (("plugins.config", list(settings.config)), ("plugins.disabled", settings.disabled)):
        for name in named:
            if name not in names:
                reason = f"there is no plugin {name!r}{_nearest(name, names)}"
                yield LoadReport(name, key, LoadState.FAILED, reason)


def _nearest(name: str, names: Sequence[str]) -> str:
    matches = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean {matches[0]!r}?" if matches else f"; there are: {', '.join(names) or 'none'}"
