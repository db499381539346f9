"""ChatGLM-6B in bfloat16 in the style of the code it was published with, as a program to measure.

python -m engine_parts.eager LAYERS HIDDEN HEADS VOCABULARY

One sequence at a time; each token is a pass through plain layers, and its keys and values are joined to the earlier
ones by `torch.cat`, a copy of all of them. The head's weights are the embedding's too, to save 1 GB: both are read as
they would be otherwise.
"""

import math
import sys
import time

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, linear

from engine_parts.shape import PATTERN, SPREAD, Shape
from engine_parts.wire import answer_calls
from glmbot.serving.models.chatglm import RESIDUAL_FACTOR
from glmbot.serving.models.rotary import inverse_frequencies, rotary_tables, rotate

Tables = list[tuple[Tensor, Tensor]]


class EagerBlock(nn.Module):
    """One layer. Tokens come first, as published: (T, B, C)."""

    def __init__(self, shape: Shape, layer: int) -> None:
        super().__init__()
        size = shape.hidden_size
        self.num_heads, self.scale = shape.num_attention_heads, layer + 1.0
        self.input_layernorm, self.post_attention_layernorm = nn.LayerNorm(size), nn.LayerNorm(size)
        self.query_key_value, self.dense = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.dense_h_to_4h, self.dense_4h_to_h = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)
        self.past: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor, tables: Tables, hidden: Tensor | None) -> Tensor:
        """Return the shape of x: (T, B, C)."""
        x = self.input_layernorm(x)
        x = RESIDUAL_FACTOR * x + self._attend(x, tables, hidden)
        x = self.post_attention_layernorm(x)
        out: Tensor = RESIDUAL_FACTOR * x + self.dense_4h_to_h(gelu(self.dense_h_to_4h(x), approximate="tanh"))
        return out

    def _attend(self, x: Tensor, tables: Tables, hidden: Tensor | None) -> Tensor:
        query, key, value = self.query_key_value(x).unflatten(-1, (self.num_heads, -1)).chunk(3, dim=-1)
        query, key = _rotated(query, tables), _rotated(key, tables)
        if self.past is not None:
            key, value = torch.cat((self.past[0], key)), torch.cat((self.past[1], value))
        self.past = key, value
        # (T, B, H, D) -> (B * H, T, D)
        query, key, value = (each.flatten(1, 2).transpose(0, 1) for each in (query, key, value))
        query = query / (math.sqrt(query.shape[-1]) * self.scale)
        scores = torch.baddbmm(query.new_empty(1, 1, 1), query, key.transpose(1, 2), beta=0.0)
        if hidden is not None:
            scores = scores.masked_fill(hidden, -10000.0)
        weights = (scores.float() * self.scale).softmax(dim=-1).to(value.dtype)
        out: Tensor = self.dense(torch.bmm(weights, value).transpose(0, 1).flatten(1)[:, None])
        return out


class Eager:
    """One sequence at a time, the likeliest token."""

    def __init__(self, shape: Shape, dtype: torch.dtype = torch.bfloat16) -> None:
        with torch.device("meta"):
            self.blocks = nn.ModuleList(EagerBlock(shape, layer) for layer in range(shape.num_layers))
            self.last = nn.LayerNorm(shape.hidden_size)
            self.embedding = nn.Embedding(shape.vocab_size, shape.hidden_size)
        for part in (self.blocks, self.last, self.embedding):
            part.to(dtype).to_empty(device="cpu").requires_grad_(False)
            _fill(part)
        half = shape.hidden_size // shape.num_attention_heads // 2
        self._frequencies = inverse_frequencies(half)
        self.token = self._num_tokens = self._num_prompt = 0

    @torch.inference_mode()
    def prefill(self, prompt: list[int]) -> float:
        """Read a prompt and choose the first token; return the seconds."""
        started_at = time.perf_counter()
        for block in self.blocks:
            block.past = None
        self._num_tokens = self._num_prompt = len(prompt)
        steps = torch.arange(len(prompt))
        # what comes before the start token sees all but that
        hidden = torch.zeros(len(prompt), len(prompt), dtype=torch.bool)
        hidden[:-1, -1] = True
        marker = len(prompt) - 2
        self.token = self._choose(prompt, steps.clamp(max=marker), (steps - marker).clamp(min=0), hidden)
        return time.perf_counter() - started_at

    def decode(self, num_steps: int) -> list[float]:
        """Go on; return the seconds of each token."""
        return [self._advance() for _ in range(num_steps)]

    @torch.inference_mode()
    def _advance(self) -> float:
        started_at = time.perf_counter()
        self._num_tokens += 1
        marker = torch.tensor([self._num_prompt - 2])
        self.token = self._choose([self.token], marker, torch.tensor([self._num_tokens]) - marker - 1, None)
        return time.perf_counter() - started_at

    def _choose(self, tokens: list[int], positions: Tensor, places: Tensor, hidden: Tensor | None) -> int:
        x = self.embedding(torch.tensor(tokens))[:, None]
        tables = [
            (cos[:, None, None], sin[:, None, None])
            for cos, sin in (rotary_tables(each, self._frequencies, x.dtype) for each in (positions, places))
        ]
        for block in self.blocks:
            x = block(x, tables, hidden)
        return int(linear(self.last(x[-1:]), self.embedding.weight).argmax())


def _rotated(x: Tensor, tables: Tables) -> Tensor:
    parts = x.chunk(2, dim=-1)
    return torch.cat([rotate(part, cos, sin) for part, (cos, sin) in zip(parts, tables, strict=True)], dim=-1)


def _fill(part: nn.Module) -> None:
    pattern = torch.randn(PATTERN, generator=torch.Generator().manual_seed(0)).mul_(SPREAD).bfloat16()
    for owner in part.modules():
        for name, tensor in owner.named_parameters(recurse=False):
            if isinstance(owner, nn.LayerNorm) and name == "weight":
                tensor.fill_(1)
            else:
                _repeat(pattern, tensor.view(-1))


def _repeat(pattern: Tensor, flat: Tensor) -> None:
    for start in range(0, len(flat), len(pattern)):
        piece = flat[start : start + len(pattern)]
        piece.copy_(pattern[: len(piece)])


if __name__ == "__main__":
    eager = Eager(Shape(*map(int, sys.argv[1:5])))
    answer_calls({"prefill": eager.prefill, "decode": eager.decode})
