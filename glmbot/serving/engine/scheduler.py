"""Decides which sequences run: each sender has a queue of its own, and the senders take turns."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator

from glmbot.serving.engine.sequence import Model, Sequence

MARGIN = 64
"""Tokens that a sequence must have room for beyond its prompt to be let in."""


class Scheduler:
    """The sequences that run, and those that wait.

    At most `max_running` run, with at most `max_tokens` in the memory of keys and values together (None: there is room
    for any). One that must make room waits at the front of its queue, and goes on later with the tokens it had. What
    the model keeps of those that run no more takes what room is left, and nobody waits for that. `places` tells for how
    many tokens there must be room to hold sequences of some lengths.
    """

    def __init__(
        self,
        model: Model,
        max_running: int,
        max_tokens: int | None = None,
        places: Callable[[Iterable[int]], int] = sum,
    ) -> None:
        self._model = model
        self._max_running = max_running
        self._max_tokens = max_tokens
        self._places = places
        self._queues: dict[str, deque[Sequence]] = {}  # whose turn is next comes first
        self._running: dict[int, Sequence] = {}  # the newest last

    @property
    def num_running(self) -> int:
        """How many sequences hold a cache."""
        return len(self._running)

    @property
    def num_waiting(self) -> int:
        """How many sequences wait for their turn."""
        return sum(map(len, self._queues.values()))

    @property
    def num_tokens(self) -> int:
        """How many tokens the running sequences have; may be asked from any thread."""
        return sum(sequence.num_tokens for sequence in list(self._running.values()))

    @property
    def max_tokens(self) -> int | None:
        """How many there is memory for."""
        return self._max_tokens

    def add(self, sequence: Sequence) -> None:
        """Put a sequence at the end of its sender's queue."""
        self._queues.setdefault(sequence.request.sender, deque()).append(sequence)

    def admit(self) -> Sequence | None:
        """Let the sequence run whose turn it is, if there is room, and return it.

        One a step: reading a prompt is far dearer than a token, and the running sequences wait for it. A sender with
        fewer running ones is served first; one that has two more than that makes room.
        """
        running = Counter(sequence.request.sender for sequence in self._running.values())
        if not self._queues:
            return None
        sender = min(self._queues, key=lambda one: running[one])
        sequence = self._queues[sender][0]
        if not self._has_room(sequence) and not (self._make_room(running, sender) and self._has_room(sequence)):
            return None
        self._queues[sender].popleft()
        if queue := self._queues.pop(sender):
            self._queues[sender] = queue  # its next turn comes after everybody else's
        self._running[sequence.sequence_id] = sequence
        return sequence

    def make_room_to_grow(self) -> None:
        """Before each sequence gets a token: let the newest wait again where there is no room for all of them."""
        while self._max_tokens is not None and self._places(self._grown()) > self._max_tokens:
            if not self.shrink():
                return

    def make_room_beside_kept(self) -> None:
        """Before the sequences that have begun get a token: let the oldest of what is kept go if there is no room."""
        while self._max_tokens is not None and self._num_in_memory() > self._max_tokens:
            if not self._model.forget_kept():
                return

    def shrink(self) -> bool:
        """Let the newest running sequence wait again; False where it is the only one."""
        if self.num_running <= 1:
            return False
        self._put_back(next(reversed(self._running.values())))
        return True

    def running(self) -> Iterator[Sequence]:
        """Go over the sequences that run; they may be removed on the way."""
        yield from list(self._running.values())

    def waiting(self) -> Iterator[tuple[int, Sequence]]:
        """Go over the sequences that wait, with how many come before each, if nobody else comes."""
        for turn, (sender, queue) in enumerate(self._queues.items()):
            for place, sequence in enumerate(queue):
                others = (
                    min(len(other), place + (1 if number < turn else 0))
                    for number, (name, other) in enumerate(self._queues.items())
                    if name != sender
                )
                yield place + sum(others), sequence

    def remove(self, sequence_id: int) -> None:
        """Forget a sequence wherever it stands, and leave its cache to the model; one that has ended is no error."""
        if sequence := self._running.pop(sequence_id, None):
            sequence.pause(self._model)
        else:
            kept = {
                sender: deque(one for one in queue if one.sequence_id != sequence_id)
                for sender, queue in self._queues.items()
            }
            self._queues = {sender: queue for sender, queue in kept.items() if queue}

    def _num_in_memory(self) -> int:
        """Count what those that have begun take, with one token more of each, and what is kept."""
        begun = [sequence for sequence in self._running.values() if sequence.decoder]
        return self._places(sequence.num_tokens + 1 for sequence in begun) + self._model.num_kept_tokens

    def _has_room(self, sequence: Sequence) -> bool:
        if self.num_running >= self._max_running:
            return False
        if self._max_tokens is None or not self._running:
            return True
        needed = sequence.num_tokens + min(MARGIN, sequence.max_length - sequence.num_tokens)
        return self._places([*self._grown(), needed]) <= self._max_tokens

    def _grown(self) -> Iterator[int]:
        """Go over the lengths that the running sequences have once each has got a token."""
        return (sequence.num_tokens + 1 for sequence in self._running.values())

    def _make_room(self, running: Counter[str], sender: str) -> bool:
        """Take a place from the sender who has most, where that has two more than this one."""
        most, number = max(running.items(), key=lambda item: item[1], default=("", 0))
        if number < running[sender] + 2:
            return False
        self._put_back(next(one for one in reversed(self._running.values()) if one.request.sender == most))
        return True

    def _put_back(self, sequence: Sequence) -> None:
        del self._running[sequence.sequence_id]
        sequence.pause(self._model)
        self._queues.setdefault(sequence.request.sender, deque()).appendleft(sequence)
