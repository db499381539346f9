"""How ChatGLM2 writes conversations, and how an answer in pieces is tidied."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from glmbot.serving.chat.chatglm2 import TidyStream, build_prompt, process_response

PIECES = ["[[训练时间]]", "[", "[[", "训练", "时间]]", "]", ",", "中", " ", "\n", "a", "\u3000", "\x1e"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def streamed(pieces: list[str], *, is_marked: bool = True) -> str:
    stream = TidyStream(is_marked=is_marked)
    return "".join([*(stream.add(piece) for piece in pieces), stream.finish()])


def test_a_first_question_is_round_one() -> None:
    assert build_prompt("你好", []) == "[Round 1]\n\n问：你好\n\n答："


def test_a_system_text_stands_before_the_first_round() -> None:
    assert build_prompt("二", [("一", "甲")], "简短。") == (
        "简短。\n\n[Round 1]\n\n问：一\n\n答：甲\n\n[Round 2]\n\n问：二\n\n答："
    )


def test_prompts_are_written_as_published(shared: Path) -> None:
    vectors = json.loads((shared / "v2_tokenizer" / "build_prompt.json").read_text("utf-8"))
    assert [build_prompt(vector["query"], vector["history"]) for vector in vectors] == [
        vector["prompt"] for vector in vectors
    ]


def test_answers_are_tidied_as_published(shared: Path) -> None:
    for vector in json.loads((shared / "v2_tokenizer" / "process_response.json").read_text("utf-8")):
        assert process_response(vector["input"]) == vector["output"] == streamed(list(vector["input"]))


@settings(max_examples=600, deadline=None)
@given(pieces=st.lists(TEXTS, max_size=6))
def test_an_answer_in_pieces_is_the_same_answer(pieces: list[str]) -> None:
    assert streamed(pieces) == process_response("".join(pieces))


@settings(max_examples=200, deadline=None)
@given(pieces=st.lists(TEXTS, max_size=6))
def test_without_the_mark_only_space_around_goes(pieces: list[str]) -> None:
    assert streamed(pieces, is_marked=False) == "".join(pieces).strip()


def test_only_what_may_change_is_held_back() -> None:
    stream = TidyStream()
    steps = [(" 你", "你"), ("好,", "好,"), ("b ", "b"), ("[[训", " "), ("x", "[[训x"), ("  ", "")]
    assert [stream.add(piece) for piece, _ in steps] == [text for _, text in steps]
    assert stream.finish() == ""
