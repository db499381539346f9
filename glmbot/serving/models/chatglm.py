"""ChatGLM-6B, written anew for a current transformers from the facts of the published model."""

import math
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, gelu, pad
from transformers import DynamicCache, GenerationMixin, PreTrainedModel
from transformers.cache_utils import Cache
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast

from glmbot.serving.models.attention import SelfAttention, Tables, View, view_of
from glmbot.serving.models.compiled import can_norm, gelu_, layer_norm
from glmbot.serving.models.config import ChatGLMConfig
from glmbot.serving.models.generation import PromptGeneration
from glmbot.serving.models.positions import PromptError, SpecialIds, padded_prompt, prompt_mask, prompt_positions
from glmbot.serving.models.prefix import PrefixEncoder, begin_cache, keys_and_values, prefix_cache, prefix_length
from glmbot.serving.models.quantize import QuantisedLinear
from glmbot.serving.models.rotary import frequencies_on, rotary_tables

RESIDUAL_FACTOR = math.sqrt(2 * 28)
"""Also for models of other depths: the published code never passes the number of layers on."""
IGNORED_LABEL = -100


class FeedForward(nn.Module):
    """Two linear layers with a GELU (tanh approximation) between them."""

    def __init__(self, config: ChatGLMConfig) -> None:
        super().__init__()
        self.dense_h_to_4h = nn.Linear(config.hidden_size, config.inner_hidden_size)
        self.dense_4h_to_h = nn.Linear(config.inner_hidden_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        """Return the shape of x: (B, T, C)."""
        wide = self.dense_h_to_4h(x)
        is_ours = self.is_hurried and wide.dtype == torch.float32
        out: Tensor = self.dense_4h_to_h(gelu_(wide) if is_ours else gelu(wide, approximate="tanh"))
        return out

    @property
    def is_hurried(self) -> bool:
        """Whether it is computed by our kernels."""
        return isinstance(self.dense_4h_to_h, QuantisedLinear) and self.dense_4h_to_h.is_laid_out


@dataclass(frozen=True, slots=True)
class Residual:
    """What layers hand on: `normal`, a *normalised* input, times a constant, and what a part has made of it.

    Both are (B, T, C). They are added where they are normalised next, which reads them once.
    """

    normal: Tensor
    added: Tensor


def summed(x: Tensor | Residual) -> Tensor:
    """Return the sum, (B, T, C); embeddings are one already."""
    return x if isinstance(x, Tensor) else RESIDUAL_FACTOR * x.normal + x.added


class Block(nn.Module):
    """One layer; its residuals carry the *normalised* input, times a constant."""

    def __init__(self, config: ChatGLMConfig, layer: int) -> None:
        super().__init__()
        self.input_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layernorm_epsilon)
        self.attention = SelfAttention(config.hidden_size, config.num_attention_heads, layer)
        self.post_attention_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layernorm_epsilon)
        self.mlp = FeedForward(config)

    def forward(self, x: Tensor | Residual, tables: Tables, view: View | None, cache: Cache | None) -> Residual:
        """Return what the next norm takes; x: the embeddings, (B, T, C), or what the layer before returned."""
        normal = normalise(self.input_layernorm, x, self.mlp.is_hurried)
        attended = Residual(normal, self.attention(normal, tables, view, cache))
        normal = normalise(self.post_attention_layernorm, attended, self.mlp.is_hurried)
        return Residual(normal, self.mlp(normal))


def normalise(norm: nn.LayerNorm, x: Tensor | Residual, is_hurried: bool) -> Tensor:
    """Return the norm of the sum, (B, T, C)."""
    if is_hurried and can_norm(norm.weight, x if isinstance(x, Tensor) else x.normal):
        return layer_norm(norm, x) if isinstance(x, Tensor) else layer_norm(norm, x.normal, RESIDUAL_FACTOR, x.added)
    out: Tensor = norm(summed(x))
    return out


class ChatGLMPreTrainedModel(PreTrainedModel):
    """What the models below share with transformers."""

    config_class = ChatGLMConfig
    base_model_prefix = "transformer"
    _input_embed_layer = "word_embeddings"
    _no_split_modules = ["Block"]  # noqa: RUF012  transformers reads a plain list
    _supports_sdpa = True
    # the stored buffers are ignored: they are computed, so that their rounding is right
    _keys_to_ignore_on_load_unexpected = [r"rotary_emb\.inv_freq$"]  # noqa: RUF012


