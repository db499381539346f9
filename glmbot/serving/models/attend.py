"""Attention to cached tokens, of one sequence or of several at once."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from glmbot.serving.models.rounded import RoundedRows


@dataclass(frozen=True, slots=True)
class Rows:
    """Keys or values of several sequences, each of its own length: (1, G, S_i, D)."""

    each: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Keys or values of several sequences in one tensor, (B, G, S, D), of which each sequence has a part only.

    `bias`, (B, 1, 1, S), is 0 where a sequence has a token and -inf elsewhere. What stands there must be numbers, since
    0 times what is none is none, too.
    """

    all: Tensor
    bias: Tensor


def attend(
    query: Tensor,
    key: Tensor | Rows | RoundedRows | Window,
    value: Tensor | Rows | RoundedRows | Window,
    is_open: Tensor | None = None,
    *,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """Return what the queries find, (B, H, T, D); query: (B, H, T, D), key and value: (B, G, S, D), H a multiple of G.

    Every sequence of `Rows` is read where it lies: nothing is padded or copied; then T is 1, and all is seen. So it is
    with a `Window`, but for its bias; its shapes do not change from token to token.
    """
    if isinstance(key, Window):
        assert isinstance(value, Window)
        return _attend_to_all(query, key.all, value.all, scale, key.bias)
    if isinstance(key, RoundedRows):
        assert isinstance(value, RoundedRows)
        return RoundedRows.attend(query, key, value, scale)
    if isinstance(key, Rows):
        assert isinstance(value, Rows)
        rows = zip(torch.split(query, 1), key.each, value.each, strict=True)
        return torch.cat([_attend_to_all(*row, scale) for row in rows])
    assert isinstance(value, Tensor)
    if query.shape[2] == 1 and is_open is None:
        return _attend_to_all(query, key, value, scale)
    num_shared = query.shape[1] // key.shape[1]
    if num_shared > 1:
        key, value = (part.repeat_interleave(num_shared, dim=1) for part in (key, value))
    return scaled_dot_product_attention(query, key, value, attn_mask=is_open, is_causal=is_causal, scale=scale)


def _attend_to_all(
    query: Tensor, key: Tensor, value: Tensor, scale: float | None, bias: Tensor | None = None
) -> Tensor:
    """Attend from one token to all; heads that share keys stand where the tokens do, so that nothing is repeated."""
    shared = query.unflatten(1, (key.shape[1], -1)).squeeze(3)  # (B, G, H/G, D)
    return scaled_dot_product_attention(shared, key, value, attn_mask=bias, scale=scale).flatten(1, 2)[:, :, None]
