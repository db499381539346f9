"""Decides how each tensor of a network is kept, and gives the empty network that form."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig

from glmbot.errors import CheckpointError
from glmbot.serving.loading.precision import Precision
from glmbot.serving.models.chatglm2 import RMSNorm
from glmbot.serving.models.quantize import QuantisedLinear, block_linears, quantise_blocks
from glmbot.serving.models.stored import StoredEmbedding, StoredLinear

HEAD_BITS_KEY = "quantization_head_bit"
"""Our own key in config.json: the head is stored as `weight` int8 and `weight_scale`, like a block's linear layers."""
EMBEDDING = "word_embeddings"
HEADS = ("lm_head", "output_layer")
HEAD_BITS = 8
"""In int4 mode too: the head alone decides between tokens, and 4 bits would save only 0.27 of 4 GB."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a network is kept. `stored_bits` and `stored_head_bits` are what the checkpoint has, None for floats."""

    compute: torch.dtype
    device: torch.device
    dense: torch.dtype
    block_bits: int | None
    head_bits: int | None
    stored_bits: int | None
    stored_head_bits: int | None

    @classmethod
    def choose(
        cls, precision: Precision | torch.dtype, device: torch.device, stored_bits: int | None, head_bits: int | None
    ) -> "Layout":
        """Return the form for a precision; a plain dtype means all floats in it, computing in it.

        What is stored in few bits stays so: int8 from int4 would gain nothing, and fp32 means that nothing is lost
        besides. The head is quantised when the precision asks for it.
        """
        if isinstance(precision, torch.dtype):
            return cls(precision, device, precision, stored_bits, head_bits, stored_bits, head_bits)
        asked = precision.bits
        bits = min((bits for bits in (asked, stored_bits) if bits), default=None)
        head = head_bits or (HEAD_BITS if asked else None)
        return cls(precision.compute(device), device, precision.dtype, bits, head, stored_bits, head_bits)

    @property
    def is_narrow(self) -> bool:
        """Whether weights stay in 16 bits while the CPU computes wider."""
        return self.device.type == "cpu" and self.compute == torch.float32 and self._has_narrow_parts

    @property
    def _has_narrow_parts(self) -> bool:
        return self.dense != torch.float32 or bool(self.block_bits)

    def form(self, model: nn.Module) -> None:
        """Give an empty network (on the meta device) this form."""
        model.to(self.compute)
        if self.block_bits:
            quantise_blocks(model, self.stored_bits or self.block_bits)
        if self.head_bits:
            for parent, name, layer in list(_heads(model)):
                setattr(parent, name, QuantisedLinear.shaped_like(layer, self.stored_head_bits or self.head_bits))
        if self.is_narrow:
            self._narrow(model)

    def _narrow(self, model: nn.Module) -> None:
        """Let what is not quantised stay in 16 bits: the embedding as it is in the file, and large layers."""
        for parent, name, embedding in list(_embeddings(model)):
            setattr(parent, name, StoredEmbedding(embedding.weight.half(), self.compute))
        dtype = torch.float16 if self.dense == torch.float32 else self.dense
        for parent, name, layer in [*block_linears(model), *_heads(model)]:
            setattr(parent, name, StoredLinear(layer.to(dtype)))

    def finish(self, model: nn.Module) -> None:
        """Bring a loaded network from the bits that it was stored in to those asked for, and to this machine's form."""
        is_fast = self.dense != torch.float32 and self.device.type == "cpu"
        for layer in model.modules():
            if isinstance(layer, StoredLinear):
                layer.is_fast = is_fast
            elif isinstance(layer, RMSNorm):
                layer.is_hurried = is_fast
            elif isinstance(layer, QuantisedLinear):
                if self.block_bits and self.block_bits < layer.bits == self.stored_bits:
                    _requantise(layer, self.block_bits)
                if is_fast or (self.device.type == "cuda" and self.compute != torch.float32):
                    layer.hurry()


def float_dtype(layout: Layout, owner: nn.Module, leaf: str, tensor: Tensor) -> torch.dtype:
    """Return in which type a module keeps a tensor of floats: as it is stored, where nothing is to be lost."""
    is_as_stored = isinstance(owner, StoredEmbedding) or (
        isinstance(owner, StoredLinear) and leaf == "weight" and layout.dense == torch.float32
    )
    target: Tensor = getattr(owner, leaf)
    return tensor.dtype if is_as_stored else target.dtype


def stored_bits(config: PretrainedConfig) -> int | None:
    """Return the bits of a quantised checkpoint's blocks, None for floats."""
    return _bits(config, "quantization_bit")


def stored_head_bits(config: PretrainedConfig) -> int | None:
    """Return the bits of a head that is stored quantised, None for floats."""
    return _bits(config, HEAD_BITS_KEY)


def _bits(config: PretrainedConfig, key: str) -> int | None:
    bits = getattr(config, key, None)
    if bits not in (None, 0, 4, 8):
        raise CheckpointError(f"'config.json': {key!r} is {bits!r}; supported are 8 and 4")
    return bits or None


def _requantise(layer: QuantisedLinear, bits: int) -> None:
    weight = layer.dequantise(torch.float32)
    layer.bits = bits
    layer.assign(weight)


def _embeddings(model: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Embedding]]:
    for parent in model.modules():
        for name, layer in parent.named_children():
            if name == EMBEDDING and isinstance(layer, nn.Embedding):
                yield parent, name, layer


def _heads(model: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Linear]]:
    for parent in model.modules():
        for name, layer in parent.named_children():
            if name in HEADS and isinstance(layer, nn.Linear):
                yield parent, name, layer
