"""Tells which family a checkpoint directory belongs to: ChatGLM's three generations all call themselves "chatglm"."""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from glmbot.errors import CheckpointError

CHATGLM = "chatglm"
CONFIG_FILE = "config.json"
_SUPPORTED = (
    "supported are ChatGLM-6B, ChatGLM2-6B, ChatGLM3-6B, and the causal models that transformers has itself, such as "
    "GLM-4 (-hf), Qwen and Llama"
)
FLOAT32_ROTARY = "float32_rotary"
"""Our own key in config.json: true for ChatGLM3. `save_pretrained` writes it, and drops the model's name."""
_GLM4_VOCAB_SIZE = 151552
_ROPE_RATIO = "rope_ratio"
_SECOND_LENGTH, _THIRD_LENGTH = 32768, 8192
_ROLE_MARK = "<|user|>"


class Family(StrEnum):
    """What a checkpoint's network, tokenizer and chat format are of."""

    CHATGLM = "chatglm"
    CHATGLM2 = "chatglm2"
    CHATGLM3 = "chatglm3"
    NATIVE = "native"


def family_of(directory: Path) -> Family:
    """Return the family of a checkpoint directory. Raises CheckpointError for one that is not supported."""
    path = directory / CONFIG_FILE
    config = _read(path)
    kind = config.get("model_type")
    if kind != CHATGLM:
        return _native(path, kind)
    if "padded_vocab_size" in config:
        _refuse_glm4(path, config, _read(directory / "tokenizer_config.json"))
        return _later_generation(directory, config)
    if "inner_hidden_size" in config or "position_encoding_2d" in config:
        return Family.CHATGLM
    raise CheckpointError(
        f"{str(path)!r} says 'chatglm' but has neither 'inner_hidden_size' (ChatGLM-6B) nor 'padded_vocab_size' "
        f"(ChatGLM2 and later); {_SUPPORTED}"
    )


def _native(path: Path, kind: object) -> Family:
    """Return NATIVE for what transformers has a causal model of."""
    if isinstance(kind, str) and kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        return Family.NATIVE
    raise CheckpointError(f"{str(path)!r}: model_type {kind!r} is not supported; {_SUPPORTED}")


def _refuse_glm4(path: Path, config: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> None:
    is_glm4 = config.get("padded_vocab_size") == _GLM4_VOCAB_SIZE
    # of the older generations, those for 32k tokens have a ratio too; their names tell them from GLM-4
    is_unnamed = _ROPE_RATIO in config and FLOAT32_ROTARY not in config and not _named(*_names(config, tokenizer))
    if is_glm4 or is_unnamed or tokenizer.get("tokenizer_class") == "ChatGLM4Tokenizer":
        raise CheckpointError(
            f"{str(path)!r} is of GLM-4 in its first form, which needs code from its repository; use the same model in "
            "transformers' own form: zai-org/glm-4-9b-chat-hf"
        )


def _later_generation(directory: Path, config: Mapping[str, Any]) -> Family:
    """Tell ChatGLM2 and ChatGLM3 apart: their networks have the same keys, so it is by name, tokenizer, length."""
    if isinstance(is_third := config.get(FLOAT32_ROTARY), bool):
        return Family.CHATGLM3 if is_third else Family.CHATGLM2
    tokenizer = _read(directory / "tokenizer_config.json")
    if family := _named(*_names(config, tokenizer)):
        return family
    if _has_role_marks(directory, tokenizer):
        return Family.CHATGLM3
    length = config.get("seq_length")
    if length in (_SECOND_LENGTH, _THIRD_LENGTH):
        return Family.CHATGLM3 if length == _THIRD_LENGTH else Family.CHATGLM2
    return _named(directory.resolve().name) or Family.CHATGLM2


def _names(config: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> tuple[object, object]:
    """Return the names that the files of a checkpoint say it has."""
    return config.get("_name_or_path"), tokenizer.get("name_or_path")


def _named(*names: object) -> Family | None:
    for name in names:
        for family in (Family.CHATGLM3, Family.CHATGLM2):
            if family.value in str(name).lower():
                return family
    return None


def _has_role_marks(directory: Path, tokenizer: Mapping[str, Any]) -> bool:
    """Look for ChatGLM3's roles in the tokenizer's settings, and in its published code, which is read as text only."""
    code = directory / "tokenization_chatglm.py"
    if _ROLE_MARK in json.dumps(tokenizer, ensure_ascii=False):
        return True
    return code.is_file() and _ROLE_MARK in code.read_text(encoding="utf-8", errors="replace")


def _read(path: Path) -> dict[str, Any]:
    """Read a JSON object; an absent or damaged file is none: whoever needs it says so."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
