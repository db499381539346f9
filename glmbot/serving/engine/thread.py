"""The engine's own thread, seen from asyncio."""

import asyncio
import contextlib
import itertools
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from glmbot.errors import EngineBusy, EngineStuck
from glmbot.serving.engine.sequence import FinishReason, Output, Request
from glmbot.serving.loaded_model import LoadedModel

if TYPE_CHECKING:
    from glmbot.serving.engine.engine import Engine

BUSY_RETRY_AFTER = 5.0
"""Seconds after which a refused client should come back at the earliest: about the time of a short answer."""
SENDER_SHARE = 0.5
"""Of all that may be open, how much one sender may have."""
STUCK_AFTER = 600.0
"""Seconds for one step, after which the engine counts as stuck: a full prompt takes a slow CPU a minute or two."""
LOOK_EVERY = 1.0
MAX_WAIT = 600.0
"""Seconds without a first token, after which a request is given up: the bot waits no longer for one, either."""
IDLE_AFTER = 15.0
"""Seconds without an output, after which a reader is told that there is none: proxies close what is silent for 60."""
IDLE = Output(-1)
"""Tells that nothing has come for some time."""


class TokenStream:
    """The outputs of one request, as they are generated; ends after the output that has a finish reason.

    In between comes `IDLE`, each time that there was none for `idle_after` seconds.
    """

    def __init__(self, idle_after: float) -> None:
        self._outputs: asyncio.Queue[Output] = asyncio.Queue()  # bounded by the request's max_tokens
        self._idle_after = idle_after
        self._has_begun = self._is_finished = False

    def __aiter__(self) -> "TokenStream":
        return self

    async def __anext__(self) -> Output:
        if self._is_finished:
            raise StopAsyncIteration
        output = await self._next()
        self._is_finished = output.finish is not None
        return output

    async def _next(self) -> Output:
        if not self._outputs.empty():
            return self._outputs.get_nowait()
        try:
            async with asyncio.timeout(self._idle_after):
                return await self._outputs.get()
        except TimeoutError:
            return IDLE

    def put(self, output: Output) -> None:
        """Append an output."""
        self._has_begun = self._has_begun or output.place is None
        self._outputs.put_nowait(output)

    def end(self, finish: FinishReason) -> None:
        """End the stream early: the reader sees this reason behind what has come so far."""
        self.put(Output(-1, None, finish))

    def end_unless_begun(self) -> None:
        """End the stream if no token has come yet."""
        if not self._has_begun:
            self.end("not_begun")

    def cancel(self) -> None:
        """End the stream early: the reader sees the finish reason "cancelled"."""
        self.end("cancelled")


