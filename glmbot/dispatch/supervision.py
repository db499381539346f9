"""Keeps the adapters running, whatever becomes of one of them."""

import asyncio
import itertools
import logging
import time
from dataclasses import dataclass

from glmbot.adapters.base import Accept, Adapter, Probed
from glmbot.back_off import wait_after
from glmbot.errors import ConfigError
from glmbot.phrases import Phrase
from glmbot.status import AdapterState
from glmbot.trouble import TroubleReport, Unreported

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """When an adapter is looked after, in seconds."""

    quiet: float = 120.0
    """Without news of its platform an adapter is asked whether it has any; all of ours hear of theirs each minute."""
    look: float = 5.0
    """Between two looks at whether there has been traffic."""
    probe: float = 10.0
    """For the platform's answer."""
    between_probes: float = 15.0
    num_bad_probes: int = 2
    """So many in a row, and the adapter is built anew."""
    first_wait: float = 1.0
    """After a failure; doubled with each further one."""
    longest_wait: float = 60.0
    stable: float = 60.0
    """Having run so long, an adapter that fails begins with the first wait again."""


class DeafError(Exception):
    """An adapter does not hear its platform any more."""


class Supervision:
    """Runs adapters, and knows how each is."""

    def __init__(self, limits: Limits | None = None, report: TroubleReport | None = None) -> None:
        self._limits = limits or Limits()
        self._report = report or Unreported()
        self._states: dict[str, AdapterState] = {}

    def states(self) -> dict[str, AdapterState]:
        """Return how each adapter is that was ever run, by name."""
        return dict(self._states)

    async def run(self, adapter: Adapter, accept: Accept) -> None:
        """Run an adapter until it ends by itself. Raises ConfigError where its first start fails for good."""
        num_failures = 0
        for attempt in itertools.count(1):
            started_at = time.monotonic()
            try:
                await self._run_once(adapter, accept)
                self._states[adapter.name] = AdapterState.ENDED
                return
            except ConfigError as error:
                if attempt == 1:
                    raise
                logger.error("adapter %s: %s", adapter.name, error)
                self._tell(adapter, Phrase.ADAPTER_REFUSED)
                wait = self._limits.longest_wait
            except Exception as error:  # noqa: BLE001  what a platform's library raises is its own affair
                num_failures = 1 if time.monotonic() - started_at > self._limits.stable else num_failures + 1
                wait = wait_after(num_failures, self._limits.first_wait, self._limits.longest_wait)
                _log_failure(adapter.name, error, wait)
                self._tell(adapter, Phrase.ADAPTER_REBUILT)
            self._states[adapter.name] = AdapterState.WAITING
            await asyncio.sleep(wait)

    async def _run_once(self, adapter: Adapter, accept: Accept) -> None:
        """Run an adapter to its end. Raises its error, and DeafError."""
        self._states[adapter.name] = AdapterState.RUNNING
        try:
            async with asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(self._watch(adapter), name=f"watch over adapter {adapter.name}")
                await adapter.run(accept)
                watch.cancel()
        except BaseExceptionGroup as group:
            if (task := asyncio.current_task()) and task.cancelling():
                raise asyncio.CancelledError from group  # an error on the way out is no reason to start again
            raise group.exceptions[0] from None

    async def _watch(self, adapter: Adapter) -> None:
        """Raise DeafError once the adapter has heard nothing for long, and its probes say that this is no peace."""
        if not isinstance(adapter, Probed):
            await asyncio.sleep(self._limits.stable)
            return self._report.over(_kind(adapter))
        started_at, num_bad = time.monotonic(), 0
        while True:
            quiet_until = max(started_at, adapter.last_traffic_at) + self._limits.quiet
            if (left := quiet_until - time.monotonic()) > 0:
                num_bad = 0
                self._states[adapter.name] = AdapterState.RUNNING
                if adapter.last_traffic_at > started_at:
                    self._report.over(_kind(adapter))
                await asyncio.sleep(min(left, self._limits.look))
            elif fault := await self._fault_of(adapter):
                num_bad += 1
                self._states[adapter.name] = AdapterState.SILENT
                if num_bad >= self._limits.num_bad_probes:
                    raise DeafError(fault)
                await asyncio.sleep(self._limits.between_probes)
            else:
                num_bad = 0
                self._states[adapter.name] = AdapterState.RUNNING
                await asyncio.sleep(self._limits.between_probes)

    async def _fault_of(self, adapter: Probed) -> str | None:
        """Return what a probe finds wrong."""
        try:
            async with asyncio.timeout(self._limits.probe):
                return "its platform has news that do not come in" if await adapter.probe() else None
        except TimeoutError:
            return f"its platform does not answer within {self._limits.probe:g} s"
        except Exception as error:  # noqa: BLE001  the same
            return f"its platform does not answer: {type(error).__name__} {error}"

    def _tell(self, adapter: Adapter, phrase: Phrase) -> None:
        self._report.trouble(_kind(adapter), phrase.in_both_languages(adapter=adapter.name))


def _kind(adapter: Adapter) -> str:
    return f"adapter {adapter.name}"


def _log_failure(name: str, error: Exception, wait: float) -> None:
    if isinstance(error, DeafError):
        logger.error("adapter %s has gone deaf (%s); building it anew in %.0f s", name, error, wait)
    else:
        logger.error("adapter %s failed; starting it again in %.0f s", name, wait, exc_info=error)
