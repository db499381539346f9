"""The texts by which models call tools, read without ever running them."""

import ast
import io
import json
import keyword
import tokenize
import warnings
from collections.abc import Mapping, Sequence
from itertools import pairwise

from glmbot.serving.chat.conversation import ConversationError, ToolCall

MAX_CHARACTERS = 20_000
"""A longer text is no call; the parser's time and memory are bounded by it."""
MAX_DEPTH = 32
"""Arguments nested deeper are no call: Python's own parser warns that deep nesting can crash it."""
FENCE_OPENINGS = ("```python", "```")
FENCE_END = "```"
FUNCTION = "tool_call"
"""ChatGLM3 writes every call as a Python call of this name; the tool's own name stands in the metadata."""

RESERVED = "reserved_by_python_"


class NoCall(ValueError):
    """A text that is not a call after all."""


def read_python_call(name: str, text: str) -> ToolCall | None:
    """Read ChatGLM3's call, a fenced `tool_call(symbol='10111')`; None where it is anything else.

    Only keyword arguments with literal values are read; nothing is evaluated.
    """
    try:
        return ToolCall(name, _as_json(_arguments(_unfenced(text))))
    except NoCall:
        return None


def read_json_call(name: str, text: str) -> ToolCall | None:
    """Read GLM-4's call, whose text is the JSON object of the arguments; None where it is anything else."""
    try:
        return ToolCall(name, _as_json(_parse_json(text)))
    except NoCall:
        return None


def read_tagged_call(text: str, names: Sequence[str]) -> ToolCall | None:
    """Read the JSON between `<tool_call>` and `</tool_call>`, as Qwen and Hermes write it; None for anything else."""
    try:
        call = _parse_json(text)
    except NoCall:
        return None
    name, arguments = call.get("name"), call.get("arguments", {})
    if not isinstance(name, str) or name not in names or not isinstance(arguments, dict):
        return None
    return ToolCall(name, json.dumps(arguments, ensure_ascii=False))


def write_call(call: ToolCall) -> str:
    """Write a call as ChatGLM3 does. Raises ConversationError where the arguments have no such form."""
    arguments = read_arguments(call)
    for key in arguments:
        if not key.isidentifier():
            raise ConversationError(f"the call {call.call_id!r} has an argument {key[:50]!r}, which is no Python name")
    listed = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    return f"{FENCE_OPENINGS[0]}\n{FUNCTION}({listed})\n{FENCE_END}"


def read_arguments(call: ToolCall) -> dict[str, object]:
    """Return the arguments of a call that a client sent. Raises ConversationError where they are no JSON object."""
    try:
        return _parse_json(call.arguments or "{}")
    except NoCall as reason:
        raise ConversationError(f"the arguments of the call {call.call_id!r} are no JSON object: {reason}") from reason


def _unfenced(text: str) -> str:
    """Return the code between the first and the last line, which must be a fence."""
    lines = text.strip().split("\n")
    if len(lines) < 2 or lines[0].strip() not in FENCE_OPENINGS or lines[-1].strip() != FENCE_END:
        raise NoCall("it is not fenced")
    return "\n".join(lines[1:-1]).strip()


def _arguments(code: str) -> dict[str, object]:
    """Return the keyword arguments of `tool_call(...)`."""
    call = _parse(code)
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != FUNCTION or call.args:
        raise NoCall(f"it is not {FUNCTION}() with keyword arguments")
    arguments: dict[str, object] = {}
    for argument in call.keywords:
        name = (argument.arg or "").removeprefix(RESERVED)
        if not name or name in arguments:
            raise NoCall("an argument has no name, or another's")
        arguments[name] = _literal(argument.value)
    return arguments


def _parse(code: str) -> ast.expr:
    """Parse one expression, of a length and a depth that the parser is sure to bear."""
    depth = deepest = 0
    for character in code:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if len(code) > MAX_CHARACTERS or deepest > MAX_DEPTH:
        raise NoCall("it is too long or too deep")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a backslash that escapes nothing
            return ast.parse(_with_plain_names(code), mode="eval").body
    except (tokenize.TokenError, SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise NoCall("it is no Python expression") from error


def _with_plain_names(code: str) -> str:
    """Mark the argument names that Python reserves: a tool may well have an argument `from`."""
    tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    marked = [
        (token.type, f"{RESERVED}{token.string}")
        if token.type == tokenize.NAME and following.string == "=" and keyword.iskeyword(token.string)
        else (token.type, token.string)
        for token, following in pairwise(tokens)
    ]
    return tokenize.untokenize(marked)


def _literal(node: ast.expr) -> object:
    """Return a literal: text, number, True, False, None, and lists and dicts of them."""
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            if not isinstance(number, bool):
                return -number
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_literal(item) for item in items]
        case ast.Dict(keys=keys, values=values):
            return {_key(key): _literal(value) for key, value in zip(keys, values, strict=True)}
    raise NoCall(f"{type(node).__name__} is no literal")


def _key(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise NoCall("a key is no text")


def _parse_json(text: str) -> dict[str, object]:
    """Parse a JSON object of bounded length and depth."""
    if len(text) > MAX_CHARACTERS:
        raise NoCall("it is too long")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoCall("it is not valid JSON") from error
    if not isinstance(value, dict):
        raise NoCall("it is not an object")
    _as_json(value)
    return value


def _as_json(arguments: Mapping[str, object]) -> str:
    """Write arguments as JSON; what JSON has no form for (infinity, half a surrogate pair) is no call."""
    try:
        _check_depth(arguments, MAX_DEPTH)
        text = json.dumps(arguments, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise NoCall("a value has no form in JSON") from error
    return text


def _check_depth(value: object, allowed: int) -> None:
    if allowed < 0:
        raise NoCall("it is nested too deeply")
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _check_depth(item, allowed - 1)
