"""Decides which sequences run: first come, first served, up to a limit."""

from collections import deque
from collections.abc import Iterator

from glmbot.serving.engine.sequence import Sequence


class Scheduler:
    """The sequences that run, and those that wait for one of them to end."""

    def __init__(self, max_running: int) -> None:
        self._max_running = max_running
        self._waiting: deque[Sequence] = deque()
        self._running: dict[int, Sequence] = {}

    @property
    def num_running(self) -> int:
        """How many sequences hold a cache."""
        return len(self._running)

    @property
    def num_waiting(self) -> int:
        """How many sequences wait for their turn."""
        return len(self._waiting)

    def add(self, sequence: Sequence) -> None:
        """Put a sequence at the end of the queue."""
        self._waiting.append(sequence)

    def admit(self) -> None:
        """Let the longest waiting sequence run if there is room.

        One a step: reading a prompt is far dearer than a token, and the running sequences wait for it.
        """
        if self._waiting and len(self._running) < self._max_running:
            sequence = self._waiting.popleft()
            self._running[sequence.sequence_id] = sequence

    def running(self) -> Iterator[Sequence]:
        """Go over the sequences that run; they may be removed on the way."""
        yield from list(self._running.values())

    def remove(self, sequence_id: int) -> None:
        """Forget a sequence wherever it stands, and with it its cache; one that has ended is no error."""
        if self._running.pop(sequence_id, None) is None:
            self._waiting = deque(waiting for waiting in self._waiting if waiting.sequence_id != sequence_id)
