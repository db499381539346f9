"""The true shapes of ChatGLM-6B and ChatGLM3-6B, with random weights, of as many layers as there is room for."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from glmbot.serving.loading.layout import HEAD_BITS, HEAD_BITS_KEY, HEADS
from glmbot.serving.loading.tensor_writer import Form, writing
from glmbot.serving.models.config import ChatGLMConfig
from glmbot.serving.models.config2 import ChatGLM2Config
from glmbot.serving.models.quantize import BLOCK_LINEARS
from glmbot.serving.models.registry import build_empty

NUM_LAYERS = 28
SPREAD = 0.02
"""Standard deviation of the weights, as models are initialised: activations stay finite."""
FIRST_WORD = 10
"""Ids below are special."""
PATTERN = 1 << 24
"""Numbers that are random; they are repeated, since a random number for each weight would take minutes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is smaller in tests; the defaults are ChatGLM-6B's."""

    num_layers: int = NUM_LAYERS
    hidden_size: int = 4096
    num_attention_heads: int = 32
    vocab_size: int = 130528

    @property
    def config(self) -> ChatGLMConfig:
        """The configuration; special ids are the published ones, or the vocabulary's last where it is smaller."""
        last = self.vocab_size - 8
        names = ("mask_token_id", "gmask_token_id", "bos_token_id", "eos_token_id")
        ids = {} if last > 130_000 else dict(zip(names, range(last, last + len(names)), strict=True))
        return ChatGLMConfig(**asdict(self), inner_hidden_size=4 * self.hidden_size, **ids)


@dataclass(frozen=True, slots=True)
class LaterShape:
    """The same for ChatGLM3-6B, whose network is that of ChatGLM2-6B."""

    num_layers: int = NUM_LAYERS
    hidden_size: int = 4096
    num_attention_heads: int = 32
    ffn_hidden_size: int = 13696
    padded_vocab_size: int = 65024

    @property
    def config(self) -> ChatGLM2Config:
        """The configuration; the length is bounded, since prompts here are short."""
        channels = self.hidden_size // self.num_attention_heads
        return ChatGLM2Config(**asdict(self), kv_channels=channels, float32_rotary=True, seq_length=2048)


Config = ChatGLMConfig | ChatGLM2Config


def write_checkpoint(directory: Path, config: Config, bits: int, tokenizer: Path | None = None) -> None:
    """Write random weights in the published layout for 8 or 4 bits, head in 8, and a tokenizer's files beside them.

    The head's rows of special tokens are zero: no answer ends before it is told to.
    """
    directory.mkdir(parents=True)
    shapes = {name: tensor.shape for name, tensor in build_empty(config).state_dict().items()}
    forms = [form for name, shape in shapes.items() for form in _forms(name, shape, bits)]
    patterns = _Patterns()
    with writing(directory, forms) as writer:
        for form in forms:
            writer.write(form.name, _tensor(form, config, patterns, bits))
    settings = {key: value for key, value in config.to_dict().items() if value is not None}
    settings |= {"quantization_bit": bits, HEAD_BITS_KEY: HEAD_BITS, "torch_dtype": "float16"}
    (directory / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    for path in (tokenizer.glob("*token*.json"), tokenizer.glob("*.model")) if tokenizer else ():
        for file in path:
            shutil.copy(file, directory)


def _forms(name: str, shape: torch.Size, bits: int) -> Iterator[Form]:
    if not _is_quantised(name):
        yield Form(name, torch.float16, shape)
        return
    columns = shape[1] if _bits(name, bits) == 8 else shape[1] // 2
    yield Form(name, torch.int8, torch.Size((shape[0], columns)))
    yield Form(f"{name}_scale", torch.float16, shape[:1])


def _is_quantised(name: str) -> bool:
    *_, owner, leaf = name.split(".")
    return leaf == "weight" and owner in (*BLOCK_LINEARS, *HEADS)


def _bits(name: str, bits: int) -> int:
    return HEAD_BITS if _is_head(name) else bits


def _is_head(name: str) -> bool:
    return name.split(".")[-2] in HEADS


class _Patterns:
    """Random numbers of each kind, drawn once."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        self.floats = (torch.randn(PATTERN, generator=generator) * SPREAD).half()
        self.int8 = torch.randint(-127, 128, (PATTERN,), dtype=torch.int8, generator=generator)
        halves = torch.randint(-7, 8, (2, PATTERN), dtype=torch.int8, generator=generator)
        self.int4 = (halves[0] << 4) | (halves[1] & 15)


def _tensor(form: Form, config: Config, patterns: _Patterns, bits: int) -> Tensor:
    if form.name.endswith("_scale"):
        is_int8 = _bits(form.name, bits) == 8
        scale = torch.full(form.shape, SPREAD / (73.3 if is_int8 else 4.3)).half()  # deviations of even spreads
        if _is_head(form.name):
            scale[_special_rows(config)] = 0
        return scale
    if form.name.endswith("layernorm.weight"):
        return torch.ones(form.shape).half()
    if form.dtype == torch.float16:
        pattern = patterns.floats
    else:
        pattern = patterns.int8 if _bits(form.name, bits) == 8 else patterns.int4
    return _repeated(pattern, form.shape)


def _special_rows(config: Config) -> slice:
    return slice(config.mask_token_id, None) if isinstance(config, ChatGLMConfig) else slice(0, FIRST_WORD)


def _repeated(pattern: Tensor, shape: torch.Size) -> Tensor:
    return pattern.repeat(-(-shape.numel() // len(pattern)))[: shape.numel()].view(shape)


def prompt_of(config: Config, num_tokens: int, seed: int = 0) -> list[int]:
    """Return a prompt of random words; ChatGLM-6B's with its end."""
    end = [config.gmask_token_id, config.bos_token_id] if isinstance(config, ChatGLMConfig) else []
    above = config.mask_token_id - FIRST_WORD if end else config.vocab_size
    generator = torch.Generator().manual_seed(seed)
    return [*torch.randint(FIRST_WORD, above, (num_tokens - len(end),), generator=generator).tolist(), *end]
