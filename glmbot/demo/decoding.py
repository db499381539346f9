"""Greedy answers of a checkpoint, computed the plain way: the whole prompt at once, then token by token."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from glmbot.serving.chat.chatglm import build_prompt, process_response
from glmbot.serving.loading.weights import load_model, load_tokenizer
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer

_MAX_NEW_TOKENS = 96


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded model and its tokenizer."""

    model: ChatGLMForConditionalGeneration
    tokenizer: ChatGLMTokenizer


def load(directory: Path) -> Checkpoint:
    """Load a checkpoint directory in float32, as the server loads any."""
    model = load_model(directory, torch.float32, torch.device("cpu"))
    assert isinstance(model, ChatGLMForConditionalGeneration)
    return Checkpoint(model, load_tokenizer(directory))


@torch.inference_mode()
def answer(checkpoint: Checkpoint, turns: Sequence[tuple[str, str]], question: str, system: str | None = None) -> str:
    """Answer a question that follows on the turns (question, answer), taking the likeliest token each time."""
    tokenizer = checkpoint.tokenizer
    prompt = tokenizer.encode_text(build_prompt(question, turns, system))
    tokens = _continue(checkpoint.model, tokenizer.build_inputs_with_special_tokens(prompt))
    return process_response(tokenizer.decode_text(tokens))


def _continue(model: ChatGLMForConditionalGeneration, ids: list[int]) -> list[int]:
    tokens = torch.tensor([ids])
    positions = model.transformer.prompt_positions(tokens)
    output = model(tokens, positions, use_cache=True, logits_to_keep=1)
    new: list[int] = []
    while len(new) < _MAX_NEW_TOKENS:
        token = int(output.logits[0, -1].argmax())
        if token == model.config.eos_token_id:
            break
        new.append(token)
        positions = _next(positions)
        output = model(torch.tensor([[token]]), positions, past_key_values=output.past_key_values, use_cache=True)
    return new


def _next(positions: Tensor) -> Tensor:
    """Return the positions after the last ones: row 0 stays at [gMASK], row 1 counts on.  (1, 2, T) -> (1, 2, 1)."""
    last = positions[:, :, -1:].clone()
    last[:, 1] += 1
    return last
