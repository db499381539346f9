"""The models that have a short name, and where they are published."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from glmbot.errors import ConfigError

_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_OLD_OWNER = "THUDM/"
_OWNER = "zai-org/"
"""The makers' name on Hugging Face since 2025; the old one is redirected to it."""


class SourceName(StrEnum):
    """The places that models are fetched from."""

    HUGGINGFACE = "huggingface"
    MODELSCOPE = "modelscope"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model with a short name.

    `size_gb`: what is downloaded, in 10^9 bytes, rounded; `config`: the sizes in its config.json.
    """

    name: str
    huggingface: str
    modelscope: str
    size_gb: float
    licence: str
    config: Mapping[str, object]

    def repo(self, source: SourceName) -> str:
        """Return the repository at a source."""
        return self.huggingface if source is SourceName.HUGGINGFACE else self.modelscope

    @property
    def licence_url(self) -> str:
        """The page of the weights' licence."""
        return f"https://huggingface.co/{self.huggingface}/blob/main/{self.licence}"


def _own(name: str, on_modelscope: str, size_gb: float, config: Mapping[str, object]) -> KnownModel:
    return KnownModel(name, f"{_OWNER}{name}", f"ZhipuAI/{on_modelscope}", size_gb, "MODEL_LICENSE", config)


_V1: Mapping[str, object] = {
    **{"model_type": "chatglm", "hidden_size": 4096, "inner_hidden_size": 16384, "num_attention_heads": 32},
    **{"num_layers": 28, "vocab_size": 130528, "max_sequence_length": 2048, "torch_dtype": "float16"},
}
_V2: Mapping[str, object] = {
    **{"model_type": "chatglm", "hidden_size": 4096, "ffn_hidden_size": 13696, "num_attention_heads": 32},
    **{"num_layers": 28, "padded_vocab_size": 65024, "kv_channels": 128, "multi_query_group_num": 2},
    **{"seq_length": 32768, "torch_dtype": "float16"},
}
_GLM4: Mapping[str, object] = {
    **{"model_type": "glm", "hidden_size": 4096, "intermediate_size": 13696, "num_attention_heads": 32},
    **{"num_hidden_layers": 40, "vocab_size": 151552, "head_dim": 128, "num_key_value_heads": 2},
    **{"max_position_embeddings": 131072, "torch_dtype": "bfloat16"},
}
KNOWN = (
    _own("chatglm-6b", "ChatGLM-6B", 13.4, _V1),
    _own("chatglm-6b-int4", "ChatGLM-6B-Int4", 3.9, {**_V1, "quantization_bit": 4}),
    _own("chatglm-6b-int8", "ChatGLM-6B-Int8", 6.7, {**_V1, "quantization_bit": 8}),
    _own("chatglm2-6b", "chatglm2-6b", 12.5, _V2),
    _own("chatglm2-6b-int4", "chatglm2-6b-int4", 3.9, {**_V2, "quantization_bit": 4}),
    _own("chatglm3-6b", "chatglm3-6b", 12.5, {**_V2, "seq_length": 8192}),
    KnownModel("glm-4-9b-chat", f"{_OWNER}glm-4-9b-chat-hf", "ZhipuAI/glm-4-9b-chat-hf", 18.8, "LICENSE", _GLM4),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model to fetch: the name that it is stored under, and where it comes from."""

    name: str
    source: SourceName
    repo: str
    licence_url: str
    revision: str | None


def known_model(name: str) -> KnownModel | None:
    """Return the model with this short name, or with this repository, in any case."""
    wanted = _current(name).lower()
    return next((m for m in KNOWN if wanted in (m.name, m.huggingface.lower(), m.modelscope.lower())), None)


def wanted_model(name: str, source: SourceName, revision: str | None = None) -> Wanted:
    """Return what to fetch for a short name or an `owner/name`. Raises ConfigError."""
    if known := known_model(name):
        return Wanted(known.name, source, known.repo(source), known.licence_url, revision)
    if not _REPO.fullmatch(name) or ".." in name:
        names = ", ".join(model.name for model in KNOWN)
        raise ConfigError(f"model {name!r} is not known; use one of {names}, or the owner/name of a repository")
    site = "https://huggingface.co" if source is SourceName.HUGGINGFACE else "https://modelscope.cn/models"
    return Wanted(stored_name(name), source, name, f"{site}/{name}", revision)


def stored_name(name: str) -> str:
    """Return the name that a model is stored under: the short one, or `owner--name`."""
    known = known_model(name)
    return known.name if known else name.replace("/", "--")


def _current(name: str) -> str:
    return _OWNER + name.removeprefix(_OLD_OWNER) if name.startswith(_OLD_OWNER) else name
