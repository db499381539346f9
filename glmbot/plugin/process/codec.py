"""Turns the arguments and results of methods into JSON and back, by the types in their signatures."""

import inspect
import traceback
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import JsonValue, TypeAdapter

from glmbot import errors
from glmbot.plugin.process.frames import Failure
from glmbot.reply import Reply

STREAMS = (AsyncIterable, AsyncIterator, AsyncGenerator)
MAX_MESSAGE = 10_000
"""Characters of an error's text, and of its traceback, that are passed on."""
KNOWN_ERRORS = {
    error.__name__: error
    for error in (
        errors.UserError,
        errors.NotDelivered,
        errors.PromptTooLong,
        errors.InferenceUnavailable,
        errors.InferenceError,
    )
}
"""Errors that arrive at the other side as what they are: they can be acted upon there."""


@dataclass(frozen=True, slots=True)
class Codec:
    """The JSON forms of one method's arguments and result."""

    name: str
    signature: inspect.Signature
    arguments: Mapping[str, TypeAdapter[Any]]
    result: TypeAdapter[Any]

    def dump_arguments(self, *args: object, **kwargs: object) -> dict[str, JsonValue]:
        """Return the arguments of a call by name."""
        bound = self.signature.bind(*args, **kwargs).arguments
        return {name: dumped(self.arguments[name], value) for name, value in bound.items()}

    def load_arguments(self, values: Mapping[str, JsonValue]) -> dict[str, object]:
        """Return what `dump_arguments` was given. Raises ValidationError."""
        return {name: adapter.validate_python(values.get(name)) for name, adapter in self.arguments.items()}


@cache
def codec_of(method: Callable[..., Any]) -> Codec:
    """Return the codec of a method, as it stands in its class."""
    signature = inspect.signature(method)
    _, *parameters = signature.parameters.values()  # without self
    hints = get_type_hints(method)
    return Codec(
        method.__name__,
        signature.replace(parameters=parameters),
        {one.name: TypeAdapter(hints[one.name]) for one in parameters},
        TypeAdapter(_without_streams(hints["return"])),
    )


def methods_of(interface: type) -> dict[str, Codec]:
    """Return the codecs of all public methods of an interface, by name."""
    return {name: codec_of(one) for name, one in vars(interface).items() if callable(one) and not name.startswith("_")}


def dumped(adapter: TypeAdapter[Any], value: object) -> JsonValue:
    """Return a value as JSON has it."""
    result: JsonValue = adapter.dump_python(value, mode="json", warnings=False)
    return result


def failure_of(number: int, error: BaseException) -> Failure:
    """Return an error as it is sent."""
    message = str(error)[:MAX_MESSAGE]
    for name, known in KNOWN_ERRORS.items():
        if isinstance(error, known):
            return Failure(number, name, message, "")
    trace = "".join(traceback.format_exception(error))
    return Failure(number, type(error).__name__, message, trace[-MAX_MESSAGE:])


def error_of(failure: Failure) -> Exception:
    """Return the error that was sent; PluginError, with the other side's traceback, where it is of an unknown kind."""
    if (known := KNOWN_ERRORS.get(failure.error)) and not failure.trace:
        return known(failure.message)
    error = errors.PluginError(f"{failure.error}: {failure.message}")
    error.add_note(failure.trace)
    return error


def _without_streams(hint: Any) -> Any:
    """Return the part of a result's type that has a JSON form; streams go piece by piece."""
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kept = tuple(one for one in options if get_origin(one) not in STREAMS and one is not Reply)
    return Union[kept] if kept else NoneType  # noqa: UP007  the members are only known here