class ChatGLMModel(ChatGLMPreTrainedModel):
    """The network without its head."""

    def __init__(self, config: ChatGLMConfig) -> None:
        super().__init__(config)
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config, layer) for layer in range(config.num_layers))
        self.final_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layernorm_epsilon)
        if prefix_length(config):
            self.prefix_encoder = new_prefix_encoder(config)
        head_size = config.hidden_size // config.num_attention_heads
        self.rotary_size = head_size // 2 if config.position_encoding_2d else head_size
        self.special_ids = SpecialIds(config.bos_token_id, config.mask_token_id, config.gmask_token_id)
        self.post_init()

    def forward(
        self,
        input_ids: Tensor,
        position_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        past_key_values: Cache | None = None,
        use_cache: bool | None = None,
        output_hidden_states: bool | None = None,
        **_: Any,
    ) -> BaseModelOutputWithPast:
        """Run tokens through all layers.

        input_ids: (B, T); position_ids: (B, 2, T), or (B, T) in the 1-D variant; attention_mask:
        (B, 1, T, S) bool, true is hidden, or for whole prompts (B, T) with 0 at left padding. Both are derived for
        whole prompts where they are not given; after a cache, position_ids must be given (`next_positions`), and
        no mask means that all is seen.
        """
        cache = begin_cache(past_key_values, self.new_cache, len(input_ids), is_wanted=bool(use_cache))
        num_prefix = prefix_length(self.config)
        if cache is None or cache.get_seq_length() == num_prefix:
            position_ids, attention_mask = self._complete(input_ids, position_ids, attention_mask)
        if position_ids is None:
            raise PromptError("position_ids must be given after a cache; use next_positions of those before")
        # the prefix is seen by all
        view = view_of(pad(attention_mask, (num_prefix, 0))) if attention_mask is not None else None
        embedded = self.word_embeddings(input_ids)
        tables = self._tables(position_ids, embedded.dtype)
        x: Tensor | Residual = embedded
        states: list[Tensor] = []
        for block in self.layers:
            if output_hidden_states:
                states.append(summed(x))
            x = block(x, tables, view, cache)
        x = normalise(self.final_layernorm, x, cast(Block, self.layers[0]).mlp.is_hurried)
        return BaseModelOutputWithPast(
            last_hidden_state=x,
            past_key_values=cache if use_cache else None,
            # as published: the last layer's own output is not among them
            hidden_states=(*states, x) if output_hidden_states else None,
        )

    def new_cache(self, num_rows: int = 1) -> Cache:
        """Return the cache that B rows begin with: empty, or with the learned prefix."""
        if not hasattr(self, "prefix_encoder"):
            return DynamicCache()
        layers = keys_and_values(self.prefix_encoder(), self.config.num_layers, self.config.num_attention_heads)
        return prefix_cache(layers, num_rows, self.dtype)

    def prompt_positions(self, input_ids: Tensor) -> Tensor:
        """Return the positions of whole, unpadded rows: (B, 2, T), or (B, T) in the 1-D variant."""
        return prompt_positions(input_ids, self.special_ids, is_2d=self.config.position_encoding_2d)

    def _complete(self, input_ids: Tensor, position_ids: Tensor | None, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Derive what is not given for whole prompts: positions, and the mask (B, 1, T, T)."""
        if mask is not None and mask.dim() == 2:
            is_2d = self.config.position_encoding_2d
            positions, mask = padded_prompt(input_ids, mask, self.special_ids, is_2d=is_2d)
            return positions if position_ids is None else position_ids, mask
        return (
            self.prompt_positions(input_ids) if position_ids is None else position_ids,
            prompt_mask(input_ids, self.special_ids.bos) if mask is None else mask,
        )

    def _tables(self, positions: Tensor, dtype: torch.dtype) -> Tables:
        frequencies = frequencies_on(positions.device, self.rotary_size)
        parts = positions if self.config.position_encoding_2d else positions[:, None]  # (B, P, T)
        cos, sin = rotary_tables(parts.transpose(1, 2), frequencies, dtype)
        return cos[:, :, None, None], sin[:, :, None, None]


class ChatGLMForConditionalGeneration(ChatGLMPreTrainedModel, PromptGeneration, GenerationMixin):
    """ChatGLM-6B with its language-model head."""

    def __init__(self, config: ChatGLMConfig) -> None:
        super().__init__(config)
        self.transformer = ChatGLMModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def new_cache(self, num_rows: int = 1) -> Cache:
        """Return the cache that B rows begin with: empty, or with the learned prefix."""
        return self.transformer.new_cache(num_rows)

    def forward(
        self,
        input_ids: Tensor,
        position_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        past_key_values: Cache | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        output_hidden_states: bool | None = None,
        logits_to_keep: int = 0,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """Return logits (B, T, V), of the last `logits_to_keep` tokens only where that is not 0.

        labels: (B, T), -100 where there is no loss; each is predicted from the tokens before it.
        """
        out = self.transformer(
            input_ids, position_ids, attention_mask, past_key_values, use_cache, output_hidden_states
        )
        logits = self.lm_head(out.last_hidden_state[:, -logits_to_keep:])
        loss = None
        if labels is not None:
            loss = cross_entropy(
                logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=IGNORED_LABEL
            )
        return CausalLMOutputWithPast(
            loss=loss, logits=logits, past_key_values=out.past_key_values, hidden_states=out.hidden_states
        )


def new_prefix_encoder(config: ChatGLMConfig) -> PrefixEncoder:
    """Return the empty prefix encoder of a configuration."""
    size = config.hidden_size
    projection = (size, size) if getattr(config, "prefix_projection", False) else None
    return PrefixEncoder(prefix_length(config), 2 * config.num_layers * size, projection)
