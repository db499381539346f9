"""Keeps the adapters running, whatever becomes of one of them."""

import asyncio
import itertools
import logging
import random

from glmbot.adapters.base import Accept, Adapter
from glmbot.errors import ConfigError
from glmbot.status import AdapterState

logger = logging.getLogger(__name__)

MAX_BACK_OFF = 60.0


class Supervision:
    """Runs adapters, and knows how each is."""

    def __init__(self) -> None:
        self._states: dict[str, AdapterState] = {}

    def states(self) -> dict[str, AdapterState]:
        """Return how each adapter is that was ever run, by name."""
        return dict(self._states)

    async def run(self, adapter: Adapter, accept: Accept) -> None:
        """Run an adapter until it ends by itself. Raises ConfigError where its first start fails for good."""
        back_off = 1.0
        for attempt in itertools.count(1):
            self._states[adapter.name] = AdapterState.RUNNING
            try:
                await adapter.run(accept)
                self._states[adapter.name] = AdapterState.ENDED
                return
            except ConfigError as error:
                if attempt == 1:
                    raise
                logger.error("adapter %s: %s", adapter.name, error)
                back_off = MAX_BACK_OFF
            except Exception:
                logger.exception("adapter %s failed; starting it again in %.0f s", adapter.name, back_off)
            self._states[adapter.name] = AdapterState.WAITING
            await asyncio.sleep(back_off * random.uniform(0.8, 1.2))  # noqa: S311  jitter, not a secret
            back_off = min(back_off * 2, MAX_BACK_OFF)
