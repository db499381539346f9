"""Reads the settings: init arguments > environment > secret files > config.toml > defaults."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from glmbot.errors import ConfigError
from glmbot.settings import Section, Settings

ENV_PREFIX = "GLMBOT_"
DEFAULT_FILE = Path("config.toml")
SECRETS_DIR = Path("/run/secrets")
"""Where container runtimes mount secret files; a file has the environment variable's name, in lower case."""
OTHER_VARIABLES = frozenset({"GLMBOT_SERVE_TOKEN", "GLMBOT_CRASH_AT"})
"""Environment variables with our prefix that are no settings of the bot."""


def load_settings(
    path: Path | None = None, secrets_dir: Path = SECRETS_DIR, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Read all settings; `path` must exist when it is given, `config.toml` is read where it exists.

    Raises ConfigError that names the key, where it stands and the nearest valid key.
    """
    if path is not None and not path.is_file():
        raise ConfigError(f"config file {str(path)!r} does not exist; copy config.example.toml to begin one")
    file = path or DEFAULT_FILE
    _check_toml(file)
    _check_variables()
    try:
        return _settings_from(file, secrets_dir)(**(overrides or {}))
    except ValidationError as error:
        raise ConfigError(_explain(error, file)) from None  # the original quotes values, which may be secret


def _settings_from(file: Path, secrets_dir: Path) -> type[Settings]:
    class FileSettings(BaseSettings, Settings):
        model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            sources = [init_settings, env_settings]
            if secrets_dir.is_dir():
                sources.append(_SecretFiles(settings_cls, secrets_dir))
            return (*sources, TomlConfigSettingsSource(settings_cls, file))

    return FileSettings


class _SecretFiles(SecretsSettingsSource):
    """Secret files for nested settings: `glmbot_adapters__telegram__token` holds adapters.telegram.token."""

    def __init__(self, settings_cls: type[BaseSettings], folder: Path) -> None:
        super().__init__(settings_cls, secrets_dir=folder)
        self.folder = folder

    def __call__(self) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        for path in sorted(self.folder.glob(f"{ENV_PREFIX.lower()}*")):
            *sections, key = path.name.lower().removeprefix(ENV_PREFIX.lower()).split("__")
            place = tree
            for section in sections:
                place = place.setdefault(section, {})
            place[key] = path.read_text(encoding="utf-8").strip()
        return tree


def _check_toml(file: Path) -> None:
    """Name the line of a syntax error, which the settings library would not."""
    try:
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOML's own errors, bad UTF-8, and numbers or nesting beyond reason
        raise ConfigError(f"config file {str(file)!r} is not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"config file {str(file)!r} cannot be read: {error.strerror}") from None


def _check_variables() -> None:
    """Refuse environment variables of ours that no setting reads: a misspelt one would be ignored silently."""
    for name in os.environ:
        if not name.startswith(ENV_PREFIX) or name in OTHER_VARIABLES:
            continue
        section, _, key = name.removeprefix(ENV_PREFIX).lower().partition("__")
        if section not in Settings.model_fields or not key:
            valid = [f"{ENV_PREFIX}{field.upper()}__..." for field in Settings.model_fields]
            raise ConfigError(f"environment variable {name!r} is no setting{_nearest(name, valid)}")


def _explain(error: ValidationError, file: Path) -> str:
    return "; ".join(_explain_one(list(map(str, row["loc"])), row["type"], row["msg"], file) for row in error.errors())


def _explain_one(place: list[str], kind: str, message: str, file: Path) -> str:
    key = ".".join(place)
    if kind != "extra_forbidden":
        return f"setting {key!r} in {str(file)!r} or the environment: {message.removeprefix('Value error, ')}"
    return f"unknown setting {key!r} in {str(file)!r} or the environment{_nearest(key, list(_all_keys(Settings)))}"


def _nearest(name: str, valid: list[str]) -> str:
    matches = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    return f"; did you mean {matches[0]!r}?" if matches else "; config.example.toml shows all settings"


def _all_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + name
        if section := _section_of(field):
            yield from _all_keys(section, f"{prefix}{name}.")


def _section_of(field: FieldInfo) -> type[BaseModel] | None:
    candidates = (field.annotation, *get_args(field.annotation))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def example() -> str:
    """Return config.example.toml: every setting with its default and one comment."""
    head = (
        "# Every setting of glmbot with its default. Copy this file to config.toml and change what you need.\n"
        "# Each can also come from the environment: GLMBOT_ADAPTERS__TELEGRAM__TOKEN sets adapters.telegram.token;\n"
        "# that is the better place for tokens. Lines that begin with # are switched off.\n"
        "# A further account of a platform is a section of any name, say [adapters.support], in which the setting\n"
        '# "platform" names the platform.\n'
    )
    return head + "".join(_example_of(Settings, ""))


def _example_of(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if section := _section_of(field):
            # An optional section switches a platform on by being there, so the example leaves it out.
            mark = "# " if NoneType in get_args(field.annotation) else ""
            note = field.description or (section.__doc__ or "").strip()
            if issubclass(section, Section):
                yield f"\n# {note}\n{mark}[{prefix}{name}]\n"
                yield from (f"{mark}{line}" if mark and not line.startswith("# ") else line for line in _keys(section))
            yield from _example_of(section, f"{prefix}{name}.")


def _keys(section: type[BaseModel]) -> Iterator[str]:
    for name, field in section.model_fields.items():
        if not _section_of(field):
            default = field.get_default(call_default_factory=True)
            line = f"{name} = {_toml(default)}" if default is not None else f"# {name} = {_toml(_sample(field))}"
            yield f"# {field.description}\n"
            yield f"{line}\n"


def _sample(field: FieldInfo) -> object:
    return (field.examples or [""])[0]


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case SecretStr():
            return '""'
        case str() | Path():
            return f'"{value}"'
        case {}:
            return "{}"
        case _:
            return str(value)
