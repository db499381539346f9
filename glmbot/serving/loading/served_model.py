"""A loaded network as the engine sees it."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import torch
from torch import Tensor
from transformers import PreTrainedModel

from glmbot.serving.engine.captured import Capture, eager
from glmbot.serving.engine.decoder import CausalDecoder, ChatGLMDecoder, NetworkDecoder, decode_together, new_cache
from glmbot.serving.engine.kept import KeptPrefixes
from glmbot.serving.engine.kv_cache import KeyValueCache
from glmbot.serving.engine.sampler import TokenSampler
from glmbot.serving.engine.sequence import Decoder, Sampling
from glmbot.serving.engine.slot_steps import SlotSteps
from glmbot.serving.engine.slots import SlotCache, Slots, SlotShape
from glmbot.serving.engine.unusual import changes_with_length, has_unusual_mask
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.chatglm2 import ChatGLM2ForConditionalGeneration
from glmbot.serving.models.prefix import prefix_length

logger = logging.getLogger(__name__)

_NUM_MORE = 4
"""Tokens by which one of the sequences is longer with which a batch is checked."""
_TOLERANCE = 0.05
"""Of the largest score: what a batch may turn the scores by where weights are rounded; a wrong one turns them about."""


class ServedModel:
    """A network with the end marks of its chat format and of its configuration.

    `max_kept_bytes`: how much memory the keys and values of sequences that have ended may take.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        end_tokens: Iterable[int],
        max_length: int,
        kv_precision: KvPrecision,
        max_kept_bytes: int = 0,
    ) -> None:
        self._model = model
        self._kv_precision = kv_precision
        self._kept = KeptPrefixes(max_kept_bytes)
        self._num_learned = prefix_length(model.config)
        self.max_length = max_length
        self.end_tokens = frozenset(end_tokens) | _configured_ends(model)
        # what changes with length is read whole, too, and nothing of it is kept
        self.is_causal = not isinstance(model, ChatGLMForConditionalGeneration) and not changes_with_length(
            model.config
        )
        self.bytes_per_token = 0
        self._can_batch = True
        self._steps: SlotSteps | None = None

    def new_decoder(self, prompt: Sequence[int] = (), max_tokens: int = 0) -> Decoder:
        """Begin a sequence; one of a causal model may hold a beginning of `prompt` already."""
        if self._steps:
            return self._in_slot(self._steps.slots, prompt)
        if isinstance(self._model, ChatGLMForConditionalGeneration):
            return ChatGLMDecoder(self._model, self._kv_precision, max_tokens)
        # on a GPU memory that is set aside is taken at once
        num_expected = max_tokens if self._model.device.type == "cpu" else 0
        if begun := self._kept.begun(prompt, self._num_learned, num_expected):
            return CausalDecoder(self._model, begun=begun[0], num_begun=begun[1])
        return CausalDecoder(self._model, self._kv_precision, max_tokens)

    @torch.inference_mode()
    def _in_slot(self, slots: Slots, prompt: Sequence[int]) -> Decoder:
        cache = slots.begin(self._num_learned + len(prompt))
        if isinstance(self._model, ChatGLMForConditionalGeneration):
            return ChatGLMDecoder(self._model, cache=cache.take(new_cache(self._model, self._kv_precision)))
        begun = self._kept.begun(prompt, self._num_learned, 0) or (new_cache(self._model, self._kv_precision), 0)
        return CausalDecoder(self._model, begun=cache.take(begun[0]), num_begun=begun[1])

    @property
    def num_kept_tokens(self) -> int:
        """Of how many tokens the keys and values are kept."""
        return self._kept.num_tokens

    @torch.inference_mode()
    def keep(self, decoder: Decoder, tokens: Sequence[int]) -> None:
        """Keep what a sequence has computed of its tokens. For ChatGLM-6B it is worth nothing: a longer prompt changes
        all of it, since its tokens see those that come later."""
        if self.is_causal and isinstance(decoder, NetworkDecoder):
            # a pass that failed may have left more of a token in some layers
            decoder.cache.keep_first(self._num_learned + decoder.num_tokens)
            whole = tokens[: decoder.num_tokens]
            if self._kept.wants(whole) and (kept := _apart(decoder.cache)) is not None:
                self._kept.keep(whole, kept)

    def forget_kept(self) -> bool:
        """Free the least recently used of what is kept; False: there is nothing."""
        return self._kept.forget_oldest()

    def decode(self, decoders: Sequence[Decoder], tokens: Sequence[int]) -> Tensor:
        """Append one token to each sequence; return the logits of the next, (B, V)."""
        own = cast("Sequence[NetworkDecoder]", decoders)
        if self._steps:
            return self._steps.decode(own, tokens)
        if self._can_batch:
            return decode_together(own, tokens)
        return torch.stack([decoder.decode(token) for decoder, token in zip(own, tokens, strict=True)])

    def new_sampler(self, sampling: Sampling, prompt: Sequence[int] = ()) -> TokenSampler:
        """Begin the random choices of one sequence that answers `prompt`."""
        return TokenSampler(sampling, prompt)

    def prepare(self, prompt: Sequence[int]) -> None:
        """Run the model once: torch sets up much at the first pass, and no sender should wait for that.

        Measures what a token takes, and checks that sequences of a batch are computed as they are alone; models whose
        attention is too unusual for that are computed one after another.
        """
        with torch.inference_mode():
            alone, other = ([self._sample(prompt, num_more) for num_more in (0, _NUM_MORE)] for _ in range(2))
            self.bytes_per_token = alone[0].num_bytes // (alone[0].num_tokens + self._num_learned)
            expected = torch.stack([decoder.decode(prompt[-1]) for decoder in alone])
            reason = "sequences are computed one after another"
            self._can_batch = self._is_usual(reason) and _is_right(decode_together, other, prompt[-1], expected, reason)

    def use_slots(self, prompt: Sequence[int], max_tokens: int, capture: Capture = eager) -> None:
        """Keep the sequences of one of our own networks in slots from now on, and take them on in captured steps.

        `max_tokens`: how many there is memory for. All stays as it was where keys and values are kept in fewer bits,
        and where the scores turn out to be others.
        """
        network = self._model
        if not isinstance(network, ChatGLMForConditionalGeneration | ChatGLM2ForConditionalGeneration):
            return
        if not self._can_batch or self._kv_precision != KvPrecision.FULL:
            return
        shape = SlotShape.of(network.config, self._num_learned + self.max_length)
        dtype = cast(Tensor, network.get_input_embeddings().weight).dtype
        slots = Slots(shape, dtype, network.device, max(max_tokens, shape.room_for(shape.longest)))
        with torch.inference_mode():
            alone = [self._sample(prompt, num_more) for num_more in (0, _NUM_MORE)]
            expected = torch.stack([decoder.decode(prompt[-1]) for decoder in alone])
            steps = self._steps = SlotSteps(network, slots, capture)
            other = [self._sample(prompt, num_more) for num_more in (0, _NUM_MORE)]
            reason = "sequences keep their keys and values apart, and steps are not captured"
            if not _is_right(steps.decode, other, prompt[-1], expected, reason):
                self._steps = None

    def places(self, lengths: Iterable[int]) -> int:
        """Return for how many tokens there must be memory to hold sequences of these lengths."""
        if self._steps:
            return self._steps.slots.shape.places(self._num_learned + length for length in lengths)
        return sum(lengths)

    def _sample(self, prompt: Sequence[int], num_more: int) -> NetworkDecoder:
        decoder = cast(NetworkDecoder, self.new_decoder())
        cast(Decoder, decoder).prefill(prompt)
        for _ in range(num_more):
            decoder.decode(prompt[-1])
        return decoder

    def _is_usual(self, reason: str) -> bool:
        is_usual = not changes_with_length(self._model.config) and not has_unusual_mask(self._model.config)
        if not is_usual:
            logger.warning("%s: this kind of model changes with their lengths", reason)
        return is_usual


