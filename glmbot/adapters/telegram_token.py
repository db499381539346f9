"""The token of a Telegram bot: has it the form of one, and how it stays out of the log."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from glmbot.errors import ConfigError

FORM = re.compile(r"[A-Za-z0-9_:-]+")
URL_LOGGERS = ("httpx", "telegram.Bot")  # they log addresses, and the address holds the token


class Token:
    """A token that an adapter was given; raises `ConfigError` for one that cannot be right."""

    def __init__(self, value: str, adapter: str) -> None:
        self.value = value
        self.variable = f"GLMBOT_ADAPTERS__{adapter.upper()}__TOKEN"
        if not value:
            raise ConfigError(f"adapter {adapter!r}: token is empty; set {self.variable} to the one from @BotFather")
        if not FORM.fullmatch(value):
            raise ConfigError(
                f"adapter {adapter!r}: token has characters that no token has (a space or a quote?); "
                f"set {self.variable} to the one from @BotFather"
            )
        self._filter = _Replacement(value)
        self._num_users = 0

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Keep the token out of the log lines of the libraries below."""
        self._num_users += 1
        for name in URL_LOGGERS:
            logging.getLogger(name).addFilter(self._filter)
        try:
            yield
        finally:
            self._num_users -= 1
            if not self._num_users:
                for name in URL_LOGGERS:
                    logging.getLogger(name).removeFilter(self._filter)


class _Replacement(logging.Filter):
    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, without the token."""
        message = record.getMessage()
        if self._token in message:
            record.msg, record.args = message.replace(self._token, "<token>"), ()
        return True
