"""Loads a checkpoint directory in the published layout; whatever is wrong with it is one error that names it."""

import json
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from glmbot.errors import CheckpointError
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.config import ChatGLMConfig
from glmbot.serving.tokenizers.chatglm import VOCABULARY_FILE, ChatGLMTokenizer, load_pieces

CONFIG_FILE = "config.json"
_SINGLE_FILES = ("model.safetensors", "pytorch_model.bin")
_FETCH = "fetch the file again from where the model came from"
_MAX_NAMED = 3
"""How many tensors an error names; one wrong file often means hundreds."""

_READ_ERRORS = (
    *(SafetensorError, RuntimeError, OSError, EOFError, ValueError),
    *(LookupError, TypeError, AttributeError, AssertionError),  # torch's restricted unpickler trusts a file's form
)
"""What the readers raise on damaged files; found by damaging some, 2026-11-24."""


def load_model(directory: Path, dtype: torch.dtype, device: torch.device) -> ChatGLMForConditionalGeneration:
    """Load the network of a checkpoint directory, ready to answer. Raises CheckpointError.

    One shard at a time is read, through a memory map where its format allows. On the CPU, tensors that are stored in
    `dtype` stay in the map: they are read when first used, and the files must not be overwritten meanwhile.
    """
    config = load_config(directory)
    model = _build_empty(config)
    checklist = _Checklist({name: tensor.shape for name, tensor in model.state_dict().items()})
    for path in _find_shards(directory):
        tensors = {name: tensor.to(device, dtype) for name, tensor in checklist.check(path, _read_shard(path))}
        model.load_state_dict(tensors, strict=False, assign=True)
    checklist.finish(directory)
    model.requires_grad_(False)
    model.train(False)
    return model


def load_config(directory: Path) -> ChatGLMConfig:
    """Read config.json. Raises CheckpointError when it is missing, damaged or of another kind of model."""
    path = directory / CONFIG_FILE
    settings = _read_json(path)
    kind = settings.get("model_type")
    if kind != ChatGLMConfig.model_type:
        raise CheckpointError(f"{str(path)!r}: model_type {kind!r} is not supported; supported is 'chatglm'")
    try:
        return ChatGLMConfig(**settings)
    except CheckpointError as error:
        raise CheckpointError(f"{str(path)!r}: {error}") from error
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{str(path)!r} is no valid configuration: {error}; {_FETCH}") from error


def load_tokenizer(directory: Path) -> ChatGLMTokenizer:
    """Load the tokenizer, and check that its special ids are the model's. Raises CheckpointError."""
    load_pieces(directory / VOCABULARY_FILE)  # transformers' own message for a missing one names no remedy
    if (directory / "tokenizer_config.json").is_file():
        _read_json(directory / "tokenizer_config.json")
    tokenizer = ChatGLMTokenizer.from_pretrained(directory, local_files_only=True)
    assert isinstance(tokenizer, ChatGLMTokenizer)
    _check_special_ids(directory, tokenizer, load_config(directory))
    return tokenizer


def _check_special_ids(directory: Path, tokenizer: ChatGLMTokenizer, config: ChatGLMConfig) -> None:
    """Raise CheckpointError when tokenizer and model come from different revisions: all answers would be noise."""
    for name in ("bos_token_id", "eos_token_id", "pad_token_id", "mask_token_id", "gmask_token_id"):
        in_model, in_tokenizer = getattr(config, name), getattr(tokenizer, name)
        if in_model != in_tokenizer:
            raise CheckpointError(
                f"{name} is {in_model} in {str(directory / CONFIG_FILE)!r} but {in_tokenizer} in {VOCABULARY_FILE!r}; "
                "take both from the same revision of the model"
            )


def _build_empty(config: ChatGLMConfig) -> ChatGLMForConditionalGeneration:
    """Build the network without memory for its weights."""
    with torch.device("meta"):
        return ChatGLMForConditionalGeneration(config)


