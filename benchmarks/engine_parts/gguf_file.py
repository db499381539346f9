"""Writes a model of random weights of ChatGLM3's shape as llama.cpp reads it.

GGUF, version 3, as ggml's docs/gguf.md has it: magic, version, the numbers of tensors and of settings, the settings
(name, type, value), of each tensor its name, its dimensions from the innermost on, its type and its place, then the
numbers from the next multiple of 32 bytes on, each tensor at a multiple of 32. Names of settings and tensors are those
of its architecture "chatglm". There is no vocabulary: token ids go in and out.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine_parts.ggml_blocks import F32, TYPES, random_blocks, stored_bytes, write_blocks

_ALIGNMENT = 32
_UINT32, _FLOAT32, _STRING = 4, 6, 8
_ROTATED = 0.5
"""The share of a head that is rotated."""


def write_gguf(path: Path, config: dict[str, int], kind: str) -> None:
    """Write a model of `config` (keys as in config.json of ChatGLM2 and 3) in q4_0 or q8_0."""
    tensors = list(_tensors(config))
    settings = b"".join(_setting(name, value) for name, value in _settings(config).items())
    with path.open("wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(_settings(config))) + settings)
        offset = 0
        for name, shape in tensors:
            file.write(_string(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape)))
            file.write(struct.pack("<IQ", TYPES[kind] if len(shape) == 2 else F32, offset))
            offset += _padded(_stored(kind, shape))
        file.write(bytes(-file.tell() % _ALIGNMENT))
        blocks = random_blocks(kind)
        for name, shape in tensors:
            if len(shape) == 2:
                write_blocks(file, blocks, shape[0] * shape[1])
            else:
                file.write(np.full(shape, "norm" in name, dtype="<f4").tobytes())
            file.write(bytes(_padded(_stored(kind, shape)) - _stored(kind, shape)))


def _settings(config: dict[str, int]) -> dict[str, str | int | float]:
    return {
        "general.architecture": "chatglm",
        "chatglm.block_count": config["num_layers"],
        "chatglm.context_length": config["seq_length"],
        "chatglm.embedding_length": config["hidden_size"],
        "chatglm.feed_forward_length": config["ffn_hidden_size"],
        "chatglm.attention.head_count": config["num_attention_heads"],
        "chatglm.attention.head_count_kv": config["multi_query_group_num"],
        "chatglm.attention.layer_norm_rms_epsilon": 1e-5,
        "chatglm.rope.dimension_count": round(config["kv_channels"] * _ROTATED),
        "chatglm.rope.freq_base": 10000.0,
        "chatglm.vocab_size": config["padded_vocab_size"],
        "tokenizer.ggml.model": "none",
    }


def _tensors(config: dict[str, int]) -> Iterator[tuple[str, tuple[int, ...]]]:
    width, inner, vocabulary = config["hidden_size"], config["ffn_hidden_size"], config["padded_vocab_size"]
    joint = width + 2 * config["multi_query_group_num"] * config["kv_channels"]
    yield "token_embd.weight", (vocabulary, width)
    yield "output_norm.weight", (width,)
    yield "output.weight", (vocabulary, width)
    shapes: dict[str, tuple[int, ...]] = {
        "attn_norm.weight": (width,),
        "attn_qkv.weight": (joint, width),
        "attn_qkv.bias": (joint,),
        "attn_output.weight": (width, width),
        "ffn_norm.weight": (width,),
        "ffn_up.weight": (2 * inner, width),
        "ffn_down.weight": (width, inner),
    }
    for layer in range(config["num_layers"]):
        for name, shape in shapes.items():
            yield f"blk.{layer}.{name}", shape


def _setting(name: str, value: str | int | float) -> bytes:
    if isinstance(value, str):
        return _string(name) + struct.pack("<I", _STRING) + _string(value)
    if isinstance(value, int):
        return _string(name) + struct.pack("<II", _UINT32, value)
    return _string(name) + struct.pack("<If", _FLOAT32, value)


def _string(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _stored(kind: str, shape: tuple[int, ...]) -> int:
    return stored_bytes(kind, shape[0] * shape[1]) if len(shape) == 2 else 4 * shape[0]


def _padded(size: int) -> int:
    return size + -size % _ALIGNMENT
