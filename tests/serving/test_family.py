"""Which family a directory belongs to, told from its files."""

import json
from pathlib import Path

import pytest
from transformers import AutoConfig

from glmbot.errors import CheckpointError
from glmbot.serving.models.config import ChatGLMConfig
from glmbot.serving.models.family import Family, family_of
from glmbot.serving.models.registry import register

LATER = {"model_type": "chatglm", "padded_vocab_size": 65024}


def write(directory: Path, config: object, tokenizer: object | None = None) -> Path:
    """Write a checkpoint directory's two configurations."""
    (directory / "config.json").write_text(json.dumps(config))
    if tokenizer is not None:
        (directory / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    return directory


@pytest.mark.parametrize(
    ("config", "family"),
    [
        ({"model_type": "chatglm", "inner_hidden_size": 16384}, Family.CHATGLM),
        ({"model_type": "chatglm", "position_encoding_2d": False}, Family.CHATGLM),
        (LATER | {"_name_or_path": "THUDM/chatglm2-6b", "seq_length": 8192}, Family.CHATGLM2),
        (LATER | {"_name_or_path": "THUDM/ChatGLM3-6b-32k", "seq_length": 32768}, Family.CHATGLM3),
        (LATER | {"seq_length": 32768}, Family.CHATGLM2),
        (LATER | {"seq_length": 8192}, Family.CHATGLM3),
        (LATER | {"seq_length": 640}, Family.CHATGLM2),
        ({"model_type": "glm4"}, Family.NATIVE),
        ({"model_type": "qwen2"}, Family.NATIVE),
    ],
)
def test_the_configuration_tells(tmp_path: Path, config: dict[str, object], family: Family) -> None:
    assert family_of(write(tmp_path, config)) is family


def test_the_tokenizer_tells_before_the_length(tmp_path: Path) -> None:
    write(tmp_path, LATER | {"seq_length": 32768}, {"name_or_path": "THUDM/chatglm3-6b-base"})
    assert family_of(tmp_path) is Family.CHATGLM3


def test_the_published_tokenizer_code_is_read_as_text(tmp_path: Path) -> None:
    write(tmp_path, LATER | {"seq_length": 32768})
    (tmp_path / "tokenization_chatglm.py").write_text('raise SystemExit\nROLES = ["<|system|>", "<|user|>"]\n')
    assert family_of(tmp_path) is Family.CHATGLM3


def test_the_folder_name_is_the_last_resort(tmp_path: Path) -> None:
    directory = tmp_path / "my-ChatGLM3-tuned"
    directory.mkdir()
    assert family_of(write(directory, LATER)) is Family.CHATGLM3


@pytest.mark.parametrize(
    "config", [LATER | {"padded_vocab_size": 151552, "rope_ratio": 500}, LATER | {"rope_ratio": 50}]
)
def test_glm4_in_its_first_form_is_pointed_to_the_other(tmp_path: Path, config: dict[str, object]) -> None:
    with pytest.raises(CheckpointError, match="zai-org/glm-4-9b-chat-hf"):
        family_of(write(tmp_path, config))


@pytest.mark.parametrize("kind", [None, 7, "chatglm9", "bert-of-another-kind"])
def test_what_is_not_known_is_named_with_what_is(tmp_path: Path, kind: object) -> None:
    with pytest.raises(CheckpointError, match=f"{kind!r} is not supported; supported are ChatGLM-6B"):
        family_of(write(tmp_path, {"model_type": kind}))


def test_a_chatglm_without_its_keys_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="neither 'inner_hidden_size'"):
        family_of(write(tmp_path, {"model_type": "chatglm"}))


@pytest.mark.parametrize(
    ("name", "family"), [("THUDM/chatglm2-6b-32k", Family.CHATGLM2), ("THUDM/chatglm3-6b-32k", Family.CHATGLM3)]
)
def test_the_models_for_32k_tokens_are_not_taken_for_glm4(tmp_path: Path, name: str, family: Family) -> None:
    """They have GLM-4's `rope_ratio`, too."""
    assert family_of(write(tmp_path, LATER | {"rope_ratio": 50, "_name_or_path": name})) is family


def test_a_tokenizer_of_glm4_is_known_whatever_the_sizes(tmp_path: Path) -> None:
    write(tmp_path, LATER, {"tokenizer_class": "ChatGLM4Tokenizer"})
    with pytest.raises(CheckpointError, match="zai-org/glm-4-9b-chat-hf"):
        family_of(tmp_path)


@pytest.mark.parametrize(("name", "family"), [("v2_e2e", Family.CHATGLM2), ("v3_e2e", Family.CHATGLM3)])
def test_a_saved_model_stays_of_its_family(golden: Path, tmp_path: Path, name: str, family: Family) -> None:
    """`save_pretrained` drops the name that the family was told by."""
    register()
    AutoConfig.from_pretrained(golden / name).save_pretrained(tmp_path)
    assert family_of(tmp_path) is family


def test_the_auto_classes_ask_all_files_of_a_directory(tmp_path: Path) -> None:
    register()
    write(tmp_path, LATER, {"name_or_path": "THUDM/chatglm3-6b"})
    assert AutoConfig.from_pretrained(tmp_path).float32_rotary
    assert ChatGLMConfig.from_pretrained(tmp_path).float32_rotary
