"""Calls of tools in what a model writes: read without running anything, and never taken back from a stream."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmbot.serving.chat.chatglm2 import TidyStream
from glmbot.serving.chat.conversation import ToolCall
from glmbot.serving.chat.tool_calls import (
    MAX_CHARACTERS,
    read_arguments,
    read_json_call,
    read_python_call,
    read_tagged_call,
    write_call,
)
from glmbot.serving.chat.tool_streams import CallForm, NamedCallStream, TaggedCallStream

PYTHON = CallForm("```", read_python_call)
CODE = "```python\ntool_call(symbol='10111')\n```"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)


def read(arguments: str) -> Any:
    call = read_python_call("f", f"```python\ntool_call({arguments})\n```")
    return call and json.loads(call.arguments)


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("", {}),
        ("symbol='10111'", {"symbol": "10111"}),
        ("a=1, b=-2.5, c=True, d=None", {"a": 1, "b": -2.5, "c": True, "d": None}),
        ("a=[1, (2, 3)], b={'k': {'l': []}}", {"a": [1, [2, 3]], "b": {"k": {"l": []}}}),
        ("\n    city='北京',\n    text='a\\nb \\d',\n", {"city": "北京", "text": "a\nb \\d"}),
        ("a='x' 'y'", {"a": "xy"}),
        ("from='北京', to='a, class=1', class=2", {"from": "北京", "to": "a, class=1", "class": 2}),
    ],
)
def test_literal_arguments_are_read(code: str, arguments: dict[str, Any]) -> None:
    assert read(code) == arguments


@pytest.mark.parametrize(
    "code",
    [
        "1",
        "*[1]",
        "**{'a': 1}",
        "a=1, a=2",
        "a=b",
        "a=__import__('os').system('touch /tmp/x')",
        "a=open('/etc/passwd').read()",
        "a=(lambda: 1)()",
        "a=[x for x in range(9)]",
        "a=f'{1}'",
        "a=b'x'",
        "a=1j",
        "a=...",
        "a=1+1",
        "a=-True",
        "a=9**9**9",
        "a={1: 2}",
        "a={**{}}",
        "a={1, 2}",
        "a=1e999",
        "a='\\ud800'",
        "a=" + "[" * 40 + "]" * 40,
        "a=" + "[" * 9000,
        "a=" + "-" * 9000 + "1",
        "a=" + "1+" * 9000 + "1",
        "a=" + "not " * 4000 + "1",
        "a='" + "x" * MAX_CHARACTERS + "'",
        "a=" + "9" * 5000,
        "a=1)\nprint(1",
        "a=1);print(1",
        "a='\x00'",
    ],
    ids=lambda code: code[:24],
)
def test_anything_but_literals_is_no_call(code: str) -> None:
    assert read(code) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tool_call(a=1)",
        "```python\ntool_call(a=1)",
        "```",
        "```python\n```",
        "```python\nother(a=1)\n```",
        "```python\nx.tool_call(a=1)\n```",
        "```python\nprint(1)\n```",
        "好的\n```python\ntool_call()\n```",
    ],
)
def test_a_text_that_is_not_a_fenced_call_is_no_call(text: str) -> None:
    assert read_python_call("f", text) is None


def test_the_published_call_is_read_and_written() -> None:
    call = ToolCall("track", '{"symbol": "10111"}')
    assert read_python_call("track", f"{CODE}\n") == call
    assert write_call(call) == CODE


@settings(max_examples=100, deadline=None)
@given(arguments=st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_is_written_is_read_again(arguments: dict[str, Any]) -> None:
    call = ToolCall("f", json.dumps(arguments))
    again = read_python_call("f", write_call(call))
    assert again is not None
    assert read_arguments(again) == arguments


GARBAGE = st.lists(
    st.sampled_from(["```python\n", "```", "tool_call(", ")", "\n", "a=", "'", '"', "{", "}", "[", "1", "-", ",", "\\"])
    | st.text(max_size=5),
    max_size=20,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(text=GARBAGE)
def test_garbage_never_crashes_a_reader(text: str) -> None:
    for call in (
        read_python_call("f", text),
        read_python_call("f", f"```python\ntool_call({text})\n```"),
        read_json_call("f", text),
        read_tagged_call(text, ["f"]),
    ):
        assert call is None or isinstance(json.loads(call.arguments), dict)


@pytest.mark.parametrize(
    "text", ["[]", "1", "{", '{"a": NaN}', '{"a": "\\ud800"}', '{"a":' * 5000, '{"a":' + "[" * 40 + "]" * 40 + "}"]
)
def test_json_that_is_no_object_of_bounded_depth_is_no_call(text: str) -> None:
    assert read_json_call("f", text) is None


def named(pieces: list[str], names: list[str]) -> tuple[str, ToolCall | None]:
    stream = NamedCallStream(PYTHON, names, TidyStream())
    text = "".join([*(stream.add(piece) for piece in pieces), stream.finish()])
    return text, stream.call


@pytest.mark.parametrize("names", [["track", "tts"], ["track"]])
def test_a_turn_under_a_tools_name_is_a_call(names: list[str]) -> None:
    assert named(list(f" track\n{CODE}"), names) == ("", ToolCall("track", '{"symbol": "10111"}'))


@pytest.mark.parametrize(
    "text",
    ["你好", "\n 你好", "track", "tracking\nx", "track\nfine", "other\n" + CODE, "track\n```python\nx=1\n```", ""],
)
def test_any_other_turn_is_text_however_it_is_cut(text: str) -> None:
    for cut in range(len(text) + 1):
        assert named([text[:cut], text[cut:]], ["track", "tts"]) == (text.strip(), None)
    assert named(list(text), ["track", "tts"]) == (text.strip(), None)


def test_without_tools_nothing_is_a_call() -> None:
    assert named(list(f"track\n{CODE}"), []) == (f"track\n{CODE}", None)


def test_text_is_shown_as_soon_as_it_cannot_be_a_call() -> None:
    stream = NamedCallStream(PYTHON, ["track"], TidyStream())
    steps = [("\n", ""), ("你", "你"), ("好", "好")]
    assert [stream.add(piece) for piece, _ in steps] == [text for _, text in steps]
    stream = NamedCallStream(PYTHON, ["track"], TidyStream())
    steps = [("tra", ""), ("in", "train"), ("s", "s")]
    assert [stream.add(piece) for piece, _ in steps] == [text for _, text in steps]


def test_a_call_without_end_is_shown_when_it_is_too_long() -> None:
    stream = NamedCallStream(PYTHON, ["track"], TidyStream())
    assert stream.add("track\n```python\n" + "x" * (MAX_CHARACTERS - 30)) == ""
    assert stream.add("y" * 40).endswith("xy" + "y" * 39)
    assert stream.add("z") == "z"


def tagged(pieces: list[str]) -> tuple[str, list[ToolCall]]:
    stream = TaggedCallStream(["f", "g"], TidyStream(is_marked=False))
    text = "".join([*(stream.add(piece) for piece in pieces), stream.finish()])
    return text, stream.calls


TAGGED = '<tool_call>\n{"name": "f", "arguments": {"a": [1]}}\n</tool_call>'


def test_calls_between_tags_are_taken_out_of_the_text() -> None:

    call = ToolCall("f", '{"a": [1]}')
    assert tagged(list(f"好的\n{TAGGED}\n{TAGGED}")) == ("好的", [call, call])
    assert tagged([f"{TAGGED} x"]) == ("x", [call])


@pytest.mark.parametrize(
    "text",
    [
        "a < b <tool x <tool_call",
        "<tool_call>{",
        "<tool_call>no</tool_call>x",
        '<tool_call>{"name": "h", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "f", "arguments": 1}</tool_call>',
        '<tool_call>{"name": ["f"]}</tool_call>',
    ],
)
def test_tags_without_a_call_stay_text_however_it_is_cut(text: str) -> None:
    for cut in range(len(text) + 1):
        assert tagged([text[:cut], text[cut:]]) == (text, [])


PARTS = ["track", "\n", " ", "```python\n", "```", "tool_call(a=1)", "x", "<tool_call>", "</tool_call>", "{"]


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(st.sampled_from(PARTS), max_size=12))
def test_how_an_answer_is_cut_changes_nothing(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert named(pieces, ["track", "tts"]) == named([text], ["track", "tts"]) == named(list(text), ["track", "tts"])
    assert tagged(pieces) == tagged([text]) == tagged(list(text))
