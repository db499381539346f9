"""Puts the tensors of a checkpoint's files into an empty network, one at a time."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from glmbot.serving.loading.checklist import Checklist, Expected, is_computed
from glmbot.serving.loading.finite import check_finite
from glmbot.serving.loading.layout import Layout, float_dtype
from glmbot.serving.loading.mapping import is_mapped, release
from glmbot.serving.loading.prefix import PrefixFile, is_prefix
from glmbot.serving.loading.shards import read_shard
from glmbot.serving.models.lora import LoraAdapter
from glmbot.serving.models.quantize import QuantisedLinear
from glmbot.serving.models.stored import StoredEmbedding


class Intake:
    """Puts tensors into an empty network as they are read."""

    def __init__(
        self, model: nn.Module, layout: Layout, adapter: LoraAdapter | None, prefix: PrefixFile | None
    ) -> None:
        self._model = model
        self._layout = layout
        self._adapter = adapter
        self._prefix = prefix
        self._expected = dict(_expected(model, layout))

    def check(self, directory: Path, shards: list[Path]) -> None:
        """Raise CheckpointError unless files and adapter fit the network, before anything large is read."""
        checklist = Checklist(self._expected)
        for path in shards:
            for name, tensor in self.read(path):
                checklist.tick(path, name, tensor)
        if self._prefix:
            for name, tensor in self._prefix.tensors.items():
                checklist.tick(self._prefix.path, name, tensor)
        checklist.finish(directory)
        if self._adapter:
            self._adapter.check(dict(_mergeable(self._model, self._layout)))

    def take_all(self, shards: list[Path]) -> None:
        """Put all tensors where they belong. Raises CheckpointError when one holds what is no number."""
        for path in shards:
            for name, tensor in self.read(path):
                self._take(path, name, tensor)
        if self._prefix:
            for name, tensor in self._prefix.tensors.items():
                self._take(self._prefix.path, name, tensor)

    def read(self, path: Path) -> Iterator[tuple[str, Tensor]]:
        """Yield what a file holds for the network; a prefix in a file of its own replaces the checkpoint's."""
        for name, tensor in read_shard(path):
            if not is_computed(name) and not (self._prefix and is_prefix(name)):
                yield name, tensor

    def _take(self, path: Path, name: str, tensor: Tensor) -> None:
        check_finite(path, name, tensor)
        merged = self._adapter.merge(name, tensor) if self._adapter else tensor
        owner, leaf = _find(self._model, name)
        if layer := self.to_quantise(name):
            layer.assign(merged.to(self._layout.device))
        else:
            _place(owner, leaf, self._kept(owner, leaf, merged))
        if is_mapped(tensor, path):
            release(tensor)
            if isinstance(owner, StoredEmbedding | QuantisedLinear) and leaf == "weight" and not layer:
                owner.is_mapped = merged is tensor

    def to_quantise(self, name: str) -> QuantisedLinear | None:
        """Return the layer that takes a tensor of floats as its quantised weight, if that is its kind."""
        owner, leaf = _find(self._model, name)
        is_taken = isinstance(owner, QuantisedLinear) and leaf == "weight" and not self._expected[name].is_whole
        return owner if is_taken and isinstance(owner, QuantisedLinear) else None

    def _kept(self, owner: nn.Module, leaf: str, tensor: Tensor) -> Tensor:
        if not tensor.is_floating_point():
            return tensor.to(self._layout.device)
        return tensor.to(self._layout.device, float_dtype(self._layout, owner, leaf, tensor))


def _expected(model: nn.Module, layout: Layout) -> Iterator[tuple[str, Expected]]:
    """Yield what the files must hold: for layers that are quantised while loading, their floats."""
    for name, tensor in model.state_dict().items():
        owner, leaf = _find(model, name)
        if is_computed(name):
            continue
        if not isinstance(owner, QuantisedLinear) or _is_stored(name, layout):
            yield name, Expected(tensor.shape, tensor.dtype == torch.int8)
        elif leaf != "weight_scale":
            shape = torch.Size((owner.out_features, owner.in_features)) if leaf == "weight" else tensor.shape
            yield name, Expected(shape, is_whole=False)


def _is_stored(name: str, layout: Layout) -> bool:
    """Tell whether the files hold a quantised layer in its quantised form."""
    return bool(layout.stored_bits if ".layers." in name else layout.stored_head_bits)


def _mergeable(model: nn.Module, layout: Layout) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the weights that an adapter may change, (N, K): those of linear layers that come as floats."""
    for name, expected in _expected(model, layout):
        if name.endswith(".weight") and not expected.is_whole and len(expected.shape) == 2:
            owner, _ = _find(model, name)
            if hasattr(owner, "out_features"):
                yield name, (expected.shape[0], expected.shape[1])


def _find(model: nn.Module, name: str) -> tuple[nn.Module, str]:
    path, _, leaf = name.rpartition(".")
    return model.get_submodule(path), leaf


def _place(owner: nn.Module, leaf: str, tensor: Tensor) -> None:
    is_parameter = leaf in owner._parameters
    setattr(owner, leaf, nn.Parameter(tensor, requires_grad=False) if is_parameter else tensor)
