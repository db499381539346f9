"""How ChatGLM3 writes conversations with roles and tools."""

import json
from pathlib import Path
from typing import Any

import pytest

from glmbot.serving.chat.chatglm3 import TOOLS_OPENING, Part, encode_chat, parts_of, split_response
from glmbot.serving.chat.conversation import ChatMessage, ConversationError, Tool, ToolCall
from tests.serving.engine_fake import RoleLetters

TRACK = Tool("track", {"name": "track", "description": "追踪", "parameters": {"type": "object"}})
CALL = ToolCall("track", '{"symbol": "10111"}', "call_1")
ASKED = ChatMessage("user", "price?")
CALLED = ChatMessage("assistant", "", (CALL,))
RESULT = ChatMessage("tool", '{"price": 12}', tool_call_id="call_1")


def test_a_conversation_ends_with_the_assistants_mark() -> None:
    ids = encode_chat(RoleLetters(), [ChatMessage("system", "Be short."), ASKED])
    expected = "[gMASK]sop<|system|>\nBe short.<|user|>\nprice?<|assistant|>"
    assert RoleLetters().decode_text(ids) == expected


def test_tools_stand_in_the_system_message() -> None:
    definitions = json.dumps([TRACK.definition], indent=4, ensure_ascii=False)
    assert parts_of([ChatMessage("system", "x"), ASKED], [TRACK])[0] == Part("system", "", f"x\n{definitions}")
    assert parts_of([ASKED], [TRACK])[0] == Part("system", "", f"{TOOLS_OPENING}\n{definitions}")


def test_calls_and_results_are_written_as_published() -> None:
    assert parts_of([ASKED, CALLED, RESULT]) == [
        Part("user", "", "price?"),
        Part("assistant", "track", "```python\ntool_call(symbol='10111')\n```"),
        Part("observation", "", '{"price": 12}'),
    ]


def test_text_beside_a_call_is_a_turn_of_its_own() -> None:
    parts = parts_of([ASKED, ChatMessage("assistant", "好的", (CALL,)), RESULT])
    assert [(part.metadata, part.content) for part in parts[1:3]] == [
        ("", "好的"),
        ("track", "```python\ntool_call(symbol='10111')\n```"),
    ]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], "last message"),
        ([ASKED, ChatMessage("assistant", "x")], "last message"),
        ([ASKED, CALLED, ASKED], "'call_1' has no 'tool' message"),
        ([ASKED, RESULT], "'call_1' answers no call"),
        ([ASKED, CALLED, RESULT, RESULT], "'call_1' answers no call"),
        ([ASKED, ChatMessage("assistant", "", (ToolCall("track", "[1]", "c"),))], "last message"),
        ([ASKED, ChatMessage("assistant", "", (ToolCall("track", "[1]", "call_1"),)), RESULT], "no JSON object"),
        ([ASKED, ChatMessage("assistant", "", (ToolCall("track", '{"a b": 1}', "call_1"),)), RESULT], "'a b'"),
    ],
)
def test_a_conversation_without_a_prompt_says_why(messages: list[ChatMessage], reason: str) -> None:
    with pytest.raises(ConversationError, match=reason):
        encode_chat(RoleLetters(), messages)


def test_answers_are_parted_as_published(shared: Path) -> None:
    for vector in json.loads((shared / "v3_tokenizer" / "process_response.json").read_text("utf-8")):
        turns = vector["new_history"][len(vector["history"]) :]
        assert [vars_of(part) for part in split_response(vector["output"])] == turns


def vars_of(part: Part) -> dict[str, Any]:
    return {"role": part.role, "metadata": part.metadata, "content": part.content}
