"""Loads the network and the tokenizer of a checkpoint directory in the published layout."""

from pathlib import Path

import torch

from glmbot.errors import CheckpointError
from glmbot.serving.loading.bounds import check_sizes
from glmbot.serving.loading.intake import Intake
from glmbot.serving.loading.layout import Layout, stored_bits, stored_head_bits
from glmbot.serving.loading.memory import available_bytes, give_back_freed
from glmbot.serving.loading.needs import Needed, check_memory, choose_kv, total_bytes
from glmbot.serving.loading.precision import Precision, as_precision
from glmbot.serving.loading.prefix import read_prefix
from glmbot.serving.loading.shards import FETCH, find_shards, read_json
from glmbot.serving.models.config import ChatGLMConfig
from glmbot.serving.models.config2 import ChatGLM2Config
from glmbot.serving.models.family import Family, family_of
from glmbot.serving.models.lora import LoraAdapter
from glmbot.serving.models.registry import ChatGLMNetwork, build_empty
from glmbot.serving.tokenizers.chatglm import VOCABULARY_FILE, ChatGLMTokenizer
from glmbot.serving.tokenizers.chatglm2 import VOCABULARY_FILE as VOCABULARY_FILE2
from glmbot.serving.tokenizers.chatglm2 import ChatGLM2Tokenizer
from glmbot.serving.tokenizers.pieces import load_pieces

CONFIG_FILE = "config.json"
ChatGLMAnyConfig = ChatGLMConfig | ChatGLM2Config


def load_model(
    directory: Path,
    precision: Precision | torch.dtype,
    device: torch.device,
    *,
    prefix: Path | None = None,
    lora: Path | None = None,
    available: int | None = None,
) -> ChatGLMNetwork:
    """Load the network of a checkpoint directory, ready to answer. Raises CheckpointError.

    One tensor at a time is read, through a memory map where the file allows, changed to the form that it is kept in,
    and its pages given back. On the CPU, what is stored in that form stays in the map: it is read when first used,
    and the files must not be overwritten meanwhile. `prefix`: a tuned P-tuning v2 prefix; `lora`: an adapter to merge;
    `available`: the bytes that may be used, asked of the system where not given.
    """
    config = load_config(directory)
    prefix_file = read_prefix(prefix) if prefix else None
    if prefix_file:
        config.pre_seq_len, config.prefix_projection = prefix_file.num_tokens, prefix_file.is_projected
    shards = find_shards(directory)
    layout = choose_layout(config, precision, device)
    model = build(config, layout)
    intake = Intake(model, layout, LoraAdapter(lora) if lora else None, prefix_file)
    intake.check(directory, shards)
    room = available_bytes(device) if available is None else available
    check_memory(directory, needs_of(config, device), as_precision(precision), device, room)
    intake.take_all(shards)
    layout.finish(model)
    model.requires_grad_(False)
    model.train(False)
    give_back_freed()
    return model


def needs_of(config: ChatGLMAnyConfig, device: torch.device) -> Needed:
    """Return how to find out what a model of this configuration needs in a precision."""

    def needed(precision: Precision) -> int:
        kv, layout = choose_kv(config, precision, device), choose_layout(config, precision, device)
        return total_bytes(build(config, layout), config, kv, layout.compute)

    return needed


def choose_layout(config: ChatGLMAnyConfig, precision: Precision | torch.dtype, device: torch.device) -> Layout:
    """Return how a model of this configuration is kept."""
    return Layout.choose(precision, device, stored_bits(config), stored_head_bits(config))


def build(config: ChatGLMAnyConfig, layout: Layout) -> ChatGLMNetwork:
    """Build the network in a layout, without memory for its weights."""
    model = build_empty(config)
    layout.form(model)
    return model


def load_config(directory: Path) -> ChatGLMAnyConfig:
    """Read config.json. Raises CheckpointError when it is missing, damaged or of another kind of model."""
    path = directory / CONFIG_FILE
    settings = read_json(path)
    check_sizes(path, settings)
    family = family_of(directory)
    if family is Family.NATIVE:
        raise CheckpointError(f"{str(path)!r}: this is a model of transformers' own; ChatGLM's loader cannot read it")
    try:
        if family is Family.CHATGLM:
            return ChatGLMConfig(**settings)
        return ChatGLM2Config(**{"float32_rotary": family is Family.CHATGLM3} | settings)
    except CheckpointError as error:
        raise CheckpointError(f"{str(path)!r}: {error}") from error
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{str(path)!r} is no valid configuration: {error}; {FETCH}") from error


def load_tokenizer(directory: Path) -> ChatGLMTokenizer:
    """Load ChatGLM-6B's tokenizer, and check that its special ids are the model's. Raises CheckpointError."""
    _check_tokenizer_files(directory, VOCABULARY_FILE)
    tokenizer = ChatGLMTokenizer.from_pretrained(directory, local_files_only=True)
    assert isinstance(tokenizer, ChatGLMTokenizer)
    _check_special_ids(directory, tokenizer, load_config(directory))
    return tokenizer


def load_tokenizer2(directory: Path) -> ChatGLM2Tokenizer:
    """Load ChatGLM2's or ChatGLM3's tokenizer, and check that the model has its ids. Raises CheckpointError."""
    _check_tokenizer_files(directory, VOCABULARY_FILE2)
    tokenizer = ChatGLM2Tokenizer.from_pretrained(directory, local_files_only=True)
    assert isinstance(tokenizer, ChatGLM2Tokenizer)
    num_rows = load_config(directory).vocab_size
    if tokenizer.vocab_size > num_rows:
        raise CheckpointError(
            f"{str(directory / VOCABULARY_FILE2)!r} has {tokenizer.vocab_size} ids, {CONFIG_FILE!r} only {num_rows}; "
            "take both from the same revision of the model"
        )
    return tokenizer


def _check_tokenizer_files(directory: Path, vocabulary: str) -> None:
    load_pieces(directory / vocabulary)  # transformers' own message for a missing one names no remedy
    if (directory / "tokenizer_config.json").is_file():
        read_json(directory / "tokenizer_config.json")


def _check_special_ids(directory: Path, tokenizer: ChatGLMTokenizer, config: ChatGLMAnyConfig) -> None:
    """Raise CheckpointError when tokenizer and model come from different revisions: all answers would be noise."""
    for name in ("bos_token_id", "eos_token_id", "pad_token_id", "mask_token_id", "gmask_token_id"):
        in_model, in_tokenizer = getattr(config, name), getattr(tokenizer, name)
        if in_model != in_tokenizer:
            raise CheckpointError(
                f"{name} is {in_model} in {str(directory / CONFIG_FILE)!r} but {in_tokenizer} in {VOCABULARY_FILE!r}; "
                "take both from the same revision of the model"
            )