class EngineThread:
    """Loads a model and runs its engine. All methods are for the event loop's thread."""

    def __init__(
        self,
        load: Callable[[], LoadedModel],
        max_open: int,
        stuck_after: float = STUCK_AFTER,
        max_wait: float = MAX_WAIT,
        idle_after: float = IDLE_AFTER,
    ) -> None:
        self._load = load
        self._max_open = max_open
        self._stuck_after = stuck_after
        self._max_wait = max_wait
        self._idle_after = idle_after
        self._stepping_since: float | None = None
        self._senders: Counter[str] = Counter()
        self._commands: queue.SimpleQueue[Callable[[Engine], None] | None] = queue.SimpleQueue()  # bounded by max_open
        self._streams: dict[int, TokenStream] = {}
        self._next_id = itertools.count(1)
        self._loaded: LoadedModel | None = None
        self.was_ready = False
        """Whether the model was loaded once."""
        self._failure: Exception | None = None
        self._ended = asyncio.Event()
        # A daemon, since nothing can interrupt torch while it loads, and the program must be able to end.
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    @property
    def loaded(self) -> LoadedModel | None:
        """The model, once it is loaded."""
        return self._loaded

    @property
    def failure(self) -> Exception | None:
        """Why the thread ended, when that was not by `stop`."""
        return self._failure

    @property
    def num_open(self) -> int:
        """How many requests are being answered or wait, as the event loop sees it."""
        return len(self._streams)

    @property
    def is_alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to load the model."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self, patience: float) -> None:
        """End the thread; one that is still loading after `patience` seconds is left alone."""
        self._commands.put(None)
        await asyncio.to_thread(self._thread.join, patience)

    async def wait_for_failure(self) -> None:
        """Return when the model could not be loaded, or the engine failed as a whole or is stuck in a step."""
        while not self._ended.is_set():
            since = self._stepping_since
            if since is not None and time.monotonic() - since > self._stuck_after:
                return self._failed(EngineStuck(f"a step of the engine takes more than {self._stuck_after:g} s"))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(LOOK_EVERY, self._stuck_after)):
                    await self._ended.wait()

    @contextmanager
    def place(self, sender: str) -> Iterator[None]:
        """Hold a place among the requests that may be open while the body runs. Raises EngineBusy, at once.

        Whoever is to be answered takes one first, before any work is done for it.
        """
        self._check_room(sender)
        self._senders[sender] += 1
        try:
            yield
        finally:
            self._senders -= Counter([sender])

    @contextmanager
    def answer(self, request: Request) -> Iterator[TokenStream]:
        """Generate while the body runs; leaving it cancels what is not finished.

        The stream ends with "timeout" when the request's own time is over, and with "not_begun" when it has waited for
        a first token longer than anybody should.
        """
        sequence_id = next(self._next_id)
        stream = self._streams[sequence_id] = TokenStream(self._idle_after)
        timers = [self._loop.call_later(self._max_wait, stream.end_unless_begun)]
        if request.timeout is not None:
            timers.append(self._loop.call_later(request.timeout, stream.end, "timeout"))
        self._commands.put(lambda engine: engine.add(sequence_id, request))
        try:
            yield stream
        finally:
            for timer in timers:
                timer.cancel()
            del self._streams[sequence_id]
            self._commands.put(lambda engine: engine.cancel(sequence_id))

    def _check_room(self, sender: str) -> None:
        most_of_one = max(1, int(self._max_open * SENDER_SHARE))
        if (num_places := self._senders.total()) >= self._max_open:
            raise self._busy(f"{num_places} requests")
        if sender and self._senders[sender] >= most_of_one:
            raise self._busy(f"{most_of_one} requests of this sender")

    def _busy(self, what: str) -> EngineBusy:
        per_turn = self._loaded.engine.seconds_per_turn if self._loaded else 0.0
        wait = max(BUSY_RETRY_AFTER, per_turn)
        return EngineBusy(f"{what} are open already; try again in {wait:.0f} seconds", wait)

    def cancel_all(self) -> None:
        """End every open stream early."""
        for stream in self._streams.values():
            stream.cancel()

    def _deliver(self, outputs: list[Output]) -> None:
        for output in outputs:
            if stream := self._streams.get(output.sequence_id):
                stream.put(output)

    def _became_ready(self, loaded: LoadedModel) -> None:
        self._loaded = loaded
        self.was_ready = True

    def _failed(self, failure: Exception) -> None:
        self._failure = failure
        self._loaded = None
        self.cancel_all()
        self._ended.set()

    def _run(self) -> None:
        """The thread: load, then step until told to end. Nothing below here may touch what the loop owns."""
        try:
            loaded = self._load()
            self._loop.call_soon_threadsafe(self._became_ready, loaded)
            while self._obey(loaded.engine):
                self._stepping_since = time.monotonic()
                outputs = loaded.engine.step()
                self._stepping_since = None
                if outputs:
                    self._loop.call_soon_threadsafe(self._deliver, outputs)
        except Exception as failure:  # noqa: BLE001  it is raised again in the loop, where it ends the server
            self._loop.call_soon_threadsafe(self._failed, failure)

    def _obey(self, engine: "Engine") -> bool:
        """Carry out all commands that are there, waiting for one while there is no work; False: end the thread."""
        while True:
            try:
                command = self._commands.get(block=not engine.has_work)
            except queue.Empty:
                return True
            if command is None:
                return False
            command(engine)
