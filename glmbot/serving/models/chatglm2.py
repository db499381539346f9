"""The network of ChatGLM2-6B and ChatGLM3-6B, written anew for a current transformers from the published facts."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, silu
from transformers import DynamicCache, GenerationMixin, PreTrainedModel
from transformers.cache_utils import Cache
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast

from glmbot.serving.models.attention2 import GroupedAttention
from glmbot.serving.models.compiled import can_norm, rms_norm, swiglu
from glmbot.serving.models.config2 import ChatGLM2Config
from glmbot.serving.models.prefix import PrefixEncoder, begin_cache, keys_and_values, prefix_cache, prefix_length
from glmbot.serving.models.quantize import QuantisedLinear
from glmbot.serving.models.rotary2 import pair_tables

IGNORED_LABEL = -100


class RMSNorm(nn.Module):
    """Divides by the root of the mean square, which is taken in float32."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps
        self.is_hurried = False
        """Whether our kernels compute it, where they can."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the shape of x: (..., C)."""
        if self.is_hurried and can_norm(self.weight, x):
            return rms_norm(x, self.weight, self.eps)
        wide = x.float()
        normal = wide * torch.rsqrt(wide.square().mean(dim=-1, keepdim=True) + self.eps)
        return (self.weight * normal).to(x.dtype)


