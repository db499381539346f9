"""ChatGLM2's arithmetic once more: number by number in float64, slow, and from the published facts alone."""

import math

import torch
from torch import Tensor

from glmbot.serving.models.chatglm2 import ChatGLM2ForConditionalGeneration
from glmbot.serving.models.config2 import ChatGLM2Config

Weights = dict[str, Tensor]


def naive_logits(model: ChatGLM2ForConditionalGeneration, ids: list[int]) -> Tensor:
    """Return the logits of one unpadded row, (T, V); `model` only lends its weights and its configuration."""
    config = model.config
    assert isinstance(config, ChatGLM2Config)
    weights = {name: weight.double() for name, weight in model.state_dict().items()}
    x = weights["transformer.embedding.word_embeddings.weight"][ids]
    for layer in range(config.num_layers):
        part = f"transformer.encoder.layers.{layer}."
        y = norm(x, weights[f"{part}input_layernorm.weight"], config.layernorm_epsilon)
        x = x + attend(y, weights, part, config, prefix_of(weights, config, layer))
        y = norm(x, weights[f"{part}post_attention_layernorm.weight"], config.layernorm_epsilon)
        inner = y @ weights[f"{part}mlp.dense_h_to_4h.weight"].T
        gate, value = inner[:, : config.ffn_hidden_size], inner[:, config.ffn_hidden_size :]
        x = x + (gate / (1 + (-gate).exp()) * value) @ weights[f"{part}mlp.dense_4h_to_h.weight"].T
    x = norm(x, weights["transformer.encoder.final_layernorm.weight"], config.layernorm_epsilon)
    logits: Tensor = x @ weights["transformer.output_layer.weight"].T
    return logits


def norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    return torch.stack([row / math.sqrt(row.square().mean().item() + eps) * weight for row in x])


def prefix_of(weights: Weights, config: ChatGLM2Config, layer: int) -> tuple[Tensor, Tensor]:
    """Return the learned keys and values of a layer, each (P, G, D); P is 0 for a model without."""
    shape = (2 * config.num_layers, config.multi_query_group_num, config.kv_channels)
    learned = weights.get("transformer.prefix_encoder.embedding.weight", torch.zeros(0, math.prod(shape)).double())
    if "transformer.prefix_encoder.trans.0.weight" in weights:
        first, last = (f"transformer.prefix_encoder.trans.{index}." for index in (0, 2))
        learned = (learned @ weights[f"{first}weight"].T + weights[f"{first}bias"]).tanh()
        learned = learned @ weights[f"{last}weight"].T + weights[f"{last}bias"]
    learned = learned.view(-1, *shape)
    return learned[:, 2 * layer], learned[:, 2 * layer + 1]


def attend(x: Tensor, weights: Weights, part: str, config: ChatGLM2Config, prefix: tuple[Tensor, Tensor]) -> Tensor:
    """Return (T, C) from (T, C): all query heads stand first, then all keys, then all values."""
    heads, groups, size = config.num_attention_heads, config.multi_query_group_num, config.kv_channels
    joint = x @ weights[f"{part}self_attention.query_key_value.weight"].T
    joint = (joint + weights.get(f"{part}self_attention.query_key_value.bias", 0)).view(len(x), -1, size)
    turned = torch.stack([torch.stack([turn(head, at) for head in row]) for at, row in enumerate(joint)])
    keys = torch.cat((prefix[0], turned[:, heads : heads + groups]))
    values = torch.cat((prefix[1], joint[:, heads + groups :]))
    out = torch.zeros(len(x), heads, size).double()
    for at in range(len(x)):
        for head in range(heads):
            group, seen = head // (heads // groups), len(prefix[0]) + at + 1
            scores = keys[:seen, group] @ turned[at, head] / math.sqrt(size)
            out[at, head] = scores.softmax(dim=0) @ values[:seen, group]
    return out.flatten(1) @ weights[f"{part}self_attention.dense.weight"].T


def turn(x: Tensor, position: int) -> Tensor:
    """Rotate the neighbouring pairs of the first half of a head, (D,)."""
    out, num_turned = x.clone(), len(x) // 2
    for first in range(0, num_turned, 2):
        angle = position * 10000 ** (-first / num_turned)
        even, odd = x[first].item(), x[first + 1].item()
        out[first] = even * math.cos(angle) - odd * math.sin(angle)
        out[first + 1] = odd * math.cos(angle) + even * math.sin(angle)
    return out
