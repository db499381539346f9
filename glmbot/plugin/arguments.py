"""Reads a command's arguments by the types in the signature of its function."""

import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from glmbot.errors import UserError
from glmbot.events import Language
from glmbot.plugin.durations import DURATION, parse_duration
from glmbot.plugin.languages import localized


class Rest(str):
    """Type of an argument that takes all the remaining text, spaces included. It stands last."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """How one type of argument is read: what it looks like in the text, and its value.

    `convert` raises ValueError for what only looks right. `english` and `chinese` say what is wanted.
    """

    pattern: re.Pattern[str]
    convert: Callable[[str], object]
    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a command. `form` is how usage lines show it."""

    name: str
    kind: Kind
    form: str
    is_optional: bool


def parameters_of(function: Callable[..., object]) -> tuple[Parameter, ...]:
    """Return what `function` takes behind its context. Raises TypeError that names what cannot be read."""
    name = function.__name__
    declared = list(inspect.signature(function).parameters.values())
    if not declared:
        raise TypeError(f"{name}() takes nothing; its first parameter must be the context: {name}(ctx: Context)")
    types = get_type_hints(function)
    parameters = tuple(_parameter(name, one, types.get(one.name)) for one in declared[1:])
    for parameter in parameters[:-1]:
        if parameter.kind is REST:
            raise TypeError(f"{name}(): {parameter.name!r} is a Rest and takes all that follows; it must stand last")
    return parameters


def parse_arguments(parameters: tuple[Parameter, ...], text: str, usage: str, language: Language) -> dict[str, object]:
    """Return the arguments in `text` by name, without those left out. Raises UserError with the usage."""
    try:
        return _arguments(parameters, text.strip())
    except _WrongArgument as error:
        wrong = error.told(language)
        raise UserError(localized(language, f"{wrong} Usage: `{usage}`", f"{wrong}用法：`{usage}`")) from error


def parse_groups(
    parameters: tuple[Parameter, ...], groups: Mapping[str, str | None], language: Language
) -> dict[str, object]:
    """Return the values of a pattern's named groups, without those that took no part. Raises UserError."""
    try:
        return {one.name: _value(one, groups[one.name] or "") for one in parameters if _has_value(one, groups)}
    except _WrongArgument as error:
        raise UserError(error.told(language)) from error


def usage_of(command: str, parameters: tuple[Parameter, ...]) -> str:
    """Return the line that shows how a command is written, such as `/remind <after> <text…>`."""
    return " ".join([f"/{command}", *(parameter.form for parameter in parameters)])


class _WrongArgument(Exception):
    """What is wrong with a text, in each language."""

    def told(self, language: Language) -> str:
        english, chinese = self.args
        return localized(language, english, chinese)


def _arguments(parameters: tuple[Parameter, ...], text: str) -> dict[str, object]:
    arguments: dict[str, object] = {}
    for parameter in parameters:
        if text:
            match = parameter.kind.pattern.match(text)
            arguments[parameter.name] = _value(parameter, match[0] if match else "")
            text = text[match.end() :].lstrip() if match else ""
        elif not parameter.is_optional:
            raise _WrongArgument(f"`{parameter.name}` is missing.", f"缺少 `{parameter.name}`。")
    if text:
        raise _WrongArgument("There is more text than I can use.", "后面的内容是多余的。")
    return arguments


def _has_value(parameter: Parameter, groups: Mapping[str, str | None]) -> bool:
    return groups[parameter.name] is not None or not parameter.is_optional


def _value(parameter: Parameter, text: str) -> object:
    kind = parameter.kind
    try:
        if kind.pattern.fullmatch(text):
            return kind.convert(text)
    except (ValueError, OverflowError):
        pass  # it is told to the sender, like what does not match at all
    raise _WrongArgument(f"`{parameter.name}` must be {kind.english}.", f"`{parameter.name}` 应为{kind.chinese}。")


def _parameter(function: str, declared: inspect.Parameter, annotation: Any) -> Parameter:
    if declared.kind not in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
        raise TypeError(f"{function}(): {declared.name!r} cannot be filled; use plain parameters")
    kind = _kind(annotation)
    if kind is None:
        what = "has no type" if annotation is None else f"is of type {annotation!r}, which no message can hold"
        raise TypeError(
            f"{function}(): parameter {declared.name!r} {what}; "
            "use str, int, float, bool, timedelta, Literal of words, or Rest"
        )
    is_optional = declared.default is not inspect.Parameter.empty
    label = "|".join(_words(annotation)) or declared.name
    inner = f"{label}…" if kind is REST else label
    return Parameter(declared.name, kind, f"[{inner}]" if is_optional else f"<{inner}>", is_optional)


def _without_none(annotation: Any) -> Any:
    """Return `X` for `X | None`."""
    if get_origin(annotation) in (Union, UnionType):
        others = [one for one in get_args(annotation) if one is not NoneType]
        return others[0] if len(others) == 1 else annotation
    return annotation


def _kind(annotation: Any) -> Kind | None:
    if words := _words(annotation):
        return _choice(words)
    annotation = _without_none(annotation)
    return KINDS.get(annotation) if isinstance(annotation, type) else None


def _words(annotation: Any) -> tuple[str, ...]:
    """Return the words of a `Literal`, nothing for other types."""
    annotation = _without_none(annotation)
    words = get_args(annotation) if get_origin(annotation) is Literal else ()
    return words if all(isinstance(word, str) for word in words) else ()


def _choice(words: tuple[str, ...]) -> Kind:
    values = {word.lower(): word for word in words}

    def convert(text: str) -> str:
        if text.lower() not in values:
            raise ValueError(text)
        return values[text.lower()]

    return Kind(WORD, convert, f"one of {', '.join(words)}", "、".join(words) + " 之一")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _yes_or_no(text: str) -> bool:
    if text.lower() in TRUE_WORDS:
        return True
    if text.lower() in FALSE_WORDS:
        return False
    raise ValueError(text)


WORD = re.compile(r"\S+")
TRUE_WORDS = frozenset({"yes", "on", "true", "1", "是", "开"})
FALSE_WORDS = frozenset({"no", "off", "false", "0", "否", "关"})
REST = Kind(re.compile(r"\S.*", re.DOTALL), Rest, "some text", "一段文字")
KINDS: Mapping[type, Kind] = {
    str: Kind(WORD, str, "a word", "一个词"),
    int: Kind(WORD, int, "a whole number", "整数"),
    float: Kind(WORD, _finite, "a number", "数字"),
    bool: Kind(WORD, _yes_or_no, "yes or no", "“是”或“否”"),
    timedelta: Kind(DURATION, parse_duration, "a time such as 10m, 1h30m or 2 days", "时间，例如 10m、1h30m、10分钟"),
    Rest: REST,
}
