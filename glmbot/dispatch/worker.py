"""Handles events from the inbox, many at the same time; an error becomes one polite reply here."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Collection

from glmbot.delivery.delivery import Delivery
from glmbot.dispatch.dispatcher import Dispatcher
from glmbot.dispatch.outgoing import Outgoing
from glmbot.errors import InferenceUnavailable, RetryLater, UserError
from glmbot.log import event_in_log
from glmbot.phrases import Phrase, language_of
from glmbot.storage.inbox import ClaimedEvent, Inbox, SenderKey
from glmbot.wakeup import Wakeup

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""A question that found no model, or whose file could not be had, so often gets a notice."""
LONGEST_WAIT = 60.0
"""Seconds until a question is tried again at the latest, whatever the platform of its file asks for."""
MAX_CLAIMS = 20
"""A message that was begun so often (by a crash of bot or model each time) gets an apology instead."""


class Worker:
    """Claims events and has them handled."""

    def __init__(
        self,
        inbox: Inbox,
        dispatcher: Dispatcher,
        delivery: Delivery,
        outgoing: Outgoing,
        adapters: Collection[str],
        num_workers: int,
        arrived: Wakeup,
        progress: Wakeup,
    ) -> None:
        self._inbox = inbox
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._outgoing = outgoing
        self._adapters = adapters
        self._num_free = num_workers
        self._most_of_one = max(1, num_workers // 4)
        self._num_running: Counter[SenderKey] = Counter()
        self._arrived = arrived
        self._progress = progress
        self._is_stopping = False

    async def run(self) -> None:
        """Handle events until `stop`; what is under way then is finished."""
        async with asyncio.TaskGroup() as tasks:
            while not self._is_stopping:
                limit = min(self._num_free, self._most_of_one)
                claimed = await self._inbox.claim(self._adapters, limit, self._busy_senders()) if limit else []
                self._num_free -= len(claimed)
                for one in claimed:
                    self._num_running[_sender_of(one)] += 1
                    tasks.create_task(self._handle(one))
                if len(claimed) < limit or not limit:
                    await self._arrived.wait()

    def _busy_senders(self) -> list[SenderKey]:
        """Return who has a fair share of the workers already: others come first, however much one sends."""
        return [sender for sender, number in self._num_running.items() if number >= self._most_of_one]

    def look(self) -> None:
        """Look for events now: there may be some that nobody announced."""
        self._arrived.call()

    def stop(self) -> None:
        """Claim nothing more."""
        self._is_stopping = True
        self._arrived.call()

    async def _handle(self, claimed: ClaimedEvent) -> None:
        with event_in_log(str(claimed.inbox_id)):
            try:
                await self._handle_or_apologise(claimed)
            except Exception:
                logger.exception("not even an apology could be stored; the next start tries again")
            finally:
                self._inbox.let_go(claimed.inbox_id)
                self._num_running -= Counter([_sender_of(claimed)])
                self._num_free += 1
                self._arrived.call()
                self._progress.call()

    async def _handle_or_apologise(self, claimed: ClaimedEvent) -> None:
        try:
            if claimed.attempts > MAX_CLAIMS:
                logger.error("given up after %d attempts", MAX_CLAIMS)
                reason = f"given up after {MAX_CLAIMS} attempts; the log has the errors"
                return await self._delivery.apologise(claimed, _apology(claimed), reason)
            await self._dispatcher.handle(claimed)
        except UserError as error:
            await self._delivery.tell(claimed, await self._outgoing.answer(claimed.event, str(error)))
        except (InferenceUnavailable, RetryLater) as error:
            await self._try_again(claimed, error)
        except Exception as error:
            logger.exception("handling failed")
            reason = f"{type(error).__name__} while it was handled; the log has more"
            await self._delivery.apologise(claimed, _apology(claimed), reason)

    async def _try_again(self, claimed: ClaimedEvent, error: InferenceUnavailable | RetryLater) -> None:
        logger.warning("no answer yet, attempt %d: %s", claimed.attempts, error)
        if claimed.attempts < MAX_ATTEMPTS:
            asked = min(error.after, LONGEST_WAIT) if isinstance(error, RetryLater) else 0.0
            retry_at = time.monotonic() + max(claimed.attempts, asked)
            await self._inbox.release(claimed.inbox_id, retry_at)
            self._arrived.call_at(retry_at)
        else:
            is_file = isinstance(error, RetryLater)
            text = (Phrase.FILES_AWAY if is_file else Phrase.MODEL_AWAY).in_language(language_of(claimed.event))
            what = "no file from the platform" if is_file else "no answer from the model"
            await self._delivery.apologise(claimed, text, f"{what}: {error}")


def _sender_of(claimed: ClaimedEvent) -> SenderKey:
    return claimed.event.chat.adapter, claimed.event.sender.sender_id


def _apology(claimed: ClaimedEvent) -> str:
    return Phrase.APOLOGY.in_language(language_of(claimed.event), reference=claimed.inbox_id)
