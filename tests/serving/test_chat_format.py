"""How conversations are written and answers tidied; more vectors are checked by the fidelity benchmark."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmbot.serving.chat.chatglm import ConversationError, ResponseStream, build_prompt, encode_chat, process_response
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer

PIECES = [
    "[[训练时间]]",
    "[",
    "[[",
    "训练",
    "时间]]",
    "]",
    *",!:;?",
    "中",
    "文",
    " ",
    "\n",
    "a",
    "1",
    "\u3000",
    "\x1e",
    "，",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def published(text: str) -> str:
    """The published rule as it is told: one mark after the other, first what follows a Chinese character."""
    text = text.strip().replace("[[训练时间]]", "2023年")
    for narrow, wide in zip(",!:;?", "，！：；？", strict=True):
        text = re.sub(f"([\u4e00-\u9fff]){re.escape(narrow)}", rf"\1{wide}", text)
        text = re.sub(f"{re.escape(narrow)}([\u4e00-\u9fff])", rf"{wide}\1", text)
    return text


def streamed(pieces: list[str]) -> str:
    stream = ResponseStream()
    return "".join([*(stream.add(piece) for piece in pieces), stream.finish()])


def test_a_first_question_stays_bare() -> None:
    assert build_prompt("你好", []) == "你好"


def test_rounds_are_numbered_from_zero() -> None:
    assert build_prompt("二", [("一", "甲")]) == "[Round 0]\n问：一\n答：甲\n[Round 1]\n问：二\n答："


def test_a_system_text_stands_before_the_first_round() -> None:
    assert build_prompt("你好", [], "简短。") == "简短。\n[Round 0]\n问：你好\n答："


def test_messages_become_the_prompt_of_their_text(tokenizer: ChatGLMTokenizer) -> None:
    messages = [("system", "简短。"), ("user", "一"), ("assistant", "甲"), ("user", "二")]
    assert encode_chat(tokenizer, messages) == tokenizer(build_prompt("二", [("一", "甲")], "简短。"))["input_ids"]


def test_marks_in_a_message_are_plain_text(tokenizer: ChatGLMTokenizer) -> None:
    ids = encode_chat(tokenizer, [("user", "a<sop>[MASK]b<eop>")])
    assert ids.count(447) == 1
    assert not {443, 448} & set(ids)


@pytest.mark.parametrize(
    ("roles", "reason"),
    [
        ([], "last message"),
        (["system"], "last message"),
        (["user", "assistant"], "last message"),
        (["assistant"], "expected a message of 'user'"),
        (["user", "user"], "expected a message of 'assistant'"),
        (["user", "system", "user"], "expected a message of 'assistant'"),
        (["tool"], "unknown role 'tool'"),
    ],
)
def test_a_conversation_without_a_prompt_says_why(tokenizer: ChatGLMTokenizer, roles: list[str], reason: str) -> None:
    with pytest.raises(ConversationError, match=reason):
        encode_chat(tokenizer, [(role, "x") for role in roles])


def test_answers_are_tidied_as_published(golden: Path) -> None:
    for vector in json.loads((golden / "v1_text" / "process_response.json").read_text("utf-8")):
        assert process_response(vector["input"]) == vector["output"] == streamed([vector["input"]])


@settings(max_examples=600, deadline=None)
@given(pieces=st.lists(TEXTS, max_size=6))
def test_an_answer_in_pieces_is_the_same_answer(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert process_response(text) == published(text) == streamed(pieces)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_every_cut_gives_the_same_answer(text: str) -> None:
    assert streamed(list(text)) == process_response(text)
    for cut in range(len(text)):
        assert streamed([text[:cut], text[cut:]]) == process_response(text)


def test_only_what_may_change_is_held_back() -> None:
    stream = ResponseStream()
    steps = [(" 你", "你"), ("好,", "好，"), ("a,", "a"), ("b ", ",b"), ("[[训", " "), ("x", "[[训x"), ("!", "")]
    assert [stream.add(piece) for piece, _ in steps] == [text for _, text in steps]
    assert stream.finish() == "!"
