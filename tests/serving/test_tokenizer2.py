"""The tokenizer of ChatGLM2 and ChatGLM3; its vectors are checked by the fidelity benchmark in test_chatglm."""

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from glmbot.errors import CheckpointError
from glmbot.serving.models.registry import register
from glmbot.serving.tokenizers.chatglm2 import ROLES, ChatGLM2Tokenizer


@pytest.fixture(scope="module")
def second(golden: Path) -> ChatGLM2Tokenizer:
    return ChatGLM2Tokenizer(str(golden / "v2_e2e" / "tokenizer.model"))


@pytest.fixture(scope="module")
def third(golden: Path) -> ChatGLM2Tokenizer:
    return ChatGLM2Tokenizer(str(golden / "v3_e2e" / "tokenizer.model"), has_roles=True)


def test_a_prompt_begins_with_its_marks(second: ChatGLM2Tokenizer) -> None:
    ids = second("你好")["input_ids"]
    assert ids == [second.mark_ids["[gMASK]"], second.mark_ids["sop"], *second.encode_text("你好")]


def test_roles_in_a_text_are_plain_text_unless_wanted(golden: Path, third: ChatGLM2Tokenizer) -> None:
    text = "<|user|>你好"
    assert third.mark_ids["<|user|>"] not in third(text)["input_ids"]
    wanting = ChatGLM2Tokenizer(third.vocab_file, has_roles=True, encode_special_tokens=True)
    assert wanting(text, add_special_tokens=False)["input_ids"][0] == third.mark_ids["<|user|>"]
    assert third.mark_ids["<|user|>"] not in wanting.encode_text(text)


@pytest.mark.parametrize("role", ROLES)
def test_a_message_is_role_line_and_content(third: ChatGLM2Tokenizer, role: str) -> None:
    ids = third.build_single_message(role, "tool", "price")
    assert ids == [third.mark_ids[f"<|{role}|>"], *third.encode_text("tool\n"), *third.encode_text("price")]


def test_an_unknown_role_is_named(third: ChatGLM2Tokenizer) -> None:
    with pytest.raises(CheckpointError, match="role 'critic' is unknown"):
        third.build_single_message("critic", "", "hi")


def test_only_chatglm3s_marks_have_a_text(second: ChatGLM2Tokenizer, third: ChatGLM2Tokenizer) -> None:
    assert second.decode([second.mark_ids["sop"]]) == ""
    assert third.decode([third.mark_ids["<|user|>"]]) == "<|user|>"


def test_ids_behind_the_vocabulary_give_no_text(third: ChatGLM2Tokenizer) -> None:
    ids = third.encode_text("你好")
    assert third.decode([0, *ids, 2, third.vocab_size, 10**6]) == third.decode(ids)


def test_a_batch_is_padded_on_the_left(second: ChatGLM2Tokenizer) -> None:
    batch = second(["你好", "今天天气怎么样"], padding=True, return_tensors="pt")
    num_pads = int((batch["attention_mask"][0] == 0).sum())
    assert num_pads > 0
    assert batch["input_ids"][0, :num_pads].tolist() == [0] * num_pads
    assert batch["position_ids"][0].tolist() == [0] * num_pads + list(range(batch["input_ids"].shape[1] - num_pads))
    assert batch["attention_mask"][1].all()


def test_padding_reaches_the_length_that_was_asked(second: ChatGLM2Tokenizer) -> None:
    assert len(second("你好", padding="max_length", max_length=20)["input_ids"]) == 20
    assert len(second("你好", padding=True, pad_to_multiple_of=16)["input_ids"]) % 16 == 0


@pytest.mark.parametrize("name", ["v2_e2e", "v3_e2e"])
def test_a_saved_tokenizer_comes_back_with_its_roles(golden: Path, tmp_path: Path, name: str) -> None:
    register()
    tokenizer = AutoTokenizer.from_pretrained(golden / name)
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert isinstance(again, ChatGLM2Tokenizer)
    assert again.mark_ids == tokenizer.mark_ids
    assert again("<|user|>你好").input_ids == tokenizer("<|user|>你好").input_ids


def test_a_missing_vocabulary_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"tokenizer\.model.*missing"):
        ChatGLM2Tokenizer(str(tmp_path / "tokenizer.model"))


def test_a_damaged_vocabulary_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.model").write_bytes(b"nonsense")
    with pytest.raises(CheckpointError, match=r"tokenizer\.model.*damaged"):
        ChatGLM2Tokenizer(str(tmp_path / "tokenizer.model"))
