"""The engine: takes requests, gives each running sequence one token a step."""

import logging
from collections.abc import Callable
from collections.abc import Sequence as Listing
from functools import partial

import torch
from torch import Tensor

from glmbot.serving.engine.scheduler import Scheduler
from glmbot.serving.engine.sequence import Model, Output, Request, Sequence

logger = logging.getLogger(__name__)


class Engine:
    """Answers several requests at once. Belongs to one thread; only the two counts may be read from others.

    A step is one pass through the model for all sequences that have begun, and one for the prompt of a new one. Which
    others a sequence is computed with does not change its answer.
    """

    def __init__(self, model: Model, max_running: int) -> None:
        self._model = model
        self._scheduler = Scheduler(max_running)

    @property
    def num_running(self) -> int:
        """How many sequences hold a cache."""
        return self._scheduler.num_running

    @property
    def num_waiting(self) -> int:
        """How many sequences wait for their turn."""
        return self._scheduler.num_waiting

    @property
    def has_work(self) -> bool:
        """Whether a step would do anything."""
        return self.num_running + self.num_waiting > 0

    def add(self, sequence_id: int, request: Request) -> None:
        """Queue a request."""
        self._scheduler.add(Sequence(sequence_id, request))

    def cancel(self, sequence_id: int) -> None:
        """Drop a sequence and its cache; one that has ended already is no error."""
        self._scheduler.remove(sequence_id)

    def step(self) -> list[Output]:
        """Give each running sequence one token."""
        self._scheduler.admit()
        running = list(self._scheduler.running())
        begun, new = [one for one in running if one.decoder], [one for one in running if not one.decoder]
        with torch.inference_mode():
            outputs = self._go_on(begun)
            outputs += [self._take(one, partial(one.begin, self._model)) for one in new]
        for sequence, output in zip([*begun, *new], outputs, strict=True):
            if output.finish:
                self._end(sequence, output)
        return outputs

    def _go_on(self, sequences: Listing[Sequence]) -> list[Output]:
        """Give sequences a token in one pass; where that fails one by one, so that it fails for one alone."""
        try:
            logits = self._decode(sequences)
        except Exception:
            if len(sequences) > 1:
                logger.exception("a step for %d sequences failed; trying them one by one", len(sequences))
            return [self._take(one, partial(self._decode_one, one)) for one in sequences]
        return [self._take(one, partial(_given, row)) for one, row in zip(sequences, logits, strict=True)]

    def _decode(self, sequences: Listing[Sequence]) -> Listing[Tensor]:
        if not sequences:
            return []
        decoders = [one.decoder for one in sequences if one.decoder]
        return self._model.decode(decoders, [one.generated[-1] for one in sequences]).unbind()

    def _decode_one(self, sequence: Sequence) -> Tensor:
        return self._decode([sequence])[0]

    def _take(self, sequence: Sequence, logits: Callable[[], Tensor]) -> Output:
        """Give one sequence its token; whatever goes wrong is its own end and nobody else's."""
        try:
            return sequence.take(logits(), self._model)
        except Exception:
            logger.exception("sequence %d failed and was dropped", sequence.sequence_id)
            return Output(sequence.sequence_id, None, "error")

    def _end(self, sequence: Sequence, output: Output) -> None:
        self._scheduler.remove(sequence.sequence_id)
        if sequence.decoder and output.finish != "error":
            self._model.keep(sequence.decoder, sequence.tokens)


def _given(row: Tensor) -> Tensor:
    return row
