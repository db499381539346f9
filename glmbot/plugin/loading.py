"""Loads one plugin into this process, and checks its settings."""

import difflib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from glmbot.errors import ConfigError
from glmbot.plugin.plugin import Plugin
from glmbot.plugin.sources import PluginSource, explain

logger = logging.getLogger(__name__)


def import_plugin(source: PluginSource) -> Plugin[BaseModel | None]:
    """Run a plugin's code and return its object. Raises ConfigError that says what is wrong with it."""
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


def nearest(name: str, names: Sequence[str]) -> str:
    """Return a half sentence that says which name may have been meant."""
    matches = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean {matches[0]!r}?" if matches else f"; there are: {', '.join(names) or 'none'}"


def _check_keys(model: type[BaseModel], values: Mapping[str, Any], section: str) -> None:
    """Refuse keys that the model would ignore in silence."""
    if model.model_config.get("extra") in ("allow", "forbid"):
        return
    known = [str(key) for name, field in model.model_fields.items() for key in (name, field.alias) if key]
    for key in values:
        if key not in known:
            raise ConfigError(f"{section} {key}: there is no such setting{nearest(key, known)}")
