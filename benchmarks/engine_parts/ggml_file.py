"""Writes a model of random weights in chatglm.cpp's file format.

The format, from its converter and loader (chatglm-cpp 0.4.2): "ggml", the kind of model (1: ChatGLM-6B), the version of
the header (2), thirteen numbers of 4 bytes, the tokenizer with its length before it, and tensors until the end: name
with length, number of dimensions, dimensions, type, and the numbers at the next multiple of 16 bytes. q4_0 and q8_0 are
blocks. The head is the embedding.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engine_parts.ggml_blocks import F32, TYPES, random_blocks, write_blocks

_ALIGNMENT = 16


def write_ggml(path: Path, config: dict[str, int], kind: str, vocabulary: Path) -> None:
    """Write a model of `config` (keys as in config.json) in q4_0 or q8_0, with the pieces of a tokenizer."""
    pieces = vocabulary.read_bytes()
    with path.open("wb") as file:
        file.write(b"ggml" + struct.pack("<2i", 1, 2) + _header(config, kind))
        file.write(struct.pack("<i", len(pieces)) + pieces)
        blocks = random_blocks(kind)
        for name, shape in _tensors(config):
            is_matrix = len(shape) == 2
            _begin(file, name, shape, TYPES[kind] if is_matrix else F32)
            if is_matrix:
                write_blocks(file, blocks, shape[0] * shape[1])
            else:
                file.write(np.full(shape, "layernorm.weight" in name, dtype="<f4").tobytes())


def _header(config: dict[str, int], kind: str) -> bytes:
    heads = config["num_attention_heads"]
    sizes = (config["vocab_size"], config["hidden_size"], heads, heads, config["num_layers"])
    rest = (config["inner_hidden_size"], 1e-5, 0, 10000.0, config["max_sequence_length"])
    # no end mark, so that nothing ends early
    return struct.pack("<6i i f i f 3i", TYPES[kind], *sizes, *rest, -1, -1)


def _tensors(config: dict[str, int]) -> Iterator[tuple[str, tuple[int, ...]]]:
    width, inner = config["hidden_size"], config["inner_hidden_size"]
    yield "transformer.word_embeddings.weight", (config["vocab_size"], width)
    shapes = {
        "attention.query_key_value": (3 * width, width),
        "attention.dense": (width, width),
        "mlp.dense_h_to_4h": (inner, width),
        "mlp.dense_4h_to_h": (width, inner),
        "input_layernorm": (width,),
        "post_attention_layernorm": (width,),
    }
    for layer in range(config["num_layers"]):
        for name, shape in shapes.items():
            yield f"transformer.layers.{layer}.{name}.weight", shape
            yield f"transformer.layers.{layer}.{name}.bias", shape[:1]
    yield "transformer.final_layernorm.weight", (width,)
    yield "transformer.final_layernorm.bias", (width,)


def _begin(file: BinaryIO, name: str, shape: tuple[int, ...], kind: int) -> None:
    encoded = name.encode()
    file.write(struct.pack("<i", len(encoded)) + encoded)
    file.write(struct.pack(f"<{len(shape) + 2}i", len(shape), *shape, kind))
    file.write(bytes(-file.tell() % _ALIGNMENT))
