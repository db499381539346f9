"""The engine: takes requests, gives each running sequence one token a step."""

import logging

import torch

from glmbot.serving.engine.scheduler import Scheduler
from glmbot.serving.engine.sequence import Model, Output, Request, Sequence

logger = logging.getLogger(__name__)


class Engine:
    """Answers several requests at once. Belongs to one thread; only the two counts may be read from others.

    A step is one small forward pass for each sequence, so no answer depends on its neighbours.
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
        with torch.inference_mode():
            outputs = [self._advance(sequence) for sequence in self._scheduler.running()]
        for output in outputs:
            if output.finish:
                self._scheduler.remove(output.sequence_id)
        return outputs

    def _advance(self, sequence: Sequence) -> Output:
        """Give one sequence its token; whatever goes wrong is its own end and nobody else's."""
        try:
            return sequence.advance(self._model)
        except Exception:
            logger.exception("sequence %d failed and was dropped", sequence.sequence_id)
            return Output(sequence.sequence_id, None, "error")
