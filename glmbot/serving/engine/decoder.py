"""One sequence in a model of the ChatGLM family, with its own cache of keys and values."""

from collections.abc import Sequence
from typing import Protocol, cast

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from glmbot.serving.engine.kv_cache import KeyValueCache
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration


class HasPrefix(Protocol):
    """A model that begins with learned keys and values."""

    def new_cache(self) -> Cache:
        """Return a cache that holds them."""


def new_cache(model: PreTrainedModel, precision: KvPrecision) -> KeyValueCache:
    """Return the cache that a sequence begins with: empty, or with the model's learned prefix."""
    if not getattr(model.config, "pre_seq_len", None):
        return KeyValueCache(precision)
    with_prefix = cast(HasPrefix, model)
    return KeyValueCache(precision, with_prefix.new_cache())


class ChatGLMDecoder:
    """Reads a prompt in one piece, then goes on token by token.

    The prompt is attended both ways, so it can be neither split nor continued from the cache of an earlier turn.
    In the answer the position stays at [gMASK], and the block position counts on; the 1-D variant counts on alone.
    """

    def __init__(self, model: ChatGLMForConditionalGeneration, kv_precision: KvPrecision = KvPrecision.FULL) -> None:
        self._model = model
        self._cache = new_cache(model, kv_precision)
        step = [[0], [1]] if model.config.position_encoding_2d else [1]
        self._position_step = torch.tensor([step], device=model.device)
        self._position = torch.zeros_like(self._position_step)

    def prefill(self, prompt: Sequence[int]) -> Tensor:
        """Read the whole prompt; return the logits of the first new token, (V,)."""
        input_ids = torch.tensor([prompt], device=self._model.device)
        positions = self._model.transformer.prompt_positions(input_ids)
        self._position = positions[..., -1:]
        return self._logits(input_ids, positions)

    def decode(self, token: int) -> Tensor:
        """Append one token; return the logits of the next, (V,)."""
        self._position = self._position + self._position_step
        return self._logits(torch.tensor([[token]], device=self._model.device), self._position)

    def _logits(self, input_ids: Tensor, positions: Tensor) -> Tensor:
        """input_ids: (1, T); positions: (1, 2, T) or (1, T); returns (V,) in float32."""
        out = self._model(
            input_ids, position_ids=positions, past_key_values=self._cache, use_cache=True, logits_to_keep=1
        )
        logits: Tensor = out.logits[0, -1].float()
        return logits


class CausalDecoder:
    """The same for causal models: ChatGLM2, ChatGLM3 and those that transformers has itself.

    Every token sees those before it alone, so positions just go on, and a prompt may be read in parts.
    """

    def __init__(self, model: PreTrainedModel, kv_precision: KvPrecision = KvPrecision.FULL) -> None:
        self._model = model
        self._cache = new_cache(model, kv_precision)
        self._length = 0

    def prefill(self, prompt: Sequence[int]) -> Tensor:
        """Read tokens, the first or further ones; return the logits of the next, (V,)."""
        return self._logits(torch.tensor([prompt], device=self._model.device))

    def decode(self, token: int) -> Tensor:
        """Append one token; return the logits of the next, (V,)."""
        return self._logits(torch.tensor([[token]], device=self._model.device))

    def _logits(self, input_ids: Tensor) -> Tensor:
        """input_ids: (1, T); returns (V,) in float32. A learned prefix takes no positions."""
        first, self._length = self._length, self._length + input_ids.shape[1]
        positions = torch.arange(first, self._length, device=input_ids.device)[None]
        out = self._model(
            input_ids, position_ids=positions, past_key_values=self._cache, use_cache=True, logits_to_keep=1
        )
        logits: Tensor = out.logits[0, -1].float()
        return logits