def _is_right(
    decode: Callable[[Sequence[NetworkDecoder], Sequence[int]], Tensor],
    decoders: Sequence[NetworkDecoder],
    token: int,
    expected: Tensor,
    otherwise: str,
) -> bool:
    """Tell whether a way to decode gives the scores that are expected, (B, V), and log what follows where not."""
    try:
        found = decode(decoders, [token] * len(decoders))
    except (ValueError, RuntimeError, TypeError, AttributeError, NotImplementedError, LookupError) as error:
        logger.warning("%s: %s", otherwise, error)
        return False
    limit = _TOLERANCE * float(expected.abs().max())
    is_right = found.shape == expected.shape and float((found - expected).abs().max()) <= limit
    if not is_right:
        logger.warning("%s: together their scores are others", otherwise)
    return is_right


def _apart(cache: KeyValueCache | SlotCache) -> KeyValueCache | None:
    """Return a cache that is in no slot, since slots are for those who run; None: there is no memory for a copy."""
    try:
        return cache.copied() if isinstance(cache, SlotCache) else cache
    except torch.OutOfMemoryError:
        return None


def _configured_ends(model: PreTrainedModel) -> frozenset[int]:
    """Return the end marks of config.json and generation_config.json: a number each, or a list."""
    sources = (model.config, getattr(model, "generation_config", None))
    found = [cast("int | list[int] | None", getattr(source, "eos_token_id", None)) for source in sources]
    return frozenset(
        token for ends in found for token in (ends if isinstance(ends, list) else [ends]) if token is not None
    )