def _find_shards(directory: Path) -> list[Path]:
    """Return the weight files, safetensors before pickles. Raises CheckpointError when one is missing."""
    for name in _SINGLE_FILES:
        if (directory / f"{name}.index.json").is_file():
            return _shards_of_index(directory / f"{name}.index.json")
        if (directory / name).is_file():
            return [directory / name]
    raise CheckpointError(
        f"no weights in {str(directory)!r}: there is neither {_SINGLE_FILES[0]!r} nor {_SINGLE_FILES[1]!r}, nor an "
        "index of shards; copy them from where the model came from"
    )


def _shards_of_index(index: Path) -> list[Path]:
    places = _read_json(index).get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(name, str) for name in places.values()):
        raise CheckpointError(f"{str(index)!r} has no 'weight_map' of file names; {_FETCH}")
    names = sorted(set(places.values()))
    for name in names:
        if Path(name).name != name:
            raise CheckpointError(f"{str(index)!r} names {name!r}, which is not beside it; {_FETCH}")
        if not (index.parent / name).is_file():
            raise CheckpointError(
                f"shard {name!r}, named in {index.name!r}, is missing in {str(index.parent)!r}; {_FETCH}"
            )
    return [index.parent / name for name in names]


def _read_shard(path: Path) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a file by name. Raises CheckpointError when it is damaged or would run code."""
    read = _read_safetensors if path.suffix == ".safetensors" else _read_pickle
    try:
        yield from read(path)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{str(path)!r} is damaged, or holds more than tensors and would run code when loaded; it was not loaded. "
            "Use a checkpoint in safetensors, or one from a source you trust"
        ) from error
    except _READ_ERRORS as error:
        raise CheckpointError(f"{str(path)!r} is damaged or cut short ({_first_line(error)}); {_FETCH}") from error


def _read_safetensors(path: Path) -> Iterator[tuple[str, Tensor]]:
    with safe_open(path, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118  not a mapping
            yield name, file.get_tensor(name)


def _read_pickle(path: Path) -> Iterator[tuple[str, Tensor]]:
    tensors = torch.load(path, map_location="cpu", weights_only=True, mmap=_is_zip(path))
    if not isinstance(tensors, Mapping):
        raise ValueError(f"it holds a {type(tensors).__name__}, not tensors by name")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise ValueError(f"{name!r} is no tensor")
        yield name, tensor


def _is_zip(path: Path) -> bool:
    """Tell whether a pickle can be mapped: torch wrote zip archives from version 1.6 on."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


@dataclass(slots=True)
class _Checklist:
    """The tensors a model needs, ticked off as they come."""

    missing: dict[str, torch.Size]

    def check(self, path: Path, tensors: Iterator[tuple[str, Tensor]]) -> Iterator[tuple[str, Tensor]]:
        """Pass on what belongs to the model. Raises CheckpointError for an unknown or misshaped tensor."""
        for name, tensor in tensors:
            if name.endswith("rotary_emb.inv_freq"):  # computed, see rotary.py
                continue
            shape = self.missing.pop(name, None)
            if shape is None:
                raise CheckpointError(
                    f"{str(path)!r}: tensor {name!r} does not belong to the model of {CONFIG_FILE!r}, or comes twice; "
                    "take both from the same revision of the model"
                )
            if tensor.shape != shape or not tensor.is_floating_point():
                raise CheckpointError(
                    f"{str(path)!r}: tensor {name!r} is {_describe(tensor)}, but {CONFIG_FILE!r} asks for numbers in "
                    f"{list(shape)}; take both from the same revision of the model"
                )
            yield name, tensor

    def finish(self, directory: Path) -> None:
        """Raise CheckpointError if tensors have not come."""
        if not self.missing:
            return
        names = ", ".join(map(repr, list(self.missing)[:_MAX_NAMED]))
        more = f" and {len(self.missing) - _MAX_NAMED} more" if len(self.missing) > _MAX_NAMED else ""
        raise CheckpointError(
            f"the weights in {str(directory)!r} lack {names}{more}; a file is incomplete or {CONFIG_FILE!r} is of "
            "another model: take all files from the same revision"
        )


def _describe(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} in {list(tensor.shape)}"


def _read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object. Raises CheckpointError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"{str(path)!r} is missing; copy it from where the model came from") from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{str(path)!r} cannot be read ({_first_line(error)}); {_FETCH}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{str(path)!r} holds no JSON object; {_FETCH}")
    return content


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
