"""The engine: takes requests, gives each running sequence one token a step."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Listing

import torch
from torch import Tensor

from glmbot.serving.engine.candidates import Candidates
from glmbot.serving.engine.sampler import look_ahead
from glmbot.serving.engine.scheduler import Scheduler
from glmbot.serving.engine.sequence import FinishReason, Model, NotFinite, Output, Place, Request, Sequence

logger = logging.getLogger(__name__)

MAX_GAP = 0.25
"""Seconds by which reading a piece of somebody's prompt may hold up the others' next tokens."""
FIRST_PIECE, LEAST_PIECE = 128, 16
"""Tokens of a piece, before it is known how long they take, and at least."""
FORGETTING = 0.2
"""Weight of the newest of what is measured."""


class Engine:
    """Answers several requests at once. Belongs to one thread; only counts may be read from others.

    A step is one pass through the model for all sequences that have begun, and one for a prompt, or a piece of it.
    Which others a sequence is computed with does not change its answer. `max_tokens` is how many tokens there is memory
    for: of the sequences that run, and of those that have ended and are kept. `places` tells how many tokens' memory
    sequences of some lengths take.
    """

    def __init__(
        self,
        model: Model,
        max_running: int,
        max_tokens: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        places: Callable[[Iterable[int]], int] = sum,
    ) -> None:
        self._model = model
        self._scheduler = Scheduler(model, max_running, max_tokens, places)
        self._clock = clock
        self._piece = FIRST_PIECE
        self._admitted_at: float | None = None
        self.seconds_per_turn = 0.0

    @property
    def num_running(self) -> int:
        """How many sequences hold a cache."""
        return self._scheduler.num_running

    @property
    def num_waiting(self) -> int:
        """How many sequences wait for their turn."""
        return self._scheduler.num_waiting

    @property
    def num_tokens(self) -> int:
        """Of how many tokens the running sequences keep keys and values, or will with the next step."""
        return self._scheduler.num_tokens

    @property
    def max_tokens(self) -> int | None:
        """Of how many there is memory for; None: nobody knows."""
        return self._scheduler.max_tokens

    @property
    def has_work(self) -> bool:
        """Whether a step would do anything."""
        return self.num_running + self.num_waiting > 0

    def add(self, sequence_id: int, request: Request) -> None:
        """Queue a request."""
        self._scheduler.add(Sequence(sequence_id, request))

    def cancel(self, sequence_id: int) -> None:
        """Drop a sequence, and keep its cache as if it had ended; one that has ended already is no error."""
        self._scheduler.remove(sequence_id)

    def step(self) -> list[Output]:
        """Give each running sequence one token, and tell those that wait where they stand when that changes."""
        if self._scheduler.admit():
            self._note_turn()
        self._scheduler.make_room_to_grow()
        self._scheduler.make_room_beside_kept()
        with torch.inference_mode():
            outputs = [*self._go_on(self._read_ones()), *self._read()]
        return [*outputs, *self._places()]

    # -- those that have begun

    def _read_ones(self) -> list[Sequence]:
        return [one for one in self._scheduler.running() if one.is_read]

    def _go_on(self, sequences: Listing[Sequence]) -> list[Output]:
        """Give sequences a token in one pass; where that fails one by one, so that it fails for one alone."""
        if not sequences:
            return []
        try:
            logits = self._decode(sequences)
        except Exception as error:
            if _is_device_lost(error):
                raise
            if _is_out_of_memory(error) and self._free_memory(error):
                return self._go_on([one for one in sequences if one.is_read])
            if len(sequences) == 1:
                logger.exception("sequence %d failed and was dropped", sequences[0].sequence_id)
                return [self._dropped(sequences[0])]
            logger.exception("a step for %d sequences failed; trying them one by one", len(sequences))
            return [output for one in sequences if one.is_read for output in self._go_on([one])]
        return self._take(sequences, logits)

    def _decode(self, sequences: Listing[Sequence]) -> Tensor:
        decoders = [one.decoder for one in sequences if one.decoder]
        return self._model.decode(decoders, [one.generated[-1] for one in sequences])

    def _free_memory(self, error: Exception) -> bool:
        """Let half of the sequences wait again, and forget what is kept; False where there is nothing to give up."""
        is_freed = False
        for _ in range(self.num_running // 2):
            is_freed |= self._scheduler.shrink()
        while self._model.forget_kept():  # theirs, too
            is_freed = True
        logger.warning("memory is short (%s); %d sequences go on", error, self.num_running)
        return is_freed

    # -- one that begins

    def _read(self) -> list[Output]:
        """Read the prompt that is first in turn; a piece of it, where others wait for their next tokens."""
        sequence = next((one for one in self._scheduler.running() if not one.is_read), None)
        if sequence is None:
            return []
        limit = self._piece if self._read_ones() else None
        try:
            sequence.begin(self._model)
            num_before, began = sequence.num_read, self._clock()
            self._scheduler.make_room_beside_kept()
            logits = sequence.read(self._model, limit)
        except Exception as error:
            if _is_device_lost(error):
                raise
            if _is_out_of_memory(error):
                sequence.drop()  # not kept: or there would always be something to free, and no end of it
                if self._free_memory(error):
                    return []
            logger.exception("sequence %d failed and was dropped", sequence.sequence_id)
            return [self._dropped(sequence)]
        if sequence.num_read - num_before == limit:
            self._adapt(self._clock() - began)
        return [] if logits is None else self._take([sequence], logits[None])

    def _adapt(self, taken: float) -> None:
        """Let the next piece be as long as may be, but not change at once; `taken`: seconds for a whole one."""
        wanted = self._piece * MAX_GAP / max(taken, 1e-6)
        self._piece = max(LEAST_PIECE, int(min(2 * self._piece, 0.8 * wanted)))

    # -- what comes of it

    def _take(self, sequences: Listing[Sequence], logits: Tensor) -> list[Output]:
        """Give sequences their tokens by their scores, (B, V): in one pass or, where that fails, one by one."""
        try:
            found = look_ahead([one.sampler for one in sequences if one.sampler], logits)
        except Exception as error:
            if _is_device_lost(error):
                raise
            is_freed = _is_out_of_memory(error) and self._free_memory(error)
            if len(sequences) == 1 and not is_freed:
                logger.exception("sequence %d failed and was dropped", sequences[0].sequence_id)
                return [self._dropped(sequences[0])]
            logger.warning("no tokens were found for %d sequences (%s); trying one by one", len(sequences), error)
            each = zip(sequences, logits, strict=True)
            return [output for one, row in each if one.is_read for output in self._take([one], row[None])]
        return [self._take_one(*each) for each in zip(sequences, logits, found, strict=True)]

    def _take_one(self, sequence: Sequence, logits: Tensor, found: Candidates | None) -> Output:
        """Give one sequence its token; whatever goes wrong is its own end and nobody else's."""
        try:
            output = sequence.take(logits, found, self._model)
        except NotFinite as error:
            logger.error("sequence %d was dropped: %s", sequence.sequence_id, error)
            return self._dropped(sequence, "not_finite")
        except Exception as error:
            if _is_device_lost(error):
                raise
            logger.exception("sequence %d failed and was dropped", sequence.sequence_id)
            return self._dropped(sequence)
        if output.finish:
            self._scheduler.remove(sequence.sequence_id)
        return output

    def _dropped(self, sequence: Sequence, finish: FinishReason = "error") -> Output:
        self._scheduler.remove(sequence.sequence_id)
        return Output(sequence.sequence_id, None, finish)

    # -- those that wait

    def _note_turn(self) -> None:
        now = self._clock()
        if self._admitted_at is not None and self._scheduler.num_waiting:
            taken = now - self._admitted_at
            self.seconds_per_turn += FORGETTING * (taken - self.seconds_per_turn)
        self._admitted_at = now

    def _places(self) -> Iterator[Output]:
        for num_before, sequence in self._scheduler.waiting():
            if sequence.place is None or sequence.place.num_before != num_before:
                sequence.place = Place(num_before, (num_before + 1) * self.seconds_per_turn)
                yield Output(sequence.sequence_id, place=sequence.place)


def _is_device_lost(error: Exception) -> bool:
    """Tell whether a GPU failed in a way that lasts as long as the process: every further step would fail, too."""
    return isinstance(error, getattr(torch, "AcceleratorError", ())) and "out of memory" not in str(error)


def _is_out_of_memory(error: Exception) -> bool:
    """Tell whether memory was short: torch says that on the CPU in words only."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
