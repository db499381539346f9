"""Log lines: one fact each, with the id of the event they belong to."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_event_id: ContextVar[str] = ContextVar("event_id", default="-")


def set_up_logging(level: str) -> None:
    """Write all log lines from `level` on to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_add_event_id)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s [%(event_id)s] %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "alembic"):  # they log URLs, which may hold tokens
        logging.getLogger(chatty).setLevel(logging.WARNING)


@contextmanager
def event_in_log(event_id: str) -> Iterator[None]:
    """Mark every log line written inside with `event_id`."""
    token = _event_id.set(event_id)
    try:
        yield
    finally:
        _event_id.reset(token)


def _add_event_id(record: logging.LogRecord) -> bool:
    record.event_id = _event_id.get()
    return True
