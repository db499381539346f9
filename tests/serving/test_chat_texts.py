"""The text side of each family: prompts in ids, and answers from ids, as the reference has them."""

import json
from pathlib import Path
from typing import Any

import pytest

from glmbot.serving.chat.conversation import ChatMessage, Role, Tool, ToolCall, ToolsNotSupported
from glmbot.serving.chat.texts import SAMPLING, chat_text_for
from glmbot.serving.chat.tool_calls import read_python_call
from glmbot.serving.engine.sequence import Sampling
from glmbot.serving.loaded_model import ChatText
from glmbot.serving.models.family import Family
from glmbot.serving.tokenizers.chatglm2 import ChatGLM2Tokenizer
from tests.serving.engine_fake import RoleLetters
from tests.serving.native_fake import build_tokenizer

ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant", "observation": "tool"}
GENERATIONS = {"v2": Family.CHATGLM2, "v3": Family.CHATGLM3}


def text_of(vocabulary: Path, generation: str) -> ChatText:
    family = GENERATIONS[generation]
    return chat_text_for(family, ChatGLM2Tokenizer(str(vocabulary), has_roles=family is Family.CHATGLM3))


def published(shared: Path, generation: str) -> ChatText:
    vocabulary = shared.parents[1] / "tokenizers" / "chatglm2_3_tokenizer.model"
    if not vocabulary.is_file():
        pytest.skip("the published vocabulary is not in ../shared/tokenizers")
    return text_of(vocabulary, generation)


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def conversation(vector: dict[str, Any]) -> tuple[list[ChatMessage], list[Tool]]:
    """Return what a client would send for a conversation of the published code."""
    messages: list[ChatMessage] = []
    tools: list[Tool] = []
    for turn in [*vector["history"], {"role": vector["role"], "content": vector["query"]}]:
        tools += [Tool(tool["name"], tool) for tool in turn.get("tools", [])]
        messages.append(as_message(turn, [call.call_id for message in messages for call in message.tool_calls]))
    return messages, tools


def as_message(turn: dict[str, Any], call_ids: list[str]) -> ChatMessage:
    role = ROLES[turn["role"]]
    if name := turn.get("metadata"):
        call = read_python_call(name, turn["content"])
        assert call is not None
        return ChatMessage(role, "", (ToolCall(name, call.arguments, "call_0"),))
    return ChatMessage(role, turn["content"], tool_call_id=call_ids[-1] if role == "tool" else None)


def is_sendable(vector: dict[str, Any]) -> bool:
    """Tell whether a client can send this: each call has its result, each result its call."""
    calls = sum(bool(turn.get("metadata")) for turn in vector["history"])
    return calls == (vector["role"] == "observation")


def test_chatglm2s_prompts_have_the_published_ids(shared: Path) -> None:
    text = published(shared, "v2")
    for vector in read(shared / "v2_tokenizer" / "build_prompt.json"):
        turns = [message for ask, say in vector["history"] for message in (("user", ask), ("assistant", say))]
        messages = [ChatMessage(ROLES[role], content) for role, content in [*turns, ("user", vector["query"])]]
        assert text.encode_chat(messages) == vector["input_ids"]


def test_chatglm3s_prompts_have_the_published_ids(shared: Path) -> None:
    text = published(shared, "v3")
    vectors = [v for v in read(shared / "v3_tokenizer" / "build_chat_input.json") if is_sendable(v)]
    assert {bool(conversation(vector)[1]) for vector in vectors} == {True, False}
    assert "observation" in {vector["role"] for vector in vectors}
    for vector in vectors:
        assert text.encode_chat(*conversation(vector)) == vector["input_ids"]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_tokens_of_an_answer_give_the_references_text(shared: Path, generation: str) -> None:
    directory = shared / f"{generation}_e2e"
    text = text_of(directory / "tokenizer.model", generation)
    for case in read(directory / "chat.json"):
        response = text.new_response()
        ids, last = case["output_ids"][:-1], case["output_ids"][-1]
        assert (last in text.end_tokens) == case["ends_with_eos"]
        assert not text.end_tokens & set(ids)
        if not case["ends_with_eos"] and not response.drops_token_at_limit:
            ids = case["output_ids"]
        pieces = [response.add(token) for token in ids]
        assert "".join([*pieces, response.finish()]) == case["response"]


def test_chatglm3_reads_back_the_published_call(shared: Path) -> None:
    text = published(shared, "v3")
    vectors = [v for v in read(shared / "v3_tokenizer" / "process_response.json") if isinstance(v["content"], dict)]
    for vector in vectors:
        tools = [Tool(tool["name"], tool) for turn in vector["history"] for tool in turn.get("tools", [])]
        if not tools:
            continue
        response = text.new_response(tools)
        turns = [text.encode(turn)[2:] for turn in vector["output"].split("<|assistant|>")]
        ids = [token for turn in turns for token in (64796, *turn)][1:]
        pieces = [response.add(token) for token in ids] + [response.finish()]
        expected = ToolCall(vector["content"]["name"], json.dumps(vector["content"]["parameters"]))
        assert list(response.tool_calls) == [expected]
        assert "".join(pieces) == ("好的" if len(turns) > 1 else "")


def test_chatglm3_ends_at_the_end_mark_and_where_another_speaks() -> None:
    letters = RoleLetters()
    ends = {0, letters.convert_tokens_to_ids("<|user|>"), letters.convert_tokens_to_ids("<|observation|>")}
    assert chat_text_for(Family.CHATGLM3, letters).end_tokens == ends


@pytest.mark.parametrize("family", [Family.CHATGLM, Family.CHATGLM2])
def test_the_older_generations_refuse_tools(family: Family) -> None:
    with pytest.raises(ToolsNotSupported, match="ChatGLM3-6B or a newer model"):
        chat_text_for(family, RoleLetters()).encode_chat([ChatMessage("user", "x")], [Tool("f", {"name": "f"})])


def test_a_native_tokenizer_brings_its_own_format() -> None:
    tokenizer = build_tokenizer()
    assert chat_text_for(Family.NATIVE, tokenizer).end_tokens == {tokenizer.eos_token_id}


def test_each_family_is_sampled_as_published() -> None:
    assert SAMPLING[Family.CHATGLM] == Sampling(0.95, 0.7, 50)
    assert SAMPLING[Family.CHATGLM2] == SAMPLING[Family.CHATGLM3] == Sampling(0.8, 0.8, 50)
