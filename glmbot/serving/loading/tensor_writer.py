"""Writes safetensors files tensor by tensor, so that no shard has to be held in memory."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

SHARD_BYTES = 4_000_000_000
_TYPE_NAMES = {
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int8: "I8",
}
_ALIGNMENT = 8


@dataclass(frozen=True, slots=True)
class Form:
    """A tensor that will be written."""

    name: str
    dtype: torch.dtype
    shape: torch.Size

    @property
    def num_bytes(self) -> int:
        """Its size in the file."""
        return self.shape.numel() * self.dtype.itemsize


class TensorWriter:
    """Writes tensors of forms that are known beforehand, in their order, into as many files as they fill."""

    def __init__(self, directory: Path, forms: list[Form], shard_bytes: int = SHARD_BYTES) -> None:
        self._directory = directory
        self._shards = _split(forms, shard_bytes)
        self._pending = iter(self._in_order())
        self._file: BinaryIO | None = None

    def write(self, name: str, tensor: Tensor) -> None:
        """Append the next tensor."""
        shard, form = next(self._pending)
        assert (name, tensor.dtype, tensor.shape) == (form.name, form.dtype, form.shape)
        if form is self._shards[shard][0]:
            self._open(shard)
        assert self._file is not None
        self._file.write(tensor.contiguous().flatten().view(torch.uint8).numpy().data)

    def finish(self) -> None:
        """Close the last file, and write the index where there are several."""
        assert next(self._pending, None) is None, "a tensor was not written"
        self.close()
        if len(self._shards) == 1:
            return
        places = {form.name: self._name(index) for index, shard in enumerate(self._shards) for form in shard}
        total = sum(form.num_bytes for shard in self._shards for form in shard)
        index = {"metadata": {"total_size": total}, "weight_map": places}
        (self._directory / "model.safetensors.index.json").write_text(json.dumps(index, indent=1), encoding="utf-8")

    def close(self) -> None:
        """Close the file that is being written."""
        if self._file is not None:
            self._file.close()

    def _in_order(self) -> Iterator[tuple[int, Form]]:
        for index, shard in enumerate(self._shards):
            yield from ((index, form) for form in shard)

    def _open(self, shard: int) -> None:
        self.close()
        self._file = (self._directory / self._name(shard)).open("wb")
        self._file.write(_header(self._shards[shard]))

    def _name(self, shard: int) -> str:
        count = len(self._shards)
        return "model.safetensors" if count == 1 else f"model-{shard + 1:05}-of-{count:05}.safetensors"


@contextmanager
def writing(directory: Path, forms: list[Form], shard_bytes: int = SHARD_BYTES) -> Iterator[TensorWriter]:
    """Give a writer whose files are closed whatever happens, and complete when nothing does."""
    writer = TensorWriter(directory, forms, shard_bytes)
    try:
        yield writer
        writer.finish()
    finally:
        writer.close()


def _split(forms: list[Form], shard_bytes: int) -> list[list[Form]]:
    shards: list[list[Form]] = [[]]
    size = 0
    for form in forms:
        if shards[-1] and size + form.num_bytes > shard_bytes:
            shards.append([])
            size = 0
        shards[-1].append(form)
        size += form.num_bytes
    return shards


def _header(forms: list[Form]) -> bytes:
    """Return the beginning of a safetensors file: the length of a JSON object in 8 bytes, and the object."""
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for form in forms:
        end = start + form.num_bytes
        entries[form.name] = {
            "dtype": _TYPE_NAMES[form.dtype],
            "shape": list(form.shape),
            "data_offsets": [start, end],
        }
        start = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return len(text).to_bytes(8, "little") + text
