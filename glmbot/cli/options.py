"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from glmbot import config_file
from glmbot.log import set_up_logging
from glmbot.settings import Settings

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="Settings file; config.toml where it exists.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def read_settings(config: Path | None, log_level: str | None = None) -> Settings:
    """Read the settings and begin logging as they say, or from `log_level` on."""
    settings = config_file.load_settings(config)
    if log_level:
        settings = settings.model_copy(update={"bot": settings.bot.model_copy(update={"log_level": log_level})})
    set_up_logging(settings.bot.log_level)
    return settings
