"""One end of the wire: calls the other side's methods, and serves its own to the other side."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from weakref import WeakValueDictionary

from glmbot.errors import PluginAway, PluginError
from glmbot.plugin.process.codec import codec_of, dumped, error_of, failure_of, methods_of
from glmbot.plugin.process.frames import (
    Call,
    Cancel,
    End,
    Failure,
    Frame,
    HandedBack,
    Piece,
    Ping,
    Pong,
    Pull,
    Result,
    Stream,
    WireError,
    encode,
    read_frame,
)
from glmbot.plugin.process.stream import RemoteStream
from glmbot.reply import Reply

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class Peer:
    """A connection to the other side. It works while `run` does.

    What is called is a method of the interface that the other side serves. A result that is an async iterator of
    texts, or a `Reply`, stays where it is, and arrives as a `RemoteStream`; handed back, it is the object it was.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, interface: type) -> None:
        self.num_pongs = 0
        """How many pings were answered."""
        self.complaint = ""
        """What was wrong with what the other side sent, if that was the end."""
        self.closed = asyncio.Event()
        """Set once the other side has closed, or `close` was called."""
        self._reader = reader
        self._writer = writer
        self._methods = methods_of(interface)
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._streams: WeakValueDictionary[int, RemoteStream] = WeakValueDictionary()
        self._serving: dict[int, _Serving] = {}

    async def run(self, served: object) -> None:
        """Read, and serve the interface by `served`, until the other side closes."""
        async with asyncio.TaskGroup() as tasks:
            try:
                while frame := await read_frame(self._reader):
                    self._take(frame, served, tasks)
            except WireError as error:
                self.complaint = str(error)
            finally:
                self.close()

    async def call(self, method: Callable[Concatenate[Any, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a method on the other side. Raises what it raises there, and PluginAway when the connection ends."""
        codec = codec_of(method)
        number = next(self._numbers)
        frame = Call(number, codec.name, codec.dump_arguments(*args, **kwargs))
        value = await self._answer_to(frame)
        if not isinstance(value, _Json):
            return cast(T, value)  # a stream, or what was handed back
        result: T = codec.result.validate_python(value.value)
        return result

    def tell(self, method: Callable[[Any], Awaitable[None]]) -> None:
        """Call a method without waiting for it to be done."""
        codec = codec_of(method)
        self._post(Call(next(self._numbers), codec.name, codec.dump_arguments()))

    def ping(self) -> None:
        """Ask for a pong."""
        self._post(Ping())

    def close(self) -> None:
        """Close the connection; all calls under way fail, and nothing is served any more."""
        if self.closed.is_set():
            return
        self.closed.set()
        self._writer.close()
        away = "its process ended before it had answered"
        for future in self._pending.values():
            if not future.done():
                future.set_exception(PluginAway(away))
        for stream in list(self._streams.values()):
            stream.end(PluginAway(away))
        for serving in self._serving.values():
            serving.cancel()

    async def _answer_to(self, frame: Call) -> object:
        if self.closed.is_set():
            raise PluginAway("its process is not running")
        answer = self._pending[frame.number] = asyncio.get_running_loop().create_future()
        try:
            self._post(frame)
            return await answer
        except asyncio.CancelledError:
            self._post(Cancel(frame.number))
            raise
        finally:
            del self._pending[frame.number]

    def _post(self, frame: Frame) -> None:
        """Send without waiting. What is under way bounds what is buffered; a side that reads nothing is killed."""
        if not self.closed.is_set():
            self._writer.write(encode(frame))

    def _take(self, frame: Frame, served: object, tasks: asyncio.TaskGroup) -> None:
        match frame:
            case Ping():
                self._post(Pong())
            case Pong():
                self.num_pongs += 1
            case Call():
                serving = self._serving[frame.number] = _Serving()
                serving.task = tasks.create_task(self._serve(frame, served, serving))
                serving.task.add_done_callback(lambda _: self._serving.pop(frame.number, None))
            case Pull() | Cancel():
                self._take_wish(frame)
            case _:
                self._take_answer(frame)

    def _take_wish(self, frame: Pull | Cancel) -> None:
        serving = self._serving.get(frame.number)
        if serving and isinstance(frame, Pull):
            serving.pulls.release()
        elif serving:
            serving.cancel()

    def _take_answer(self, frame: Result | Stream | HandedBack | Failure | Piece | End) -> None:
        answer = self._pending.get(frame.number)
        stream = self._streams.get(frame.number)
        if answer and not answer.done():
            self._settle(answer, frame)
        elif stream:
            match frame:
                case Piece():
                    stream.add(frame.text)
                case End():
                    stream.end()
                case Failure():
                    stream.end(error_of(frame))

    def _settle(self, answer: asyncio.Future[Any], frame: Frame) -> None:
        match frame:
            case Result():
                answer.set_result(_Json(frame.value))
            case Stream():
                stream = self._streams[frame.number] = RemoteStream(frame.number, self._post)
                answer.set_result(stream)
            case HandedBack() if given := self._serving.get(frame.given):
                answer.set_result(given.hand_over())
            case Failure():
                answer.set_exception(error_of(frame))
            case _:
                answer.set_exception(PluginError("its process answered with what nobody asked for"))

    async def _serve(self, call: Call, served: object, serving: "_Serving") -> None:
        """Run one method and send its outcome; nothing that it raises leaves this function but a cancellation."""
        try:
            codec = self._methods[call.method]
            result = await getattr(served, call.method)(**codec.load_arguments(call.arguments))
            if given := _given_by_other_side(result):
                given.hand_over()
                self._post(HandedBack(call.number, given.number))
            elif isinstance(result, AsyncIterable):
                await self._send_pieces(call.number, result, serving)
            else:
                self._post(Result(call.number, dumped(codec.result, result)))
        except asyncio.CancelledError as error:
            self._post(failure_of(call.number, error))  # a plugin can raise it, too, and then somebody waits
            raise
        except BaseException as error:  # noqa: BLE001  the other side is told, whatever it is
            self._post(failure_of(call.number, error))

    async def _send_pieces(self, number: int, pieces: AsyncIterable[str], serving: "_Serving") -> None:
        """Send each piece when it is pulled, all from one task, as a generator with a timeout in it needs it."""
        serving.given = pieces
        iterator = aiter(pieces)
        self._post(Stream(number))
        try:
            while True:
                await serving.pulls.acquire()
                try:
                    self._post(Piece(number, _checked(await anext(iterator))))
                except StopAsyncIteration:
                    return self._post(End(number))
        finally:
            if serving.given is not None and (close := getattr(pieces, "aclose", None)):
                await close()


@dataclass(frozen=True, slots=True)
class _Json:
    """A value as it came; what it stands for, the caller knows."""

    value: Any


@dataclass(slots=True)
class _Serving:
    """A call of the other side that is being served."""

    task: "asyncio.Task[None] | None" = None
    pulls: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    given: object = None
    """The stream that it was answered with."""

    def cancel(self) -> None:
        if self.task:
            self.task.cancel()

    def hand_over(self) -> object:
        """Return the stream, which is not served any more."""
        given, self.given = self.given, None
        self.cancel()
        return given


def _given_by_other_side(result: object) -> RemoteStream | None:
    """Return the stream of the other side that `result` is, while nothing has been taken of it."""
    pieces = result.pieces if isinstance(result, Reply) else result
    return pieces if isinstance(pieces, RemoteStream) and not pieces.is_begun else None


def _checked(piece: object) -> str:
    if not isinstance(piece, str):
        raise TypeError(f"it yielded a {type(piece).__name__}; yield pieces of text")
    return piece
