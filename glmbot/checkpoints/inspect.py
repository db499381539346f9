"""Tells what a checkpoint directory holds, from its small files and headers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glmbot.checkpoints.headers import TensorEntry, read_header, safetensors_files
from glmbot.checkpoints.selection import CONFIG_FILE
from glmbot.errors import CheckpointError

_DTYPES = {"float16": "fp16", "bfloat16": "bf16", "float32": "fp32", "F16": "fp16", "BF16": "bf16", "F32": "fp32"}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A directory's configuration, and what its headers tell; None where the files are pickles, which are not read."""

    config: Mapping[str, object]
    num_params: int | None
    precision: str
    file_bytes: int


def inspect(directory: Path) -> Checkpoint:
    """Look into a checkpoint directory. Raises CheckpointError for damaged files."""
    config = read_config(directory)
    entries = [entry for path in safetensors_files(directory) for entry in read_header(path).items()]
    bits = config.get("quantization_bit")
    num_params = sum(_num_params(name, entry, bits) for name, entry in entries)
    dtypes = [entry.dtype for _, entry in entries if entry.dtype in _DTYPES]
    return Checkpoint(
        config=config,
        num_params=num_params or None,
        precision=_precision(config, dtypes),
        file_bytes=sum(path.stat().st_size for path in directory.iterdir() if path.is_file()),
    )


def read_config(directory: Path) -> Mapping[str, object]:
    """Read config.json. Raises CheckpointError."""
    path = directory / CONFIG_FILE
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{str(path)!r} is missing or damaged; fetch the model again") from error
    if not isinstance(config, dict):
        raise CheckpointError(f"{str(path)!r} holds no JSON object; fetch the model again")
    return config


def _precision(config: Mapping[str, object], dtypes: list[str]) -> str:
    if config.get("quantization_bit") in (4, 8):
        return f"int{config['quantization_bit']}"
    stored = max(set(dtypes), key=dtypes.count) if dtypes else str(config.get("torch_dtype") or config.get("dtype"))
    return _DTYPES.get(stored, "unknown")


def _num_params(name: str, entry: TensorEntry, bits: object) -> int:
    """Count a tensor's parameters: not scales and tables of angles, and two in a byte of packed int4."""
    if name.endswith(("weight_scale", "inv_freq")):
        return 0
    is_packed = bits == 4 and entry.dtype in ("I8", "U8") and "layers." in name
    return entry.num_elements * (2 if is_packed else 1)
