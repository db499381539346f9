"""What goes over the wire between the bot and a plugin process: JSON frames, each behind its length."""

import asyncio
import json
import re
import socket
import struct
from dataclasses import dataclass, fields
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

LENGTH = struct.Struct(">I")
MAX_FRAME_BYTES = 16 * 2**20
"""Longer frames are refused at both ends: reading one would hold the event loop for too long."""
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""What a Python text may hold and UTF-8 cannot."""


@dataclass(frozen=True, slots=True)
class Call:
    """Asks the other side to run a method. `number` is the caller's own; all about the call carries it."""

    number: int
    method: str
    arguments: dict[str, JsonValue]
    kind: Literal["call"] = "call"


@dataclass(frozen=True, slots=True)
class Result:
    """Answers a call with a value."""

    number: int
    value: JsonValue
    kind: Literal["result"] = "result"


@dataclass(frozen=True, slots=True)
class Stream:
    """Answers a call with pieces of text, each of which is to be pulled."""

    number: int
    kind: Literal["stream"] = "stream"


@dataclass(frozen=True, slots=True)
class HandedBack:
    """Answers a call with the very stream that the receiver gave, when it was asked by the call `given`."""

    number: int
    given: int
    kind: Literal["handed_back"] = "handed_back"


@dataclass(frozen=True, slots=True)
class Failure:
    """Ends a call or a stream with an error."""

    number: int
    error: str
    message: str
    trace: str
    kind: Literal["failure"] = "failure"


@dataclass(frozen=True, slots=True)
class Pull:
    """Asks for the next piece of a stream."""

    number: int
    kind: Literal["pull"] = "pull"


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of a stream."""

    number: int
    text: str
    kind: Literal["piece"] = "piece"


@dataclass(frozen=True, slots=True)
class End:
    """A stream has no more pieces."""

    number: int
    kind: Literal["end"] = "end"


@dataclass(frozen=True, slots=True)
class Cancel:
    """The caller wants no (more) answer."""

    number: int
    kind: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks whether the other side's event loop runs."""

    kind: Literal["ping"] = "ping"


@dataclass(frozen=True, slots=True)
class Pong:
    """It does."""

    kind: Literal["pong"] = "pong"


Frame = Call | Result | Stream | HandedBack | Failure | Pull | Piece | End | Cancel | Ping | Pong
FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="kind")])


class WireError(Exception):
    """The other side sent something that is no frame."""


def encode(frame: Frame) -> bytes:
    """Return a frame as it is sent. Raises ValueError when it is too long."""
    return encode_json({field.name: getattr(frame, field.name) for field in fields(frame)})


def encode_json(value: object) -> bytes:
    """Return any JSON value behind its length. Raises ValueError when it is too long."""
    for text in value.values() if isinstance(value, dict) else ():
        if isinstance(text, str):
            _check_length(len(text))  # a text that long is not worth half a second in which nothing else is done
    body = LONE_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False, separators=(",", ":"))).encode()
    _check_length(len(body))
    return LENGTH.pack(len(body)) + body


def _check_length(num_bytes: int) -> None:
    if num_bytes > MAX_FRAME_BYTES:
        raise ValueError(f"{num_bytes} bytes are too many to pass on; {MAX_FRAME_BYTES} are the most")


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """Return the next frame, None where the other side has closed. Raises WireError."""
    body = await read_body(reader)
    if body is None:
        return None
    try:
        return FRAME.validate_json(body)
    except ValidationError as error:
        raise WireError(f"it sent something that is no frame: {error.errors()[0]['msg']}") from None


async def read_body(reader: asyncio.StreamReader) -> bytes | None:
    """Return the next JSON text, None where the other side has closed. Raises WireError."""
    try:
        return await reader.readexactly(_checked_length(await reader.readexactly(LENGTH.size)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def receive_body(connection: socket.socket) -> bytes | None:
    """Do the same without an event loop."""
    head = _receive(connection, LENGTH.size)
    return _receive(connection, _checked_length(head)) if head else None


def _receive(connection: socket.socket, num_bytes: int) -> bytes | None:
    received = b""
    while len(received) < num_bytes:
        if not (part := connection.recv(num_bytes - len(received))):
            return None
        received += part
    return received


def _checked_length(head: bytes) -> int:
    (length,) = LENGTH.unpack(head)
    if length > MAX_FRAME_BYTES:
        raise WireError(f"it sent a frame of {length} bytes; {MAX_FRAME_BYTES} are the most")
    return int(length)
