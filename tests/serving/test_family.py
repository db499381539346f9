"""Which family a directory belongs to, told from its files."""

import json
from pathlib import Path

import pytest

from glmbot.errors import CheckpointError
from glmbot.serving.models.family import Family, family_of

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
