"""A loaded network as the engine sees it."""

from collections.abc import Iterable
from typing import cast

from transformers import PreTrainedModel

from glmbot.serving.engine.decoder import CausalDecoder, ChatGLMDecoder
from glmbot.serving.engine.sampler import TokenSampler
from glmbot.serving.engine.sequence import Decoder, Sampling
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration


class ServedModel:
    """A network with the end marks of its chat format and of its configuration."""

    def __init__(
        self, model: PreTrainedModel, end_tokens: Iterable[int], max_length: int, kv_precision: KvPrecision
    ) -> None:
        self._model = model
        self._kv_precision = kv_precision
        self.max_length = max_length
        self.end_tokens = frozenset(end_tokens) | _configured_ends(model)

    def new_decoder(self) -> Decoder:
        """Begin a sequence with an empty cache."""
        if isinstance(self._model, ChatGLMForConditionalGeneration):
            return ChatGLMDecoder(self._model, self._kv_precision)
        return CausalDecoder(self._model, self._kv_precision)

    def new_sampler(self, sampling: Sampling) -> TokenSampler:
        """Begin the random choices of one sequence."""
        return TokenSampler(sampling)


def _configured_ends(model: PreTrainedModel) -> frozenset[int]:
    """Return the end marks of config.json and generation_config.json: a number each, or a list."""
    sources = (model.config, getattr(model, "generation_config", None))
    found = [cast("int | list[int] | None", getattr(source, "eos_token_id", None)) for source in sources]
    return frozenset(
        token for ends in found for token in (ends if isinstance(ends, list) else [ends]) if token is not None
    )
