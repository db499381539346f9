"""Loads a checkpoint of any family and makes the engine for it."""

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from pydantic import BaseModel, Field, ValidationError
from transformers import PreTrainedModel

from glmbot.errors import CheckpointError, ConfigError
from glmbot.serving.chat.native import load_native_tokenizer
from glmbot.serving.chat.texts import SAMPLING, chat_text_for
from glmbot.serving.engine.captured import GraphCapture
from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.sequence import Sampling
from glmbot.serving.loaded_model import ChatText, LoadedModel
from glmbot.serving.loading.layout import stored_bits
from glmbot.serving.loading.memory import available_bytes, keep_large_blocks_apart
from glmbot.serving.loading.native import choose_native, load_native_model
from glmbot.serving.loading.needs import Choice, choose_kv, choose_precision, max_length
from glmbot.serving.loading.precision import KvPrecision, Precision
from glmbot.serving.loading.served_model import ServedModel
from glmbot.serving.loading.weights import load_config, load_model, load_tokenizer, load_tokenizer2, needs_of
from glmbot.serving.models.family import Family, family_of

logger = logging.getLogger(__name__)

CACHE_SHARE = 0.6
"""Of the memory that is free, for keys and values: the rest is for reading prompts, and for whatever else runs."""
MAX_KEPT_BYTES = 1_000_000_000
KEPT_SHARE = 0.2
"""What those of sequences that have ended may take of it, at most and while nobody who runs needs it."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a checkpoint is loaded; what is None is chosen by what the machine has."""

    precision: Precision | None = None
    kv_precision: KvPrecision | None = None
    prefix: Path | None = None
    lora: Path | None = None


def load(directory: Path, device_name: str, max_running: int, options: LoadOptions | None = None) -> LoadedModel:
    """Load a checkpoint. Raises ConfigError or CheckpointError, naming what is wrong."""
    options = options or LoadOptions()
    started_at = time.monotonic()
    family = family_of(directory)
    sampling = default_sampling(directory, SAMPLING[family])
    device = choose_device(device_name)
    chat = chat_text_for(family, _load_tokenizer(directory, family))
    load_network = _load_native if family is Family.NATIVE else _load_own
    try:
        model = load_network(directory, options, device, chat)
    except torch.OutOfMemoryError as error:
        raise ConfigError(f"the model in {str(directory)!r} does not fit into the memory of {str(device)!r}") from error
    prompt = chat.encode("你好")
    model.prepare(prompt)
    max_tokens = _max_tokens(device, model.bytes_per_token)
    if device.type == "cuda" and max_tokens:
        model.use_slots(prompt, max_tokens, GraphCapture(device))
    logger.info("model ready on %s after %.1f s", device, time.monotonic() - started_at)
    engine = Engine(model, max_running, max_tokens, places=model.places)
    return LoadedModel(engine, chat, model.max_length, sampling)


def _load_tokenizer(directory: Path, family: Family) -> object:
    if family is Family.NATIVE:
        return load_native_tokenizer(directory)
    return load_tokenizer(directory) if family is Family.CHATGLM else load_tokenizer2(directory)


def _load_own(directory: Path, options: LoadOptions, device: torch.device, chat: ChatText) -> ServedModel:
    """Load one of our own networks."""
    config = load_config(directory)
    choice = _choose(directory, options, device)
    kv = options.kv_precision or choose_kv(config, choice.precision, device)
    logger.info("precision %s on %s, %s; keys and values: %s", choice.precision.value, device, choice.reason, kv.value)
    keep_large_blocks_apart()
    model = load_model(directory, choice.precision, device, prefix=options.prefix, lora=options.lora)
    return ServedModel(model, chat.end_tokens, max_length(config), kv, _kept_bytes(device))


def _load_native(directory: Path, options: LoadOptions, device: torch.device, chat: ChatText) -> ServedModel:
    """Load a network that transformers has itself."""
    if options.prefix or options.lora:
        raise ConfigError(
            f"prefixes and LoRA adapters are for ChatGLM models, and the one in {str(directory)!r} is none; merge it "
            "with the tool that it was trained with"
        )
    precision = options.precision or choose_native(directory, device)
    logger.info("precision %s on %s", precision.value, device)
    model = load_native_model(directory, precision, device)
    return ServedModel(model, chat.end_tokens, _native_length(model), KvPrecision.FULL, _kept_bytes(device))


def _native_length(model: PreTrainedModel) -> int:
    return int(getattr(model.config, "max_position_embeddings", 0)) or _NATIVE_LENGTH


_NATIVE_LENGTH = 4096
"""Where a configuration does not tell."""


def _choose(directory: Path, options: LoadOptions, device: torch.device) -> Choice:
    if options.precision:
        return Choice(options.precision, "as asked for")
    config = load_config(directory)
    return choose_precision(needs_of(config, device), device, available_bytes(device), stored_bits(config))


class _GenerationConfig(BaseModel):
    """generation_config.json, as transformers writes it; what it lacks is the family's own."""

    do_sample: bool = True
    temperature: float = Field(1.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    top_k: int = Field(0, ge=0)


def default_sampling(directory: Path, family_sampling: Sampling) -> Sampling:
    """Return how the checkpoint wants to be sampled unless a request says otherwise."""
    path = directory / "generation_config.json"
    try:
        config = _GenerationConfig.model_validate_json(path.read_bytes()) if path.is_file() else _GenerationConfig()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise CheckpointError(f"{str(path)!r}: {field}: {first['msg']}; mend it or delete the file") from error
    given = config.model_dump(exclude_unset=True, exclude={"do_sample"})
    return replace(family_sampling, **given | ({} if config.do_sample else {"temperature": 0.0}))


def choose_device(name: str) -> torch.device:
    """Return the device to compute on; "auto" takes the first GPU there is."""
    num_gpus = torch.cuda.device_count()
    if name == "auto":
        return torch.device("cuda" if num_gpus else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"device {name!r} is unknown; use auto, cpu, cuda or cuda:N") from error
    if device.type not in ("cpu", "cuda"):
        raise ConfigError(f"device {name!r} is not supported; use auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= num_gpus:
        raise ConfigError(f"device {name!r}: torch sees {num_gpus} GPUs on this machine; use auto or cpu")
    return device


def _max_tokens(device: torch.device, bytes_per_token: int) -> int | None:
    """Return how many tokens' keys and values there is memory for, None where the system does not tell."""
    available = available_bytes(device)
    return int(available * CACHE_SHARE) // bytes_per_token if available is not None and bytes_per_token else None


def _kept_bytes(device: torch.device) -> int:
    """Return how much memory the keys and values of sequences that have ended may take: some of what is free now."""
    available = available_bytes(device)
    return MAX_KEPT_BYTES if available is None else min(MAX_KEPT_BYTES, int(available * KEPT_SHARE))
