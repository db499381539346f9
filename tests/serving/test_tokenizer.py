"""ChatGLM-6B's tokenizer; its vectors are checked by the fidelity benchmark in test_chatglm."""

import json
import shutil
from pathlib import Path

import pytest

from glmbot.errors import CheckpointError
from glmbot.serving.models.registry import register
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer, mark_white_space, restore_white_space

GMASK, SOP = 444, 447


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a\nb\tc", "a<n>b<|tab|>c"),
        ("a b", "a b"),
        ("a  b", "a<|blank_2|>b"),
        (" " * 80, "<|blank_80|>"),
        (" " * 83, "<|blank_80|><|blank_3|>"),
        (" " * 81, "<|blank_80|> "),
    ],
)
def test_white_space_travels_as_marks(text: str, marked: str) -> None:
    assert mark_white_space(text) == marked
    assert restore_white_space(marked) == text


@pytest.mark.parametrize("text", ["<|blank_1|>", "<|blank_02|>", "<|blank_81|>", "<|blank_100|>", "< n>"])
def test_what_only_resembles_a_mark_stays(text: str) -> None:
    assert restore_white_space(text) == text


def test_a_prompt_ends_with_its_marks(tokenizer: ChatGLMTokenizer) -> None:
    encoded = tokenizer("你好")
    assert list(encoded) == ["input_ids"]
    assert encoded["input_ids"][-2:] == [GMASK, SOP]


def test_plain_text_has_no_special_tokens(tokenizer: ChatGLMTokenizer) -> None:
    assert SOP in tokenizer.encode("a<sop>b", add_special_tokens=False)
    assert not {SOP, GMASK} & set(tokenizer.encode_text("a<sop>b[gMASK]"))


def test_a_batch_is_padded_on_the_left(tokenizer: ChatGLMTokenizer) -> None:
    batch = tokenizer(["你好", "今天天气怎么样"], padding=True, return_tensors="pt")
    num_pads = int((batch["input_ids"][0] == 3).sum())
    assert num_pads > 0
    assert batch["input_ids"][0, :num_pads].tolist() == [3] * num_pads
    assert batch["attention_mask"][0, 0, :, :num_pads].all()
    assert batch["position_ids"][0, :, : num_pads + 1].eq(0).all()
    assert not batch["attention_mask"][1, 0, :, :-1].any()


def test_truncation_keeps_the_marks(tokenizer: ChatGLMTokenizer) -> None:
    ids = tokenizer("今天天气怎么样，我们去公园散步吧", truncation=True, max_length=6)["input_ids"]
    assert len(ids) == 6
    assert ids[-2:] == [GMASK, SOP]


def test_pads_and_unknown_ids_give_no_text(tokenizer: ChatGLMTokenizer) -> None:
    ids = tokenizer.encode_text("你好")
    assert tokenizer.decode([3, *ids, 3, 799]) == "你好"


def test_a_missing_vocabulary_is_named(tmp_path: Path) -> None:
    register()
    with pytest.raises(CheckpointError, match=r"ice_text\.model.*missing"):
        ChatGLMTokenizer(str(tmp_path / "ice_text.model"))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x00" * 100])
def test_a_damaged_vocabulary_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ice_text.model"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"ice_text\.model.*damaged"):
        ChatGLMTokenizer(str(path))


def test_the_first_revision_has_its_ids_behind_image_tokens(golden: Path, tokenizer: ChatGLMTokenizer) -> None:
    first = ChatGLMTokenizer(str(golden / "v1_e2e" / "ice_text.model"), num_image_tokens=20000)
    text = "你好，\n  world <n> 123"
    assert first.encode_text(text) == [index + 20000 for index in tokenizer.encode_text(text)]
    assert first.decode_text(first.encode_text(text)) == tokenizer.decode_text(tokenizer.encode_text(text))
    assert first.gmask_token_id == tokenizer.gmask_token_id + 20000
    assert first.vocab_size == tokenizer.vocab_size + 20000
    assert first("你好")["input_ids"][-3:] == [first.gmask_token_id, first.end_token_id, first.bos_token_id]


def test_the_first_revision_is_known_by_the_model_beside_it(golden: Path, tmp_path: Path) -> None:
    shutil.copy(golden / "v1_e2e" / "ice_text.model", tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "chatglm", "vocab_size": 150528}))
    assert ChatGLMTokenizer.from_pretrained(tmp_path).num_image_tokens == 20000
