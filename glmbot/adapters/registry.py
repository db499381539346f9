"""Finds the adapters that are installed and makes those that are configured."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from glmbot.adapters.base import Adapter
from glmbot.errors import ConfigError
from glmbot.settings import AdapterSettings

GROUP = "glmbot.adapters"
MAX_NAME = 64
NAME = re.compile(f"[a-z0-9_]{{1,{MAX_NAME}}}")


class AdapterFactory(Protocol):
    """What an entry point of the group `glmbot.adapters` is: makes an adapter of its name and its section.

    Our own are handed their typed section, those of other packages the section as a dict, to validate.
    """

    def __call__(self, name: str, settings: Any, /) -> Adapter: ...


def configured_adapters(settings: AdapterSettings) -> dict[str, Adapter]:
    """Make an adapter for each section of the settings that is not switched off, by name."""
    installed = {point.name: point for point in entry_points(group=GROUP)}
    return {name: _make(name, section, installed) for name, section in _enabled_sections(settings).items()}


def _enabled_sections(settings: AdapterSettings) -> dict[str, "_Account"]:
    accounts: dict[str, _Account] = {}
    for name in AdapterSettings.model_fields:
        section = getattr(settings, name)
        if section is not None:
            accounts[name] = _Account(name, section, section.enabled)
    for name, section in settings.others().items():
        if not isinstance(section, dict):
            raise ConfigError(f"setting 'adapters.{name}' is no section; write [adapters.{name}]")
        if not NAME.fullmatch(name):
            raise ConfigError(f"adapter name {name!r}: take small letters, digits and _, at most {MAX_NAME}")
        accounts[name] = _account_of(name, section)
    return {name: account for name, account in accounts.items() if account.is_enabled}


def _account_of(name: str, section: Mapping[str, object]) -> "_Account":
    """Return what a section says; one of a platform of ours under another name is a further account there."""
    platform = section.get("platform", name)
    if not isinstance(platform, str):
        raise ConfigError(f'setting {_key(name, "platform")!r}: write a platform\'s name, such as "telegram"')
    rest = {key: value for key, value in section.items() if key != "platform"}
    field = AdapterSettings.model_fields.get(platform)
    if field is None:
        return _Account(platform, rest, bool(rest.get("enabled", True)))
    kind: Any = field.annotation
    try:
        typed = TypeAdapter(kind).validate_python(rest)
    except ValidationError as error:
        reasons = [f"setting {_key(name, *row['loc'])!r}: {row['msg']}" for row in error.errors()]
        raise ConfigError("; ".join(reasons)) from None  # the original quotes values, which may be secret
    return _Account(platform, typed, typed.enabled)


def _key(*place: object) -> str:
    return ".".join(["adapters", *map(str, place)])


@dataclass(frozen=True, slots=True)
class _Account:
    platform: str
    section: object
    is_enabled: bool


def _make(name: str, account: _Account, installed: Mapping[str, EntryPoint]) -> Adapter:
    platform = account.platform
    if platform not in installed:
        matches = difflib.get_close_matches(platform, installed, n=1) or sorted(installed)
        if platform != name:
            raise ConfigError(
                f"setting {_key(name, 'platform')!r}: no platform {platform!r}; did you mean {matches[0]!r}?"
            )
        raise ConfigError(
            f"unknown adapter 'adapters.{name}'; did you mean {matches[0]!r}? "
            f"For another account of a platform write platform = {matches[0]!r} into [adapters.{name}]"
        )
    try:
        factory: AdapterFactory = installed[platform].load()
    except ImportError as error:
        raise ConfigError(
            f"adapter {name!r}: its library is missing ({error.name}); run: pip install 'glmbot[{platform}]'"
        ) from error
    return factory(name, account.section)
