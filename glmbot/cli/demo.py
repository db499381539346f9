"""The bundled demo model in this terminal, without any configuration."""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import platformdirs

from glmbot.cli.run import run_in_terminal
from glmbot.errors import ConfigError
from glmbot.instance_lock import instance_lock
from glmbot.log import set_up_logging
from glmbot.settings import BotSettings, ConversationSettings, Settings

LOG_LEVEL = "WARNING"
MAX_REPLY_TOKENS = 128
"""The demo model speaks in a sentence or two; so more of its small context is left for what was said before."""


async def run_demo() -> None:
    """Talk to the demo model; each demo begins a new conversation."""
    set_up_logging(LOG_LEVEL)
    with ExitStack() as stack:
        settings = Settings(
            bot=BotSettings(data_dir=_data_dir(stack), log_level=LOG_LEVEL),
            conversation=ConversationSettings(max_reply_tokens=MAX_REPLY_TOKENS),
        )
        await run_in_terminal(settings, chat_id=f"demo {time.time():.0f}")


def _data_dir(stack: ExitStack) -> Path:
    """Return the demo's own folder; while another demo runs there, one that is deleted at the end."""
    path = platformdirs.user_data_path("glmbot") / "demo"
    try:
        with instance_lock(path):
            return path
    except ConfigError:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="glmbot-demo-")))
