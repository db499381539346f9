"""A loaded network as the engine sees it."""

import logging
from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor
from transformers import PreTrainedModel

from glmbot.serving.engine.decoder import CausalDecoder, ChatGLMDecoder, NetworkDecoder, decode_together
from glmbot.serving.engine.kept import KeptPrefixes
from glmbot.serving.engine.sampler import TokenSampler
from glmbot.serving.engine.sequence import Decoder, Sampling
from glmbot.serving.engine.unusual import changes_with_length, has_unusual_mask
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
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

    def new_decoder(self, prompt: Sequence[int] = (), max_tokens: int = 0) -> Decoder:
        """Begin a sequence; one of a causal model may hold a beginning of `prompt` already."""
        if isinstance(self._model, ChatGLMForConditionalGeneration):
            return ChatGLMDecoder(self._model, self._kv_precision, max_tokens)
        # on a GPU memory that is set aside is taken at once
        num_expected = max_tokens if self._model.device.type == "cpu" else 0
        if begun := self._kept.begun(prompt, self._num_learned, num_expected):
            return CausalDecoder(self._model, begun=begun[0], num_begun=begun[1])
        return CausalDecoder(self._model, self._kv_precision, max_tokens)

    @property
    def num_kept_tokens(self) -> int:
        """Of how many tokens the keys and values are kept."""
        return self._kept.num_tokens

    def keep(self, decoder: Decoder, tokens: Sequence[int]) -> None:
        """Keep what a sequence has computed of its tokens. For ChatGLM-6B it is worth nothing: a longer prompt changes
        all of it, since its tokens see those that come later."""
        if self.is_causal and isinstance(decoder, NetworkDecoder):
            # a pass that failed may have left more of a token in some layers
            decoder.cache.keep_first(self._num_learned + decoder.num_tokens)
            self._kept.keep(tokens[: decoder.num_tokens], decoder.cache)

    def forget_kept(self) -> bool:
        """Free the least recently used of what is kept; False: there is nothing."""
        return self._kept.forget_oldest()

    def decode(self, decoders: Sequence[Decoder], tokens: Sequence[int]) -> Tensor:
        """Append one token to each sequence; return the logits of the next, (B, V)."""
        own = cast("Sequence[NetworkDecoder]", decoders)
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
            self._can_batch = self._is_right(other, prompt[-1], expected)

    def _sample(self, prompt: Sequence[int], num_more: int) -> NetworkDecoder:
        decoder = cast(NetworkDecoder, self.new_decoder())
        cast(Decoder, decoder).prefill(prompt)
        for _ in range(num_more):
            decoder.decode(prompt[-1])
        return decoder

    def _is_right(self, decoders: Sequence[NetworkDecoder], token: int, expected: Tensor) -> bool:
        if changes_with_length(self._model.config) or has_unusual_mask(self._model.config):
            logger.warning("sequences are computed one after another: this kind of model changes with their lengths")
            return False
        try:
            found = decode_together(decoders, [token] * len(decoders))
        except (ValueError, RuntimeError, TypeError, AttributeError, NotImplementedError, LookupError) as error:
            logger.warning("sequences are computed one after another: %s", error)
            return False
        limit = _TOLERANCE * float(expected.abs().max())
        is_right = found.shape == expected.shape and float((found - expected).abs().max()) <= limit
        if not is_right:
            logger.warning("sequences are computed one after another: together their scores are others")
        return is_right


def _configured_ends(model: PreTrainedModel) -> frozenset[int]:
    """Return the end marks of config.json and generation_config.json: a number each, or a list."""
    sources = (model.config, getattr(model, "generation_config", None))
    found = [cast("int | list[int] | None", getattr(source, "eos_token_id", None)) for source in sources]
    return frozenset(
        token for ends in found for token in (ends if isinstance(ends, list) else [ends]) if token is not None
    )