class GatedFeedForward(nn.Module):
    """SwiGLU: one half of the inner channels, through SiLU, gates the other."""

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__()
        self.dense_h_to_4h = nn.Linear(config.hidden_size, 2 * config.ffn_hidden_size, bias=False)
        self.dense_4h_to_h = nn.Linear(config.ffn_hidden_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the shape of x: (B, T, C)."""
        joint = self.dense_h_to_4h(x)
        is_hurried = isinstance(self.dense_4h_to_h, QuantisedLinear) and self.dense_4h_to_h.is_laid_out
        if is_hurried and joint.dtype == torch.float32:
            gated = swiglu(joint)
        else:
            gate, inner = joint.chunk(2, dim=-1)
            gated = silu(gate) * inner
        out: Tensor = self.dense_4h_to_h(gated)
        return out


class Block(nn.Module):
    """One layer: norm before each part, ordinary residuals."""

    def __init__(self, config: ChatGLM2Config, layer: int) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.layernorm_epsilon)
        self.self_attention = GroupedAttention(config, layer)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.layernorm_epsilon)
        self.mlp = GatedFeedForward(config)

    def forward(self, x: Tensor, tables: tuple[Tensor, Tensor], is_open: Tensor | None, cache: Cache | None) -> Tensor:
        """Return the shape of x: (B, T, C)."""
        x = x + self.self_attention(self.input_layernorm(x), tables, is_open, cache)
        out: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return out


class Encoder(nn.Module):
    """All layers, and the norm behind them; the published names have them under `encoder`."""

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Block(config, layer) for layer in range(config.num_layers))
        self.final_layernorm = RMSNorm(config.hidden_size, config.layernorm_epsilon)


class Embedding(nn.Module):
    """The token embeddings; the published names have them under `embedding`."""

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(config.padded_vocab_size, config.hidden_size)


class ChatGLM2PreTrainedModel(PreTrainedModel):
    """What the models below share with transformers."""

    config_class = ChatGLM2Config
    base_model_prefix = "transformer"
    _no_split_modules = ["Block"]  # noqa: RUF012  transformers reads a plain list
    _supports_sdpa = True
    # the stored buffer is ignored: it is computed in the right precision
    _keys_to_ignore_on_load_unexpected = [r"rotary_pos_emb\.inv_freq$"]  # noqa: RUF012


class ChatGLM2Model(ChatGLM2PreTrainedModel):
    """The network, and its head as the published names have it."""

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__(config)
        self.embedding = Embedding(config)
        self.encoder = Encoder(config)
        self.output_layer = nn.Linear(config.hidden_size, config.padded_vocab_size, bias=False)
        if prefix_length(config):
            self.prefix_encoder = new_prefix_encoder(config)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        """Return the token embeddings."""
        return self.embedding.word_embeddings

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Replace the token embeddings."""
        assert isinstance(value, nn.Embedding)
        self.embedding.word_embeddings = value

    def new_cache(self, num_rows: int = 1) -> Cache:
        """Return the cache that B rows begin with: empty, or with the learned prefix."""
        if not hasattr(self, "prefix_encoder"):
            return DynamicCache()
        layers = keys_and_values(self.prefix_encoder(), self.config.num_layers, self.config.multi_query_group_num)
        return prefix_cache(layers, num_rows, self.dtype)

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

        input_ids: (B, T); position_ids: (B, T); attention_mask: (B, S) or (B, T), 0 at left padding, S counting
        cached tokens without the prefix. Without positions, tokens go on after the cached ones, padding aside.
        The hidden states are the embedding and each layer's output, before the last norm.
        """
        cache = begin_cache(past_key_values, self.new_cache, len(input_ids), is_wanted=bool(use_cache))
        num_prefix = prefix_length(self.config)
        num_cached = cache.get_seq_length() - num_prefix if cache is not None else 0
        if position_ids is None:
            position_ids = positions_after(input_ids, attention_mask, num_cached)
        x = self.embedding.word_embeddings(input_ids)
        is_open = open_columns(attention_mask, input_ids.shape[1], num_cached, num_prefix, x.device)
        tables = self._tables(position_ids, x.dtype)
        states: list[Tensor] = []
        for block in self.encoder.layers:
            if output_hidden_states:
                states.append(x)
            x = block(x, tables, is_open, cache)
        return BaseModelOutputWithPast(
            last_hidden_state=self.encoder.final_layernorm(x),
            past_key_values=cache if use_cache else None,
            hidden_states=(*states, x) if output_hidden_states else None,
        )

    def _tables(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return cosine and sine, (B, 1, T, R/2)."""
        is_float32, ratio = bool(self.config.float32_rotary), self.config.rope_ratio
        cos, sin = pair_tables(positions, self.config.kv_channels // 2, dtype, is_float32=is_float32, ratio=ratio)
        return cos[:, None], sin[:, None]


class ChatGLM2ForConditionalGeneration(ChatGLM2PreTrainedModel, GenerationMixin):
    """ChatGLM2-6B or ChatGLM3-6B with the language-model head."""

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__(config)
        self.transformer = ChatGLM2Model(config)
        self.post_init()

    def get_output_embeddings(self) -> nn.Module:
        """Return the head."""
        return self.transformer.output_layer

    def set_output_embeddings(self, new_embeddings: nn.Module) -> None:
        """Replace the head."""
        assert isinstance(new_embeddings, nn.Linear)
        self.transformer.output_layer = new_embeddings

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
        **_: Any,
    ) -> CausalLMOutputWithPast:
        """Return logits (B, T, V), of the last `logits_to_keep` tokens only where that is not 0.

        labels: (B, T), -100 where there is no loss; each is predicted from the tokens before it.
        """
        out = self.transformer(
            input_ids, position_ids, attention_mask, past_key_values, use_cache, output_hidden_states
        )
        logits = self.transformer.output_layer(out.last_hidden_state[:, -logits_to_keep:])
        loss = None
        if labels is not None:
            loss = cross_entropy(
                logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=IGNORED_LABEL
            )
        return CausalLMOutputWithPast(
            loss=loss, logits=logits, past_key_values=out.past_key_values, hidden_states=out.hidden_states
        )


def new_prefix_encoder(config: ChatGLM2Config) -> PrefixEncoder:
    """Return the empty prefix encoder of a configuration."""
    width = 2 * config.num_layers * config.multi_query_group_num * config.kv_channels
    projection = (width, config.hidden_size) if getattr(config, "prefix_projection", False) else None
    return PrefixEncoder(prefix_length(config), width, projection)


def positions_after(input_ids: Tensor, mask: Tensor | None, num_cached: int) -> Tensor:
    """Return the positions of tokens that follow `num_cached` others: (B, T).

    mask: (B, S), 0 at left padding, which stands at position 0 and moves nothing.
    """
    num_tokens = input_ids.shape[1]
    if mask is None:
        steps = torch.arange(num_cached, num_cached + num_tokens, device=input_ids.device)
        return steps.expand(len(input_ids), -1)
    return (mask.long().cumsum(dim=1) - 1).clamp(min=0)[:, -num_tokens:]


def open_columns(
    mask: Tensor | None, num_tokens: int, num_cached: int, num_prefix: int, device: torch.device
) -> Tensor | None:
    """Return which columns each new token sees: (B, 1, T, P + S) bool, None where that is all of them.

    mask: (B, S), 0 at left padding. Tokens see the prefix, and no padding, and what came before them. A padding row
    is as published: without prefix and cache it sees every column, with a prefix that alone.
    """
    is_padded = mask is not None and not bool(mask.all())
    if num_tokens == 1 and not is_padded:
        return None
    num_columns = num_cached + num_tokens
    seen = torch.ones(num_tokens, num_columns, dtype=torch.bool, device=device).tril(num_cached)[None]
    if mask is not None and is_padded:
        is_token = mask.bool()[:, :num_columns]
        seen = seen & is_token[:, None, :]
        if num_cached == 0 and num_prefix == 0:
            seen = seen | ~is_token[:, :, None]
    prefix = seen.new_ones((len(seen), num_tokens, num_prefix))
    return torch.cat((prefix, seen), dim=-1)[:, None]
