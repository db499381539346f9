"""Finds the adapters that are installed and makes those that are configured."""

import difflib
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from glmbot.adapters.base import Adapter
from glmbot.errors import ConfigError
from glmbot.settings import AdapterSettings

GROUP = "glmbot.adapters"


class AdapterFactory(Protocol):
    """What an entry point of the group `glmbot.adapters` is: makes an adapter of its name and its section.

    Our own are handed their typed section, those of other packages the section as a dict, to validate.
    """

    def __call__(self, name: str, settings: Any, /) -> Adapter: ...


def configured_adapters(settings: AdapterSettings) -> dict[str, Adapter]:
    """Make an adapter for each section of the settings that is not switched off, by name."""
    installed = {point.name: point for point in entry_points(group=GROUP)}
    return {name: _make(name, section, installed) for name, section in _enabled_sections(settings).items()}


def _enabled_sections(settings: AdapterSettings) -> dict[str, object]:
    sections: dict[str, object] = {}
    for name in AdapterSettings.model_fields:
        section = getattr(settings, name)
        if section is not None and section.enabled:
            sections[name] = section
    for name, section in settings.others().items():
        if not isinstance(section, dict):
            raise ConfigError(f"setting 'adapters.{name}' is no section; write [adapters.{name}]")
        if section.get("enabled", True):
            sections[name] = section
    return sections


def _make(name: str, section: object, installed: Mapping[str, EntryPoint]) -> Adapter:
    if name not in installed:
        matches = difflib.get_close_matches(name, installed, n=1) or sorted(installed)
        raise ConfigError(f"unknown adapter 'adapters.{name}'; did you mean {matches[0]!r}?")
    try:
        factory: AdapterFactory = installed[name].load()
    except ImportError as error:
        raise ConfigError(
            f"adapter {name!r}: its library is missing ({error.name}); run: pip install 'glmbot[{name}]'"
        ) from error
    return factory(name, section)
