"""One sequence in a model, with its own keys and values; and several of them, one token further in one pass."""

from collections.abc import Sequence
from typing import Protocol, cast

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from glmbot.serving.engine.batch import BatchCache
from glmbot.serving.engine.kv_cache import KeyValueCache
from glmbot.serving.engine.slots import SlotCache
from glmbot.serving.engine.widened import Widened
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.prefix import prefix_length


class HasPrefix(Protocol):
    """A model that begins with learned keys and values."""

    def new_cache(self) -> Cache:
        """Return a cache that holds them."""


def new_cache(model: PreTrainedModel, precision: KvPrecision, num_expected: int = 0) -> KeyValueCache:
    """Return the cache that a sequence begins with: empty, or with the model's learned prefix."""
    start = cast(HasPrefix, model).new_cache() if prefix_length(model.config) else None
    # on a GPU memory that is set aside is taken at once
    num_expected = num_expected + prefix_length(model.config) if model.device.type == "cpu" else 0
    return KeyValueCache(precision, start, num_expected=num_expected)


class NetworkDecoder:
    """What the decoders below share: a network, and what it keeps of one sequence."""

    def __init__(self, model: PreTrainedModel, cache: KeyValueCache | SlotCache, num_tokens: int = 0) -> None:
        self.model = model
        self.cache = cache
        self.num_tokens = num_tokens

    @property
    def num_bytes(self) -> int:
        """How much memory its keys and values take."""
        return self.cache.num_bytes

    def next_positions(self) -> list[int]:
        """Return the position of one further token, a number for each coordinate: known without asking the device."""
        raise NotImplementedError

    def went_on(self, positions: list[int]) -> None:
        """Note that one token was appended, at these positions."""
        self.num_tokens += 1

    def decode(self, token: int) -> Tensor:
        """Append one token; return the logits of the next, (V,)."""
        logits: Tensor = _step([self], [token], self.cache)[0]
        return logits

    def read_again(self, prompt: Sequence[int], answer: Sequence[int]) -> Tensor | None:
        """Forget all, and read it anew in float32; return the logits of the next token, (V,).

        None, and nothing is done, where all is computed in float32 anyway. What is kept fits the steps that follow,
        which compute as before.
        """
        dtype = self.cache.computed_in
        if dtype in (None, torch.float32):
            return None
        before = self.cache
        self.cache = anew = new_cache(self.model, before.precision)
        self.num_tokens = 0
        with Widened():
            logits = self.prefill(prompt)
            if answer:
                logits = self.extend(answer)
        anew.narrow(dtype)
        if isinstance(before, SlotCache):
            self.cache = before.take(anew)
        return logits

    def prefill(self, prompt: Sequence[int]) -> Tensor:
        """Read a whole prompt; return the logits of the first new token, (V,)."""
        raise NotImplementedError

    def extend(self, tokens: Sequence[int]) -> Tensor:
        """Read further tokens; return the logits of the next, (V,)."""
        raise NotImplementedError

    def _read(self, tokens: Sequence[int], positions: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Append tokens at (1, 2, T) or (1, T); `hidden`, (1, 1, T, S), is what they do not see. Return (V,)."""
        out = self.model(
            torch.tensor([tokens], device=self.model.device),
            position_ids=positions,
            attention_mask=hidden,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self.num_tokens += len(tokens)
        logits: Tensor = out.logits[0, -1].float()
        return logits


def decode_together(decoders: Sequence[NetworkDecoder], tokens: Sequence[int]) -> Tensor:
    """Append one token to each sequence of one model, in one pass; return the logits of the next, (B, V), in float32.

    Where that fails, no sequence is changed.
    """
    caches = [decoder.cache for decoder in decoders]
    return _step(decoders, tokens, BatchCache([cache for cache in caches if isinstance(cache, KeyValueCache)]))


def _step(decoders: Sequence[NetworkDecoder], tokens: Sequence[int], joint: Cache) -> Tensor:
    """Do the same with the caches of all sequences as one."""
    model = decoders[0].model
    positions = [decoder.next_positions() for decoder in decoders]
    caches = [decoder.cache for decoder in decoders]
    lengths = [cache.get_seq_length() for cache in caches]
    is_done = False
    try:
        out = model(
            torch.tensor(tokens, device=model.device)[:, None],
            position_ids=_as_tensor(positions, model.device),
            past_key_values=joint,
            use_cache=True,
            logits_to_keep=1,
        )
        is_done = True
    finally:
        for cache, length in () if is_done else zip(caches, lengths, strict=True):
            cache.keep_first(length)
    for decoder, position in zip(decoders, positions, strict=True):
        decoder.went_on(position)
    logits: Tensor = out.logits[:, -1].float()
    return logits


def _as_tensor(positions: list[list[int]], device: torch.device) -> Tensor:
    """Return the positions of one token a row: (B, 2, 1) where they have two coordinates, else (B, 1)."""
    found = torch.tensor(positions, device=device)
    return found[..., None] if found.shape[1] > 1 else found


class ChatGLMDecoder(NetworkDecoder):
    """Reads a prompt in one piece, then goes on token by token.

    The prompt is attended both ways, so it can be neither split nor continued from the cache of an earlier turn.
    In the answer the position stays at [gMASK], and the block position counts on; the 1-D variant counts on alone.
    """

    def __init__(
        self,
        model: ChatGLMForConditionalGeneration,
        kv_precision: KvPrecision = KvPrecision.FULL,
        num_expected: int = 0,
        cache: SlotCache | None = None,
    ) -> None:
        super().__init__(model, new_cache(model, kv_precision, num_expected) if cache is None else cache)
        self._network = model
        self._position = [0, 0] if model.config.position_encoding_2d else [0]

    def prefill(self, prompt: Sequence[int]) -> Tensor:
        """Read the whole prompt; return the logits of the first new token, (V,)."""
        input_ids = torch.tensor([prompt], device=self.model.device)
        positions = self._network.transformer.prompt_positions(input_ids)
        logits = self._read(prompt, positions)
        self._position = positions[0, ..., -1:].flatten().tolist()
        return logits

    def extend(self, tokens: Sequence[int]) -> Tensor:
        """Read further tokens of the answer; return the logits of the next, (V,)."""
        num_new = len(tokens)
        *stays, last = self._position
        further = list(range(last + 1, last + num_new + 1))
        positions = torch.tensor([[[one] * num_new for one in stays] + [further]], device=self.model.device)
        num_seen = self.cache.get_seq_length() - prefix_length(self.model.config)
        is_seen = torch.ones(num_new, num_seen + num_new, dtype=torch.bool, device=self.model.device).tril(num_seen)
        logits = self._read(tokens, positions if stays else positions[0], ~is_seen[None, None])
        self._position = [*stays, further[-1]]
        return logits

    def next_positions(self) -> list[int]:
        """Return the position of one further token, and its block position."""
        *stays, last = self._position
        return [*stays, last + 1]

    def went_on(self, positions: list[int]) -> None:
        """Note that one token was appended, at these positions."""
        super().went_on(positions)
        self._position = positions


class CausalDecoder(NetworkDecoder):
    """The same for causal models: ChatGLM2, ChatGLM3 and those that transformers has itself.

    Every token sees those before it alone, so positions just go on, a prompt may be read in parts, and a sequence may
    begin with what another has computed of the same tokens. A learned prefix takes no positions.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        kv_precision: KvPrecision = KvPrecision.FULL,
        num_expected: int = 0,
        begun: KeyValueCache | SlotCache | None = None,
        num_begun: int = 0,
    ) -> None:
        cache = begun if begun is not None else new_cache(model, kv_precision, num_expected)
        super().__init__(model, cache, num_begun)

    def prefill(self, prompt: Sequence[int]) -> Tensor:
        """Read tokens, the first or further ones; return the logits of the next, (V,)."""
        return self.extend(prompt)

    def extend(self, tokens: Sequence[int]) -> Tensor:
        """Read tokens, the first or further ones; return the logits of the next, (V,)."""
        end = self.num_tokens + len(tokens)
        return self._read(tokens, torch.arange(self.num_tokens, end, device=self.model.device)[None])

    def next_positions(self) -> list[int]:
        """Return the position of one further token."""
        return [self.num_tokens]
