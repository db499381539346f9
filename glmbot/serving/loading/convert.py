"""Writes a checkpoint anew: in safetensors, quantised, with a LoRA adapter merged."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from glmbot.checkpoints.manifest import MANIFEST_FILE
from glmbot.errors import CheckpointError, ConfigError
from glmbot.serving.loading.finite import check_finite
from glmbot.serving.loading.intake import Intake
from glmbot.serving.loading.layout import HEAD_BITS_KEY, Layout, stored_bits
from glmbot.serving.loading.mapping import is_mapped, release
from glmbot.serving.loading.precision import Precision
from glmbot.serving.loading.shards import find_shards, read_json
from glmbot.serving.loading.tensor_writer import SHARD_BYTES, Form, writing
from glmbot.serving.loading.weights import CONFIG_FILE, build, choose_layout, load_config
from glmbot.serving.models.lora import LoraAdapter
from glmbot.serving.models.nibbles import pack
from glmbot.serving.models.quantize import quantise

_COPIED = {".json", ".model", ".txt", ".md", ".jinja", ""}
"""Tokenizers, settings, licences; never code."""
_CPU = torch.device("cpu")


def convert(
    source: Path, target: Path, precision: Precision, *, lora: Path | None = None, shard_bytes: int = SHARD_BYTES
) -> None:
    """Write the checkpoint `source` to the new directory `target`. Raises ConfigError or CheckpointError.

    Int8 and int4 are the published layout, besides the head, which becomes int8 too (`quantization_head_bit` in
    config.json). One tensor at a time is in memory. `target` appears when it is complete.
    """
    if target.exists():
        raise ConfigError(f"{str(target)!r} is there already; name a new directory, or remove it first")
    config = load_config(source)
    _check_source(source, precision, stored_bits(config), lora)
    layout = choose_layout(config, precision, _CPU)
    conversion = Conversion(build(config, layout), layout, LoraAdapter(lora) if lora else None)
    shards = find_shards(source)
    forms = conversion.check(source, shards)
    _check_disk(target, sum(form.num_bytes for form in forms))
    with _new_directory(target) as partial:
        _copy_texts(source, partial)
        _write_config(source, partial, layout, precision)
        with writing(partial, forms, shard_bytes) as writer:
            for name, tensor in conversion.tensors(shards):
                writer.write(name, tensor)
        partial.rename(target)


class Conversion:
    """The tensors of a checkpoint in the form that they are to be stored in."""

    def __init__(self, model: nn.Module, layout: Layout, adapter: LoraAdapter | None) -> None:
        self._dtype = layout.dense
        self._adapter = adapter
        self._intake = Intake(model, layout, adapter, None)

    def check(self, source: Path, shards: list[Path]) -> list[Form]:
        """Return what will be written, in order. Raises CheckpointError unless files and adapter fit the model."""
        self._intake.check(source, shards)
        return [
            form for path in shards for name, tensor in self._intake.read(path) for form in self._forms(name, tensor)
        ]

    def tensors(self, shards: list[Path]) -> Iterator[tuple[str, Tensor]]:
        """Yield the tensors to write, in the order of `check`. Raises CheckpointError for what is no number."""
        for path in shards:
            for name, tensor in self._intake.read(path):
                check_finite(path, name, tensor)
                yield from self._converted(path, name, tensor)
                if is_mapped(tensor, path):
                    release(tensor)

    def _forms(self, name: str, tensor: Tensor) -> Iterator[Form]:
        if layer := self._intake.to_quantise(name):
            yield Form(name, torch.int8, layer.weight.shape)
            yield Form(f"{name}_scale", torch.float16, torch.Size(tensor.shape[:1]))
        else:
            yield Form(name, self._stored_dtype(name, tensor), tensor.shape)

    def _converted(self, path: Path, name: str, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
        merged = self._adapter.merge(name, tensor) if self._adapter else tensor
        if layer := self._intake.to_quantise(name):
            numbers, scale = quantise(merged, layer.bits)
            yield name, numbers if layer.bits == 8 else pack(numbers)
            yield f"{name}_scale", scale
            return
        stored = merged.to(self._stored_dtype(name, tensor))
        if stored.dtype != tensor.dtype:
            check_finite(path, name, stored)  # float16 ends at 65,504
        yield name, stored

    def _stored_dtype(self, name: str, tensor: Tensor) -> torch.dtype:
        if not tensor.is_floating_point():
            return tensor.dtype
        return torch.float16 if name.endswith("weight_scale") else self._dtype


def _check_source(source: Path, precision: Precision, bits: int | None, lora: Path | None) -> None:
    """Raise CheckpointError for what would lose twice."""
    if bits and (lora or precision.bits != bits):
        raise CheckpointError(
            f"{str(source)!r} is quantised to {bits} bits: it can be written as int{bits} only, without a LoRA "
            "adapter; convert from the float16 checkpoint"
        )


def _check_disk(target: Path, num_bytes: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(target.parent).free
    if num_bytes > free:
        raise ConfigError(
            f"{str(target.parent)!r} has {free / 1e9:.1f} GB free, but the model takes {num_bytes / 1e9:.1f} GB; name "
            "a directory on another disk"
        )


@contextmanager
def _new_directory(target: Path) -> Iterator[Path]:
    """Make a directory beside the target; what is left of it at the end is removed."""
    path = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _copy_texts(source: Path, partial: Path) -> None:
    for path in source.iterdir():
        is_weights = path.name.endswith(".index.json")
        if (
            path.is_file()
            and path.suffix in _COPIED
            and not is_weights
            and path.name not in (CONFIG_FILE, MANIFEST_FILE)
        ):
            shutil.copyfile(path, partial / path.name)


def _write_config(source: Path, partial: Path, layout: Layout, precision: Precision) -> None:
    settings = read_json(source / CONFIG_FILE)
    settings.pop("auto_map", None)  # names code that is not copied
    settings["torch_dtype"] = str(precision.dtype).removeprefix("torch.")
    if layout.block_bits:
        settings["quantization_bit"] = layout.block_bits
    if layout.head_bits:
        settings[HEAD_BITS_KEY] = layout.head_bits
    text = json.dumps(settings, ensure_ascii=False, indent=2)
    (partial / CONFIG_FILE).write_text(text, encoding="utf-8")
