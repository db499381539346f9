"""Many clients of one engine: how long each waits, and how soon a sequence that is cancelled gives its memory back."""

import gc
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.sequence import Output, Request, Sampling

MANY_TOKENS = 300
"""More than are generated before a sequence is cancelled."""
MAX_STEPS = 100
Prompts = Callable[[int, int], list[int]]
"""Returns a prompt of so many tokens; the second number makes it one's own."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question of so many tokens whose answer shall have so many."""

    num_prompt: int
    num_answer: int


@dataclass(slots=True)
class Client:
    """Asks one question after another; several clients may be one sender."""

    sender: str
    asks: list[Ask] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wait:
    """The seconds from a question to the first token and to the end of its answer."""

    sender: str
    first: float
    whole: float


@dataclass(slots=True)
class _Open:
    client: Client
    asks: deque[Ask]
    asked_at: float
    first_at: float | None = None


def waits(engine: Engine, clients: Sequence[Client], prompt_of: Prompts) -> list[Wait]:
    """Serve all clients to the end; all ask their first question at once, in the order given."""
    open_ids: dict[int, _Open] = {}
    found: list[Wait] = []
    last_id = 0

    def ask(client: Client, asks: deque[Ask]) -> None:
        nonlocal last_id
        last_id += 1
        first = asks.popleft()
        request = new_request(prompt_of(first.num_prompt, last_id), first.num_answer, client.sender, last_id)
        open_ids[last_id] = _Open(client, asks, time.perf_counter())
        engine.add(last_id, request)

    for client in clients:
        ask(client, deque(client.asks))
    while open_ids:
        outputs = engine.step()
        now = time.perf_counter()
        for output in filter(has_generated, outputs):
            one = open_ids[output.sequence_id]
            one.first_at = one.first_at or now
            if output.finish:
                assert output.finish == "length", f"an answer ended by {output.finish!r}"
                del open_ids[output.sequence_id]
                found.append(Wait(one.client.sender, one.first_at - one.asked_at, now - one.asked_at))
                if one.asks:
                    ask(one.client, one.asks)
    return found


def has_generated(output: Output) -> bool:
    """Tell tokens and ends from news of the place in line."""
    return output.token is not None or output.finish is not None


def new_request(prompt: Sequence[int], num_answer: int, sender: str, seed: int) -> Request:
    """Return a question of a sender."""
    return Request(prompt, num_answer, Sampling(seed=seed), sender)


def steps_to_free(engine: Engine, prompt_of: Prompts, num_tokens: int) -> int:
    """Return how many steps a cancelled sequence keeps its memory, counted from when its client leaves.

    The step that is under way then counts as one, since the engine's thread obeys between steps. Nobody collects
    garbage meanwhile: memory in circles would count as kept. Two others go on beside it.
    """
    for neighbour in (1, 2):
        engine.add(neighbour, new_request(prompt_of(num_tokens, neighbour), MANY_TOKENS, "neighbour", neighbour))
        engine.step()
    gc.collect()
    gc.disable()
    try:
        without = _tensor_bytes()
        engine.add(3, new_request(prompt_of(num_tokens, 3), MANY_TOKENS, "leaves", 3))
        engine.step()
        assert engine.num_running == 3
        full = _tensor_bytes()
        assert full > without, "a running sequence holds no memory that could be seen"
        engine.cancel(3)
        return 1 + _steps_until_below((full + without) / 2, engine)
    finally:
        gc.enable()
        for neighbour in (1, 2):
            engine.cancel(neighbour)
        engine.step()


def _steps_until_below(limit: float, engine: Engine) -> int:
    for steps in range(MAX_STEPS):
        if _tensor_bytes() < limit:
            return steps
        engine.step()
    raise AssertionError(f"the memory of a cancelled sequence was not given back within {MAX_STEPS} steps")


def _tensor_bytes() -> int:
    storages = {}
    for thing in gc.get_objects():
        if issubclass(type(thing), torch.Tensor):  # isinstance would look into lazy things, some deprecated
            storage = thing.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())
