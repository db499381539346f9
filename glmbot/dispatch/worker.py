"""Handles events from the inbox, many at the same time; an error becomes one polite reply here."""

import asyncio
import logging
import time
from collections.abc import Collection

from glmbot.delivery.delivery import Delivery
from glmbot.dispatch.dispatcher import Dispatcher
from glmbot.errors import InferenceUnavailable, UserError
from glmbot.log import event_in_log
from glmbot.phrases import Phrase, language_of
from glmbot.storage.inbox import ClaimedEvent, Inbox
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""A message that was begun so often (by a crash of bot or model each time) gets an apology instead."""


class Worker:
    """Claims events and has them handled."""

    def __init__(
        self,
        inbox: Inbox,
        dispatcher: Dispatcher,
        delivery: Delivery,
        adapters: Collection[str],
        num_workers: int,
        arrived: Wakeup,
        progress: Wakeup,
    ) -> None:
        self._inbox = inbox
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._adapters = adapters
        self._places = asyncio.Semaphore(num_workers)
        self._arrived = arrived
        self._progress = progress
        self._is_stopping = False

    async def run(self) -> None:
        """Handle events until `stop`; what is under way then is finished."""
        async with asyncio.TaskGroup() as tasks:
            while not self._is_stopping:
                await self._places.acquire()
                claimed = None if self._is_stopping else await self._inbox.claim(self._adapters)
                if claimed is None:
                    self._places.release()
                    await self._wait()
                else:
                    tasks.create_task(self._handle(claimed))

    def stop(self) -> None:
        """Claim nothing more."""
        self._is_stopping = True
        self._arrived.call()

    async def _wait(self) -> None:
        if not self._is_stopping:
            next_due = await self._inbox.next_due()
            await self._arrived.wait(max(0.01, next_due - time.time()) if next_due is not None else None)

    async def _handle(self, claimed: ClaimedEvent) -> None:
        with event_in_log(str(claimed.inbox_id)):
            try:
                await self._handle_or_apologise(claimed)
            except Exception:
                logger.exception("not even an apology could be stored; the next start tries again")
            finally:
                self._places.release()
                self._arrived.call()
                self._progress.call()

    async def _handle_or_apologise(self, claimed: ClaimedEvent) -> None:
        try:
            if claimed.attempts > MAX_ATTEMPTS:
                logger.error("given up after %d attempts", MAX_ATTEMPTS)
                return await self._delivery.tell(claimed, _apology(claimed))
            await self._dispatcher.handle(claimed)
        except UserError as error:
            await self._delivery.tell(claimed, str(error))
        except InferenceUnavailable as error:
            await self._try_again(claimed, error)
        except Exception:
            logger.exception("handling failed")
            await self._delivery.tell(claimed, _apology(claimed))

    async def _try_again(self, claimed: ClaimedEvent, error: InferenceUnavailable) -> None:
        logger.warning("no answer yet, attempt %d: %s", claimed.attempts, error)
        if claimed.attempts < MAX_ATTEMPTS:
            await self._inbox.release(claimed.inbox_id, time.time() + claimed.attempts)
        else:
            text = Phrase.MODEL_AWAY.in_language(language_of(claimed.event))
            await self._delivery.tell(claimed, text)


def _apology(claimed: ClaimedEvent) -> str:
    return Phrase.APOLOGY.in_language(language_of(claimed.event), reference=claimed.inbox_id)
